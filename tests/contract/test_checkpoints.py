"""What every store promises about checkpoints, and what is found when somebody reaches below it."""

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from habeas.domain.errors import JournalBrokenError
from habeas.domain.ids import AccountId
from habeas.service.checkpoints import checkpoint_faults, checkpoint_line, read_checkpoint, read_kept, take_checkpoint
from habeas.service.ports import SignedCheckpoint, Store
from habeas.store.journal import EntryKind, entry_hash, genesis, write_entry
from habeas.store.vault import SigningKey
from tests.builders import HOUR, NOON, a_decision, a_restriction, an_enriched_event, an_event
from tests.contract.conftest import Intruder

ACCOUNT = AccountId("acct-1")
OTHER = AccountId("acct-2")


def record(store: Store, id_: str, account: str = "acct-1", **changes: Any) -> None:
    enriched = an_enriched_event(an_event(id_, account=account))
    with store.transaction() as work:
        work.record(enriched, a_decision(enriched, **changes), "builtin-1")


def checkpoint(store: Store) -> SignedCheckpoint:
    signed = take_checkpoint(store, NOON)
    assert signed is not None
    return signed


def faults(store: Store, key: bytes | None = None, *kept: SignedCheckpoint) -> list[tuple[int, str]]:
    with store.reading() as reader:
        found = checkpoint_faults(reader, key or store.public_key(), kept)
        return [(fault.number, fault.what) for fault in found]


@pytest.fixture
def signed(store: Store) -> list[SignedCheckpoint]:
    """Two checkpoints: over two accounts with three and one entries, and over two later entries."""
    record(store, "ev-1", restrictions=(a_restriction("rs_1"),))
    record(store, "ev-2", "acct-2")
    record(store, "ev-3")
    first = checkpoint(store)
    record(store, "ev-4")
    record(store, "ev-5", "acct-2")
    return [first, checkpoint(store)]


def test_where_nothing_was_written_there_is_nothing_to_sign(store: Store) -> None:
    assert take_checkpoint(store, NOON) is None
    with store.reading() as reader:
        assert (reader.journal_end(), reader.last_checkpoint(), list(reader.checkpoints())) == (0, 0, [])
        assert list(checkpoint_faults(reader, None)) == []


def test_positions_count_the_entries_of_all_accounts(store: Store) -> None:
    record(store, "ev-1", restrictions=(a_restriction("rs_1"),))
    record(store, "ev-2", "acct-2")
    record(store, "ev-3")
    with store.reading() as reader:
        entries = list(reader.journal_entries(0, reader.journal_end()))
        assert [(entry.position, entry.account) for entry in entries] == [
            (1, ACCOUNT),
            (2, ACCOUNT),
            (3, OTHER),
            (4, ACCOUNT),
        ]
        assert list(reader.account_entries(ACCOUNT)) == [entry for entry in entries if entry.account == ACCOUNT]
        assert list(reader.journal_entries(1, 3)) == entries[1:3]


def test_what_was_undone_leaves_no_gap(store: Store) -> None:
    record(store, "ev-1")
    with suppress(RuntimeError), store.transaction() as work:
        work.record(an_enriched_event(an_event("ev-2")), a_decision(), "builtin-1")
        raise RuntimeError
    record(store, "ev-3")
    with store.reading() as reader:
        assert [entry.position for entry in reader.journal_entries(0, 99)] == [1, 2]


def test_a_checkpoint_is_over_what_came_since_the_last_one(store: Store, signed: list[SignedCheckpoint]) -> None:
    first, second = (read_checkpoint(each.body) for each in signed)
    assert (first.number, first.first, first.size, first.at) == (1, 0, 4, NOON)
    assert (second.number, second.first, second.size) == (2, 4, 2)
    with store.reading() as reader:
        assert list(reader.checkpoints()) == signed
        assert list(reader.checkpoints(1)) == signed[1:]
    assert take_checkpoint(store, NOON + HOUR) is None
    assert faults(store) == []
    assert faults(store, None, *signed) == []


def test_only_the_next_number_is_kept(store: Store, signed: list[SignedCheckpoint]) -> None:
    with store.transaction() as work:
        assert not work.add_checkpoint(signed[1])
        assert not work.add_checkpoint(SignedCheckpoint(4, b"", b""))
        assert work.last_checkpoint() == 2


