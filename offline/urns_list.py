"""The lists of URNs that a project keeps, one file a stack: `urns/<stack>.urns`.

One URN a line, sorted. After it, each behind a tab, what the next comparison needs to know of a resource that
is no longer there to be asked:

    on <provider>   the provider that serves it; every default provider of a package is `<package>::default`
    protected       it has `protect`
    now <resource>  an alias has made it this one; the URN stays until every live stack has been updated

`#` begins a comment. `urns/ignore` names, as globs over the whole URN, what is left out of every list.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from offline.config import Project
from offline.errors import UsageError
from offline.graph import Graph, Resource
from offline.providers import split_reference
from offline.urns import PROVIDER_PREFIX, STACK_TYPE, Urn

FOLDER = "urns"
SUFFIX = ".urns"
IGNORE = "ignore"
# A name may hold any character; these would end the line or the field.
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}
_ESCAPED = re.compile(r"\\(.?)")
_CONFLICT = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


@dataclass(frozen=True)
class Entry:
    """One URN of a list. `provider` is empty for components and providers, `now` but for former names."""

    urn: str
    provider: str = ""
    protected: bool = False
    now: str = ""

    def line(self) -> str:
        """Return the line of the file, without its end."""
        remarks = [f"on {_escaped(self.provider)}"] if self.provider else []
        remarks += ["protected"] if self.protected else []
        remarks += [f"now {_escaped(self.now)}"] if self.now else []
        return "\t".join([_escaped(self.urn), *remarks])


@dataclass(frozen=True)
class UrnList:
    """The URNs of one stack, by URN."""

    stack: str
    project: str
    entries: Mapping[str, Entry] = field(default_factory=dict)

    @classmethod
    def of(cls, stack: str, project: str, entries: Iterable[Entry]) -> UrnList:
        """Return a list of entries, which need no order."""
        by_urn = {entry.urn: entry for entry in entries}
        return cls(stack, project, {urn: by_urn[urn] for urn in sorted(by_urn)})

    @property
    def current(self) -> dict[str, Entry]:
        """What the stack has when its last change is deployed."""
        return {urn: entry for urn, entry in self.entries.items() if not entry.now}

    @property
    def former(self) -> dict[str, Entry]:
        """What aliases have renamed: a stack that has not been updated since still has it."""
        return {urn: entry for urn, entry in self.entries.items() if entry.now}

    def text(self) -> str:
        """Return the content of the file."""
        head = (
            f"# The URNs of stack {self.stack} of {self.project}: written by `ev urns write {self.stack}`.\n"
        )
        return head + "".join(f"{entry.line()}\n" for entry in self.entries.values())


def list_file(project: Project, stack: str) -> Path:
    """Return where the list of a stack is kept."""
    return project.root / FOLDER / f"{stack}{SUFFIX}"


def lists_without_stack(project: Project) -> list[Path]:
    """Return the lists of stacks that have no file (any more)."""
    known = set(project.stacks())
    files = sorted((project.root / FOLDER).glob(f"*{SUFFIX}"))
    return [file for file in files if file.name.removesuffix(SUFFIX) not in known]


def load(project: Project, stack: str) -> UrnList | None:
    """Read the list of a stack, or None when it has none.

    Raises:
        UsageError: the file cannot be read or is no list of this stack; the message names the line.
    """
    file = list_file(project, stack)
    shown = f"{FOLDER}/{file.name}"
    text = _read(file, shown)
    if text is None:
        return None
    entries: dict[str, Entry] = {}
    lines: dict[str, int] = {}
    for number, line in _lines(text):
        try:
            entry = _entry(line)
            _check_owner(Urn.parse(entry.urn), stack, project.name)
        except ValueError as error:
            raise UsageError(
                f"{shown}, line {number}: {error}. Restore the file from version control; only if no stack "
                f"is live, delete it and run: ev urns write {stack}"
            ) from None
        if entry.urn in entries:
            raise UsageError(
                f"{shown}, line {number}: {entry.urn!r} is already in line {lines[entry.urn]}. Keep one of "
                f"the two, then run: ev urns write {stack}"
            )
        entries[entry.urn], lines[entry.urn] = entry, number
    return UrnList.of(stack, project.name, entries.values())


def is_as_written(project: Project, urns: UrnList) -> bool:
    """Whether the file of a stack holds exactly what writing the list would put there."""
    file = list_file(project, urns.stack)
    text = _read(file, file.name)
    return text is not None and text.replace("\r\n", "\n") == urns.text()


def save(project: Project, urns: UrnList) -> None:
    """Write the list of a stack."""
    file = list_file(project, urns.stack)
    file.parent.mkdir(exist_ok=True)
    file.write_text(urns.text(), encoding="utf-8", newline="\n")


def load_ignored(project: Project) -> tuple[str, ...]:
    """Read the globs of `urns/ignore`.

    Raises:
        UsageError: it cannot be read, or a line can match no URN.
    """
    shown = f"{FOLDER}/{IGNORE}"
    text = _read(project.root / FOLDER / IGNORE, shown)
    patterns = []
    for number, line in _lines(text or ""):
        pattern = line.strip()
        if not pattern.startswith(("urn:pulumi:", "*", "?", "[")):
            raise UsageError(
                f"{shown}, line {number}: {pattern!r} can match no URN, which begins with 'urn:pulumi:'; "
                f"put a * before it"
            )
        patterns.append(pattern)
    return tuple(patterns)


def matches(urn: str, patterns: Iterable[str]) -> bool:
    """Whether one of the globs, or URNs, stands for a URN."""
    return any(urn == pattern or fnmatchcase(urn, pattern) for pattern in patterns)


def listable(resource: Resource) -> bool:
    """Whether deleting a resource from the program can delete something of the stack's.

    Not the stack itself; not what is only read; not default providers, which the engine makes and renames
    with each version of a package, and which it exchanges without replacing what is on them.
    """
    default = resource.type.startswith(PROVIDER_PREFIX) and not resource.parent
    return not (resource.external or default or resource.type == STACK_TYPE)


def entries_of(graph: Graph, ignored: Iterable[str]) -> Iterator[Entry]:
    """Yield what a list holds of a graph."""
    patterns = tuple(ignored)
    for resource in graph.sorted():
        if listable(resource) and not matches(resource.urn, patterns):
            yield Entry(resource.urn, provider_of(resource), resource.protect)


def provider_of(resource: Resource) -> str:
    """Return a resource's provider as a list names it: without the prefix that all providers share."""
    if not resource.provider:
        return ""
    urn = Urn.parse(split_reference(resource.provider)[0])
    if urn.name.startswith("default"):  # the engine's own test
        return f"{urn.type.removeprefix(PROVIDER_PREFIX)}::default"
    return urn.local.removeprefix(PROVIDER_PREFIX)


