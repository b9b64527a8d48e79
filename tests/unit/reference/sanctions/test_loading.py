"""From files to lists, compiled ones, versions compared, and the list that comes with Habeas."""

from datetime import date
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from habeas.domain.errors import BadInputError
from habeas.domain.listing import ListedWallet, ParsedList
from habeas.reference.sanctions import ofac_csv
from habeas.reference.sanctions.builtin import builtin_list
from habeas.reference.sanctions.compiled import MARK, compile_list, load_compiled
from habeas.reference.sanctions.damage import ListDamagedError, UnknownListError
from habeas.reference.sanctions.delta import ListShrunkError, delta, refuse_shrunk
from habeas.reference.sanctions.load import ListFile, load_lists
from habeas.reference.sanctions.recognise import FORMATS, recognise
from habeas.reference.sanctions.wallets import CHAINS, WalletIndex, chains_of
from tests.unit.reference.sanctions.files import (
    ADD,
    ALT,
    BITCOIN,
    EU_XML,
    EVERY_FORMAT,
    UN_XML,
    WALLETS,
    a_real_sdn,
    a_row,
    an_sdn,
    with_real_lists,
)


def a_list(*rows: str) -> ParsedList:
    return ofac_csv.parse(an_sdn(*rows))


# --- recognising


@pytest.mark.parametrize("name", EVERY_FORMAT)
def test_a_format_is_recognised_by_its_content(name: str) -> None:
    assert recognise(EVERY_FORMAT[name]).name == name


def test_every_known_format_has_a_test() -> None:
    assert {format_.name for format_ in FORMATS} == set(EVERY_FORMAT)


@pytest.mark.parametrize("name", EVERY_FORMAT)
def test_a_byte_order_mark_hides_no_format(name: str) -> None:
    assert recognise(b"\xef\xbb\xbf" + EVERY_FORMAT[name]).name == name


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "is empty"),
        (b"<!DOCTYPE html><html><body>503</body></html>", "is a web page and no list"),
        (b"\n<html><body>Service unavailable</body></html>", "is a web page and no list"),
        (b"PK\x03\x04zip", "is compressed; unpack it first"),
        (b"name,amount\nx,1\n", "is no sanctions list in a known format; known are: OFAC sdn.csv;"),
        (b'{"error": "not found"}', "is no sanctions list in a known format"),
        (UN_XML.decode().encode("utf-16"), "is no sanctions list in a known format"),
        (b"<rss><channel/></rss>", "is no sanctions list in a known format"),
    ],
)
def test_what_is_no_list_is_refused_in_one_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(UnknownListError, match=sentence) as refusal:
        recognise(data, "list.txt")
    assert str(refusal.value).startswith("list.txt ")
    assert "\n" not in str(refusal.value)


def test_refusals_are_bad_input() -> None:
    assert issubclass(UnknownListError, BadInputError)
    assert issubclass(ListDamagedError, BadInputError)
    assert issubclass(ListShrunkError, BadInputError)


# --- loading


def test_files_of_several_lists_load_together_and_ofac_files_join() -> None:
    files = [ListFile("un.xml", UN_XML), ListFile("a", ALT), ListFile("b", an_sdn()), ListFile("c", ADD)]
    sdn, un = load_lists(files)
    assert (sdn.version.list, len(sdn.entities[0].names), len(sdn.entities[0].addresses)) == ("OFAC-SDN", 3, 2)
    assert un.version.list == "UN-SC"


def test_aliases_without_their_list_are_refused() -> None:
    with pytest.raises(
        ListDamagedError, match=r"alt\.csv says something about entries of sdn\.csv only; load both together"
    ):
        load_lists([ListFile("alt.csv", ALT)])


def test_one_bad_file_refuses_all() -> None:
    with pytest.raises(UnknownListError, match="holiday"):
        load_lists([ListFile("un.xml", UN_XML), ListFile("holiday.jpg", b"\xff\xd8\xff")])


def test_two_versions_of_one_file_are_refused() -> None:
    with pytest.raises(ListDamagedError, match=r"b\.csv is a second OFAC sdn\.csv"):
        load_lists([ListFile("a.csv", an_sdn()), ListFile("b.csv", an_sdn())])


def test_the_same_bytes_are_the_same_version_and_others_are_not() -> None:
    one, same = load_lists([ListFile("a", EU_XML)]), load_lists([ListFile("b", EU_XML)])
    assert one == same
    assert a_list(a_row(1)).version.sha256 != a_list(a_row(2)).version.sha256


