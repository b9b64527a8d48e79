"""Each published format, read from a small file that was written from its schema."""

from datetime import date

import pytest

from habeas.domain.listing import (
    Birth,
    EntityKind,
    Identifier,
    IdentifierKind,
    ListedAddress,
    ListedEntity,
    ListedWallet,
    NameQuality,
    ParsedList,
)
from habeas.reference.sanctions import eu, ofac_xml, opensanctions, own, uk, un
from habeas.reference.sanctions.damage import ListDamagedError
from tests.unit.reference.sanctions.files import (
    BITCOIN,
    ETHER,
    EU_XML,
    FTM,
    OWN,
    SDN_XML,
    UK_CSV,
    UK_CSV_HEADER,
    UK_ROWS,
    UK_XML,
    UN_XML,
)

DAY = date(2026, 11, 20)
BORN = Birth(date(1955, 1, 15), date(1955, 1, 15))


def names_of(entity: ListedEntity) -> list[tuple[str, NameQuality, str]]:
    return [(name.text, name.quality, name.script) for name in entity.names]


def version_of(parsed: ParsedList) -> tuple[str, str, date | None, int]:
    return parsed.version.list, parsed.version.version, parsed.version.as_of, parsed.version.entries


# --- OFAC as XML


def test_the_sdn_list_as_xml_says_the_same_as_the_csv_and_more() -> None:
    parsed = ofac_xml.parse(SDN_XML)
    assert version_of(parsed) == ("OFAC-SDN", "2026-11-20", DAY, 2)
    person, vessel = parsed.entities
    assert names_of(person) == [
        ("DOE, John", NameQuality.PRIMARY, "Latn"),
        ("DOE, Johnny", NameQuality.STRONG, "Latn"),
        ("BIG FISH", NameQuality.WEAK, "Latn"),
    ]
    assert person.births == (BORN, Birth(date(1956, 1, 1), date(1956, 12, 31), circa=True))
    assert (person.nationalities, person.gender, person.programmes) == (("RU", "CY"), "male", ("CYBER2", "DPRK3"))
    assert person.identifiers == (Identifier(IdentifierKind.PASSPORT, "645720381", "RU", "Passport"),)
    assert person.wallets == (ListedWallet("XBT", BITCOIN),)
    assert person.addresses == (ListedAddress("1 Example Street, Moscow", "RU"),)
    assert person.remarks == "(Linked To: EXAMPLE GROUP); Secondary sanctions risk: section 1(b)"
    assert (vessel.kind, vessel.identifiers[0].number) == (EntityKind.VESSEL, "7406784")
    assert vessel.remarks == "call sign T2EU4; type Tug; flag Iran"


def test_an_sdn_list_with_another_number_of_entries_than_it_says_is_refused() -> None:
    with pytest.raises(ListDamagedError, match="says that it has 3 entries but has 2"):
        ofac_xml.parse(SDN_XML.replace(b"<Record_Count>2<", b"<Record_Count>3<"))


# --- the United Nations


def test_the_un_list_is_read() -> None:
    parsed = un.parse(UN_XML)
    assert version_of(parsed) == ("UN-SC", "2026-11-20T00:00:04.0Z", DAY, 2)
    person, group = parsed.entities
    assert names_of(person) == [
        ("JOHN ADAM DOE", NameQuality.PRIMARY, "Latn"),
        ("جون دو", NameQuality.STRONG, "Arab"),
        ("Johnny Doe", NameQuality.STRONG, "Latn"),
        ("The Colonel", NameQuality.WEAK, "Latn"),
    ]
    assert [str(birth) for birth in person.births] == ["1971-05-09", "about 1972", "1969 to 1973"]
    assert (person.birth_places, person.nationalities) == (("Bukavu, Zaire",), ("CD",))
    assert person.identifiers == (Identifier(IdentifierKind.PASSPORT, "OB 0243318", "UG", "Passport"),)
    assert person.addresses == (ListedAddress("Goma", "CD"),)
    assert person.titles == ("Colonel", "Deputy", "Envoy")
    assert person.remarks == "CDi.999 An example."
    assert (group.kind, group.name, group.addresses[0].country) == (EntityKind.ORGANISATION, "EXAMPLE FRONT", "IR")


# --- the European Union


