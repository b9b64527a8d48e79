"""Rows of a csv file with a header, each with its number, or one sentence that says what is wrong with the file."""

import csv
from collections.abc import Iterator, Sequence
from io import StringIO

from habeas.domain.errors import BadInputError


def rows(data: bytes, file: str, needed: Sequence[str] = ()) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the line on which it ends. Raises BadInputError."""
    text = csv_text(data, file)
    if not text.endswith("\n"):
        raise BadInputError(f"`{file}` is cut off: its last line does not end; fetch it again")
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    try:
        header = [field.strip() for field in next(reader, [])]
        missing = [column for column in needed if column not in header]
        if missing:
            raise BadInputError(f"`{file}` has no column `{missing[0]}`; its columns are {', '.join(header)[:200]}")
        for row in reader:
            if not row:
                continue
            if len(row) != len(header):
                raise BadInputError(
                    f"`{file}`, line {reader.line_num}: has {len(row)} fields where the header has {len(header)}; correct it"
                )
            yield reader.line_num, {column: field.strip() for column, field in zip(header, row, strict=True)}
    except csv.Error as exc:
        raise BadInputError(f"`{file}`, line {reader.line_num}: cannot be read as csv: {exc}") from None


def csv_text(data: bytes, file: str) -> str:
    """The text of a file in UTF-8. Raises BadInputError."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise BadInputError(
            f"`{file}` is not in UTF-8 at byte {exc.start}; fetch it again without converting it"
        ) from None


def header_of(data: bytes) -> tuple[str, ...]:
    """The columns of a file that may be csv."""
    lines = data[:4096].decode("utf-8-sig", errors="replace").splitlines()
    return tuple(field.strip() for field in next(csv.reader(line.strip() for line in lines[:1]), []))
