"""The lists of URNs as files: what is written is read again, and what is no list is refused with its line."""

from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st

from offline.errors import UsageError
from offline.urns import Urn
from offline.urns_list import (
    Entry,
    UrnList,
    is_as_written,
    list_file,
    lists_without_stack,
    load,
    load_ignored,
    matches,
    save,
)
from tests.offline.projects import Written, write

URN = "urn:pulumi:dev::demo::demo:index:Thing::a"

names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
types = st.sampled_from(["demo:index:Thing", "demo:index:Group$demo:index:Thing", "pulumi:providers:demo"])
entries = st.builds(
    lambda type_, name, provider, protected, now: Entry(
        str(Urn("dev", "demo", type_, name)),
        f"demo::{provider}" if provider else "",
        protected,
        f"{type_}::{now}" if now else "",
    ),
    types,
    names,
    st.none() | names,
    st.booleans(),
    st.none() | names,
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return write(tmp_path_factory.mktemp("project"), "")


def written(project: Written, text: str | bytes) -> None:
    file = list_file(project.project, "dev")
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())


@given(found=st.lists(entries, max_size=6))
@example(found=[Entry(URN + end, f"demo::{end}x") for end in ("\r", "\n", "\t", "\\", "\\n", "\x85")])
def test_what_is_written_is_read_again_whatever_the_names_hold(project: Written, found: list[Entry]) -> None:
    urns = UrnList.of("dev", "demo", found)
    save(project.project, urns)
    assert load(project.project, "dev") == urns
    assert is_as_written(project.project, urns)
    lines = list_file(project.project, "dev").read_bytes().decode().split("\n")
    assert len(lines) == len(urns.entries) + 2  # a comment before, an end after


def test_the_order_of_entries_is_that_of_the_urns_and_a_checkout_may_end_lines_otherwise(
    project: Written,
) -> None:
    urns = UrnList.of("dev", "demo", [Entry(URN + "2"), Entry(URN, "demo::east", True), Entry(URN + "1")])
    assert [line.split("\t") for line in urns.text().splitlines()[1:]] == [
        [URN, "on demo::east", "protected"],
        [URN + "1"],
        [URN + "2"],
    ]
    written(project, urns.text().replace("\n", "\r\n"))
    assert load(project.project, "dev") == urns
    assert is_as_written(project.project, urns)
    written(project, "\n".join(reversed(urns.text().splitlines())) + "\n")
    assert load(project.project, "dev") == urns
    assert not is_as_written(project.project, urns)


@pytest.mark.parametrize(
    ("text", "names_it"),
    [
        ("rubbish", "'rubbish'"),
        (f"{URN}\tlost", "'lost'"),
        (f"{URN}\ton ", "'on '"),
        (f"{URN}\tnow there", "'now there'"),
        (f"{URN}\\x", r"'\\x'"),
        (f"{URN.replace('dev', 'prod')}", "'prod'"),
        (f"{URN.replace('::demo::', '::other::')}", "'other'"),
        ("<<<<<<< HEAD", "merge"),
        (f"{URN}\n{URN}\tprotected", "line 3"),
    ],
)
def test_a_line_that_is_none_of_a_list_is_an_error_that_names_it_and_the_way_out(
    project: Written, text: str, names_it: str
) -> None:
    written(project, f"# a comment\n\n{text}\n")
    with pytest.raises(UsageError) as caught:
        load(project.project, "dev")
    message = str(caught.value)
    assert "urns/dev.urns, line " in message
    assert names_it in message
    assert "ev urns write dev" in message


def test_a_file_that_is_no_text_is_an_error_and_none_at_all_is_no_list(project: Written) -> None:
    written(project, b"\xff\xfe")
    with pytest.raises(UsageError, match=r"urns/dev\.urns cannot be read"):
        load(project.project, "dev")
    list_file(project.project, "dev").unlink()
    assert load(project.project, "dev") is None
    assert not is_as_written(project.project, UrnList.of("dev", "demo", []))


def test_patterns_stand_for_whole_urns_and_an_impossible_one_is_an_error(tmp_path: Path) -> None:
    project = write(
        tmp_path, "", files={"urns/ignore": "# pages\n*::page-*\n\nurn:pulumi:dev::*::x\n"}
    ).project
    assert load_ignored(project) == ("*::page-*", "urn:pulumi:dev::*::x")
    assert matches("urn:pulumi:dev::demo::demo:index:Thing::page-1", load_ignored(project))
    assert not matches("urn:pulumi:dev::demo::demo:index:Thing::Page-1", load_ignored(project))
    assert matches("urn:pulumi:dev::demo::a:b:C::x[1]", ["urn:pulumi:dev::demo::a:b:C::x[1]"])
    (tmp_path / "urns/ignore").write_text("page-*\n")
    with pytest.raises(UsageError, match=r"urns/ignore, line 1: 'page-\*'"):
        load_ignored(project)


def test_a_list_of_a_stack_that_is_no_more_is_found(tmp_path: Path) -> None:
    project = write(tmp_path, "", files={"urns/dev.urns": "", "urns/old.urns": "", "urns/ignore": ""}).project
    assert [file.name for file in lists_without_stack(project)] == ["old.urns"]
