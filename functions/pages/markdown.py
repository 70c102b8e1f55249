"""Tables in pages: one stands between `<!-- NAME -->` and `<!-- end -->`, the rest is written by hand."""

import re
from collections.abc import Callable, Iterable, Mapping

Tables = Mapping[str, Callable[[], str]]


def table(head: Iterable[object], rows: Iterable[Iterable[object]]) -> str:
    """A table in Markdown, without the last line's end."""
    titles = list(head)
    lines: list[list[object]] = [titles, ["---"] * len(titles), *(list(row) for row in rows)]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def renewed(page: str, tables: Tables) -> str:
    """`page` with every table as the code has it now. Raises ValueError when it lacks the place of one."""
    for name, rows in tables.items():
        begin, end = f"<!-- {name} -->\n", "<!-- end -->"
        block = re.compile(re.escape(begin) + ".*?" + end, re.DOTALL)
        text = f"{begin}{rows()}\n{end}"
        page, found = block.subn(lambda _, text=text: text, page)  # type: ignore[misc]  # bound now
        if not found:
            raise ValueError(f"the page has no place for the table {name!r}: write {begin!r}, then {end!r}")
    return page