def provider_urn(provider: str, graph: Graph) -> str:
    """Return the URN of a provider as a list names it."""
    type_ = provider.partition("::")[0]
    prefix = "" if PROVIDER_PREFIX in type_ else PROVIDER_PREFIX
    return f"urn:pulumi:{graph.stack}::{graph.project}::{prefix}{provider}"


def _read(file: Path, shown: str) -> str | None:
    try:
        return file.read_bytes().decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{shown} cannot be read: {error}. Restore the file from version control") from error


def _lines(text: str) -> Iterator[tuple[int, str]]:
    # Not splitlines(): a name may hold the other characters that it takes for ends of lines.
    for number, line in enumerate(text.split("\n"), 1):
        kept = line.removesuffix("\r")
        if kept and not kept.startswith("#"):
            yield number, kept


def _entry(line: str) -> Entry:
    if line.startswith(_CONFLICT):
        raise ValueError(f"{line!r} is left of a merge: keep the lines of both sides")
    urn, *remarks = map(_unescaped, line.split("\t"))
    Urn.parse(urn)
    entry = Entry(urn)
    for remark in remarks:
        word, _, value = remark.partition(" ")
        if remark == "protected":
            entry = Entry(urn, entry.provider, True, entry.now)
        elif word == "on" and value:
            entry = Entry(urn, value, entry.protected, entry.now)
        elif word == "now" and "::" in value:
            entry = Entry(urn, entry.provider, entry.protected, value)
        else:
            raise ValueError(
                f"{remark!r} is no remark on a URN; allowed: on <provider>, protected, now <type>::<name>"
            )
    return entry


def _check_owner(urn: Urn, stack: str, project: str) -> None:
    if (urn.stack, urn.project) != (stack, project):
        raise ValueError(
            f"{str(urn)!r} is of stack {urn.stack!r} of project {urn.project!r}, and the list is of "
            f"{stack!r} of {project!r}. Who renames a stack or a project does so with `pulumi stack rename`, "
            "which changes the live URNs along, and in this file"
        )


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)


def _unescaped(text: str) -> str:
    characters = {escape[1]: character for character, escape in _ESCAPES.items()}

    def replace(found: re.Match[str]) -> str:
        if found[1] not in characters:
            raise ValueError(f"{found[0]!r} in {text!r} is no escape; allowed: {' '.join(_ESCAPES.values())}")
        return characters[found[1]]

    return _ESCAPED.sub(replace, text)
