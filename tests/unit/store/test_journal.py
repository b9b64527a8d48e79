import pytest
from hypothesis import given
from hypothesis import strategies as st

from habeas.domain.errors import JournalBrokenError
from habeas.domain.ids import AccountId
from habeas.store.journal import EntryKind, entry_hash, genesis, read_entry, verify, write_entry

ACCOUNT = AccountId("acct-1")

Rows = list[tuple[int, bytes]]


def a_chain(length: int) -> tuple[Rows, bytes]:
    """A chain and its head."""
    rows: Rows = []
    head = genesis(ACCOUNT)
    for sequence in range(1, length + 1):
        entry = write_entry(ACCOUNT, sequence, EntryKind.EVENT, 1_000_000, head, b"sealed %d" % sequence)
        rows.append((sequence, entry))
        head = entry_hash(entry)
    return rows, head


def test_an_entry_is_read_as_it_was_written() -> None:
    entry = read_entry(write_entry(ACCOUNT, 7, EntryKind.CASE, 1_000_000, bytes(32), b"sealed"))
    assert (entry.format, entry.account, entry.sequence, entry.kind) == (1, "acct-1", 7, "case")
    assert (entry.at, entry.previous, entry.sealed) == (1_000_000, bytes(32), b"sealed")


@pytest.mark.parametrize(
    ("stored", "what"),
    [
        (b"", "the bytes are no journal entry"),
        (b"\x97", "the bytes are no journal entry"),
        (b"\x97\x01\xa1\xff\x01\xa1e\x00\xc4\x00\xc4\x00", "the bytes are no journal entry"),
        (b"\x97\x01" + b"\x91" * 100_000, "the bytes are no journal entry"),
        (b"\x97\x02\xa1a\x01\xa1e\x00\xc4\x00\xc4\x00", "the entry has the unknown format `2`"),
    ],
)
def test_bytes_that_are_no_entry_of_a_known_format_are_refused(stored: bytes, what: str) -> None:
    with pytest.raises(JournalBrokenError, match=what):
        read_entry(stored)


def test_the_bytes_of_an_entry_do_not_change_between_releases() -> None:
    entry = write_entry(ACCOUNT, 1, EntryKind.EVENT, 1_000_000, genesis(ACCOUNT), b"sealed")
    assert genesis(ACCOUNT).hex() == "6333c910b7fac37d6bf0844eafae78e1ec9628eb8022314f50ec8de4c30a75ce"
    assert entry_hash(entry).hex() == "10c4cad37e651a36f9aa69b6d05f9d433ae88968ea4155fc1d5425227d1f4b8d"


def test_every_account_begins_with_a_hash_of_its_own() -> None:
    assert genesis(AccountId("acct-1")) != genesis(AccountId("acct-2"))


@pytest.mark.parametrize("length", [0, 1, 5])
def test_a_chain_verifies(length: int) -> None:
    rows, head = a_chain(length)
    assert list(verify(ACCOUNT, rows, length, head)) == []


def test_the_same_entry_twice_is_found() -> None:
    rows, head = a_chain(3)
    faults = list(verify(ACCOUNT, [rows[0], rows[1], rows[1], rows[2]], 3, head))
    assert faults


def test_the_walk_goes_on_behind_a_fault() -> None:
    rows, head = a_chain(6)
    rows[1] = 2, b"garbage"
    rows[4] = 5, b"garbage"
    assert {fault.sequence for fault in verify(ACCOUNT, rows, 6, head)} >= {2, 5}


@given(place=st.integers(0, 4), data=st.data())
def test_any_changed_byte_is_found(place: int, data: st.DataObject) -> None:
    rows, head = a_chain(5)
    sequence, entry = rows[place]
    at = data.draw(st.integers(0, len(entry) - 1))
    bits = data.draw(st.integers(1, 255))
    rows[place] = sequence, entry[:at] + bytes([entry[at] ^ bits]) + entry[at + 1 :]
    assert list(verify(ACCOUNT, rows, 5, head))


@given(order=st.permutations(range(5)).filter(lambda order: order != [0, 1, 2, 3, 4]))
def test_any_other_order_is_found(order: list[int]) -> None:
    rows, head = a_chain(5)
    shuffled = [(number, rows[place][1]) for number, place in enumerate(order, start=1)]
    assert list(verify(ACCOUNT, shuffled, 5, head))


@given(kept=st.sets(st.integers(0, 4), max_size=4))
def test_any_missing_entries_are_found(kept: set[int]) -> None:
    rows, head = a_chain(5)
    assert list(verify(ACCOUNT, [rows[place] for place in sorted(kept)], 5, head))


def test_a_chain_that_was_cut_and_renumbered_is_found() -> None:
    rows, head = a_chain(5)
    assert list(verify(ACCOUNT, rows[:3], 3, head))