def test_nothing_slips_between_checkpoints_while_others_write(store: Store) -> None:
    def write(account: str) -> None:
        for number in range(25):
            record(store, f"ev-{number}", account)

    def sign() -> None:
        for _ in range(10):
            take_checkpoint(store, NOON)

    threads = [threading.Thread(target=write, args=(f"acct-{n}",)) for n in range(3)]
    threads += [threading.Thread(target=sign) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    take_checkpoint(store, NOON)
    with store.reading() as reader:
        read = [read_checkpoint(each.body) for each in reader.checkpoints()]
        assert sum(each.size for each in read) == reader.journal_length() == 75
    assert faults(store) == []


def test_checkpoints_verify_after_an_accounts_key_was_forgotten(
    store: Store, intruder: Intruder, signed: list[SignedCheckpoint]
) -> None:
    intruder.forget_key(ACCOUNT)
    assert faults(store, None, *signed) == []


# --- planted damage --------------------------------------------------------------------------------------------------


def test_a_changed_entry_is_found(store: Store, intruder: Intruder, signed: list[SignedCheckpoint]) -> None:
    stored = bytearray(intruder.journal(ACCOUNT)[1][1])
    stored[-1] ^= 1
    intruder.change_entry(ACCOUNT, 2, bytes(stored))
    assert faults(store) == [(1, "the entries 1 to 4 are not the ones that were signed")]


def test_an_account_whose_whole_chain_was_written_again_is_found(
    store: Store, intruder: Intruder, signed: list[SignedCheckpoint]
) -> None:
    head = genesis(ACCOUNT)
    for sequence, _ in intruder.journal(ACCOUNT):
        entry = write_entry(ACCOUNT, sequence, EntryKind.EVENT, 1, head, b"another story")
        intruder.change_entry(ACCOUNT, sequence, entry)
        head = entry_hash(entry)
    intruder.set_head(ACCOUNT, len(intruder.journal(ACCOUNT)), head)
    with store.reading() as reader:
        assert list(reader.verify_journal()) == []  # The chain alone does not show it.
    assert faults(store) == [
        (1, "the entries 1 to 4 are not the ones that were signed"),
        (2, "the entries 5 to 6 are not the ones that were signed"),
    ]


@pytest.mark.parametrize(
    ("account", "sequence", "said"),
    [
        (ACCOUNT, 1, (1, "1 of the entries 1 to 4 that were signed are missing: 1 first")),
        (ACCOUNT, 3, (1, "1 of the entries 1 to 4 that were signed are missing: 4 first")),
        (OTHER, 2, (2, "1 of the entries 5 to 6 that were signed are missing: 6 first")),
    ],
)
def test_a_removed_entry_is_found(
    store: Store,
    intruder: Intruder,
    signed: list[SignedCheckpoint],
    account: str,
    sequence: int,
    said: tuple[int, str],
) -> None:
    intruder.change_entry(account, sequence, None)
    assert faults(store) == [said]


@pytest.mark.parametrize("number", [1, 2])
def test_a_missing_checkpoint_is_found(
    store: Store, intruder: Intruder, signed: list[SignedCheckpoint], number: int
) -> None:
    intruder.change_checkpoint(number, None)
    assert (number, "the checkpoint is missing") in faults(store)
    assert (number, "the checkpoint was kept elsewhere and is missing here") in faults(store, None, *signed)


def test_nothing_is_signed_where_a_checkpoint_or_an_entry_is_missing(
    store: Store, intruder: Intruder, signed: list[SignedCheckpoint]
) -> None:
    record(store, "ev-6")
    record(store, "ev-7")
    intruder.change_entry(ACCOUNT, 5, None)
    with pytest.raises(JournalBrokenError, match="of the entries 7 to 8, 1 are missing"):
        take_checkpoint(store, NOON)
    intruder.change_checkpoint(2, None)
    with pytest.raises(JournalBrokenError, match="checkpoint 2 is missing"):
        take_checkpoint(store, NOON)


def test_a_changed_checkpoint_is_found(store: Store, intruder: Intruder, signed: list[SignedCheckpoint]) -> None:
    first = signed[0]
    intruder.change_checkpoint(1, SignedCheckpoint(1, first.body.replace(b"2026", b"2025"), first.signature))
    assert faults(store) == [
        (1, "it is not signed with this key: it was changed, or signed with another one"),
        (2, "it does not follow from the one before it: one of the two was changed"),
    ]
    intruder.change_checkpoint(1, SignedCheckpoint(1, b"nothing", first.signature))
    assert (1, "the bytes are no checkpoint") in faults(store)


def test_a_history_that_another_key_signed_again_is_found(
    store: Store, intruder: Intruder, signed: list[SignedCheckpoint]
) -> None:
    thief = SigningKey(bytes(32))
    for each in signed:
        intruder.change_checkpoint(each.number, SignedCheckpoint(each.number, each.body, thief.sign(each.body)))
    said = "it is not signed with this key: it was changed, or signed with another one"
    assert faults(store) == [(1, said), (2, said)]


def test_a_history_that_the_own_key_signed_again_is_found_by_whoever_kept_the_first(
    store: Store, intruder: Intruder, signed: list[SignedCheckpoint]
) -> None:
    body = signed[1].body.replace(b"2026-03-02", b"2026-03-03")
    intruder.change_checkpoint(2, SignedCheckpoint(2, body, store.signer().sign(body)))
    assert faults(store) == []
    printed = [checkpoint_line(each) for each in signed]
    kept = list(read_kept(printed, "kept.ndjson"))
    assert kept == signed
    assert faults(store, None, *kept) == [
        (2, "it is not the one that was kept elsewhere: history was written again"),
    ]


def test_without_a_key_nothing_counts_as_signed(store: Store, signed: list[SignedCheckpoint]) -> None:
    with store.reading() as reader:
        assert [fault.number for fault in checkpoint_faults(reader, None)] == [1, 2]
    assert [number for number, _ in faults(store, SigningKey(bytes(32)).public_key)] == [1, 2]


def test_the_instant_of_a_checkpoint_is_the_callers(store: Store) -> None:
    record(store, "ev-1")
    signed = take_checkpoint(store, NOON + timedelta(days=1))
    assert signed is not None
    assert read_checkpoint(signed.body).at == NOON + timedelta(days=1)
