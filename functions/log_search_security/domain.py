"""The domain's REST API, with requests signed by the function's own role."""

from typing import Any, Final, Protocol

import msgspec
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session
from botocore.session import Session

from log_search_security.plan import POLICY_PATH, Put, Wish, indexes, retention, security

TIMEOUT_SECONDS: Final = 20
NOT_FOUND: Final = 404


class RefusedError(Exception):
    """The domain refused a request; the message names path, status and what it said."""


class Api(Protocol):
    """Sends one request and answers (status, body)."""

    def __call__(
        self, method: str, path: str, document: dict[str, Any] | None = None
    ) -> tuple[int, bytes]: ...


class SignedApi:
    """An Api of one host, over HTTPS."""

    def __init__(self, session: Session, endpoint: str, region: str) -> None:
        self._base = f"https://{endpoint}/"
        credentials = session.get_credentials()
        if credentials is None:
            raise RefusedError("there are no credentials to sign with: the function needs its role's")
        self._auth = SigV4Auth(credentials, "es", region)
        self._http = URLLib3Session(timeout=TIMEOUT_SECONDS)

    def __call__(self, method: str, path: str, document: dict[str, Any] | None = None) -> tuple[int, bytes]:
        """Raises botocore's errors when there is no answer."""
        data = b"" if document is None else msgspec.json.encode(document)
        request = AWSRequest(
            method, self._base + path, data=data, headers={"Content-Type": "application/json"}
        )
        self._auth.add_auth(request)
        answer = self._http.send(request.prepare())
        return answer.status_code, answer.content


def apply(api: Api, wanted: Wish) -> int:
    """Make the domain as it is wanted and answer how many requests that took. Raises RefusedError."""
    puts = [*security(wanted), indexes()]
    for put in puts:
        _put(api, put)
    _put(api, Put(POLICY_PATH + _revision(api), retention(wanted)))
    return len(puts) + 1


def _put(api: Api, put: Put) -> None:
    status, body = api("PUT", put.path, put.document)
    if not 200 <= status < 300:
        raise RefusedError(f"PUT {put.path}: status {status}: {body[:500].decode(errors='replace')}")


def _revision(api: Api) -> str:
    """A policy that is there is replaced only by who names its revision."""
    status, body = api("GET", POLICY_PATH)
    if status == NOT_FOUND:
        return ""
    if status != 200:
        raise RefusedError(f"GET {POLICY_PATH}: status {status}: {body[:500].decode(errors='replace')}")
    there = msgspec.json.decode(body)
    return f"?if_seq_no={there['_seq_no']}&if_primary_term={there['_primary_term']}"
