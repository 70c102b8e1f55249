"""What the engine knows of a stack before its program runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from offline.invokes import Answers


@dataclass(frozen=True)
class StackOutputs:
    """What another stack exports, as wire values; None for `outputs` when that cannot be known."""

    outputs: dict[str, Any] | None


@dataclass(frozen=True)
class StackInfo:
    """All that the engine knows of a stack before its program runs."""

    project: str
    stack: str
    root: Path
    program_directory: Path
    organization: str = "organization"
    config: Mapping[str, str] = field(default_factory=dict)
    secret_keys: frozenset[str] = frozenset()
    answers: Answers = field(default_factory=Answers)
    sibling_stacks: frozenset[str] = frozenset()
    known_stacks: Mapping[str, StackOutputs] = field(default_factory=dict)
