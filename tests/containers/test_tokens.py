"""Tokens at the door: who gets claims, and what happens when the pool's keys change or cannot be had."""

import base64
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, strategies as st

from containers.rider_api.environment import TokenEnvironment
from containers.rider_api.signing_keys import (
    GRACE_SECONDS,
    MAX_AGE_SECONDS,
    PAUSE_AFTER_FAILURE_SECONDS,
    PAUSE_SECONDS,
    KeysUnavailableError,
    SigningKeys,
    read_key_set,
)
from rental_store.environment import SettingError
from tests.containers.issuing import ISSUER, NOW, Pool, Ticks, key_pair, key_set, token, verifier


def test_an_access_token_gives_its_claims_as_text_as_api_gateway_does() -> None:
    claims = verifier().claims(f"Bearer {token(cognito_groups=['riders'])}")
    assert claims == {
        "sub": "rider-1",
        "iss": ISSUER,
        "client_id": "app-client",
        "token_use": "access",
        "scope": "openid rental/ride",
        "iat": str(NOW - 60),
        "exp": str(NOW + 3_540),
        "auth_time": str(NOW - 60),
        "cognito_groups": '["riders"]',
    }


def test_an_id_token_of_the_app_gives_claims_and_the_handler_refuses_it_by_them() -> None:
    claims = verifier().claims(f"Bearer {token(token_use='id', client_id=None, aud='app-client')}")
    assert claims is not None
    assert claims["token_use"] == "id"


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": NOW},
        {"exp": NOW - 1},
        {"exp": None},
        {"exp": True},
        {"iss": "https://cognito-idp.ap-southeast-1.amazonaws.com/other"},
        {"iss": None},
        {"client_id": "other-client"},
        {"client_id": None},
        {"token_use": "id"},
        {"token_use": "id", "client_id": None, "aud": "other-client"},
        {"token_use": None},
    ],
    ids=str,
)
def test_a_token_that_is_over_or_of_others_gives_nothing(changes: dict[str, Any]) -> None:
    assert verifier().claims(f"Bearer {token(**changes)}") is None


def parts(header: dict[str, Any], signature: str = "") -> str:
    """A token with a header of our own over the usual claims."""
    _, payload, _ = token().split(".")
    encoded = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{encoded}.{payload}.{signature}"


def test_nobody_signs_but_the_pool() -> None:
    header, payload, signature = token().split(".")
    public = key_pair("one").public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    # The public key as the secret of a symmetric algorithm: the oldest of tricks.
    confused = jwt.utils.base64url_encode(
        jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
            f"{header}.{payload}".encode(), public
        )
    ).decode()
    forged = [
        parts({"alg": "none", "kid": "one"}),
        parts({"alg": "HS256", "kid": "one"}, confused),
        parts({"alg": "RS256", "kid": "one"}, signature),
        parts({"alg": "RS256"}, signature),
        parts({"alg": "RS256", "kid": ["one"]}, signature),
        f"{header}.{payload}.{signature[:-4]}AAAA",
        f"{header}.{token(sub='rider-2').split('.')[1]}.{signature}",
        jwt.encode({"sub": "rider-1", "iss": ISSUER}, key_pair("foreign"), "RS256", headers={"kid": "one"}),
    ]
    checked = verifier()
    assert checked.claims(f"Bearer {header}.{payload}.{signature}") is not None
    assert [text for text in forged if checked.claims(f"Bearer {text}") is not None] == []


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_whatever_is_sent_instead_of_a_token_gives_nothing(text: str) -> None:
    checked = verifier()
    assert checked.claims(text) is None
    assert checked.claims(f"Bearer {text}") is None


def test_a_token_without_the_word_bearer_gives_nothing() -> None:
    assert verifier().claims(token()) is None
    assert verifier().claims(f"Basic {token()}") is None
    assert verifier().claims(f"bearer {token()}") is not None


# ---- keys --------------------------------------------------------------------------------------------------


