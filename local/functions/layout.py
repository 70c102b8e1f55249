"""A function's folder as its archive has it: links, so that edits are seen and nothing else is imported."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from offline.values import ARCHIVE, signature


def lay_out(code: Mapping[str, Any], folder: Path, root: Path) -> list[Path]:
    """Make `folder` what the archive `code` (as on Pulumi's wire) says; the files of the project in it.

    `root`: what paths in the archive are relative to.
    """
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return list(_placed(code, folder, root))


def _placed(part: Mapping[str, Any], place: Path, root: Path) -> Iterator[Path]:
    if "assets" in part:
        for name, asset in part["assets"].items():
            yield from _placed(asset, place / name, root)
    elif "text" in part:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(part["text"], encoding="utf-8")
    elif signature(part) == ARCHIVE:
        source = root / part["path"]
        if source.is_dir():
            for file in sorted(path for path in source.rglob("*") if path.is_file()):
                yield from _linked(file, place / file.relative_to(source))
        else:
            with zipfile.ZipFile(source) as archive:
                archive.extractall(place)
    else:
        yield from _linked(root / part["path"], place)


def _linked(source: Path, place: Path) -> Iterator[Path]:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(source.resolve())
    yield source
