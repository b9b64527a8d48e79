"""OFAC's SDN list as csv: `sdn.csv`, joined with `alt.csv` (aliases), `add.csv` (addresses) and `sdn_comments.csv`.

By OFAC's data specification (dat_spec.txt): no header; fields between commas, text in quotes; `-0-` for nothing; rows end in
CR LF, and the file in one byte 0x1A. That byte is the only thing that tells a whole file from one that was cut off, so a file
without it is refused. A copy that a spreadsheet saved again has a header and may have lost the mark; it is read only when the
operator says that it is one (`resaved`).

Remarks are cut at 1,000 characters. What was cut stands in `sdn_comments.csv`, and in the XML.
"""

import csv
import re
from collections.abc import Iterator
from datetime import date
from io import StringIO

from msgspec import Struct
from msgspec.structs import replace

from habeas.domain.listing import (
    EntityKind,
    ListedAddress,
    ListedEntity,
    ListedName,
    ListVersion,
    NameQuality,
    ParsedList,
    SourceFile,
    script_of,
)
from habeas.reference.sanctions.country_names import country_code, country_codes
from habeas.reference.sanctions.damage import ListDamagedError, digest_of, text_of
from habeas.reference.sanctions.ofac_remarks import Remarks, read_remarks
from habeas.reference.sanctions.whole import whole_list

LIST = "OFAC-SDN"
REMARKS_MAX = 1000
_END = "\x1a"
_KINDS = {
    "": EntityKind.ORGANISATION,
    "individual": EntityKind.PERSON,
    "vessel": EntityKind.VESSEL,
    "aircraft": EntityKind.AIRCRAFT,
}


class Layout(Struct, frozen=True):
    """One of the four files: its columns as the data specification names them."""

    file: str
    columns: tuple[str, ...]


SDN = Layout(
    "sdn.csv",
    (
        "ent_num", "SDN_Name", "SDN_Type", "Program", "Title", "Call_Sign", "Vess_type", "Tonnage", "GRT", "Vess_flag",
        "Vess_owner", "Remarks",
    ),
)  # fmt: skip
ALT = Layout("alt.csv", ("ent_num", "alt_num", "alt_type", "alt_name", "alt_remarks"))
ADD = Layout("add.csv", ("ent_num", "add_num", "Address", "City/State/Province/Postal Code", "Country", "Add_remarks"))
COMMENTS = Layout("sdn_comments.csv", ("ent_num", "comments"))
LAYOUTS = (SDN, ALT, ADD, COMMENTS)


class CsvFile(Struct, frozen=True):
    """One of the files, read: its rows without header and end mark, "" for nothing."""

    layout: Layout
    rows: list[list[str]]
    source: SourceFile
    resaved: bool = False


def read_csv(data: bytes, layout: Layout, *, as_of: date | None = None, resaved: bool = False) -> CsvFile:
    """One file, checked for damage. `resaved` admits a header and a missing end mark.

    Raises ListDamagedError.
    """
    text = text_of(data, layout.file)
    try:
        rows = [[_said(field, layout) for field in row] for row in csv.reader(StringIO(text, newline=""), strict=True)]
    except csv.Error as error:
        raise ListDamagedError(f"{layout.file} is cut off or damaged: {error}; fetch the file again") from None
    has_header = bool(rows) and [field.lower() for field in rows[0][:1]] == ["ent_num"]
    if has_header and not resaved:
        raise ListDamagedError(
            f"{layout.file} begins with a header, which OFAC's files do not have, so other software has saved it again; "
            "fetch it from OFAC, or load it as a re-saved copy"
        )
    ended = [number for number, row in enumerate(rows) if row and row[0] == _END and not any(row[1:])]
    if not ended and not resaved:
        raise ListDamagedError(
            f"{layout.file} is cut off: it does not end in the byte 0x1A as OFAC's files do; fetch it again"
        )
    body = rows[int(has_header) : ended[0] if ended else None]
    after = rows[ended[0] + 1 :] if ended else []
    if any(any(row) for row in after):
        raise ListDamagedError(f"{layout.file} goes on after its end mark 0x1A; fetch it again")
    return CsvFile(
        layout,
        list(_clean(body, layout, has_header)),
        SourceFile(layout.file, digest_of(data), as_of),
        resaved and not ended,
    )


def _said(field: str, layout: Layout) -> str:
    # Remarks are cut in the middle of a word or at a space, so both halves are kept to the letter.
    is_half = len(field) >= REMARKS_MAX or layout is COMMENTS
    return field if is_half and field.strip() not in ("-0-", _END) and not field.isdigit() else field.strip()


def _clean(rows: list[list[str]], layout: Layout, has_header: bool) -> Iterator[list[str]]:
    for line, row in enumerate(rows, start=1 + int(has_header)):
        if has_header and not any(row):
            continue  # spreadsheets leave a tail of empty rows
        if len(row) != len(layout.columns) or not row[0].isascii() or not row[0].isdigit():
            raise ListDamagedError(
                f"{layout.file} is damaged at row {line}: {len(layout.columns)} fields that begin with a number were "
                f"expected, and `{','.join(row)[:60]}` is not that; fetch it again"
            )
        yield ["" if field == "-0-" else field for field in row]


