#!/usr/bin/env python3
"""Says which test shows which row of docs/requirements.csv to hold, as a table in docs/rows.md.

A test claims rows with `@pytest.mark.row("B047", ...)` on a function or a class, on a `pytest.param`, or for its whole
file with `pytestmark`. The marks are read from the source, so that nothing needs to be installed to make the table.
"""

import argparse
import ast
import csv
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Row:
    """One thing that must hold; `home` is the part of the work that makes it hold."""

    id: str
    home: str
    must_hold: str


@dataclass(frozen=True)
class Mark:
    """A test's claim to show that a row holds; `test` is how pytest would be asked to run it."""

    row: str
    test: str


class MarkError(Exception):
    """A mark that cannot be read, or that nothing would run."""

    def __init__(self, path: str, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")


def rows_in(table: Path) -> tuple[Row, ...]:
    """The rows in the order of the table."""
    with table.open(newline="", encoding="utf-8") as lines:
        return tuple(Row(line["id"], line["home"], line["test"]) for line in csv.DictReader(lines))


def finished_homes(listing: Path) -> tuple[str, ...]:
    """The homes in the listing: one a line, comments and blank lines aside."""
    lines = (line.split("#", 1)[0].strip() for line in listing.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line)


def marks_under(tests: Path) -> tuple[Mark, ...]:
    """The marks in all files below a folder, in the order of their paths; tests are named from that folder's parent."""
    return tuple(
        mark
        for path in sorted(tests.rglob("*.py"))
        for mark in marks_in(path.read_text(encoding="utf-8"), path.relative_to(tests.parent).as_posix())
    )


def marks_in(source: str, path: str) -> Iterator[Mark]:
    """The marks in one file's source, from top to bottom."""
    yield from _marks_below(ast.parse(source, path), path, path)


def _marks_below(node: ast.AST, test: str, path: str) -> Iterator[Mark]:
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield from _marks_on(child, f"{test}::{name}", path)
            case ast.Call() if _is_row_mark(child.func):
                yield from _ids(child, test, path)
            case _:
                yield from _marks_below(child, test, path)


def _marks_on(
    definition: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, test: str, path: str
) -> Iterator[Mark]:
    marks = tuple(_marks_below(definition, test, path))
    collected = "Test" if isinstance(definition, ast.ClassDef) else "test"
    if not definition.name.startswith(collected) and any(mark.test == test for mark in marks):
        problem = f"`{definition.name}` has a row mark, but pytest runs only what starts with `{collected}`"
        raise MarkError(path, definition.lineno, problem)
    yield from marks


def _is_row_mark(called: ast.expr) -> bool:
    match called:
        case ast.Attribute(attr="row", value=ast.Name(id="mark") | ast.Attribute(attr="mark")):
            return True
        case _:
            return False


def _ids(call: ast.Call, test: str, path: str) -> Iterator[Mark]:
    if not call.args or call.keywords:
        raise MarkError(path, call.lineno, "a row mark takes ids of rows and nothing else")
    for argument in call.args:
        match argument:
            case ast.Constant(value=str(row)):
                yield Mark(row, test)
            case _:
                problem = f"a row mark must name its rows literally, not as `{ast.unparse(argument)}`"
                raise MarkError(path, argument.lineno, problem)


def by_row(marks: Sequence[Mark]) -> dict[str, list[str]]:
    """The tests of each marked row, each once, in the order of the marks."""
    tests: dict[str, list[str]] = {}
    for mark in marks:
        of_row = tests.setdefault(mark.row, [])
        if mark.test not in of_row:
            of_row.append(mark.test)
    return tests


def problems(rows: Sequence[Row], marks: Sequence[Mark], finished: Sequence[str]) -> Iterator[str]:
    """What is wrong between rows, marks and finished homes, a sentence each."""
    ids = [row.id for row in rows]
    homes = {row.home for row in rows}
    tested = {mark.row for mark in marks}
    for row_id in sorted({row_id for row_id in ids if ids.count(row_id) > 1}):
        yield f"docs/requirements.csv has row {row_id} more than once."
    for mark in marks:
        if mark.row not in ids:
            yield f"{mark.test} is marked with row {mark.row}, which docs/requirements.csv does not have."
    for home in finished:
        if home not in homes:
            yield f"docs/homes-finished.txt lists `{home}`, which is no row's home."
    for row in rows:
        if row.home in finished and row.id not in tested:
            yield f"Row {row.id} has no test, although its home `{row.home}` is finished: {row.must_hold}"


def table_of(rows: Sequence[Row], tests: Mapping[str, Sequence[str]], finished: Sequence[str]) -> str:
    """The text of docs/rows.md."""
    lines = [
        "# What must hold, and the tests that show it",
        "",
        "Made by `scripts/rows.py` from `docs/requirements.csv` and the `row` marks in `tests/`; do not edit by hand.",
        "",
        "| home | rows | with a test | finished |",
        "|---|---:|---:|---|",
    ]
    for home in dict.fromkeys(row.home for row in rows):
        of_home = [row for row in rows if row.home == home]
        with_test = sum(row.id in tests for row in of_home)
        lines.append(f"| {_cell(home)} | {len(of_home)} | {with_test} | {'yes' if home in finished else ''} |")
    lines += ["", "| id | home | what must hold | tests |", "|---|---|---|---|"]
    for row in rows:
        names = "<br>".join(f"`{test}`" for test in tests.get(row.id, ()))
        lines.append(f"| {row.id} | {_cell(row.home)} | {_cell(row.must_hold)} | {names} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def main(arguments: Sequence[str] | None = None, project: Path = PROJECT) -> int:
    """Writes the table, or with `--check` says what is wrong with it; 1 when something is."""
    parser = argparse.ArgumentParser(description="Make docs/rows.md: which test shows which requirement to hold.")
    parser.add_argument(
        "--check", action="store_true", help="change nothing; fail when the table is stale or a row lacks its test"
    )
    check = parser.parse_args(arguments).check

    rows = rows_in(project / "docs/requirements.csv")
    finished = finished_homes(project / "docs/homes-finished.txt")
    try:
        marks = marks_under(project / "tests")
    except (MarkError, SyntaxError) as error:
        print(f"rows: {error}", file=sys.stderr)
        return 1
    found = list(problems(rows, marks, finished))

    written = project / "docs/rows.md"
    table = table_of(rows, by_row(marks), finished)
    if not check:
        written.write_text(table, encoding="utf-8")
    elif not written.exists() or written.read_text(encoding="utf-8") != table:
        found.append("docs/rows.md is stale; run scripts/rows.py and commit what it writes.")

    for problem in found:
        print(f"rows: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
