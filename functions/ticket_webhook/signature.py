"""How a ticket proves where it is from and when: HMAC-SHA256 over time and body.

The receiver computes the same over `<timestamp>.<body>` with the shared key, compares in constant time, and
refuses what is older than five minutes, so that nobody can send a ticket again later (a replay). While the
key is being changed there are two, and a signature of each: one that fits is enough.
"""

import hmac
from collections.abc import Sequence
from hashlib import sha256
from typing import Final

TIMESTAMP: Final = "X-BlueHorizons-Timestamp"
SIGNATURE: Final = "X-BlueHorizons-Signature"
SCHEME: Final = "v1"


def signature(keys: Sequence[bytes], timestamp: int, body: bytes) -> str:
    """`v1=<hex>` of a body sent at `timestamp` (s); one a key, with a comma between."""
    signed = f"{timestamp}.".encode() + body
    return ",".join(f"{SCHEME}={hmac.new(key, signed, sha256).hexdigest()}" for key in keys)


def signed_headers(keys: Sequence[bytes], timestamp: int, body: bytes, ticket_id: str) -> dict[str, str]:
    """What goes with a ticket. Its id stays the same at each attempt: whoever has seen it lets it pass."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "blue-horizons-tickets",
        "Idempotency-Key": ticket_id,
        TIMESTAMP: str(timestamp),
        SIGNATURE: signature(keys, timestamp, body),
    }
