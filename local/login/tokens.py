"""A pool's tokens: what Cognito writes into them, signed with its accounts' key, and how they are read."""

import json
from collections.abc import Mapping
from secrets import token_urlsafe
from typing import Any

import jwt

from local.login.accounts import Accounts, Grant
from local.login.pool import Pool


class Tokens:
    """Of one pool."""

    def __init__(self, accounts: Accounts, pool: Pool) -> None:
        self._accounts = accounts
        self._pool = pool
        self._public_key = accounts.key.public_key()

    def issued(self, grant: Grant, *, issuer: str, client_id: str, now: int) -> dict[str, Any]:
        """What the token endpoint answers, without a refresh token. `now`: s."""
        person = grant.person
        shared = {
            "iss": issuer,
            "sub": person.sub,
            "auth_time": grant.auth_time,
            "iat": now,
            "exp": self._pool.until(now, self._pool.token_seconds),
            "jti": token_urlsafe(16),
            **({"cognito:groups": list(person.groups)} if person.groups else {}),
        }
        access = {
            **shared,
            "token_use": "access",
            "client_id": client_id,
            "username": person.username,
            "scope": grant.scope,
            "version": 2,
        }
        identity = {
            **shared,
            "token_use": "id",
            "aud": client_id,
            "cognito:username": person.username,
            "name": person.name,
            "email": person.email,
            "email_verified": True,
            **({"nonce": grant.nonce} if grant.nonce else {}),
        }
        return {
            "access_token": self.sign(access),
            "id_token": self.sign(identity),
            "expires_in": self._pool.token_seconds,
            "token_type": "Bearer",
        }

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A token of the pool with these claims."""
        return jwt.encode(
            dict(claims), self._accounts.key, algorithm="RS256", headers={"kid": self._accounts.key_id}
        )

    def claims(self, token: str, *, issuer: str, now: float, use: str) -> dict[str, Any]:
        """The claims of a token of ours that has not expired at s `now`. Raises jwt.InvalidTokenError."""
        options: Any = {
            "verify_exp": False,
            "verify_aud": False,
            "verify_iat": False,
            "require": ["exp", "iss"],
        }
        claims: dict[str, Any] = jwt.decode(
            token, self._public_key, algorithms=["RS256"], issuer=issuer, options=options
        )
        if claims["exp"] <= now:
            raise jwt.ExpiredSignatureError("the token has expired")
        if claims.get("token_use") != use:
            raise jwt.InvalidTokenError(f"this is no {use} token")
        return claims

    def keys(self) -> dict[str, Any]:
        """The key to check them with, as a JSON Web Key Set."""
        key = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._public_key))
        return {"keys": [{**key, "kid": self._accounts.key_id, "alg": "RS256", "use": "sig"}]}
