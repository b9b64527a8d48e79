from datetime import date

import pytest

from habeas.domain.listing import (
    Birth,
    EntityKind,
    Identifier,
    IdentifierKind,
    ListedAddress,
    ListedEntity,
    ListedName,
    ListedWallet,
    NameQuality,
)
from habeas.reference.sanctions.damage import ListDamagedError
from habeas.reference.sanctions.ofac_csv import ADD as ADD_LAYOUT
from habeas.reference.sanctions.ofac_csv import ALT as ALT_LAYOUT
from habeas.reference.sanctions.ofac_csv import COMMENTS, SDN, join, parse, read_csv
from tests.unit.reference.sanctions.files import (
    ADD,
    ALT,
    BITCOIN,
    ETHER,
    a_real_sdn,
    a_row,
    an_sdn,
    real,
    with_real_lists,
)


def the_entry(remarks: str, kind: str = "individual") -> ListedEntity:
    return parse(an_sdn(a_row(remarks=remarks, kind=kind))).entities[0]


def test_an_entry_says_who_is_listed_and_why() -> None:
    (entry,) = parse(an_sdn(a_row(programme="SDGT] [IFSR"))).entities
    assert (entry.list, entry.entry, entry.kind, entry.programmes) == (
        "OFAC-SDN",
        "1",
        EntityKind.PERSON,
        ("SDGT", "IFSR"),
    )
    assert entry.names == (ListedName("DOE, John", family="DOE", given="John"),)
    assert entry.births == (Birth(date(1955, 1, 15), date(1955, 1, 15)),)
    assert (entry.nationalities, entry.gender) == (("RU",), "male")


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("", EntityKind.ORGANISATION),
        ("individual", EntityKind.PERSON),
        ("vessel", EntityKind.VESSEL),
        ("aircraft", EntityKind.AIRCRAFT),
    ],
)
def test_each_type_of_entry_is_known(word: str, kind: EntityKind) -> None:
    assert the_entry("-0- ", word).kind is kind


def test_an_organisation_with_a_comma_has_no_family_name() -> None:
    (entry,) = parse(an_sdn(a_row(name="CECOEX, S.A.", kind=""))).entities
    assert entry.names == (ListedName("CECOEX, S.A."),)


@pytest.mark.parametrize(
    ("remarks", "identifiers"),
    [
        ("Passport 645720381 (Russia)", [Identifier(IdentifierKind.PASSPORT, "645720381", "RU", "Passport")]),
        (
            "alt. Passport D10007350 (Iran) expires 13 Oct 2025.",
            [Identifier(IdentifierKind.PASSPORT, "D10007350", "IR", "Passport")],
        ),
        ("Passport 1091875", [Identifier(IdentifierKind.PASSPORT, "1091875", "", "Passport")]),
        (
            "National ID No. 660000 73767 (Belgium).",
            [Identifier(IdentifierKind.NATIONAL_ID, "660000 73767", "BE", "National ID No.")],
        ),
        ("NIT # 800018928-0 (Colombia).", [Identifier(IdentifierKind.TAX_ID, "800018928-0", "CO", "NIT")]),
        (
            "Vessel Registration Identification IMO 7406784",
            [Identifier(IdentifierKind.IMO, "7406784", "", "Vessel Registration Identification")],
        ),
        ("Email Address john@example.com", [Identifier(IdentifierKind.EMAIL, "john@example.com", "", "Email Address")]),
        ("Passport holder of Russia", []),
        ("Member of the Upper House of Parliament, 103rd Brigade.", []),
    ],
)
def test_documents_are_read_from_remarks(remarks: str, identifiers: list[Identifier]) -> None:
    assert list(the_entry(remarks).identifiers) == identifiers


def test_wallets_and_weak_aliases_are_read_from_remarks() -> None:
    entry = the_entry(
        f"a.k.a. 'BIG FISH'; Digital Currency Address - XBT {BITCOIN}; alt. Digital Currency Address - ETH 0x1"
    )
    assert entry.wallets == (ListedWallet("XBT", BITCOIN), ListedWallet("ETH", "0x1"))
    assert entry.names[1:] == (ListedName("BIG FISH", NameQuality.WEAK),)


