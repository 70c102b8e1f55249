"""A user pool: signs tokens and publishes its keys; and WSGI requests."""

import io
import json
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from containers.rider_api.environment import TokenEnvironment
from containers.rider_api.signing_keys import SigningKeys
from containers.rider_api.tokens import TokenVerifier

ISSUER = "https://cognito-idp.ap-southeast-1.amazonaws.com/ap-southeast-1_pool"
CLIENT = "app-client"
NOW = 1_800_000_000
HERE = TokenEnvironment(issuer=ISSUER, client_id=CLIENT)
_PAIRS: dict[str, RSAPrivateKey] = {}


def key_pair(key_id: str) -> RSAPrivateKey:
    """The pool's key of that id; made once a run, for it takes long."""
    if key_id not in _PAIRS:
        _PAIRS[key_id] = generate_private_key(public_exponent=65_537, key_size=2_048)
    return _PAIRS[key_id]


def key_set(*key_ids: str) -> bytes:
    """The published set (RFC 7517)."""
    keys = [
        {
            **json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key_pair(key_id).public_key())),
            "kid": key_id,
            "alg": "RS256",
            "use": "sig",
        }
        for key_id in key_ids
    ]
    return json.dumps({"keys": keys}).encode()


def token(key_id: str = "one", **changes: Any) -> str:
    """An access token of a rider as Cognito makes them; a claim that is None is left out."""
    claims = {
        "sub": "rider-1",
        "iss": ISSUER,
        "client_id": CLIENT,
        "token_use": "access",
        "scope": "openid rental/ride",
        "iat": NOW - 60,
        "exp": NOW + 3_540,
        "auth_time": NOW - 60,
        **changes,
    }
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key_pair(key_id), "RS256", headers={"kid": key_id})


class Pool:
    """Publishes `ids`; down while `broken`; counts how often it was asked."""

    def __init__(self, *ids: str) -> None:
        self.ids = ids
        self.broken = False
        self.asked = 0

    def fetch(self) -> bytes:
        self.asked += 1
        if self.broken:
            raise OSError("connection refused")
        return key_set(*self.ids)


class Ticks:
    """A clock that goes when it is told."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


def verifier(pool: Pool | None = None, clock: Callable[[], float] | None = None) -> TokenVerifier:
    """A verifier of the pool's tokens."""
    clock = clock or Ticks()
    return TokenVerifier(HERE, SigningKeys((pool or Pool("one")).fetch, clock), clock)


class Answered(NamedTuple):
    """What a WSGI application answered; header names in lower case."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)


Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def request(
    method: str = "GET", path: str = "/", *, query: str = "", content: bytes = b"", **more: Any
) -> dict[str, Any]:
    """A WSGI environment (PEP 3333)."""
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "10.10.0.9",
        "CONTENT_LENGTH": str(len(content)) if content else "",
        "CONTENT_TYPE": "application/json" if content else "",
        "HTTP_HOST": "api.example.com",
        "wsgi.input": io.BytesIO(content),
        **more,
    }


def ask(application: Application, environ: dict[str, Any]) -> Answered:
    """Call a WSGI application."""
    begun: list[tuple[str, list[tuple[str, str]]]] = []
    content = b"".join(application(environ, lambda *given: begun.append(given)))
    ((status, headers),) = begun
    return Answered(int(status.split()[0]), {name.lower(): value for name, value in headers}, content)