def test_the_eu_list_is_read() -> None:
    parsed = eu.parse(EU_XML)
    assert version_of(parsed) == ("EU-FSF", "199999", DAY, 2)
    person, company = parsed.entities
    assert names_of(person) == [
        ("John Adam Doe", NameQuality.PRIMARY, "Latn"),
        ("The Banker", NameQuality.WEAK, "Latn"),
        ("Джон Доу", NameQuality.STRONG, "Cyrl"),
    ]
    assert (person.names[0].family, person.names[0].given) == ("Doe", "John Adam")
    assert [str(birth) for birth in person.births] == ["1955-01-15", "about 1956", "1957 to 1958"]
    assert (person.nationalities, person.gender, person.programmes) == (("RU",), "male", ("RUS",))
    assert person.birth_places == ("Moscow, RUSSIAN FEDERATION",)
    assert person.identifiers == (Identifier(IdentifierKind.PASSPORT, "645720381", "RU", "National passport"),)
    assert person.addresses == (ListedAddress("1 Example Street, 101000, Moscow", "RU"),)
    assert person.remarks == "EU.9.99; An example."
    assert (company.entry, company.kind, company.name) == ("202", EntityKind.ORGANISATION, "Example Trading")


# --- the United Kingdom


@pytest.mark.parametrize(
    "parsed", [pytest.param(uk.parse_xml(UK_XML), id="xml"), pytest.param(uk.parse_csv(UK_CSV), id="csv")]
)
def test_the_uk_list_is_read_alike_from_both_of_its_formats(parsed: ParsedList) -> None:
    assert version_of(parsed) == ("UK-SL", "2026-11-20", DAY, 2)
    person, ship = parsed.entities
    assert names_of(person) == [
        ("JOHN ADAM DOE", NameQuality.PRIMARY, "Latn"),
        ("The Mullah", NameQuality.WEAK, "Latn"),
        ("JON DOE", NameQuality.STRONG, "Latn"),
        ("محمد", NameQuality.STRONG, "Arab"),
    ]
    assert [str(birth) for birth in person.births] == ["1945", "1946-01-15"]
    assert (person.nationalities, person.birth_places) == (("AF",), ("Kabul, Afghanistan",))
    assert person.identifiers == (Identifier(IdentifierKind.PASSPORT, "OR 801168", "AF", "Issued 28/02/2006"),)
    assert person.addresses == (ListedAddress("Kabul", "AF"),)
    assert person.titles == ("Mullah", "Deputy Minister")
    assert (ship.kind, ship.identifiers[0].kind, ship.identifiers[0].number) == (
        EntityKind.VESSEL,
        IdentifierKind.IMO,
        "7406784",
    )


def test_a_uk_list_whose_header_changed_is_refused() -> None:
    with pytest.raises(ListDamagedError, match=r"has no column `D\.O\.B`"):
        uk.parse_csv(UK_CSV.replace(b"D.O.B", b"Date of birth"))


def test_a_uk_list_cut_in_a_row_is_refused() -> None:
    cut = "\r\n".join((UK_CSV_HEADER, UK_ROWS[0], UK_ROWS[1][:60])).encode()
    with pytest.raises(ListDamagedError, match="damaged at row 3: it has"):
        uk.parse_csv(cut)


# --- OpenSanctions


def test_opensanctions_entities_are_read_with_the_wallets_and_documents_that_point_at_them() -> None:
    parsed = opensanctions.parse(FTM)
    assert version_of(parsed) == ("OPENSANCTIONS", "2026-11-19", date(2026, 11, 19), 2)
    person, wallet = parsed.entities
    assert names_of(person) == [
        ("John Doe", NameQuality.PRIMARY, "Latn"),
        ("Джон Доу", NameQuality.STRONG, "Cyrl"),
        ("Johnny Doe", NameQuality.STRONG, "Latn"),
        ("Big Fish", NameQuality.WEAK, "Latn"),
    ]
    assert [str(birth) for birth in person.births] == ["1955-01-01 to 1955-01-31", "1955-01-15"]
    assert person.wallets == (ListedWallet("XBT", BITCOIN),)
    assert [(number.kind, number.number, number.country) for number in person.identifiers] == [
        (IdentifierKind.PASSPORT, "645720381", "RU"),
        (IdentifierKind.NATIONAL_ID, "4509 123456", "RU"),
    ]
    assert (wallet.kind, wallet.wallets) == (EntityKind.UNNAMED, (ListedWallet("ETH", ETHER),))


def test_a_politician_who_is_not_sanctioned_is_not_listed() -> None:
    assert "NK-2" not in [entity.entry for entity in opensanctions.parse(FTM).entities]


def test_the_licence_of_opensanctions_is_stated_with_every_version() -> None:
    assert "CC BY-NC 4.0" in opensanctions.parse(FTM).version.notes[0]