def test_what_is_not_understood_stays_in_the_words_of_the_list() -> None:
    entry = the_entry("DOB some day in spring; Linked To: HIZBALLAH; alt. POB Tyre, Lebanon")
    assert entry.remarks == "DOB some day in spring; Linked To: HIZBALLAH"
    assert (entry.births, entry.birth_places) == ((), ("Tyre, Lebanon",))


def test_aliases_and_addresses_join_their_entry() -> None:
    joined = join(read_csv(an_sdn(), SDN), read_csv(ALT, ALT_LAYOUT), read_csv(ADD, ADD_LAYOUT))
    (entry,) = joined.entities
    assert [(name.text, name.quality) for name in entry.names] == [
        ("DOE, John", NameQuality.PRIMARY),
        ("DOE, Johnny", NameQuality.STRONG),
        ("ROE, John", NameQuality.STRONG),
    ]
    assert entry.addresses == (ListedAddress("1 Example Street, Moscow 101000", "RU"), ListedAddress("", "KP"))
    assert [file.what for file in joined.version.files] == ["sdn.csv", "alt.csv", "add.csv"]
    assert joined.version.notes == ()


def test_rows_about_entries_that_the_list_lacks_are_counted_and_left_out() -> None:
    joined = join(read_csv(an_sdn(a_row(number=2)), SDN), read_csv(ALT, ALT_LAYOUT))
    assert len(joined.entities[0].names) == 1
    assert joined.version.notes == (
        (
            "alt.csv is of another date than sdn.csv: 2 of its 2 rows are about 1 entries that the list does not have, "
            "and were left out"
        ),
    )


def test_files_of_different_dates_are_stated() -> None:
    joined = join(read_csv(an_sdn(), SDN, as_of=date(2024, 5, 3)), read_csv(ALT, ALT_LAYOUT, as_of=date(2024, 9, 1)))
    assert joined.version.notes == ("alt.csv is of 2024-09-01, sdn.csv of 2024-05-03",)


CUT_IN_A_WALLET = "x" * 955 + "; Digital Currency Address - ETH 0x098B716B8A"


def test_a_wallet_that_is_cut_off_by_the_limit_of_remarks_is_no_wallet() -> None:
    assert len(CUT_IN_A_WALLET) == 1000
    parsed = parse(an_sdn(a_row(remarks=CUT_IN_A_WALLET)))
    assert parsed.entities[0].wallets == ()
    assert "the remarks of 1 entries are cut at 1000 characters" in parsed.version.notes[0]


def test_the_comments_file_continues_what_was_cut_off() -> None:
    comments = read_csv(b'1,"af21512996dC57EB0615e2383E2f96; Gender Male."\r\n\x1a', COMMENTS)
    joined = join(read_csv(an_sdn(a_row(remarks=CUT_IN_A_WALLET)), SDN), comments)
    assert joined.entities[0].wallets == (ListedWallet("ETH", "0x098B716B8Aaf21512996dC57EB0615e2383E2f96"),)
    assert joined.version.notes == ()


@pytest.mark.parametrize("place", range(1, 46))
def test_remarks_cut_at_any_place_join_to_what_they_were(place: int) -> None:
    item = f"; Digital Currency Address - ETH {ETHER}; Gender Male."
    cut = "x" * (1000 - place) + item[:place]
    rest = read_csv(f'1,"{item[place:]}"\r\n\x1a'.encode(), COMMENTS)
    (entry,) = join(read_csv(an_sdn(a_row(remarks=cut)), SDN), rest).entities
    assert (entry.wallets, entry.gender) == ((ListedWallet("ETH", ETHER),), "male")


