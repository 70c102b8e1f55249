"""What API Gateway's Cognito authorizer does in front of the function, done here: a token becomes claims.

The rules are Cognito's:
https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-verifying-a-jwt.html
"""

import json
from collections.abc import Callable
from typing import Any, Final

import jwt

from containers.rider_api.environment import TokenEnvironment
from containers.rider_api.signing_keys import ALGORITHM, SigningKeys

_OUR_CHECKS: Final[Any] = {
    "verify_signature": True,
    "verify_iss": True,
    # By the clock that was handed in, and by the claim that the kind of token has.
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
}


class TokenVerifier:
    """`clock` gives seconds since the epoch."""

    def __init__(self, pool: TokenEnvironment, keys: SigningKeys, clock: Callable[[], float]) -> None:
        self._pool = pool
        self._keys = keys
        self._clock = clock

    def claims(self, authorization: str) -> dict[str, str] | None:
        """The claims of a bearer token as API Gateway passes them on: every value is text.

        None when there is no token or it is not one of this pool's for this app. Whether it is an access
        token of the right scope is the handler's to say. Raises KeysUnavailableError.
        """
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer" or not token:
            return None
        try:
            key_id = jwt.get_unverified_header(token).get("kid")
            key = self._keys.find(key_id) if isinstance(key_id, str) else None
            if key is None:
                return None
            found = jwt.decode(
                token, key, algorithms=[ALGORITHM], issuer=self._pool.issuer, options=_OUR_CHECKS
            )
        except (jwt.InvalidTokenError, ValueError):
            return None
        return {name: _text(value) for name, value in found.items()} if self._is_ours(found) else None

    def _is_ours(self, claims: dict[str, Any]) -> bool:
        expires = claims.get("exp")
        if isinstance(expires, bool) or not isinstance(expires, int | float) or expires <= self._clock():
            return False
        given_to = claims.get("client_id") if claims.get("token_use") == "access" else claims.get("aud")
        return bool(given_to == self._pool.client_id)


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
