"""Files of an older system, line by line: CSV below a header, or one JSON object a line. What cannot be read is said, with its
line, and the rest goes on.
"""

import csv
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from habeas.domain.errors import BadInputError
from habeas.domain.event import YEAR_MAX, YEAR_MIN
from habeas.domain.event_data import AccountName
from habeas.domain.ids import AccountId
from habeas.service.import_map import AccountColumns, AccountMap, DateForm, FileForm, RestrictionMap

LINE_BYTES_MAX = 64 * 1024
STATUS_MAX = 256
NOTE_MAX = 1_000
"""Of a longer note the rest stays in the file."""


class Unread(Struct, frozen=True):
    """A line that cannot be read, and why."""

    line: int
    why: str


class Record(Struct, frozen=True):
    """What stands in the named columns of one line; an empty text where nothing does."""

    line: int
    values: dict[str, str]


class StatusRow(Struct, frozen=True, kw_only=True):
    """What an older system says of one account."""

    line: int
    account: AccountId
    status: str
    since: datetime | None
    until: datetime | None
    note: str
    facts: dict[str, str]


class AccountRow(Struct, frozen=True, kw_only=True):
    """Who has an account, as an older system knows it: the data of an event about the profile."""

    line: int
    account: AccountId
    profile: dict[str, Any]


def status_rows(path: Path, map_: RestrictionMap) -> Iterator[StatusRow | Unread]:
    """The rows of a file of restrictions. Raises BadInputError where the file as a whole cannot be read."""
    column, form = map_.column, map_.file
    for record in _records(path, column.named, form):
        if isinstance(record, Unread):
            yield record
            continue
        said = record.values
        try:
            yield StatusRow(
                line=record.line,
                account=_account(said[column.account]),
                status=_status(said[column.status]),
                since=_instant(said.get(column.since, ""), form.dates),
                until=_instant(said.get(column.until, ""), form.dates),
                note=said.get(column.note, "")[:NOTE_MAX],
                facts={name: said[each][:NOTE_MAX] for name, each in column.facts.items() if said[each]},
            )
        except ValueError as exc:
            yield Unread(record.line, str(exc))


def account_rows(path: Path, map_: AccountMap) -> Iterator[AccountRow | Unread]:
    """The rows of a file of accounts. Raises BadInputError where the file as a whole cannot be read."""
    column, form = map_.column, map_.file
    columns = {name: getattr(column, name) for name in AccountColumns.__struct_fields__ if getattr(column, name)}
    for record in _records(path, column.named, form):
        if isinstance(record, Unread):
            yield record
            continue
        said = map_.always | {name: value for name, each in columns.items() if (value := record.values[each])}
        try:
            account = _account(said.pop("account", ""))
            yield AccountRow(line=record.line, account=account, profile=_profile(said, map_.country, form.dates))
        except ValueError as exc:
            yield Unread(record.line, str(exc))


def _profile(said: dict[str, str], countries: Mapping[str, str], dates: DateForm) -> dict[str, Any]:
    profile: dict[str, Any] = dict(said)
    if "residence" in said:
        profile["residence"] = countries.get(said["residence"], said["residence"])
    if "nationalities" in said:
        several = said["nationalities"].replace(",", " ").replace(";", " ").split()
        whole = countries.get(said["nationalities"])
        profile["nationalities"] = [whole] if whole else [countries.get(each, each) for each in several]
    if "birth_date" in said:
        profile["birth_date"] = _date(said["birth_date"], dates).date().isoformat()
    kind, number, country = (profile.pop(f"document_{part}", "") for part in ("kind", "number", "country"))
    if number:
        if not kind or not country:
            raise ValueError("the document has a number, and no kind or no country")
        profile["document"] = {"kind": kind, "number": number, "country": countries.get(country, country)}
    return profile


# --- lines -----------------------------------------------------------------------------------------------------------


