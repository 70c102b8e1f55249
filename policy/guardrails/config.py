"""Check a pack configuration file: what Pulumi itself would pass over in silence.

Pulumi ignores a misspelt rule name, and an entry without a level makes a mandatory rule advisory.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from .core.waivers import parse
from .pack import ALL_RULES, RULES, WAIVERS

LEVELS = ("advisory", "mandatory", "remediate", "disabled")
ALL = "all"
LEVEL = "enforcementLevel"


def problems(config: object, today: date) -> Iterator[str]:
    """Each fault of a configuration, as one sentence with its way out. `config` is the parsed JSON."""
    if not isinstance(config, Mapping):
        yield "The configuration is not an object: write one entry a rule"
        return
    by_name = {rule.name: rule for rule in ALL_RULES}
    names = list(by_name)
    for name, entry in config.items():
        if name != ALL and name not in names:
            near = difflib.get_close_matches(str(name), names, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"the rules are {', '.join(names)}"
            yield f"{name!r} is not a rule, and Pulumi would ignore the entry: {hint}"
            continue
        yield from (f"{name!r} {fault}" for fault in _level_faults(entry))
        if name == WAIVERS.name and isinstance(entry, Mapping):
            settings = {key: value for key, value in entry.items() if key != LEVEL}
            yield from parse(settings, (rule.name for rule in RULES), today).faults
        elif isinstance(entry, Mapping):
            yield from _setting_faults(name, entry, by_name[name].settings if name in by_name else {})


def _setting_faults(
    name: str, entry: Mapping[str, object], settings: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    for key, value in entry.items():
        if key == LEVEL:
            continue
        if key not in settings:
            way_out = f"its settings are {', '.join(settings)}" if settings else "remove it"
            yield f"{name!r} has no setting {key!r}: {way_out}"
            continue
        pattern = str(settings[key]["items"]["pattern"])
        if not isinstance(value, list) or not value:
            yield f"{name!r} has a setting {key!r} that is no list: write one with at least one element"
            continue
        for element in value:
            if not isinstance(element, str) or not re.fullmatch(pattern, element):
                yield f"{name!r} has {element!r} in {key!r}, which does not match {pattern}"


def _level_faults(entry: object) -> Iterator[str]:
    if isinstance(entry, Mapping) and LEVEL not in entry:
        yield f"has no {LEVEL}, and Pulumi would take it as advisory: add one of {', '.join(LEVELS)}"
        return
    level = entry.get(LEVEL) if isinstance(entry, Mapping) else entry
    if level not in LEVELS:
        yield f"has the level {level!r}: write one of {', '.join(LEVELS)}"


def read(path: Path) -> object:
    """The parsed file. Raises `ValueError` that names the file and the place when it is not JSON."""
    try:
        parsed: object = json.loads(path.read_text(encoding="utf-8"))
        return parsed
    except ValueError as error:
        raise ValueError(f"{path} is not JSON ({error}): correct it there") from error
