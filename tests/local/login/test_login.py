"""The login that stands in for Cognito's: who gets tokens, and who does not."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from jwt.algorithms import RSAAlgorithm

from local.login.accounts import Accounts, Person
from local.login.pool import Client, Pool
from local.login.server import Login, challenge_of
from local.login.tokens import Tokens
from local.web import Request, Response

VERIFIER = "a-verifier-of-at-least-forty-three-characters-length"
CALLBACK = "http://127.0.0.1:8000/signed-in"
ASKED = {
    "client_id": "app",
    "redirect_uri": CALLBACK,
    "response_type": "code",
    "scope": "openid backoffice/staff",
    "state": "s-1",
    "nonce": "n-1",
    "code_challenge": challenge_of(VERIFIER),
    "code_challenge_method": "S256",
}


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


PEOPLE = [Person("amelia", "Amelia <Tan>", ("operations", "admin"))]


@pytest.fixture
def login(clock: Clock) -> Login:
    return served(Login(PEOPLE, clock=clock))


def served(login: Login) -> Login:
    login.serve(
        Client(
            client_id="app",
            origin="http://127.0.0.1:8000",
            callback_urls=(CALLBACK,),
            logout_urls=("http://127.0.0.1:8000/signed-out",),
            scopes=("openid", "backoffice/staff"),
        ),
        "http://127.0.0.1:8001",
    )
    return login


def get(login: Login, path: str, asked: dict[str, str], **headers: str) -> Response:
    return login.app(Request("GET", path, urlencode(asked), headers))


def post(login: Login, path: str, form: dict[str, str], **headers: str) -> Response:
    return login.app(Request("POST", path, "", headers, urlencode(form).encode()))


def location(response: Response) -> tuple[str, dict[str, str]]:
    url = urlsplit(dict(response.headers)["Location"])
    return f"{url.scheme}://{url.netloc}{url.path}", {
        name: values[0] for name, values in parse_qs(url.query).items()
    }


def sign_in(login: Login) -> str:
    """The code."""
    answer = post(login, "/login", {"username": "amelia", "request": urlencode(ASKED)}, origin=login.origin)
    assert answer.status == 302
    where, told = location(answer)
    assert (where, told["state"]) == (CALLBACK, "s-1")
    return told["code"]


def exchange(login: Login, code: str, **changes: str) -> tuple[int, Any]:
    form = {
        "grant_type": "authorization_code",
        "client_id": "app",
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
    }
    answer = post(login, "/oauth2/token", form | changes)
    return answer.status, json.loads(answer.body)


def test_whoever_signs_in_gets_tokens_that_the_published_key_proves(login: Login, clock: Clock) -> None:
    page = get(login, "/oauth2/authorize", ASKED)
    assert page.status == 200
    assert b"Amelia &lt;Tan&gt;" in page.body
    status, tokens = exchange(login, sign_in(login))
    assert (status, tokens["token_type"], tokens["expires_in"]) == (200, "Bearer", 3600)
    keys = json.loads(get(login, "/pool/.well-known/jwks.json", {}).body)["keys"]
    header = jwt.get_unverified_header(tokens["access_token"])
    public: Any = RSAAlgorithm.from_jwk(next(key for key in keys if key["kid"] == header["kid"]))
    options: Any = {"verify_exp": False, "verify_iat": False}
    access = jwt.decode(tokens["access_token"], public, algorithms=["RS256"], options=options)
    assert access["token_use"] == "access"
    assert access["cognito:groups"] == ["operations", "admin"]
    assert (access["scope"], access["client_id"]) == ("openid backoffice/staff", "app")
    identity = jwt.decode(tokens["id_token"], public, algorithms=["RS256"], audience="app", options=options)
    assert (identity["nonce"], identity["sub"]) == ("n-1", access["sub"])
    assert login.claims(tokens["access_token"]) == access
    with pytest.raises(jwt.InvalidTokenError, match="no access token"):
        login.claims(tokens["id_token"])
    clock.now += 3600
    with pytest.raises(jwt.ExpiredSignatureError):
        login.claims(tokens["access_token"])


def test_a_token_of_another_login_is_refused(login: Login, clock: Clock) -> None:
    other = Login([], clock=clock)
    forged = Tokens(other.accounts, other.pool).sign(login.claims(login.tokens("amelia")["access_token"]))
    with pytest.raises(jwt.InvalidSignatureError):
        login.claims(forged)


def test_a_code_is_good_for_once_and_for_a_while(login: Login, clock: Clock) -> None:
    code = sign_in(login)
    assert exchange(login, code)[0] == 200
    assert exchange(login, code) == (400, {**exchange(login, code)[1], "error": "invalid_grant"})
    late = sign_in(login)
    clock.now += 301
    assert exchange(login, late)[1]["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_verifier": "another-verifier-of-the-very-same-length-or-so"}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:9/signed-in"}, "invalid_grant"),
        ({"client_id": "other"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_code_is_good_for_whoever_asked_for_it_only(
    login: Login, change: dict[str, str], error: str
) -> None:
    status, body = exchange(login, sign_in(login), **change)
    assert (status, body["error"]) == (400, error)


def test_a_refresh_token_renews_until_it_is_revoked_or_over(login: Login, clock: Clock) -> None:
    _, tokens = exchange(login, sign_in(login))
    renew = {"grant_type": "refresh_token", "client_id": "app", "refresh_token": tokens["refresh_token"]}
    clock.now += 4_000
    answer = post(login, "/oauth2/token", renew)
    assert login.claims(json.loads(answer.body)["access_token"])["username"] == "amelia"
    assert dict(answer.headers)["Access-Control-Allow-Origin"] == "http://127.0.0.1:8000"
    post(login, "/oauth2/revoke", {"client_id": "app", "token": tokens["refresh_token"]})
    assert post(login, "/oauth2/token", renew).status == 400
    _, tokens = exchange(login, sign_in(login))
    clock.now += 9 * 3600
    assert post(login, "/oauth2/token", renew | {"refresh_token": tokens["refresh_token"]}).status == 400


def test_a_session_spares_the_question_until_the_logout(login: Login) -> None:
    name, value = login.session_of("amelia")
    cookie = f"other=1; {name}={value}"
    assert location(get(login, "/oauth2/authorize", ASKED, cookie=cookie))[1]["code"]
    out = get(
        login,
        "/logout",
        {"client_id": "app", "logout_uri": "http://127.0.0.1:8000/signed-out"},
        cookie=cookie,
    )
    assert location(out)[0] == "http://127.0.0.1:8000/signed-out"
    assert get(login, "/oauth2/authorize", ASKED, cookie=cookie).status == 200


@pytest.mark.parametrize(
    "change",
    [{"redirect_uri": "https://evil.example/signed-in"}, {"client_id": "other"}, {"redirect_uri": ""}],
)
def test_nobody_is_led_to_a_url_that_is_not_the_clients(login: Login, change: dict[str, str]) -> None:
    answer = get(login, "/oauth2/authorize", ASKED | change)
    assert answer.status == 400
    assert "Location" not in dict(answer.headers)
    assert get(login, "/logout", {"client_id": "app", "logout_uri": "https://evil.example"}).status == 400


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge": "short"}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "openid admin/everything"}, "invalid_scope"),
    ],
)
def test_a_request_without_pkce_or_of_another_scope_leads_back_with_an_error(
    login: Login, change: dict[str, str], error: str
) -> None:
    _, told = location(get(login, "/oauth2/authorize", ASKED | change))
    assert told == {"error": error, "state": "s-1"}


def test_a_form_of_another_site_and_a_stranger_sign_nobody_in(login: Login) -> None:
    form = {"username": "amelia", "request": urlencode(ASKED)}
    assert post(login, "/login", form, origin="https://evil.example").status == 400
    assert post(login, "/login", form | {"username": "mallory"}, origin=login.origin).status == 400
    assert get(login, "/nothing", {}).status == 404


def test_a_refresh_token_and_a_stranger_who_signed_up_are_known_after_a_restart(
    clock: Clock, tmp_path: Path
) -> None:
    file, pool = tmp_path / "accounts.sqlite", Pool(sign_up=True)
    before = served(Login(clock=clock, accounts=Accounts(PEOPLE, file), pool=pool))
    form = {"email": "mei@example.com", "request": urlencode(ASKED)}
    answer = post(before, "/login", form, origin=before.origin)
    _, tokens = exchange(before, location(answer)[1]["code"])
    # Not closed: it was killed.
    after = served(Login(clock=clock, accounts=Accounts(PEOPLE, file), pool=pool))
    assert after.claims(tokens["access_token"]) == before.claims(tokens["access_token"])
    renew = {"grant_type": "refresh_token", "client_id": "app", "refresh_token": tokens["refresh_token"]}
    assert post(after, "/oauth2/token", renew).status == 200
    assert b"mei@example.com" in get(after, "/oauth2/authorize", ASKED).body
    assert tokens["refresh_token"].encode() not in file.read_bytes()


@pytest.mark.parametrize("email", ["no address", "a@b", "x@y..com", "@example.com", '"><script>@example.com'])
def test_what_is_no_address_signs_nobody_up(clock: Clock, email: str) -> None:
    login = served(Login(clock=clock, pool=Pool(sign_up=True)))
    form = {"email": email, "request": urlencode(ASKED)}
    assert post(login, "/login", form, origin=login.origin).status == 400
    assert login.accounts.everybody() == []


def test_on_a_faster_clock_tokens_last_as_long_for_a_person(clock: Clock) -> None:
    login = served(Login(PEOPLE, clock=clock, pool=Pool(token_seconds=900, speed=60)))
    told = login.tokens("amelia")
    clock.now += 899 * 60
    assert told["expires_in"] == 900
    login.claims(told["access_token"])
    clock.now += 60
    with pytest.raises(jwt.ExpiredSignatureError):
        login.claims(told["access_token"])
