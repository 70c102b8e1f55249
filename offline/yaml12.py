"""YAML as the Pulumi CLI reads it: `yes` and `on` are texts, dates are texts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from offline.errors import UsageError


class _Loader(yaml.SafeLoader):
    """SafeLoader without YAML 1.1's surprises."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as in PyYAML


class AmbiguousNumber(str):
    """Digits with a leading zero: an octal number to the CLI, hardly what the author meant."""

    __slots__ = ()


_RULES = [
    ("tag:yaml.org,2002:bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("tag:yaml.org,2002:null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("!ambiguous", r"^[-+]?0[0-9_]+$", "-+0"),
    ("tag:yaml.org,2002:int", r"^(?:[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+)$", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$",
        "-+.0123456789",
    ),
]
for _tag, _pattern, _first in _RULES:
    _Loader.add_implicit_resolver(_tag, re.compile(_pattern), list(_first))
_Loader.add_constructor("!ambiguous", lambda _loader, node: AmbiguousNumber(node.value))


def load_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML (or JSON) file whose top is a mapping.

    Raises:
        UsageError: the file is missing, is no YAML, or holds something else.
    """
    try:
        with path.open(encoding="utf-8") as stream:
            content = yaml.load(stream, _Loader)  # noqa: S506 - a SafeLoader
    except FileNotFoundError as error:
        raise UsageError(f"{path} does not exist") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} is no YAML: {error}") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UsageError(f"{path} must hold a mapping, not {type(content).__name__}")
    return content