def _records(path: Path, columns: Collection[str], form: FileForm) -> Iterator[Record | Unread]:
    try:
        with path.open("rb") as file:
            is_json = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
        yield from _json_records(path, columns, form) if is_json else _csv_records(path, columns, form)
    except OSError as exc:
        raise BadInputError(f"cannot read `{path}`: {exc.strerror}; check the path and its permissions") from None


def _csv_records(path: Path, columns: Collection[str], form: FileForm) -> Iterator[Record | Unread]:
    # What is no UTF-8 must not stop the rest: such bytes come as surrogates, which no line with them passes.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        lines = csv.reader(file, delimiter=form.delimiter)
        try:
            header = next(lines, [])
        except csv.Error as exc:
            raise BadInputError(f"the header of `{path}` cannot be read: {exc}") from None
        missing = [name for name in columns if name not in header]
        if missing:
            raise BadInputError(
                f"`{path}` has no column `{missing[0]}`; its header has {', '.join(f'`{name}`' for name in header)}"
            )
        where = [(name, header.index(name)) for name in dict.fromkeys(columns)]
        empty = frozenset(form.empty)
        line = 1
        while True:
            line = lines.line_num + 1
            try:
                cells = next(lines)
            except StopIteration:
                return
            except csv.Error as exc:
                yield Unread(line, f"it is no CSV: {exc}")
                continue
            if not cells:
                continue
            if len(cells) != len(header):
                yield Unread(line, f"it has {len(cells)} columns where the header has {len(header)}")
                continue
            values = {name: "" if cells[at] in empty else cells[at].strip() for name, at in where}
            yield _checked(line, values)


def _json_records(path: Path, columns: Collection[str], form: FileForm) -> Iterator[Record | Unread]:
    empty = frozenset(form.empty)
    decode = msgspec.json.Decoder(dict[str, Any]).decode
    with path.open("rb") as file:
        for line, text in enumerate(file, start=1):
            if not text.strip():
                continue
            if len(text) > LINE_BYTES_MAX:
                yield Unread(line, f"it is {len(text)} bytes long, more than {LINE_BYTES_MAX}")
                continue
            try:
                said = decode(text)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
                yield Unread(line, f"it is no JSON object: {exc}")
                continue
            values = {name: _text(said.get(name)) for name in columns}
            yield _checked(line, {name: "" if value in empty else value for name, value in values.items()})


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value.strip()
        case bool():
            return str(value).lower()
        case list():
            return " ".join(map(_text, value))
        case _:
            return str(value)


def _checked(line: int, values: dict[str, str]) -> Record | Unread:
    whole = "".join(values.values())
    if whole.isprintable():  # Surrogates are not.
        return Record(line, values)
    try:
        whole.encode()
    except UnicodeEncodeError:
        return Unread(line, "it is no UTF-8")
    return Record(line, values)


# --- values ----------------------------------------------------------------------------------------------------------


def _status(text: str) -> str:
    if len(text) > STATUS_MAX:
        raise ValueError(f"its status has {len(text)} characters, which no status has")
    return text


def _account(text: str) -> AccountId:
    if not text:
        raise ValueError("it names no account")
    try:
        return msgspec.convert(text, AccountName)
    except msgspec.ValidationError:
        raise ValueError(f"`{text[:40]}` is no account id") from None


_READ: dict[DateForm, Callable[[str], datetime]] = {
    DateForm.ISO: datetime.fromisoformat,
    DateForm.EPOCH: lambda text: datetime.fromtimestamp(float(text), UTC),
    DateForm.EPOCH_MS: lambda text: datetime.fromtimestamp(float(text) / 1000, UTC),
}


def _date(text: str, form: DateForm) -> datetime:
    try:
        at = _READ[form](text)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"`{text[:40]}` is no date as the map says that they are written ({form})") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _instant(text: str, form: DateForm) -> datetime | None:
    if not text:
        return None
    at = _date(text, form)
    if not YEAR_MIN <= at.year <= YEAR_MAX:
        raise ValueError(f"`{text[:40]}` is outside the years {YEAR_MIN} to {YEAR_MAX}")
    return at
