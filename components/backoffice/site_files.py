"""The built web app: which files it has, and how a browser may keep each."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pulumi

ROOT = Path(__file__).resolve().parent.parent.parent
BUILT_SITE = ROOT / "backoffice" / "dist"
INDEX = "index.html"
RUNTIME_CONFIG = "config.json"
HASHED_FOLDER = "assets/"
_HASH = re.compile(r"-[A-Za-z0-9_-]{8}(?=\.[a-z0-9]+$)")  # Vite's: index-DqI4b8_x.js
IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATED = "no-cache"
NEVER_KEPT = "no-store"
# Not the machine's own table: it differs from machine to machine, and a wrong type runs no script.
CONTENT_TYPES: Mapping[str, str] = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".html": "text/html; charset=utf-8",
        ".ico": "image/x-icon",
        ".js": "text/javascript; charset=utf-8",
        ".json": "application/json",
        ".png": "image/png",
        ".svg": "image/svg+xml",
        ".txt": "text/plain; charset=utf-8",
        ".webmanifest": "application/manifest+json",
        ".woff2": "font/woff2",
    }
)


class SiteError(Exception):
    """The built web app is missing or cannot be served as it is; the message says what to do."""


@dataclass(frozen=True)
class SiteFile:
    """One file: its key in the bucket, where it is, what it is and how long it may be kept.

    `name` is the key without the hash, so that a file is the same resource in every build.
    """

    key: str
    name: str
    path: Path
    content_type: str
    cache_control: str

    @property
    def hashed(self) -> bool:
        """Whether the name changes with the content, so that a copy is right for ever."""
        return self.cache_control == IMMUTABLE

    @property
    def asset(self) -> pulumi.FileAsset:
        """The file for an upload."""
        # A path of one machine in the state would show as a change on every other.
        path = self.path.relative_to(ROOT) if self.path.is_relative_to(ROOT) else self.path
        return pulumi.FileAsset(path.as_posix())


def read_site(folder: Path) -> list[SiteFile]:
    """Every file of the built app, by key; those under `assets/` have their hash in their names.

    Raises SiteError when it is not built, brings a configuration of its own or a file of no known type.
    """
    if not (folder / INDEX).is_file():
        raise SiteError(f"{folder / INDEX} is missing: build the back office with `make pages`")
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    made: list[SiteFile] = []
    names: Counter[str] = Counter()
    for path in files:
        key = path.relative_to(folder).as_posix()
        name = _HASH.sub("", key) if key.startswith(HASHED_FOLDER) else key
        names[name] += 1
        made.append(_site_file(key, name if names[name] == 1 else f"{name}-{names[name]}", path))
    return made


def _site_file(key: str, name: str, path: Path) -> SiteFile:
    if key == RUNTIME_CONFIG:
        raise SiteError(f"{path} is in the built app: the deployment writes that file; leave it out")
    if path.suffix not in CONTENT_TYPES:
        raise SiteError(
            f"{path} is of no type that is served ({', '.join(CONTENT_TYPES)}): leave it out of the build, "
            "or add its type to components/backoffice/site_files.py"
        )
    return SiteFile(
        key=key,
        name=name,
        path=path,
        content_type=CONTENT_TYPES[path.suffix],
        cache_control=IMMUTABLE if key.startswith(HASHED_FOLDER) else REVALIDATED,
    )
