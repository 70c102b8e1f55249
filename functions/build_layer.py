"""Builds the functions' dependency layer: `python functions/build_layer.py build/layer.zip`.

Packages come from `requirements.txt` beside this file, each pinned to its hash, as wheels for the
functions' runtime (Python 3.13 on arm64 Amazon Linux 2023) whatever machine builds it. The same lock gives
the same bytes: entries sorted, one timestamp, one mode, nothing that names the installer or the build.
"""

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

LOCK: Final = Path(__file__).with_name("requirements.txt")
PYTHON_VERSION: Final = "3.13"
# Newest first: Amazon Linux 2023 has glibc 2.34, so manylinux up to 2_34 would load; 2_28 is what is built.
_PIP_PLATFORMS: Final = ("manylinux_2_28_aarch64", "manylinux_2_17_aarch64", "manylinux2014_aarch64")
_UV_PLATFORM: Final = "aarch64-manylinux_2_28"
_EARLIEST_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
_READABLE_BY_ALL: Final = 0o100644 << 16
# Written by installers, different with each of them (or with each run); no code reads them at run time.
_INSTALLER_NOISE: Final = frozenset({"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"})
_ELF_MAGIC: Final = b"\x7fELF"
_ELF_AARCH64: Final = (183).to_bytes(2, "little")


class LayerError(Exception):
    """The layer could not be built; the message says what to do."""


def install_command(target: Path, uv: str | None) -> list[str]:
    """The command that installs the lock into `target`: uv when there is one, else this Python's pip."""
    common = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--python-version", PYTHON_VERSION]
    where = ["--target", str(target), "-r", str(LOCK)]
    if uv:
        return [uv, "pip", "install", "--quiet", *common, "--python-platform", _UV_PLATFORM, *where]
    platforms = [argument for name in _PIP_PLATFORMS for argument in ("--platform", name)]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    return [*pip, *common, "--implementation", "cp", *platforms, *where]


def install(target: Path) -> None:
    """Fills `target` with the locked packages. Raises LayerError with the installer's own last words."""
    command = install_command(target, shutil.which("uv"))
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - a fixed command
    if done.returncode:
        last_words = "\n".join((done.stderr or done.stdout).strip().splitlines()[-5:])
        raise LayerError(
            f"{LOCK.name} could not be installed (exit code {done.returncode}):\n{last_words}\n"
            "A package index must be reachable once (PIP_INDEX_URL or UV_INDEX_URL names another one). "
            "If a hash differs, run `make lock`."
        )


def layer_files(tree: Path) -> Iterator[tuple[str, Path]]:
    """(name in the archive, file) of everything the layer keeps, sorted by name."""
    found = []
    for path in tree.rglob("*"):
        parts = path.relative_to(tree).parts
        noise = (
            "__pycache__" in parts
            or path.suffix == ".pyc"
            or parts[0] in ("bin", ".lock")
            or (path.name in _INSTALLER_NOISE and path.parent.suffix == ".dist-info")
        )
        if path.is_file() and not noise:
            found.append(("/".join(("python", *parts)), path))
    yield from sorted(found)


def write_zip(tree: Path, archive: Path) -> None:
    """Writes `tree` as a Lambda layer to `archive`, whole or not at all.

    Raises LayerError for an empty tree and for a native library that is not built for arm64.
    """
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=archive.parent, prefix=archive.name, delete=False) as part:
        try:
            count = 0
            with zipfile.ZipFile(part, "w") as layer:
                for name, path in layer_files(tree):
                    content = path.read_bytes()
                    if content.startswith(_ELF_MAGIC) and content[18:20] != _ELF_AARCH64:
                        raise LayerError(
                            f"{name} is not built for arm64: the installer ignored the platform."
                        )
                    entry = zipfile.ZipInfo(name, _EARLIEST_ZIP_TIME)
                    entry.create_system = 3  # Unix, or the mode would not count
                    entry.external_attr = _READABLE_BY_ALL
                    layer.writestr(entry, content, zipfile.ZIP_DEFLATED, compresslevel=9)
                    count += 1
            if not count:
                raise LayerError(f"Nothing was installed from {LOCK.name}: the layer would be empty.")
        except BaseException:
            Path(part.name).unlink()
            raise
    Path(part.name).chmod(0o644)
    Path(part.name).replace(archive)


def main(arguments: list[str]) -> int:
    """Exit code 0 when the layer is there, 1 when it could not be built, 2 for bad usage."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        print("usage: python functions/build_layer.py LAYER.zip", file=sys.stderr)  # noqa: T201 - command line
        return 2
    archive = Path(arguments[0])
    try:
        with tempfile.TemporaryDirectory() as scratch:
            install(Path(scratch))
            write_zip(Path(scratch), archive)
    except LayerError as error:
        print(f"build_layer: {error}", file=sys.stderr)  # noqa: T201 - command line
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