def test_keys_are_fetched_once_and_again_when_the_pool_has_a_new_one() -> None:
    pool, clock = Pool("one"), Ticks()
    checked = verifier(pool, clock)
    for _ in range(3):
        assert checked.claims(f"Bearer {token()}") is not None
    assert pool.asked == 1
    pool.ids = ("two",)
    clock.now += PAUSE_SECONDS
    assert checked.claims(f"Bearer {token('two')}") is not None
    assert checked.claims(f"Bearer {token('one')}") is None
    assert pool.asked == 2


def test_invented_key_ids_do_not_become_requests_to_the_pool() -> None:
    pool, clock = Pool("one"), Ticks()
    checked = verifier(pool, clock)
    for number in range(100):
        forged = parts({"alg": "RS256", "kid": f"invented-{number}"}, "AAAA")
        assert checked.claims(f"Bearer {forged}") is None
    assert pool.asked == 1


def test_a_withdrawn_key_is_believed_for_some_hours_and_no_longer() -> None:
    pool, clock = Pool("one"), Ticks()
    keys = SigningKeys(pool.fetch, clock)
    assert keys.find("one") is not None
    pool.ids = ("two",)
    clock.now += MAX_AGE_SECONDS - 1
    assert keys.find("one") is not None
    clock.now += 1
    assert keys.find("one") is None


def test_without_keys_nothing_is_said_of_a_token_and_the_pool_is_not_hammered() -> None:
    pool, clock = Pool("one"), Ticks()
    pool.broken = True
    checked = verifier(pool, clock)
    for _ in range(5):
        with pytest.raises(KeysUnavailableError, match="connection refused"):
            checked.claims(f"Bearer {token()}")
    assert pool.asked == 1
    pool.broken = False
    clock.now += PAUSE_AFTER_FAILURE_SECONDS
    assert checked.claims(f"Bearer {token()}") is not None


def test_keys_outlive_an_outage_of_the_pool_but_not_for_ever() -> None:
    pool, clock = Pool("one"), Ticks()
    keys = SigningKeys(pool.fetch, clock)
    assert keys.find("one") is not None
    pool.broken = True
    clock.now += MAX_AGE_SECONDS + GRACE_SECONDS - 1
    assert keys.find("one") is not None
    with pytest.raises(KeysUnavailableError):
        keys.find("two")  # it may be a new key of the pool: nobody can say now
    clock.now += PAUSE_AFTER_FAILURE_SECONDS
    with pytest.raises(KeysUnavailableError):
        keys.find("one")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b'{"keys": 1}',
        b'{"keys": [1]}',
        b"\xff",
        b'{"keys": [{"alg": "RS256", "use": "sig"}]}',
    ],
)
def test_what_is_no_key_set_is_an_outage_and_not_an_empty_set(content: bytes) -> None:
    with pytest.raises(KeysUnavailableError, match="the key set is not one"):
        read_key_set(content)


def test_keys_for_other_uses_are_left_out() -> None:
    content = json.loads(key_set("one"))
    content["keys"] += [{"kid": "x", "kty": "EC", "alg": "ES256", "use": "sig"}]
    assert set(read_key_set(json.dumps(content).encode())) == {"one"}


# ---- settings ----------------------------------------------------------------------------------------------


def test_the_pools_address_must_be_https() -> None:
    variables = {"TOKEN_ISSUER": f"{ISSUER}/", "TOKEN_CLIENT_ID": "app-client"}
    read = TokenEnvironment.read(variables)
    assert read.keys_url == f"{ISSUER}/.well-known/jwks.json"
    with pytest.raises(SettingError, match="TOKEN_ISSUER is 'http://pool'"):
        TokenEnvironment.read({**variables, "TOKEN_ISSUER": "http://pool"})
    with pytest.raises(SettingError, match="TOKEN_CLIENT_ID is not set"):
        TokenEnvironment.read({"TOKEN_ISSUER": ISSUER})
