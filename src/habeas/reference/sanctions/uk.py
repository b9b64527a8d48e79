"""The UK Sanctions List of the Foreign, Commonwealth and Development Office: as XML (`Designations`) and as csv.

Both tell the same. In the csv a designation has one row for each of its names, addresses and so on, all under its unique id.
Name 6 is the family name, names 1 to 5 come before it. Dates are day/month/year, and `dd` or `mm` stand for what is not
known. Name types come in several spellings of capitals.
"""

import csv
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from io import StringIO
from xml.etree.ElementTree import Element

from msgspec import Struct, field

from habeas.domain.listing import (
    EntityKind,
    Identifier,
    IdentifierKind,
    ListedAddress,
    ListedEntity,
    ListedName,
    ListVersion,
    NameQuality,
    ParsedList,
    SourceFile,
    script_of,
)
from habeas.reference.sanctions.births import birth_in
from habeas.reference.sanctions.country_names import country_code, country_codes
from habeas.reference.sanctions.damage import ListDamagedError, digest_of, text_of
from habeas.reference.sanctions.whole import whole_list
from habeas.reference.sanctions.xml_tree import text_at, texts_at, tree_of

LIST = "UK-SL"
_WHAT = "the UK Sanctions List"
_KINDS = {"individual": EntityKind.PERSON, "entity": EntityKind.ORGANISATION, "ship": EntityKind.VESSEL}
_PRIMARY, _VARIATION = "primary name", "primary name variation"
_OF_A_STATE = frozenset({IdentifierKind.PASSPORT, IdentifierKind.NATIONAL_ID})
REQUIRED_COLUMNS = frozenset(
    {"Unique ID", "Name 6", "Name 1", "Name type", "Alias strength", "Regime Name", "D.O.B", "Passport number"}
)
_KIND_COLUMNS = ("Designation Type", "Individual, Entity, Ship")


class Designation(Struct):
    """What one designation says, gathered from its rows or its elements before it becomes an entry."""

    entry: str
    kind: str = ""
    names: list[tuple[str, str, str, str]] = field(default_factory=list)
    """Given names, family name, type, strength."""
    foreign_names: list[str] = field(default_factory=list)
    births: list[str] = field(default_factory=list)
    birth_places: list[str] = field(default_factory=list)
    nationalities: list[str] = field(default_factory=list)
    identifiers: list[tuple[IdentifierKind, str, str]] = field(default_factory=list)
    """Kind, number, what the list adds to it."""
    addresses: list[tuple[str, str]] = field(default_factory=list)
    programmes: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    genders: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)


def parse_xml(data: bytes, as_of: date | None = None) -> ParsedList:
    """The list from XML. Its own date counts; `as_of` only where it says none. Raises ListDamagedError."""
    root = tree_of(data, _WHAT)
    designations = [_from_element(element) for element in root.iterfind("Designation")]
    return _list(data, designations, _day(text_at(root, "DateGenerated"), "%d/%m/%Y") or as_of)


def parse_csv(data: bytes, as_of: date | None = None) -> ParsedList:
    """The list from csv. Its own date counts; `as_of` only where it says none. Raises ListDamagedError."""
    rows = list(csv_rows(text_of(data, _WHAT), _WHAT))
    report = rows.pop(0)[0].strip() if rows and rows[0][0].strip().lower().startswith("report date") else ""
    designations: dict[str, Designation] = {}
    for row in named_rows(rows, REQUIRED_COLUMNS, _WHAT):
        entry = row["Unique ID"]
        _add_row(designations.setdefault(entry, Designation(entry)), row)
    return _list(data, list(designations.values()), _day(report.partition(":")[2].strip(), "%d-%b-%Y") or as_of)


def csv_rows(text: str, what: str) -> Iterator[list[str]]:
    """The rows of a csv file, empty ones left out. Raises ListDamagedError where a quoted field does not end."""
    try:
        for row in csv.reader(StringIO(text, newline=""), strict=True):
            if any(field.strip() for field in row):
                yield row
    except csv.Error as error:
        raise ListDamagedError(f"{what} is cut off or damaged: {error}; fetch it again") from None


