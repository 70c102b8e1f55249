"""The pages that a reader may open, and what is in them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.stacks import ROOT

PAGES = sorted([ROOT / "README.md", ROOT / "policy/README.md", *(ROOT / "docs").rglob("*.md")])
_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"`[^`\n]+`")


@dataclass(frozen=True)
class Page:
    """A page, as text, with its code blocks taken out of `prose`."""

    file: Path
    text: str

    @property
    def name(self) -> str:
        return self.file.relative_to(ROOT).as_posix()

    @property
    def prose(self) -> str:
        return _BLOCK.sub("", self.text)

    @property
    def blocks(self) -> list[str]:
        """Code blocks without the indentation of the list that they are in."""
        return [
            re.sub(rf"^{found[1]}", "", found[3], flags=re.MULTILINE) for found in _BLOCK.finditer(self.text)
        ]

    @property
    def spans(self) -> list[str]:
        """Code in lines of prose."""
        return [span.strip("`") for span in _CODE.findall(self.prose)]

    @property
    def links(self) -> list[str]:
        return _LINK.findall(_CODE.sub("", self.prose))

    @property
    def anchors(self) -> set[str]:
        """What GitHub makes of the headings."""
        return {_anchor(line.lstrip("# ")) for line in self.prose.splitlines() if line.startswith("#")}

    def command_lines(self) -> Iterator[str]:
        """Every line of shell in the page's blocks, continued lines joined, without prompt and comment."""
        for block in self.blocks:
            for line in block.replace("\\\n", " ").splitlines():
                yield re.sub(r"\s+#\s.*$", "", line.strip().removeprefix("$ "))


def _anchor(heading: str) -> str:
    plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).strip().lower()
    return re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", plain))


def read(file: Path) -> Page:
    """Read a page."""
    return Page(file, file.read_text(encoding="utf-8"))
