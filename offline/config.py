"""The project file, the stack files and the configuration that follows from them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from offline.errors import UsageError
from offline.passphrase import Decrypter, passphrase_decrypter, passphrase_from_environment
from offline.values import Value
from offline.yaml12 import AmbiguousNumber, load_yaml

PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml")
DISABLE_KEY = "pulumi:disable-default-providers"
SUBSTITUTE = "offline-substitute"
"""What stands for a secret that cannot be read, when the user allows that."""

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


@dataclass(frozen=True)
class Project:
    """A Pulumi project: `file` is its Pulumi.yaml."""

    file: Path
    content: dict[str, Any]

    @classmethod
    def find(cls, directory: Path) -> Project:
        """Find the project of a directory, there or above it.

        Raises:
            UsageError: there is none, it has no name, or its runtime is not Python.
        """
        directory = directory.resolve()
        for candidate in (directory, *directory.parents):
            for name in PROJECT_FILES:
                if (candidate / name).is_file():
                    return cls._checked(candidate / name)
        raise UsageError(f"no Pulumi.yaml in {directory} or above it; name the project's folder with --cwd")

    @classmethod
    def _checked(cls, file: Path) -> Project:
        project = cls(file, load_yaml(file))
        if not isinstance(project.content.get("name"), str):
            raise UsageError(f"{file}: 'name' is missing; a project needs one")
        runtime = project.content.get("runtime")
        language = runtime.get("name") if isinstance(runtime, dict) else runtime
        if language != "python":
            raise UsageError(
                f"{file}: runtime is {language!r}; only python programs can be previewed offline"
            )
        return project

    @property
    def name(self) -> str:
        return str(self.content["name"])

    @property
    def root(self) -> Path:
        return self.file.parent

    @property
    def program(self) -> Path:
        """The program: a directory with a __main__.py, or a file."""
        return (self.root / str(self.content.get("main") or ".")).resolve()

    @property
    def program_directory(self) -> Path:
        """Where the program runs: the CLI goes to the folder of `main`."""
        return self.program if self.program.is_dir() else self.program.parent

    @property
    def python(self) -> Path | None:
        """The interpreter of the `virtualenv` runtime option, when it is there."""
        runtime = self.content.get("runtime")
        options = runtime.get("options") if isinstance(runtime, dict) else None
        name = options.get("virtualenv") if isinstance(options, dict) else None
        python = self.root / str(name) / "bin" / "python" if name else None
        return python if python is not None and python.is_file() else None

    @property
    def _stack_directory(self) -> Path:
        return self.root / str(self.content.get("stackConfigDir") or ".")

    def stacks(self) -> list[str]:
        """Return the names of all stacks that have a file, sorted."""
        names = {path.name[len("Pulumi.") : -len(path.suffix)] for path in self._stack_files()}
        return sorted(names)

    def _stack_files(self) -> list[Path]:
        files = [*self._stack_directory.glob("Pulumi.*.yaml"), *self._stack_directory.glob("Pulumi.*.yml")]
        return [path for path in files if path.name.count(".") == 2]

    def stack_file(self, stack: str) -> Path | None:
        """Return the file of a stack, or None when it has none."""
        names = (f"Pulumi.{stack}.yaml", f"Pulumi.{stack}.yml")
        return next((p for n in names if (p := self._stack_directory / n).is_file()), None)


@dataclass(frozen=True)
class StackConfig:
    """The configuration of a stack as its program gets it: texts, structured values as JSON."""

    values: dict[str, str] = field(default_factory=dict)
    secret_keys: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def load_config(
    project: Project,
    stack: str,
    overrides: Mapping[str, str] | None = None,
    *,
    substitute: bool = False,
) -> StackConfig:
    """Return a stack's configuration: the stack file, the project's defaults, then `overrides`.

    Args:
        overrides: `--config` values; a key without a namespace belongs to the project.
        substitute: put a stand-in where a secret or an ESC environment cannot be read.

    Raises:
        UsageError: naming the file, the key, the reason and what to do.
    """
    file = project.stack_file(stack)
    if file is None:
        known = ", ".join(project.stacks()) or "none"
        raise UsageError(
            f"stack {stack!r} has no file Pulumi.{stack}.yaml in {project.root} (stacks: {known})"
        )
    content = load_yaml(file)
    given = content.get("config") or {}
    if not isinstance(given, dict):
        raise UsageError(f"{file.name}: 'config' must be a mapping, not {type(given).__name__}")
    notes: list[str] = []
    if content.get("environment"):
        if not substitute:
            raise UsageError(
                f"{file.name}: 'environment' imports ESC environments, which need Pulumi Cloud. Give their "
                "values with --config, or pass --substitute to leave them out"
            )
        notes.append("ESC environments were left out")
    reader = _Reader(file.name, _decrypter(file.name, content, substitute), notes)
    values: dict[str, Any] = {}
    for key, value in given.items():
        values[_full_key(project, str(key))] = reader.plain(str(key), value)
    secrets = {_full_key(project, str(key)) for key, value in given.items() if _has_secret(value)}
    for key, text in (overrides or {}).items():
        values[_full_key(project, key)] = text
        secrets.discard(_full_key(project, key))
    secrets |= _apply_schema(
        project, stack, values, overridden={_full_key(project, k) for k in overrides or {}}
    )
    texts = {key: _text(key, value, file.name) for key, value in sorted(values.items())}
    disabled_packages(texts)
    return StackConfig(
        texts,
        frozenset(secrets),
        tuple(dict.fromkeys(notes)),
    )


def disabled_packages(config: Mapping[str, str]) -> frozenset[str]:
    """Return the packages without a default provider; `*` stands for all.

    Raises:
        UsageError: the value is no list of names.
    """
    text = config.get(DISABLE_KEY, "[]")
    packages = _from_text(text)
    if not isinstance(packages, list) or not all(isinstance(package, str) for package in packages):
        raise UsageError(f'{DISABLE_KEY} is {text!r}; it must be a list of package names, or ["*"] for all')
    return frozenset(packages)


def _full_key(project: Project, key: str) -> str:
    return key if ":" in key else f"{project.name}:{key}"


def _has_secret(value: Value) -> bool:
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(map(_has_secret, value.values()))
    return isinstance(value, list) and any(map(_has_secret, value))


def _decrypter(file: str, content: dict[str, Any], substitute: bool) -> Decrypter:
    def stand_in(key: str, ciphertext: str) -> str:
        del key, ciphertext
        return SUBSTITUTE

    def refuse(why: str) -> Decrypter:
        def fail(key: str, ciphertext: str) -> str:
            del ciphertext
            raise UsageError(
                f"{file}: the secret {key!r} cannot be read offline: {why}. Give it with --config "
                f"{key}=..., or pass --substitute to put a stand-in in its place"
            )

        return stand_in if substitute else fail

    provider = str(content.get("secretsprovider") or "passphrase")
    if not provider.startswith("passphrase"):
        return refuse(f"its key is kept by {provider.partition('://')[0]}, which needs a network")
    salt = content.get("encryptionsalt")
    if not isinstance(salt, str):
        return refuse("the file has no 'encryptionsalt', so its secrets are kept by Pulumi Cloud")
    passphrase = passphrase_from_environment()
    if passphrase is None:
        return refuse("neither PULUMI_CONFIG_PASSPHRASE nor PULUMI_CONFIG_PASSPHRASE_FILE is set")
    opened: list[Decrypter] = []

    def decrypt(key: str, ciphertext: str) -> str:
        if not opened:  # deriving the key takes a third of a second: only when there is a secret
            opened.append(passphrase_decrypter(salt, passphrase, file))
        return opened[0](key, ciphertext)

    return decrypt


class _Reader:
    def __init__(self, file: str, decrypt: Decrypter, notes: list[str]) -> None:
        self._file = file
        self._decrypt = decrypt
        self._notes = notes

    def plain(self, key: str, value: Value) -> Value:
        """Return the value with every `secure:` in it decrypted."""
        if isinstance(value, AmbiguousNumber):
            raise UsageError(f"{self._file}: {key!r} is {value}, an octal number to YAML; put it in quotes")
        if isinstance(value, dict) and set(value) == {"secure"}:
            text = self._decrypt(key, str(value["secure"]))
            if text == SUBSTITUTE:
                self._notes.append(f"the secret {key!r} was replaced by a stand-in")
            return text
        if isinstance(value, dict):
            return {str(name): self.plain(key, item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.plain(key, item) for item in value]
        return value


def _apply_schema(project: Project, stack: str, values: dict[str, Any], overridden: set[str]) -> set[str]:
    """Add the project's defaults, check types, and return the keys that the project calls secret."""
    declared = project.content.get("config") or {}
    if not isinstance(declared, dict):
        return set()  # the old form: a folder for stack files
    secrets = set()
    for short, raw in declared.items():
        key = _full_key(project, str(short))
        entry = (
            raw
            if isinstance(raw, dict) and {"type", "default", "value", "secret", "description"} & set(raw)
            else {"value" if ":" in str(short) else "default": raw}
        )
        if entry.get("secret"):
            secrets.add(key)
        if key not in values:
            fallback = entry.get("value", entry.get("default"))
            if fallback is None:
                raise UsageError(
                    f"Stack '{stack}' is missing configuration value '{key}'"
                    + (f" ({entry['description']})" if entry.get("description") else "")
                    + f"; set it in Pulumi.{stack}.yaml or with --config {short}=..."
                )
            values[key] = fallback
        _check_type(stack, key, values[key], entry, text_allowed=key in overridden)
    return secrets


