"""Entity tags of answers (RFC 9110, sections 8.8.3 and 13.1.2)."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec import Struct

CONDITION: Final[Mapping[str, str]] = {"If-None-Match": "The ETag of the copy at hand."}
"""The header of the request, for the document."""
UNCHANGED: Final[Mapping[int, str]] = {304: "The copy at hand is still right"}
"""The answer to it, for the document."""


def weak_tag(data: Struct) -> str:
    """Of what is told, not of its bytes: compression and order of headers do not matter."""
    return f'W/"{sha256(msgspec.json.encode(data)).hexdigest()[:32]}"'


def has_copy(event: Mapping[str, Any], tag: str) -> bool:
    """Whether a proxy event names the tag in If-None-Match: `*` or a list of tags, compared weakly."""
    headers = event.get("headers") or {}
    given = next((value for name, value in headers.items() if name.lower() == "if-none-match"), "")
    tags = {part.strip().removeprefix("W/") for part in str(given or "").split(",")}
    return "*" in tags or tag.removeprefix("W/") in tags