def test_a_csv_of_which_nothing_says_the_date_is_called_by_its_digest() -> None:
    version = a_list().version
    assert (version.as_of, version.version) == (None, version.sha256[:12])


# --- compiled


@pytest.mark.parametrize(
    "name", [name for name in EVERY_FORMAT if name not in ("ofac-alt-csv", "ofac-add-csv", "ofac-comments-csv")]
)
def test_a_compiled_list_is_the_same_list(name: str) -> None:
    (parsed,) = load_lists([ListFile("x_XBT.txt", EVERY_FORMAT[name])])
    assert load_compiled(compile_list(parsed)) == parsed


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda data: data[:-1], "is damaged"),
        (lambda data: data[:-5] + b"xxxxx", "is damaged"),
        (lambda data: data[: len(MARK) + 5], "is damaged"),
        (lambda data: b"habeas-list/9\n" + data[len(MARK) :], "is of another version"),
        (lambda data: b"", "is of another version"),
    ],
    ids=["one-byte-less", "other-bytes", "cut", "another-version", "empty"],
)
def test_a_damaged_compiled_list_is_refused(damage: object, sentence: str) -> None:
    assert callable(damage)
    with pytest.raises(ListDamagedError, match=sentence):
        load_compiled(damage(compile_list(a_list())))


# --- versions compared


def test_added_and_removed_entries_are_told() -> None:
    change = delta(a_list(a_row(1), a_row(2)), a_list(a_row(2), a_row(3)))
    assert [entity.entry for entity in change.added] == ["3"]
    assert [entity.entry for entity in change.removed] == ["1"]
    assert change.changed == ()


def test_without_an_older_version_everything_is_added() -> None:
    change = delta(None, a_list(a_row(1), a_row(2)))
    assert (len(change.added), change.removed, change.before) == (2, (), None)


def test_what_changed_in_an_entry_is_told_in_words() -> None:
    before = a_list(a_row(remarks="DOB 1955; a.k.a. 'JD'; nationality Russia."))
    after = a_list(
        a_row(
            programme="DPRK3",
            remarks="DOB 15 Jan 1955; nationality Russia; Gender Male; Passport 1 (Iran); "
            f"Digital Currency Address - XBT {BITCOIN}",
        )
    )
    (changed,) = delta(before, after).changed
    assert changed.changes == (
        "weak name `JD` removed",
        "birth date `1955-01-15` added",
        "birth date `1955` removed",
        "Passport `1` (IR) added",
        f"wallet `XBT {BITCOIN}` added",
        "programme `DPRK3` added",
        "programme `CYBER2` removed",
        "gender changed from `` to `male`",
    )


def test_another_order_inside_an_entry_is_no_change() -> None:
    before = a_list(a_row(remarks="DOB 1955; alt. DOB 1956."))
    assert delta(before, a_list(a_row(remarks="DOB 1956; alt. DOB 1955."))).changed == ()


def test_a_list_that_lost_many_entries_at_once_is_refused() -> None:
    before = a_list(*(a_row(number) for number in range(1, 21)))
    after = a_list(*(a_row(number) for number in range(1, 18)))
    with pytest.raises(ListShrunkError, match="had 20 entries and would have 17"):
        refuse_shrunk(before.version, after.version)
    refuse_shrunk(after.version, before.version)
    refuse_shrunk(None, after.version)


@with_real_lists
@pytest.mark.parametrize(
    ("before", "after", "counts"),
    [
        ("ofac_history/sdn_2021-04.csv", "ofac_history/sdn_2024-04-26.csv", (6_722, 944, 749)),
        ("ofac_history/sdn_2024-04-26.csv", "ofac_history/sdn_2024-05-01.csv", (298, 0, 0)),
        ("ofac_history/sdn_2024-05-01.csv", "ofac_history/sdn_2024-05-02.csv", (7, 0, 0)),
        ("ofac_history/sdn_2024-05-02.csv", "ofac/sdn_2024-05-03.csv", (0, 8, 0)),
    ],
)
def test_real_versions_are_compared(before: str, after: str, counts: tuple[int, int, int]) -> None:
    change = delta(a_real_sdn(before), a_real_sdn(after))
    assert (len(change.added), len(change.removed), len(change.changed)) == counts