def _check_type(stack: str, key: str, value: Value, entry: dict[str, Any], *, text_allowed: bool) -> None:
    wanted = entry.get("type")
    if wanted is None:
        return
    if wanted not in _TYPES:
        raise UsageError(f"Pulumi.yaml: {key!r} has the type {wanted!r}; allowed: {', '.join(_TYPES)}")
    if text_allowed or (isinstance(value, str) and wanted != "string"):
        value = _from_text(value)
    if wanted == "string" and not isinstance(value, (list, dict)):
        return
    fits = isinstance(value, _TYPES[wanted]) and (wanted == "boolean" or not isinstance(value, bool))
    if not fits:
        shown = "a secret" if entry.get("secret") else repr(value)
        raise UsageError(
            f"Stack '{stack}' with configuration key '{key}' must be of type '{wanted}', but it is {shown}"
        )
    items = entry.get("items")
    if wanted == "array" and isinstance(items, dict):
        for item in value:
            _check_type(stack, key, item, {**items, "secret": entry.get("secret")}, text_allowed=False)


def _from_text(text: Value) -> Value:
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _text(key: str, value: Value, file: str) -> str:
    if isinstance(value, str):
        return str(value)
    if value is None:
        raise UsageError(f"{file}: {key!r} has no value; give it one or remove the line")
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
