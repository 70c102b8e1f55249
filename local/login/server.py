"""The login of a pool, as a web app: its pages, and the endpoints of Cognito's user pool server."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping
from secrets import token_urlsafe
from threading import Lock
from typing import Any, Final
from urllib.parse import urlencode, urlsplit
from uuid import NAMESPACE_URL, uuid5

from local.login import page
from local.login.accounts import Accounts, Grant, Person
from local.login.errors import LoginError, TriggerError
from local.login.pool import CODE_SECONDS, Client, Pool
from local.login.tokens import Tokens
from local.web import Request, Response

_COOKIE: Final = "session"
_CHALLENGE: Final = re.compile("[A-Za-z0-9_-]{43}")
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
_LISTED: Final = 12
Trigger = Callable[[str, Person, str], None]
"""Calls the pool's function for (trigger source, person, client id), if it has one. Raises TriggerError."""


class Login:
    """The login of one pool, for `people` and those of `accounts`. `clock`: seconds since the epoch.
    `origin` is set once its port is known.
    """

    def __init__(
        self,
        people: Iterable[Person] = (),
        *,
        clock: Callable[[], float],
        accounts: Accounts | None = None,
        pool: Pool | None = None,
        trigger: Trigger = lambda *_: None,
    ) -> None:
        self.accounts = accounts or Accounts(people)
        self.pool = pool or Pool()
        self.origin = ""
        self.client: Client | None = None
        self._clock = clock
        self._trigger = trigger
        self._tokens = Tokens(self.accounts, self.pool)
        self._lock = Lock()
        self._codes: dict[str, Grant] = {}
        self._sessions: dict[str, Person] = {}

    @property
    def issuer(self) -> str:
        """`iss` of every token."""
        return f"{self.origin}/{self.pool.pool_id}"

    def serve(self, client: Client, origin: str) -> None:
        """Tells where the login is reached, and for whom."""
        self.client, self.origin = client, origin

    def forget_everybody(self) -> None:
        """Ends all sessions: who needs a new token has to come and sign in."""
        with self._lock:
            self._codes.clear()
            self._sessions.clear()
        self.accounts.revoke_all()

    def claims(self, token: str, *, use: str = "access") -> dict[str, Any]:
        """The claims of a token of ours that has not expired. Raises jwt.InvalidTokenError."""
        return self._tokens.claims(token, issuer=self.issuer, now=self._clock(), use=use)

    def tokens(self, username: str) -> dict[str, Any]:
        """Tokens of somebody, without their signing in: for tools. Raises KeyError for nobody known."""
        return self._tokens_for(self._known(username))

    def session_of(self, username: str) -> tuple[str, str]:
        """A new session of somebody: name and value of its cookie. Raises KeyError for nobody known."""
        session, person = token_urlsafe(32), self._known(username)
        with self._lock:
            self._sessions[session] = person
        return _COOKIE, session

    def somebody(self, name: str) -> Person:
        """Who has this user name or e-mail; where strangers may sign up, a stranger does.

        Raises LoginError, and TriggerError when the pool's function refuses.
        """
        name = name.strip()
        found = self.accounts.find(name)
        if found is not None:
            return found
        if not self.pool.sign_up:
            known = ", ".join(person.username for person in self.accounts.everybody())
            raise LoginError("invalid_request", f"there is no {name!r}: choose one of {known}")
        email = (name if "@" in name else f"{name}@example.com").lower()
        if not _EMAIL.fullmatch(email):
            raise LoginError(
                "invalid_request", f"{name!r} is no e-mail address: use one such as rider@example.com"
            )
        if (found := self.accounts.find(email)) is not None:
            return found
        # As in a pool whose user names are e-mail addresses: the user name is the `sub`.
        sub = str(uuid5(NAMESPACE_URL, f"urn:bluehorizons:rider:{email}"))
        person = Person(username=sub, name=email.partition("@")[0], email=email, sub=sub)
        self._trigger("PostConfirmation_ConfirmSignUp", person, self._client.client_id)
        self.accounts.add(person)
        return person

    def _known(self, username: str) -> Person:
        person = self.accounts.find(username)
        if person is None:
            raise KeyError(username)
        return person

    def app(self, request: Request) -> Response:
        """The login as a web app."""
        routes: Mapping[tuple[str, str], Callable[[Request], Response]] = {
            ("GET", "/oauth2/authorize"): self._authorize,
            ("POST", "/login"): self._choose,
            ("POST", "/tokens"): self._tool,
            ("POST", "/oauth2/token"): self._token,
            ("POST", "/oauth2/revoke"): self._revoke,
            ("GET", "/logout"): self._logout,
            ("GET", f"/{self.pool.pool_id}/.well-known/openid-configuration"): self._discovery,
            ("GET", f"/{self.pool.pool_id}/.well-known/jwks.json"): self._jwks,
            ("GET", "/login.css"): lambda _: page.stylesheet(),
        }
        serve = routes.get((request.method, request.path))
        if serve is None:
            return page.refused(404, "There is nothing here", request.path)
        try:
            return serve(request)
        except LoginError as error:
            return page.refused(400, error.code, error.description)
        except TriggerError as error:
            return page.refused(502, "The pool's function refused", str(error))

    def _authorize(self, request: Request) -> Response:
        asked = request.parameters()
        redirect_uri = self._check_client(asked)
        state = {"state": asked["state"]} if "state" in asked else {}
        if asked.get("response_type") != "code":
            return _redirect(redirect_uri, {"error": "unsupported_response_type", **state})
        if asked.get("code_challenge_method") != "S256" or not _CHALLENGE.fullmatch(
            asked.get("code_challenge", "")
        ):
            return _redirect(redirect_uri, {"error": "invalid_request", **state})
        unknown = set(asked.get("scope", "").split()) - set(self._client.scopes)
        if unknown:
            return _redirect(redirect_uri, {"error": "invalid_scope", **state})
        person = self._sessions.get(request.cookies().get(_COOKIE, ""))
        if person is not None:
            return self._signed_in(person, asked)
        return page.choose(
            self.accounts.everybody(_LISTED),
            request.query,
            sorted({_form_target(url) for url in self._client.callback_urls}),
            sign_up=self.pool.sign_up,
        )

    def _choose(self, request: Request) -> Response:
        form = self._own_form(request)
        asked = Request(method="GET", path="", query=form.get("request", "")).parameters()
        self._check_client(asked)
        person = self.somebody(form.get("email") or form.get("username", ""))
        name, session = self.session_of(person.username)
        answer = self._signed_in(person, asked)
        cookie = ("Set-Cookie", f"{name}={session}; Path=/; HttpOnly; SameSite=Lax")
        return Response(status=answer.status, headers=[*answer.headers, cookie])

    def _tool(self, request: Request) -> Response:
        try:
            person = self.somebody(self._own_form(request).get("username", ""))
            self._trigger("PostAuthentication_Authentication", person, self._client.client_id)
        except LoginError as error:
            return self._json({"error": error.code, "error_description": error.description}, status=400)
        except TriggerError as error:
            return self._json({"error": "trigger_failed", "error_description": str(error)}, status=502)
        return self._json(self._tokens_for(person))

    def _own_form(self, request: Request) -> dict[str, str]:
        if request.headers.get("origin") not in (self.origin, None):
            raise LoginError("invalid_request", "the form was sent from another site")
        return request.form()

    def _signed_in(self, person: Person, asked: Mapping[str, str]) -> Response:
        self._trigger("PostAuthentication_Authentication", person, self._client.client_id)
        code, now = token_urlsafe(32), int(self._clock())
        grant = Grant(
            person=person,
            scope=asked.get("scope", "openid"),
            nonce=asked.get("nonce", ""),
            auth_time=now,
            expires_at=self.pool.until(now, CODE_SECONDS),
            redirect_uri=asked["redirect_uri"],
            challenge=asked["code_challenge"],
        )
        with self._lock:
            self._codes[code] = grant
        state = {"state": asked["state"]} if "state" in asked else {}
        return _redirect(asked["redirect_uri"], {"code": code, **state})

    def _token(self, request: Request) -> Response:
        form = request.form()
        try:
            if form.get("client_id") != self._client.client_id:
                raise LoginError("invalid_client", f"there is no client {form.get('client_id')!r}")
            answer = self._granted(form)
        except LoginError as error:
            body = {"error": error.code, "error_description": error.description}
            return self._json(body, status=400)
        return self._json(answer)

    def _granted(self, form: Mapping[str, str]) -> dict[str, Any]:
        kind, now = form.get("grant_type"), int(self._clock())
        if kind == "refresh_token":
            grant = self.accounts.granted(form.get("refresh_token", ""))
            if grant is None or grant.expires_at <= now:
                raise LoginError("invalid_grant", "the refresh token is unknown, revoked or expired: sign in")
            return self._issued(grant, now)
        if kind != "authorization_code":
            raise LoginError("unsupported_grant_type", f"{kind!r}: authorization_code or refresh_token")
        with self._lock:
            grant = self._codes.pop(form.get("code", ""), None)  # good for once
        if grant is None or grant.expires_at <= now:
            raise LoginError("invalid_grant", "the code is unknown, used or expired: begin again")
        if form.get("redirect_uri") != grant.redirect_uri:
            raise LoginError("invalid_grant", "redirect_uri is not the one the code was asked for with")
        if not hmac.compare_digest(challenge_of(form.get("code_verifier", "")), grant.challenge):
            raise LoginError("invalid_grant", "code_verifier does not fit the code_challenge")
        refresh = self.accounts.grant(
            Grant(
                person=grant.person,
                scope=grant.scope,
                nonce="",
                auth_time=grant.auth_time,
                expires_at=self.pool.until(now, self.pool.refresh_seconds),
            )
        )
        return {**self._issued(grant, now), "refresh_token": refresh}

    def _tokens_for(self, person: Person) -> dict[str, Any]:
        now = int(self._clock())
        scope = " ".join(self._client.scopes)
        return self._issued(Grant(person=person, scope=scope, nonce="", auth_time=now, expires_at=now), now)

    def _issued(self, grant: Grant, now: int) -> dict[str, Any]:
        return self._tokens.issued(grant, issuer=self.issuer, client_id=self._client.client_id, now=now)

    def _revoke(self, request: Request) -> Response:
        self.accounts.revoke(request.form().get("token", ""))
        return Response(headers=self._cors())

    def _logout(self, request: Request) -> Response:
        asked = request.parameters()
        logout_uri = asked.get("logout_uri", "")
        if asked.get("client_id") != self._client.client_id or logout_uri not in self._client.logout_urls:
            raise LoginError("invalid_request", f"{logout_uri!r} is no logout URL of the client")
        with self._lock:
            self._sessions.pop(request.cookies().get(_COOKIE, ""), None)
        gone = ("Set-Cookie", f"{_COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
        return Response(status=302, headers=[("Location", logout_uri), gone])

    def _discovery(self, _: Request) -> Response:
        return self._json(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.origin}/oauth2/authorize",
                "token_endpoint": f"{self.origin}/oauth2/token",
                "revocation_endpoint": f"{self.origin}/oauth2/revoke",
                "end_session_endpoint": f"{self.origin}/logout",
                "jwks_uri": f"{self.issuer}/.well-known/jwks.json",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "scopes_supported": list(self._client.scopes),
            }
        )

    def _jwks(self, _: Request) -> Response:
        return self._json(self._tokens.keys())

    @property
    def _client(self) -> Client:
        if self.client is None:
            raise LoginError("server_error", "call serve() before the first request")
        return self.client

    def _check_client(self, asked: Mapping[str, str]) -> str:
        """The redirect URI; a wrong one is never followed. Raises LoginError."""
        redirect_uri = asked.get("redirect_uri", "")
        if asked.get("client_id") != self._client.client_id:
            raise LoginError("invalid_request", f"there is no client {asked.get('client_id')!r}")
        if redirect_uri not in self._client.callback_urls:
            raise LoginError("redirect_mismatch", f"{redirect_uri!r} is no callback URL of the client")
        return redirect_uri

    def _json(self, body: Mapping[str, Any], *, status: int = 200) -> Response:
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store"), *self._cors()]
        return Response(status=status, headers=headers, body=json.dumps(body).encode())

    def _cors(self) -> list[tuple[str, str]]:
        return [("Access-Control-Allow-Origin", self._client.origin), ("Vary", "Origin")]


def challenge_of(verifier: str) -> str:
    """RFC 7636, section 4.2, method S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _form_target(url: str) -> str:
    """What a Content-Security-Policy calls the place of a URL: an origin, or the scheme of an app."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") else f"{parts.scheme}:"


def _redirect(uri: str, parameters: Mapping[str, str]) -> Response:
    return Response(
        status=302, headers=[("Location", f"{uri}?{urlencode(parameters)}"), ("Cache-Control", "no-store")]
    )
