"""Who is asking: the claims that API Gateway's Cognito authorizer has checked and passed on."""

from collections.abc import Mapping
from typing import Any, Final

from http_api.problems import ApiError, ApiErrorCode

RIDE_SCOPE: Final = "rental/ride"


def subject(event: Mapping[str, Any], scope: str) -> str:
    """The `sub` of the access token the request came with; API Gateway has checked its signature and expiry.

    Raises ApiError: unauthenticated without claims, insufficient_scope for an id token or another scope.
    """
    authorizer = (event.get("requestContext") or {}).get("authorizer") or {}
    claims = authorizer.get("claims") or {}
    name = claims.get("sub")
    if not isinstance(name, str) or not name:
        raise ApiError(
            ApiErrorCode.UNAUTHENTICATED,
            "the request has no valid access token: sign in and send it as Authorization: Bearer",
            {"WWW-Authenticate": "Bearer"},
        )
    if claims.get("token_use") != "access" or scope not in str(claims.get("scope", "")).split():
        raise ApiError(
            ApiErrorCode.INSUFFICIENT_SCOPE,
            f"an access token with the scope {scope} is needed",
            {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{scope}"'},
        )
    return name
