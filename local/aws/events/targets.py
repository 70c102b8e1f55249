"""What a rule of EventBridge sends to its targets: the event, a part of it, or a text made of it."""

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, cast

from moto.events.models import EventPattern

from local.aws.service import AwsError

_PATH: Final = re.compile(r"\$(?:\.[A-Za-z0-9_-]+|\[\d+\]|\['[^']+'\])*")
_STEP: Final = re.compile(r"\.([A-Za-z0-9_-]+)|\[(\d+)\]|\['([^']+)'\]")
_PLACE: Final = re.compile(r'"<([A-Za-z0-9_.-]+)>"|<([A-Za-z0-9_.-]+)>')
_OPERATORS: Final = frozenset(
    {"anything-but", "cidr", "equals-ignore-case", "exists", "numeric", "prefix", "suffix", "wildcard"}
)


class Pattern:
    """Which events a rule is for."""

    def __init__(self, text: str, pattern: dict[str, Any]) -> None:
        self._pattern = EventPattern(text, pattern)

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether the event is one of them."""
        return self._pattern.matches_event(cast(Any, event))


@lru_cache(maxsize=512)
def pattern_of(text: str) -> Pattern:
    """A rule's pattern. Raises AwsError."""
    try:
        pattern = json.loads(text)
        _check(pattern, "the pattern")
    except ValueError as error:
        raise AwsError(
            "InvalidEventPatternException", f"Event pattern is not valid. Reason: {error}"
        ) from None
    return Pattern(text, pattern)


def _check(node: Any, place: str) -> None:  # noqa: ANN401 - JSON
    if not isinstance(node, dict) or not node:
        raise ValueError(f"{place} must be an object or an array, with something in it")
    for name, value in node.items():
        if name == "$or":
            if not isinstance(value, list) or len(value) < 2:
                raise ValueError("$or must be an array of two or more objects")
            for one in value:
                _check(one, name)
        elif isinstance(value, list):
            if not value:
                raise ValueError(f"{name}: Empty arrays are not allowed")
            for one in value:
                if isinstance(one, list) or (isinstance(one, dict) and not set(one) <= _OPERATORS):
                    raise ValueError(f"{name}: Unrecognized match type {json.dumps(one)}")
        else:
            _check(value, name)


def at_path(event: Any, path: str) -> Any:  # noqa: ANN401 - JSON
    """The part of an event at a path such as `$.detail.id`; None if there is none."""
    for name, index, quoted in _STEP.findall(path):
        try:
            event = event[int(index)] if index else event[name or quoted]
        except (KeyError, IndexError, TypeError):
            return None
    return event


def input_of(target: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    """What a target gets, as JSON."""
    if target.get("Input"):
        return str(target["Input"])
    if target.get("InputPath"):
        return _json(at_path(event, target["InputPath"]))
    if target.get("InputTransformer"):
        return _transformed(target["InputTransformer"], event)
    return _json(event)


def check_target(target: Mapping[str, Any]) -> None:
    """Raises AwsError if its input cannot be made."""
    said = [name for name in ("Input", "InputPath", "InputTransformer") if target.get(name)]
    if len(said) > 1:
        raise _invalid(
            f"Only one of Input, InputPath, or InputTransformer must be provided: {', '.join(said)}"
        )
    transformer = target.get("InputTransformer") or {}
    paths = transformer.get("InputPathsMap") or {}
    for path in [target.get("InputPath") or "$", *paths.values()]:
        if not _PATH.fullmatch(path):
            raise _invalid(f"{path!r} is no JSON path: use $.detail.name")
    if "Input" in said:
        try:
            json.loads(target["Input"])
        except ValueError as error:
            raise _invalid(f"JSON syntax error in input for target {target.get('Id')}: {error}") from None
    for quoted, bare in _PLACE.findall(transformer.get("InputTemplate", "")):
        name = quoted or bare
        if name not in paths and not name.startswith("aws.events."):
            raise _invalid(f"InputTemplate for target {target.get('Id')} contains invalid placeholder {name}")


def _transformed(transformer: Mapping[str, Any], event: Mapping[str, Any]) -> str:
    paths = transformer.get("InputPathsMap") or {}
    own = {"aws.events.event.json": event, "aws.events.event.ingestion-time": event.get("time")}

    def put(match: re.Match[str]) -> str:
        quoted, bare = match.groups()
        name = quoted or bare
        value = at_path(event, paths[name]) if name in paths else own.get(name, "")
        if quoted:  # a text in a text
            return _json(value if isinstance(value, str) else _json(value))
        return _inner(value) if _within_text(match) else _json(value)

    return _PLACE.sub(put, transformer["InputTemplate"])


def _within_text(match: re.Match[str]) -> bool:
    # An odd number of quotation marks before it: it stands inside a JSON text.
    before = match.string[: match.start()]
    return (before.count('"') - before.count('\\"')) % 2 == 1


def _inner(value: Any) -> str:  # noqa: ANN401 - JSON
    text = value if isinstance(value, str) else _json(value)
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _json(value: Any) -> str:  # noqa: ANN401 - JSON
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _invalid(reason: str) -> AwsError:
    return AwsError("ValidationException", reason)
