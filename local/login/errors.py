"""Why somebody cannot sign in."""


class LoginError(Exception):
    """An error of RFC 6749, section 5.2: its code, and what to do in words."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code}: {description}")
        self.code = code
        self.description = description


class TriggerError(Exception):
    """A function of the pool refused or gave no answer; the message is worded as Cognito's."""
