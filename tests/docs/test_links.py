"""Links lead somewhere: to a file of the repository, and to a heading of it."""

from pathlib import Path

import pytest

from tests.docs.pages import PAGES, Page, read
from tests.stacks import ROOT


def broken(page: Page) -> list[str]:
    """The links of a page inside of the repository that lead nowhere."""
    found = []
    for link in page.links:
        if ":" in link.partition("#")[0]:
            continue  # somebody else's
        path, _, anchor = link.partition("#")
        file = (page.file.parent / path).resolve() if path else page.file
        if not file.exists() or (anchor and anchor not in read(file).anchors):
            found.append(link)
    return found


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_every_link_leads_to_a_file_and_a_heading(file: Path) -> None:
    assert broken(read(file)) == []


def test_a_link_that_leads_nowhere_is_found(tmp_path: Path) -> None:
    (tmp_path / "there.md").write_text("# Some `code`, here\n")
    text = (
        "[a](there.md#some-code-here) [b](nosuch.md) [c](there.md#nosuch) [d](https://x.example) `[e](no.md)`"
    )
    assert broken(Page(tmp_path / "page.md", text)) == ["nosuch.md", "there.md#nosuch"]


def test_every_page_of_docs_can_be_reached_from_the_readme() -> None:
    seen: set[Path] = set()
    open_ = [ROOT / "README.md"]
    while open_:
        file = open_.pop()
        if file in seen or file.suffix != ".md":
            continue
        seen.add(file)
        paths = [link.partition("#")[0] for link in read(file).links if ":" not in link.partition("#")[0]]
        open_ += [(file.parent / path).resolve() for path in paths if path]
    lost = [page.relative_to(ROOT).as_posix() for page in PAGES if page not in seen]
    assert lost == []