@with_real_lists
def test_the_real_list_loads_from_its_compiled_form_in_less_than_a_second() -> None:
    compiled = compile_list(a_real_sdn("ofac/sdn_2024-05-03.csv"))
    started = perf_counter()
    assert load_compiled(compiled).version.entries == 14_965
    assert perf_counter() - started < 1


# --- the list that comes with Habeas


def test_the_built_in_list_says_from_where_and_when_its_facts_are() -> None:
    version = builtin_list().version
    assert (version.list, version.as_of) == ("OFAC-SDN-SAMPLE", date(2024, 5, 3))
    assert version.files[0].what.startswith("OFAC, Specially Designated Nationals")


def test_the_built_in_list_has_wallets_of_every_asset_that_ofac_lists() -> None:
    assets = {wallet.asset for entity in builtin_list().entities for wallet in entity.wallets}
    assert assets == set("ARB BCH BSC BSV BTG DASH ETC ETH LTC TRX USDC USDT XBT XMR XRP XVG ZEC".split())  # noqa: SIM905


@pytest.mark.row("A005")
def test_every_built_in_wallet_is_found() -> None:
    index = WalletIndex([builtin_list()])
    wallets = [wallet for entity in builtin_list().entities for wallet in entity.wallets]
    assert 30 <= len(wallets) <= 80
    for wallet in wallets:
        assert chains_of(wallet.address, asset=wallet.asset)[0] in CHAINS
        assert index.find(wallet.address, asset=wallet.asset)[0].address == wallet.address


def test_built_in_entries_have_what_names_are_judged_by() -> None:
    entities = {entity.entry: entity for entity in builtin_list().entities}
    putin = entities["35096"]
    assert (putin.name, str(putin.births[0]), putin.nationalities) == (
        "PUTIN, Vladimir Vladimirovich",
        "1952-10-07",
        ("RU",),
    )
    assert len(entities) >= 20


@with_real_lists
def test_built_in_entries_are_entries_of_the_real_list() -> None:
    listed = {entity.entry: entity for entity in a_real_sdn("ofac/sdn_2024-05-03.csv").entities}
    # These two stand in sdn_comments.csv, beyond what the csv's remarks hold.
    beyond = {
        ListedWallet("XRP", "rnXyVQzgxZe7TR1EPzTkGj2jxH4LMJYh66"),
        ListedWallet("BSV", "12sjrrhoFEsedNRhtgwvvRqjFTh8fZTDX9"),
    }
    for entity in builtin_list().entities:
        original = listed[entity.entry]
        assert replace(entity.names[0]) == original.names[0]
        assert (entity.kind, entity.births, entity.programmes) == (original.kind, original.births, original.programmes)
        assert set(entity.wallets) - beyond <= set(original.wallets)


def test_a_wallet_list_that_was_cut_is_refused_by_load() -> None:
    with pytest.raises(ListDamagedError, match="its last line does not end"):
        load_lists([ListFile("sanctioned_addresses_XBT.txt", WALLETS[:-4])])


# --- damage of every kind


@st.composite
def damaged_files(draw: st.DrawFn) -> bytes:
    data = draw(st.sampled_from(list(EVERY_FORMAT.values())))
    start = draw(st.integers(0, len(data)))
    end = draw(st.integers(start, min(len(data), start + 40)))
    return data[:start] + draw(st.binary(max_size=8) | st.sampled_from([b'"', b"<", b"\n", b"0", b"9999"])) + data[end:]


@given(damaged_files())
def test_damage_of_any_kind_is_refused_with_one_sentence_or_does_no_harm(data: bytes) -> None:
    try:
        lists = load_lists([ListFile("list", data)])
    except BadInputError as refusal:
        lists, said = (), str(refusal)
    else:
        said = ""
    assert said.isprintable()
    for parsed in lists:
        assert parsed.version.entries == len(parsed.entities) > 0
        assert load_compiled(compile_list(parsed)) == parsed


@given(st.sampled_from(sorted(EVERY_FORMAT)), st.data())
def test_a_file_cut_anywhere_never_says_more_than_the_whole(name: str, data: st.DataObject) -> None:
    whole = EVERY_FORMAT[name]
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    companion = name in ("ofac-alt-csv", "ofac-add-csv", "ofac-comments-csv")
    try:
        entities = load_lists([ListFile("a_XBT.txt", cut)])[0].entities
    except BadInputError:
        return
    assert not companion
    assert {entity.entry for entity in entities} <= {
        entity.entry for entity in load_lists([ListFile("a_XBT.txt", whole)])[0].entities
    }
