"""Markdown in which nothing that comes from outside is taken for markup."""

import re
from collections.abc import Iterator, Sequence

_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~$&])")


def plain(text: str) -> str:
    """Text on one line that reads as it is: no link, no tag, no table cell of its own."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """The lines of a table. Cells are made plain."""
    for cells in (head, ["---"] * len(head), *rows):
        is_rule = cells[0] == "---"
        yield f"| {' | '.join(cells if is_rule else map(plain, cells))} |"
