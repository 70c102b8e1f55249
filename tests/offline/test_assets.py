"""Assets and archives: they exist, or the error names them; a changed file shows as a change."""

import hashlib
from pathlib import Path

import pytest

from offline.assets import AssetHasher
from offline.engine_errors import EngineError
from offline.values import ARCHIVE, ASSET, SIGNATURE
from tests.offline.projects import Written, clean, errors, named, write

PROGRAM = """
Thing("thing", {
    "file": pulumi.FileAsset("data/a.txt"),
    "text": pulumi.StringAsset("hello"),
    "folder": pulumi.FileArchive("data"),
    "parts": pulumi.AssetArchive({"x": pulumi.StringAsset("hello"), "d": pulumi.FileArchive("data")}),
    "far": pulumi.RemoteAsset("https://example.com/a"),
})
"""


def hashes(written: Written) -> dict[str, str]:
    """The hashes of the thing's assets, by property."""
    inputs = named(clean(written.preview()), "thing").inputs
    return {name: value.get("hash", "") for name, value in inputs.items()}


def test_files_and_texts_carry_their_sha256(tmp_path: Path) -> None:
    written = write(tmp_path, PROGRAM, files={"data/a.txt": "hello", "data/sub/b.txt": "b"})
    found = hashes(written)
    assert found["file"] == found["text"] == hashlib.sha256(b"hello").hexdigest()
    assert found["folder"]
    assert found["parts"]
    assert found["far"] == ""  # reading it would need a network


def test_any_change_in_a_folder_changes_the_hash_of_its_archives(tmp_path: Path) -> None:
    written = write(tmp_path, PROGRAM, files={"data/a.txt": "hello", "data/sub/b.txt": "b"})
    before = hashes(written)
    assert before == hashes(written)
    (tmp_path / "data/sub/b.txt").rename(tmp_path / "data/sub/c.txt")
    after = hashes(written)
    assert after["folder"] != before["folder"]
    assert after["parts"] != before["parts"]
    assert after["file"] == before["file"]


@pytest.mark.parametrize(
    ("asset", "reason"),
    [
        ('pulumi.FileAsset("gone.txt")', "is not a file"),
        ('pulumi.FileAsset("folder")', "is not a file"),
        ('pulumi.FileArchive("gone")', "does not exist"),
        ('pulumi.FileArchive("a.txt")', "not an archive"),
        ('pulumi.AssetArchive({"x": pulumi.FileAsset("gone.txt")})', "is not a file"),
    ],
)
def test_what_is_missing_is_named_with_resource_and_property(tmp_path: Path, asset: str, reason: str) -> None:
    result = write(
        tmp_path, f'Thing("thing", {{"code": {asset}}})', files={"a.txt": "", "folder/b": ""}
    ).preview()
    assert "demo:index:Thing::thing, property 'code'" in errors(result)
    assert reason in errors(result)


def test_relative_paths_start_in_the_programs_folder(tmp_path: Path) -> None:
    hasher = AssetHasher(tmp_path)
    (tmp_path / "a.zip").write_bytes(b"zip")
    archive = {SIGNATURE: ARCHIVE, "path": "a.zip"}
    assert hasher.with_hashes([archive], "x")[0]["hash"] == hashlib.sha256(b"zip").hexdigest()
    with pytest.raises(EngineError, match=r"b\.zip"):
        hasher.with_hashes({"deep": {SIGNATURE: ASSET, "path": "b.zip"}}, "x")