def join(sdn: CsvFile, *others: CsvFile) -> ParsedList:
    """The list from `sdn.csv` and those of its companions that are there.

    Rows of a companion about entries that the list does not have are left out and counted in the notes: they show that
    the files are of different dates. Raises ListDamagedError for an empty list and for one with a repeated id.
    """
    aliases, addresses, comments = (_by_entry(others, layout) for layout in (ALT, ADD, COMMENTS))
    entities = [
        _entity(row, aliases.get(row[0], ()), addresses.get(row[0], ()), comments.get(row[0], ())) for row in sdn.rows
    ]
    files = (sdn.source, *(other.source for other in others))
    digest = digest_of("".join(file.sha256 for file in files).encode()) if others else sdn.source.sha256
    version = ListVersion(
        list=LIST,
        version=sdn.source.as_of.isoformat() if sdn.source.as_of else digest[:12],
        as_of=sdn.source.as_of,
        sha256=digest,
        entries=len(entities),
        files=files,
        notes=tuple(_notes(sdn, others)),
    )
    return whole_list(version, entities, what=sdn.layout.file)


def parse(data: bytes, as_of: date | None = None, *, resaved: bool = False) -> ParsedList:
    """The list from `sdn.csv` alone."""
    return join(read_csv(data, SDN, as_of=as_of, resaved=resaved))


def _by_entry(files: tuple[CsvFile, ...], layout: Layout) -> dict[str, list[list[str]]]:
    found: dict[str, list[list[str]]] = {}
    for row in (row for file in files if file.layout is layout for row in file.rows):
        found.setdefault(row[0], []).append(row)
    return found


def _notes(sdn: CsvFile, others: tuple[CsvFile, ...]) -> Iterator[str]:
    known = {row[0] for row in sdn.rows}
    for other in others:
        strange = [row for row in other.rows if row[0] not in known]
        if strange:
            yield (
                f"{other.layout.file} is of another date than {sdn.layout.file}: {len(strange)} of its {len(other.rows)} rows "
                f"are about {len({row[0] for row in strange})} entries that the list does not have, and were left out"
            )
        elif other.source.as_of != sdn.source.as_of:
            yield f"{other.layout.file} is of {other.source.as_of}, {sdn.layout.file} of {sdn.source.as_of}"
    for file in (sdn, *others):
        if file.resaved:
            yield f"{file.layout.file} is a re-saved copy without end mark, so nothing shows that it is whole"
    continued = _by_entry(others, COMMENTS)
    cut = sum(len(row[11]) >= REMARKS_MAX and row[0] not in continued for row in sdn.rows)
    if cut:
        yield (
            f"the remarks of {cut} entries are cut at {REMARKS_MAX} characters, so wallets and documents of these may be "
            "missing; load sdn_comments.csv with it, or the list as XML instead"
        )


def _entity(
    row: list[str],
    aliases: list[list[str]] | tuple[()],
    addresses: list[list[str]] | tuple[()],
    comments: list[list[str]] | tuple[()],
) -> ListedEntity:
    number, name, kind_word, programme, title, *vessel, line = row
    kind = _KINDS.get(kind_word)
    if kind is None:
        raise ListDamagedError(f"sdn.csv has an entry `{number}` of the unknown type `{kind_word}`; fetch it again")
    line += "".join(comment[1] for comment in comments)
    remarks = read_remarks(line, is_cut=len(line) >= REMARKS_MAX and not comments)
    return entity_from(
        number,
        kind,
        (
            listed_name(name, kind),
            *(replace(listed_name(alias[3], kind), quality=NameQuality.STRONG) for alias in aliases),
        ),
        remarks,
        programmes=tuple(re.split(r"\]\s*\[", programme.strip("[] "))) if programme else (),
        titles=(title,) if title else (),
        addresses=tuple(
            ListedAddress(", ".join(part for part in (street, city) if part), country_code(country))
            for _, _, street, city, country, _ in addresses
            if street or city or country
        ),
        vessel=vessel,
    )


def listed_name(text: str, kind: EntityKind) -> ListedName:
    """A name as OFAC writes it: persons with the family name first, `PUTIN, Vladimir Vladimirovich`."""
    family, comma, given = text.partition(",") if kind is EntityKind.PERSON else (text, "", "")
    if not comma:
        return ListedName(text, script=script_of(text))
    return ListedName(text, script=script_of(text), family=family.strip(), given=given.strip())


_VESSEL_FIELDS = ("call sign", "type", "tonnage", "gross tonnage", "flag", "owner")


def entity_from(
    entry: str,
    kind: EntityKind,
    names: tuple[ListedName, ...],
    remarks: Remarks,
    *,
    programmes: tuple[str, ...],
    titles: tuple[str, ...],
    addresses: tuple[ListedAddress, ...],
    vessel: list[str],
) -> ListedEntity:
    """An entry from its columns and its remarks. `vessel` is said in words, after the remarks."""
    rest = [*remarks.rest, *(f"{what} {value}" for what, value in zip(_VESSEL_FIELDS, vessel, strict=True) if value)]
    return ListedEntity(
        list=LIST,
        entry=entry,
        kind=kind,
        names=tuple(dict.fromkeys((*names, *remarks.weak_names))),
        births=tuple(dict.fromkeys(remarks.births)),
        birth_places=tuple(dict.fromkeys(remarks.birth_places)),
        nationalities=country_codes(remarks.nationalities),
        identifiers=tuple(dict.fromkeys(remarks.identifiers)),
        wallets=tuple(dict.fromkeys(remarks.wallets)),
        addresses=tuple(dict.fromkeys(addresses)),
        programmes=programmes,
        titles=titles,
        gender=remarks.gender,
        remarks="; ".join(rest),
    )