# --- Habeas' own format


def test_a_list_in_our_own_format_is_read() -> None:
    parsed = own.parse(OWN)
    assert version_of(parsed) == ("HOUSE", "2026-11-20", DAY, 1)
    (entity,) = parsed.entities
    assert (entity.births, entity.nationalities) == ((BORN,), ("RU",))
    assert entity.identifiers == (Identifier(IdentifierKind.PASSPORT, "645720381", "RU", "Passport"),)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (b"15 Jan 1955", b"one day", "has `one day` in its entry `1`, which cannot be read"),
        (b'names = ["DOE, John"]\n', b'nmaes = ["DOE, John"]\n', "unknown field `nmaes`"),
        (b'"XBT ', b'"XBT x', "which cannot be read"),
        (b"as_of = 2026-11-20\n", b"", "missing required field `as_of`"),
    ],
)
def test_a_slip_in_our_own_format_is_named(old: bytes, new: bytes, sentence: str) -> None:
    with pytest.raises(ListDamagedError, match=sentence):
        own.parse(OWN.replace(old, new))


# --- damage


@pytest.mark.parametrize("of", [0.5, 0.9, 0.99])
@pytest.mark.parametrize(
    ("parse", "data"),
    [
        (ofac_xml.parse, SDN_XML),
        (un.parse, UN_XML),
        (eu.parse, EU_XML),
        (uk.parse_xml, UK_XML),
        (opensanctions.parse, FTM),
    ],
)
def test_a_file_cut_off_is_refused(parse: object, data: bytes, of: float) -> None:
    assert callable(parse)
    with pytest.raises(ListDamagedError, match="is cut off or damaged"):
        parse(data[: int(len(data) * of)])


@pytest.mark.parametrize(
    "declaration", [b'<!DOCTYPE lolz [<!ENTITY lol "lol">]>', b'<!DOCTYPE x SYSTEM "file:///etc/passwd">']
)
def test_a_document_type_is_refused_before_anything_expands(declaration: bytes) -> None:
    with pytest.raises(ListDamagedError, match="contains `<!DOCTYPE`"):
        un.parse(b"<?xml version='1.0'?>" + declaration + b"<CONSOLIDATED_LIST>&lol;</CONSOLIDATED_LIST>")


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_xml_in_another_encoding_is_refused(encoding: str) -> None:
    data = EU_XML.decode().replace("Джон Доу", "Jürgen").encode(encoding)
    with pytest.raises(ListDamagedError, match="is not in UTF-8"):
        eu.parse(data)


@pytest.mark.parametrize(
    ("parse", "data"),
    [
        (un.parse, b"<CONSOLIDATED_LIST dateGenerated='2026-11-20'><INDIVIDUALS/></CONSOLIDATED_LIST>"),
        (eu.parse, b"<export generationDate='2026-11-20'/>"),
        (uk.parse_xml, b"<Designations/>"),
        (ofac_xml.parse, b"<sdnList/>"),
        (uk.parse_csv, UK_CSV_HEADER.encode()),
        (opensanctions.parse, b'{"id":"a","schema":"Sanction","properties":{}}\n'),
        (own.parse, b'list = "A"\nsource = "b"\nas_of = 2026-01-01\nentry = []\n'),
    ],
)
def test_a_list_without_entries_is_refused(parse: object, data: bytes) -> None:
    assert callable(parse)
    with pytest.raises(ListDamagedError, match="has no entries"):
        parse(data)


@pytest.mark.parametrize(
    ("parse", "data", "old", "new"),
    [
        (ofac_xml.parse, SDN_XML, b"<uid>2</uid><lastName>EX", b"<uid>1</uid><lastName>EX"),
        (un.parse, UN_XML, b"<DATAID>102<", b"<DATAID>101<"),
        (eu.parse, EU_XML, b'logicalId="202"', b'logicalId="201"'),
        (uk.parse_xml, UK_XML, b"RUS9999", b"AFG0999"),
        (opensanctions.parse, FTM, b'"w-2"', b'"NK-1"'),
    ],
)
def test_an_id_that_comes_twice_is_refused(parse: object, data: bytes, old: bytes, new: bytes) -> None:
    assert callable(parse)
    assert old in data
    with pytest.raises(ListDamagedError, match="twice"):
        parse(data.replace(old, new))


def test_an_entry_that_names_nobody_is_refused() -> None:
    with pytest.raises(ListDamagedError, match="has an entry `202` without a name"):
        eu.parse(EU_XML.replace(b'wholeName="Example Trading"', b'wholeName=""'))
