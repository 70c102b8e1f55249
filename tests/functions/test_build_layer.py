"""The layer's archive: the same bytes for the same packages, nothing that names the build, arm64 only."""

import os
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

import build_layer
from build_layer import LayerError, install, install_command, main, write_zip

ARM = b"\x7fELF" + bytes(14) + (183).to_bytes(2, "little") + b"code"
INTEL = b"\x7fELF" + bytes(14) + (62).to_bytes(2, "little") + b"code"
PACKAGE = {
    "fast/__init__.py": b"x = 1\n",
    "fast/_core.so": ARM,
    "fast-1.0.dist-info/METADATA": b"Name: fast\n",
    "fast-1.0.dist-info/licenses/LICENSE": b"free\n",
}
NOISE = {
    "fast-1.0.dist-info/RECORD": b"fast/__init__.py,,\n",
    "fast-1.0.dist-info/INSTALLER": b"pip\n",
    "fast-1.0.dist-info/direct_url.json": b"{}",
    "fast/__pycache__/__init__.cpython-313.pyc": b"\0",
    "bin/fast": b"#!/usr/bin/python\n",
    ".lock": b"",
}


def plant(tree: Path, files: Mapping[str, bytes], *, mtime: int, mode: int) -> Path:
    for name, content in files.items():
        path = tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
        os.utime(path, (mtime, mtime))
    return tree


def test_the_same_packages_give_the_same_bytes_whatever_order_times_modes_and_installer(
    tmp_path: Path,
) -> None:
    one = plant(tmp_path / "one", PACKAGE, mtime=1_000_000_000, mode=0o644)
    backwards = dict(reversed(list((PACKAGE | NOISE).items())))
    two = plant(tmp_path / "two", backwards, mtime=1_700_000_000, mode=0o700)
    write_zip(one, tmp_path / "one.zip")
    write_zip(two, tmp_path / "deep" / "two.zip")
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "deep" / "two.zip").read_bytes()


def test_the_layer_holds_the_packages_where_lambda_looks_for_them(tmp_path: Path) -> None:
    write_zip(plant(tmp_path / "tree", PACKAGE | NOISE, mtime=1, mode=0o600), tmp_path / "layer.zip")
    with zipfile.ZipFile(tmp_path / "layer.zip") as layer:
        assert set(layer.namelist()) == {f"python/{name}" for name in PACKAGE}
        assert layer.read("python/fast/__init__.py") == b"x = 1\n"
        assert {entry.external_attr >> 16 for entry in layer.infolist()} == {0o100644}


def test_a_library_for_another_processor_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    tree = plant(tmp_path / "tree", PACKAGE | {"fast/_core.so": INTEL}, mtime=1, mode=0o600)
    target = tmp_path / "out" / "layer.zip"
    with pytest.raises(LayerError, match=r"_core\.so.*arm64"):
        write_zip(tree, target)
    assert list(target.parent.iterdir()) == []


def test_an_empty_layer_is_refused_and_an_older_one_stays(tmp_path: Path) -> None:
    target = tmp_path / "layer.zip"
    target.write_bytes(b"older")
    (tmp_path / "tree").mkdir()
    with pytest.raises(LayerError, match="empty"):
        write_zip(tmp_path / "tree", target)
    assert target.read_bytes() == b"older"


@pytest.mark.parametrize("uv", [None, "/usr/bin/uv"])
def test_both_installers_take_hashed_arm64_wheels_of_the_functions_python(uv: str | None) -> None:
    command = install_command(Path("target"), uv)
    assert {"--require-hashes", "--no-deps", "--only-binary=:all:"} <= set(command)
    assert command[command.index("--python-version") + 1] == "3.13"
    assert any("aarch64" in argument for argument in command)
    assert command[0] == (uv or sys.executable)


def test_a_download_that_fails_is_told_with_the_installers_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = [sys.executable, "-c", "import sys; sys.exit('no route to the index')"]
    monkeypatch.setattr(build_layer, "install_command", lambda *_: failing)
    with pytest.raises(LayerError, match=r"no route to the index(.|\n)*PIP_INDEX_URL"):
        install(tmp_path)
    assert main([str(tmp_path / "layer.zip")]) == 1
    assert "no route" in capsys.readouterr().err
    assert not (tmp_path / "layer.zip").exists()


@pytest.mark.parametrize("arguments", [[], ["--help"], ["a.zip", "b.zip"]])
def test_bad_usage_is_told_apart_from_a_failed_build(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert "usage" in capsys.readouterr().err


def test_the_lock_pins_every_package_to_a_hash_and_leaves_the_runtimes_own_out() -> None:
    lines = build_layer.LOCK.read_text().splitlines()
    pinned = {line.split("==")[0] for line in lines if "==" in line}
    assert {"msgspec", "aws-lambda-powertools"} <= pinned
    assert not pinned & {"boto3", "botocore", "urllib3", "s3transfer"}
    assert not [line for line in lines if "://" in line]
