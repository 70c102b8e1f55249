"""What the sources say about each component: read as syntax, nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Field:
    """An input or an output: `default` is empty when it must be given."""

    name: str
    type: str
    default: str = ""


@dataclass(frozen=True)
class Component:
    """A component as its source describes it. `refuses`: messages of the errors of its inputs."""

    name: str
    token: str
    file: str
    about: str
    inputs_about: str
    inputs: tuple[Field, ...]
    outputs: tuple[Field, ...]
    refuses: tuple[str, ...]


def components(folder: Path = ROOT / "components") -> list[Component]:
    """Every public component of the folder, by name."""
    trees = {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(folder.rglob("*.py"))}
    # Components share the class of their arguments where they take the same.
    classes = {
        node.name: node for tree in trees.values() for node in tree.body if isinstance(node, ast.ClassDef)
    }
    found = [
        _component(node, classes, file.relative_to(folder.parent).as_posix())
        for file, tree in trees.items()
        for node in tree.body
        if isinstance(node, ast.ClassDef) and _is_public_component(node)
    ]
    return sorted(found, key=lambda component: component.name)


def _is_public_component(node: ast.ClassDef) -> bool:
    bases = [ast.unparse(base) for base in node.bases]
    return "pulumi.ComponentResource" in bases and not node.name.startswith("_")


def _component(node: ast.ClassDef, classes: dict[str, ast.ClassDef], file: str) -> Component:
    given = _args_type(node)
    args = classes.get(given)
    return Component(
        name=node.name,
        token=_token(node),
        file=file,
        about=ast.get_docstring(node) or "",
        inputs_about=(ast.get_docstring(args) or "") if args else "",
        inputs=tuple(_fields(args)) if args else (),
        outputs=tuple(Field(field.name, _plain(field.type)) for field in _fields(node)),
        refuses=tuple(_refusals(args)) if args else (),
    )


def _args_type(node: ast.ClassDef) -> str:
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name == "__init__":
            return next(
                (ast.unparse(a.annotation) for a in item.args.args if a.arg == "args" and a.annotation), ""
            )
    return ""


def _token(node: ast.ClassDef) -> str:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__" and call.args:
            first = call.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                return first.value
    raise ValueError(f"{node.name} does not say its type token to super().__init__ as a literal")


def _fields(node: ast.ClassDef) -> Iterator[Field]:
    for item in node.body:
        if not (isinstance(item, ast.AnnAssign) and isinstance(item.target, ast.Name)):
            continue
        if not item.target.id.startswith("_"):
            default = _default(item.value) if item.value else ""
            yield Field(item.target.id, ast.unparse(item.annotation), default)


def _default(value: ast.expr) -> str:
    text = ast.unparse(value)
    if text.startswith("field(default_factory="):
        made = text.removeprefix("field(default_factory=").rstrip(")")
        return {"dict": "{}", "list": "[]", "tuple": "()"}.get(made, made)
    return text


def _plain(type_: str) -> str:
    return (
        type_.removeprefix("pulumi.Output[").removesuffix("]")
        if type_.startswith("pulumi.Output[")
        else type_
    )


def _refusals(node: ast.ClassDef) -> Iterator[str]:
    for item in ast.walk(node):
        if isinstance(item, ast.Raise) and isinstance(item.exc, ast.Call) and item.exc.args:
            told = _message(item.exc.args[0])
            if told:
                yield told


def _message(value: ast.expr) -> str:
    """An error's words, with `{what}` for what is put into them."""
    if isinstance(value, ast.Constant):
        return str(value.value)
    if isinstance(value, ast.JoinedStr):
        return "".join(
            str(part.value)
            if isinstance(part, ast.Constant)
            else f"{{{ast.unparse(part.value).removeprefix('self.')}}}"
            for part in value.values
            if isinstance(part, ast.Constant | ast.FormattedValue)
        )
    return ""