def named_rows(rows: list[list[str]], required: frozenset[str], what: str) -> Iterator[dict[str, str]]:
    """Rows by the names in the header. Raises ListDamagedError for a changed header and a row of another length."""
    header = [name.strip() for name in rows[0]] if rows else []
    missing = sorted(required - set(header))
    if missing:
        raise ListDamagedError(
            f"{what} has no column `{missing[0]}`: its publisher has changed the format, or this is another file"
        )
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise ListDamagedError(
                f"{what} is cut off or damaged at row {number}: it has {len(row)} fields where the header has "
                f"{len(header)}; fetch it again"
            )
        yield {name: " ".join(value.split()) for name, value in zip(header, row, strict=True)}


def _day(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date() if text else None  # noqa: DTZ007 - a day, not an instant
    except ValueError:
        raise ListDamagedError(f"{_WHAT} says that it is of `{text}`, which is no date; fetch it again") from None


def _list(data: bytes, designations: list[Designation], day: date | None) -> ParsedList:
    digest = digest_of(data)
    version = ListVersion(
        list=LIST,
        version=day.isoformat() if day else digest[:12],
        as_of=day,
        sha256=digest,
        entries=len(designations),
        files=(SourceFile("UK Sanctions List", digest, day),),
    )
    return whole_list(version, [_entity(designation) for designation in designations], what=_WHAT)


def _from_element(element: Element) -> Designation:
    person = "IndividualDetails/Individual"
    ship = "ShipDetails/Ship"
    found = Designation(
        entry=text_at(element, "UniqueID"),
        kind=text_at(element, "IndividualEntityShip"),
        names=[
            (
                " ".join(part for part in (text_at(name, f"Name{number}") for number in range(1, 6)) if part),
                text_at(name, "Name6"),
                text_at(name, "NameType"),
                text_at(name, "AliasStrength"),
            )
            for name in element.iterfind("Names/Name")
        ],
        foreign_names=list(texts_at(element, "NonLatinNames/NonLatinName/NameNonLatinScript")),
        births=list(texts_at(element, f"{person}/DOBs/DOB")),
        birth_places=[
            ", ".join(part for part in (text_at(place, "TownOfBirth"), text_at(place, "CountryOfBirth")) if part)
            for place in element.iterfind(f"{person}/BirthDetails/Location")
        ],
        nationalities=list(texts_at(element, f"{person}/Nationalities/Nationality")),
        programmes=list(texts_at(element, "RegimeName")),
        titles=[*texts_at(element, "Titles/Title"), *texts_at(element, f"{person}/Positions/Position")],
        genders=list(texts_at(element, f"{person}/Genders/Gender")),
        remarks=[
            text_at(element, name)
            for name in ("UNReferenceNumber", "SanctionsImposed", "OtherInformation", "UKStatementofReasons")
        ],
    )
    for number in element.iterfind(f"{person}/PassportDetails/Passport"):
        more = text_at(number, "PassportAdditionalInformation")
        found.identifiers.append((IdentifierKind.PASSPORT, text_at(number, "PassportNumber"), more))
    for number in element.iterfind(f"{person}/NationalIdentifierDetails/*"):
        more = text_at(number, "NationalIdentifierAdditionalInformation")
        found.identifiers.append((IdentifierKind.NATIONAL_ID, text_at(number, "NationalIdentifierNumber"), more))
    for text in texts_at(element, "EntityDetails//BusinessRegistrationNumber"):
        found.identifiers.append((IdentifierKind.REGISTRATION, text, ""))
    for text in texts_at(element, f"{ship}/IMONumbers/IMONumber"):
        found.identifiers.append((IdentifierKind.IMO, text, ""))
    for address in element.iterfind("Addresses/Address"):
        lines = (text_at(address, f"AddressLine{number}") for number in range(1, 7))
        found.addresses.append(
            (_joined((*lines, text_at(address, "AddressPostalCode"))), text_at(address, "AddressCountry"))
        )
    return found


def _add_row(found: Designation, row: dict[str, str]) -> None:
    found.kind = found.kind or next((row[name] for name in _KIND_COLUMNS if row.get(name)), "")
    given = " ".join(row.get(f"Name {number}", "") for number in range(1, 6)).split()
    found.names.append((" ".join(given), row["Name 6"], row["Name type"], row["Alias strength"]))
    found.foreign_names.append(row.get("Name non-latin script", ""))
    found.births.append(row["D.O.B"])
    found.birth_places.append(_joined((row.get("Town of birth", ""), row.get("Country of birth", ""))))
    found.nationalities.append(row.get("Nationality(/ies)", ""))
    found.identifiers += (
        (IdentifierKind.PASSPORT, row["Passport number"], row.get("Passport additional information", "")),
        (
            IdentifierKind.NATIONAL_ID,
            row.get("National Identifier number", ""),
            row.get("National Identifier additional information", ""),
        ),
        (IdentifierKind.REGISTRATION, row.get("Business registration number (s)", ""), ""),
        (IdentifierKind.IMO, row.get("IMO number", ""), ""),
    )
    lines = (row.get(f"Address Line {number}", "") for number in range(1, 7))
    found.addresses.append((_joined((*lines, row.get("Address Postal Code", ""))), row.get("Address Country", "")))
    found.programmes.append(row["Regime Name"])
    found.titles += (row.get("Title", ""), row.get("Position", ""))
    found.genders.append(row.get("Gender", ""))
    found.remarks += (
        row.get(name, "")
        for name in ("UN Reference Number", "Sanctions Imposed", "Other Information", "UK Statement of Reasons")
    )


def _entity(found: Designation) -> ListedEntity:
    kind = _KINDS.get(found.kind.lower())
    if not found.entry or kind is None:
        raise ListDamagedError(
            f"{_WHAT} has an entry `{found.entry}` of the unknown type `{found.kind}`; fetch it again"
        )
    nationalities = country_codes(found.nationalities)
    # The list says where a document was issued in free words only; somebody of one nationality has its documents.
    issuer = nationalities[0] if len(nationalities) == 1 else ""
    return ListedEntity(
        list=LIST,
        entry=found.entry,
        kind=kind,
        names=tuple(_names(found)),
        births=tuple(dict.fromkeys(birth for birth in map(birth_in, found.births) if birth)),
        birth_places=_said(found.birth_places),
        nationalities=nationalities,
        identifiers=tuple(
            dict.fromkeys(
                Identifier(what, number, issuer if what in _OF_A_STATE else "", more)
                for what, number, more in found.identifiers
                if number
            )
        ),
        addresses=tuple(
            dict.fromkeys(
                ListedAddress(text, country_code(country)) for text, country in found.addresses if text or country
            )
        ),
        programmes=_said(found.programmes),
        titles=_said(found.titles),
        gender=next((gender.lower() for gender in found.genders if gender), ""),
        remarks="; ".join(_said(found.remarks)),
    )


def _names(found: Designation) -> Iterator[ListedName]:
    """The primary name first, then its variations and aliases, then the names in other scripts; each once."""
    seen: set[str] = set()
    for given, family, type_, strength in sorted(found.names, key=lambda name: name[2].lower() != _PRIMARY):
        text = " ".join(f"{given} {family}".split())
        if not text or text in seen:
            continue
        weak = "low" in strength.lower()
        is_primary = not seen and type_.lower() in (_PRIMARY, _VARIATION)
        quality = NameQuality.PRIMARY if is_primary else NameQuality.WEAK if weak else NameQuality.STRONG
        seen.add(text)
        yield ListedName(text, quality, script_of(text), family if given else "", given)
    for text in _said(found.foreign_names):
        if text not in seen:
            yield ListedName(text, NameQuality.STRONG, script_of(text))


def _said(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(part for part in parts if part)