def test_a_wallet_at_the_very_limit_counts_when_its_checksum_shows_that_it_is_whole() -> None:
    wallet = f"; Digital Currency Address - XBT {BITCOIN}"
    entry = the_entry("x" * (1000 - len(wallet)) + wallet)
    assert entry.wallets == (ListedWallet("XBT", BITCOIN),)


# --- damage


def test_a_file_without_its_end_mark_is_refused_as_cut_off() -> None:
    with pytest.raises(ListDamagedError, match="does not end in the byte 0x1A"):
        parse(an_sdn(a_row(1), a_row(2)).removesuffix(b"\x1a"))


@pytest.mark.parametrize("cut", [1, 2, 20, 60, 100])
def test_a_file_cut_anywhere_is_refused(cut: int) -> None:
    with pytest.raises(ListDamagedError):
        parse(an_sdn(a_row(1), a_row(2))[:-cut])


def test_a_header_is_refused_unless_the_operator_says_that_the_copy_was_saved_again() -> None:
    header = ",".join(SDN.columns).encode() + b"\r\n"
    with pytest.raises(ListDamagedError, match="load it as a re-saved copy"):
        parse(header + an_sdn())
    assert parse(header + an_sdn(), resaved=True).version.notes == ()


def test_a_saved_copy_that_lost_its_end_mark_says_so() -> None:
    parsed = parse(",".join(SDN.columns).encode() + b"\r\n" + a_row().encode() + b",,,,,,,,,,,\r\n", resaved=True)
    assert parsed.version.notes == ("sdn.csv is a re-saved copy without end mark, so nothing shows that it is whole",)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (an_sdn(a_row(1), "2,too,few\r\n"), "damaged at row 2: 12 fields that begin with a number were expected"),
        (an_sdn(a_row(1), a_row(1)), "has the entry `1` twice"),
        (an_sdn(a_row(kind="submarine")), "unknown type `submarine`"),
        (b"\x1a", "has no entries"),
        (an_sdn() + b"\r\n" + a_row(2).encode(), "goes on after its end mark"),
        (an_sdn(a_row(name="M\u00dcLLER, John")).decode().encode("latin-1"), "is not in UTF-8: byte `0xdc`"),
        (b'1,"DOE', "is cut off or damaged"),
    ],
)
def test_a_damaged_file_is_refused_whole_with_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(ListDamagedError, match=sentence):
        parse(data)


# --- the real list


@with_real_lists
def test_the_real_list_is_read_whole() -> None:
    parsed = a_real_sdn("ofac/sdn_2024-05-03.csv")
    assert parsed.version.entries == 14_965
    kinds = [entity.kind for entity in parsed.entities]
    assert {kind: kinds.count(kind) for kind in EntityKind if kind in kinds} == {
        EntityKind.PERSON: 6_854,
        EntityKind.ORGANISATION: 6_884,
        EntityKind.VESSEL: 851,
        EntityKind.AIRCRAFT: 376,
    }
    assert sum(len(entity.births) for entity in parsed.entities) > 7_500
    assert not [entity.entry for entity in parsed.entities if "; DOB " in f"; {entity.remarks}"]


@with_real_lists
def test_aliases_and_addresses_of_later_dates_join_the_real_list() -> None:
    joined = join(
        read_csv(real("ofac/sdn_2024-05-03.csv"), SDN),
        read_csv(real("ofac/alt_2024-09.csv"), ALT_LAYOUT, resaved=True),
        read_csv(real("ofac/add_2026-06.csv"), ADD_LAYOUT),
    )
    assert sum(len(entity.names) for entity in joined.entities) > 36_000
    assert any(note.startswith("alt.csv is of another date than sdn.csv: 906 of") for note in joined.version.notes)
    assert any(note.startswith("add.csv is of another date than sdn.csv: 5598 of") for note in joined.version.notes)


@with_real_lists
def test_the_real_list_cut_anywhere_is_refused() -> None:
    data = real("ofac/sdn_2024-05-03.csv")
    for cut in (1, 3, 1_000, len(data) // 2):
        with pytest.raises(ListDamagedError):
            parse(data[:-cut])
