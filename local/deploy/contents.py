"""The bytes of assets and archives as Pulumi's wire has them."""

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from offline.values import ARCHIVE, signature

_OLDEST: Final = (1980, 1, 1, 0, 0, 0)  # what a zip knows: the same bytes at each deployment


def contents(value: Mapping[str, Any], directory: Path) -> bytes:
    """What an asset holds, and an archive as a zip, or the file of one. Raises OSError, and ValueError for a
    URI, which would need a network."""
    file = directory / str(value.get("path", ""))
    if file.is_file():
        return file.read_bytes()
    if signature(value) == ARCHIVE and "uri" not in value:
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in sorted(_members("", value, directory)):
                archive.writestr(zipfile.ZipInfo(name, _OLDEST), data)
        return packed.getvalue()
    if "text" in value:
        return str(value["text"]).encode()
    raise ValueError(f"{value.get('uri') or value.get('path')!r} is no file and no text")


def _members(prefix: str, value: Mapping[str, Any], directory: Path) -> Iterator[tuple[str, bytes]]:
    if "path" in value and (directory / value["path"]).is_dir():
        folder = directory / value["path"]
        for file in folder.rglob("*"):
            if file.is_file():
                yield f"{prefix}{file.relative_to(folder).as_posix()}", file.read_bytes()
        return
    for name, part in value.get("assets", {}).items():
        if signature(part) == ARCHIVE:
            yield from _members(f"{prefix}{name}/", part, directory)
        else:
            yield f"{prefix}{name}", contents(part, directory)
