"""How a function shows, before it gets any traffic, that its new version works.

`functions/pretraffic_hook/checks.py` reads these lines, sends the event and looks at the answer.
"""

import re
from dataclasses import dataclass
from typing import Self

_TASK = re.compile(r"[a-z][a-z0-9-]{0,63}")
_PATH = re.compile(r"/[\w./-]{0,200}", re.ASCII)


@dataclass(frozen=True)
class HealthCheck:
    """One line, "<kind> <argument>": make it with the methods below."""

    line: str

    @classmethod
    def get(cls, path: str) -> Self:
        """A function behind a REST API: GET `path` without a token is answered, with no 5xx."""
        if not _PATH.fullmatch(path):
            raise ValueError(f"path is {path!r}: use /, letters, digits and ._-")
        return cls(f"get {path}")

    @classmethod
    def records(cls) -> Self:
        """A function on a stream or queue: a batch with nothing in it fails nothing."""
        return cls("records")

    @classmethod
    def task(cls, name: str) -> Self:
        """A scheduled function: a task that it may do at any time, because its schedule repeats it anyway."""
        if not _TASK.fullmatch(name):
            raise ValueError(f"task is {name!r}: use small letters, digits and -")
        return cls(f"task {name}")

    @classmethod
    def trigger(cls) -> Self:
        """A Cognito trigger: an event of a kind that it does not act on comes back."""
        return cls("trigger")

    @classmethod
    def empty(cls) -> Self:
        """A function that does nothing when it is sent nothing."""
        return cls("empty")
