"""The record that makes a retry of a request answer what the first one did."""

import re
from hashlib import sha256
from typing import Final

import msgspec
from msgspec import Struct

from ev_rental.rental.errors import ErrorCode, RentalError

KEEP_SECONDS: Final = 86_400
_KEY: Final = re.compile(r"[\x21-\x7e]{1,128}")


class IdempotencyRecord(Struct, frozen=True, kw_only=True):
    """`answer`: JSON of what was answered, or {code, detail} when `refused`. `forget_at`: s, 24 h after."""

    rider_id: str
    key: str
    request_hash: str
    refused: bool
    answer: str
    recorded_at: int
    forget_at: int


class Refusal(Struct, frozen=True):
    """A remembered RentalError."""

    code: ErrorCode
    detail: str


def request_hash(operation: str, request: Struct) -> str:
    """The same for the same operation with the same parameters (a Struct), whatever their order."""
    body = msgspec.json.encode(request, order="deterministic")
    return sha256(operation.encode() + b"\n" + body).hexdigest()


def record(rider_id: str, key: str, digest: str, answer: object, now: int) -> IdempotencyRecord:
    """The record of an answer, or of a refusal when `answer` is a RentalError, at ms `now`."""
    refused = isinstance(answer, RentalError)
    body = Refusal(answer.code, answer.detail) if isinstance(answer, RentalError) else answer
    return IdempotencyRecord(
        rider_id=rider_id,
        key=key,
        request_hash=digest,
        refused=refused,
        answer=msgspec.json.encode(body).decode(),
        recorded_at=now,
        forget_at=now // 1000 + KEEP_SECONDS,
    )


def check_key(key: str) -> str:
    """The key, if it is one. Raises RentalError(invalid_idempotency_key)."""
    if not _KEY.fullmatch(key):
        raise RentalError(
            ErrorCode.INVALID_KEY,
            f"Idempotency-Key {key[:40]!r} is not 1 to 128 visible ASCII characters: a UUID is a good one",
        )
    return key
