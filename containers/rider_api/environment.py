"""What the container is told beside the function's own variables, read once and typed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from rental_store.environment import SettingError, required


@dataclass(frozen=True, slots=True)
class TokenEnvironment:
    """`issuer`: the rider pool, as its tokens name it. `client_id`: the app that tokens are given to."""

    issuer: str
    client_id: str

    @classmethod
    def read(cls, variables: Mapping[str, str]) -> Self:
        """From `os.environ` or the like. Raises SettingError."""
        issuer = required(variables, "TOKEN_ISSUER").rstrip("/")
        if not issuer.startswith("https://"):
            raise SettingError(f"TOKEN_ISSUER is {issuer!r}: the https address of a user pool is expected")
        return cls(issuer=issuer, client_id=required(variables, "TOKEN_CLIENT_ID"))

    @property
    def keys_url(self) -> str:
        """Where the pool publishes its signing keys (RFC 7517)."""
        return f"{self.issuer}/.well-known/jwks.json"
