"""What Firehose calls the objects that it writes: prefixes with `!{namespace:value}` in them."""

import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

_EXPRESSION: Final = re.compile(r"!\{([A-Za-z]+):([^}]*)\}")
# Java's letters for a time, which Firehose documents, as strftime has them.
_TIME: Final = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S", "DDD": "%j"}
_TIME_PART: Final = re.compile(r"'([^']*)'|([A-Za-z])\2*")


def check_prefix(prefix: str, keys: frozenset[str], *, of_errors: bool = False) -> None:
    """Raises ValueError for an expression that cannot be evaluated."""
    for namespace, value in _EXPRESSION.findall(prefix):
        if namespace == "timestamp":
            _java_time(value, datetime.now(UTC))
        elif namespace == "partitionKeyFromQuery":
            if value not in keys:
                raise ValueError(
                    f"{prefix!r}: the query gives no {value!r}; it gives {', '.join(sorted(keys))}"
                )
        elif namespace != "firehose" or value not in {"random-string", "error-output-type"}:
            raise ValueError(f"{prefix!r}: !{{{namespace}:{value}}} is not emulated")
        elif value == "error-output-type" and not of_errors:
            raise ValueError(f"{prefix!r}: !{{firehose:error-output-type}} is for ErrorOutputPrefix")


def evaluated(prefix: str, at: float, keys: Mapping[str, str], error_type: str = "") -> str:
    """A prefix at a time (s since the epoch); one without expressions ends in the hour of UTC."""
    when = datetime.fromtimestamp(at, UTC)

    def put(match: re.Match[str]) -> str:
        namespace, value = match.groups()
        if namespace == "timestamp":
            return _java_time(value, when)
        if namespace == "partitionKeyFromQuery":
            return keys[value]
        return error_type if value == "error-output-type" else secrets.token_hex(6)[:11]

    if _EXPRESSION.search(prefix):
        return _EXPRESSION.sub(put, prefix)
    return prefix + when.strftime("%Y/%m/%d/%H/")


def object_name(stream: str, version: int, at: float, extension: str) -> str:
    """The last part of an object's key."""
    return f"{stream}-{version}-{datetime.fromtimestamp(at, UTC):%Y-%m-%d-%H-%M-%S}-{uuid4()}{extension}"


def _java_time(pattern: str, when: datetime) -> str:
    def put(match: re.Match[str]) -> str:
        if match[1] is not None:
            return match[1]
        if match[0] not in _TIME:
            raise ValueError(f"!{{timestamp:{pattern}}}: {match[0]} is none of {', '.join(_TIME)}")
        return when.strftime(_TIME[match[0]])

    return _TIME_PART.sub(put, pattern)
