"""What every store promises to those who follow what limits accounts."""

import threading
from typing import Any

import pytest

from habeas.domain.account import AccountState, Life
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import Capability
from habeas.domain.ids import AccountId
from habeas.domain.permit import Permit
from habeas.service.ports import LimitChange, Reader, Store
from tests.builders import HOUR, NOON, a_decision, a_restriction, an_enriched_event, an_event
from tests.contract.test_store import GivenUpError

KIM, LEA, MAX = AccountId("kim"), AccountId("lea"), AccountId("max")


def record(store: Store, account: AccountId, id_: str = "ev-1", **state: Any) -> int:
    """Record an event that leaves the account in a state; says at which position its last journal entry is."""
    enriched = an_enriched_event(an_event(id_, account=account))
    after = AccountState(account=account, is_known=True, decided_at=NOON, **state)
    with store.transaction() as work:
        work.record(enriched, a_decision(enriched, state=after, restrictions=after.restrictions), "builtin-1")
        return work.journal_end()


def held(account: AccountId) -> tuple[Any, ...]:
    return (a_restriction(f"rs_{account}", account=account),)


def changes(store: Store, after: int = 0, limit: int = 99) -> list[LimitChange]:
    with store.reading() as reader:
        return list(reader.limit_changes(after, limit))


def limited(store: Store, after: str = "", limit: int = 99) -> list[AccountId]:
    with store.reading() as reader:
        return list(reader.limited_accounts(AccountId(after), limit))


def test_an_account_that_was_never_limited_is_not_told_of(store: Store) -> None:
    record(store, KIM)
    record(store, KIM, "ev-2")
    assert changes(store) == []
    assert limited(store) == []
    with store.reading() as reader:
        assert reader.last_limit_change() == 0


def test_a_change_is_at_the_position_of_the_journal_entry_with_which_it_came(store: Store) -> None:
    record(store, MAX)
    position = record(store, KIM, restrictions=held(KIM))
    assert changes(store) == [LimitChange(position, KIM)]
    assert limited(store) == [KIM]
    with store.reading() as reader:
        assert reader.last_limit_change() == position


def test_an_account_is_told_of_once_at_its_latest_change(store: Store) -> None:
    record(store, KIM, "ev-1", restrictions=held(KIM))
    second = record(store, LEA, restrictions=held(LEA))
    third = record(store, KIM, "ev-2", life=Life.DEACTIVATED)
    assert changes(store) == [LimitChange(second, LEA), LimitChange(third, KIM)]


def test_that_an_account_is_free_again_is_a_change_too(store: Store) -> None:
    record(store, KIM, "ev-1", restrictions=held(KIM))
    freed = record(store, KIM, "ev-2")
    assert changes(store) == [LimitChange(freed, KIM)]
    assert limited(store) == []


def test_an_event_that_changes_no_limit_is_no_change(store: Store) -> None:
    position = record(store, KIM, "ev-1", restrictions=held(KIM))
    record(store, KIM, "ev-2", restrictions=held(KIM), residence="DE")
    assert changes(store) == [LimitChange(position, KIM)]


def test_an_account_that_follows_another_one_is_to_be_known(store: Store) -> None:
    position = record(store, KIM, parents=(LEA,))
    assert limited(store) == [KIM]
    assert changes(store) == [LimitChange(position, KIM)]


def test_so_is_one_that_is_not_active_and_one_that_cannot_be_read(store: Store) -> None:
    record(store, KIM, life=Life.RETAINED)
    record(store, LEA, unreadable=(b"?",))
    assert limited(store) == [KIM, LEA]


def test_a_permit_is_a_change(store: Store) -> None:
    first = record(store, KIM, "ev-1", restrictions=held(KIM))
    permit = Permit("p1", Capability.WITHDRAW_FIAT, "EUR", 1, "d", NOON + HOUR, Actor("jane", Role.ANALYST))  # type: ignore[arg-type]
    second = record(store, KIM, "ev-2", restrictions=held(KIM), permits=(permit,))
    assert changes(store, first) == [LimitChange(second, KIM)]


def test_changes_and_accounts_come_in_pieces(store: Store) -> None:
    positions = [record(store, account, restrictions=held(account)) for account in (MAX, KIM, LEA)]
    assert [change.account for change in changes(store, limit=2)] == [MAX, KIM]
    assert [change.account for change in changes(store, after=positions[1], limit=2)] == [LEA]
    assert limited(store, limit=2) == [KIM, LEA]
    assert limited(store, after=LEA, limit=2) == [MAX]


def test_a_transaction_that_is_undone_changes_nothing(store: Store) -> None:
    enriched = an_enriched_event(an_event(account=KIM))
    after = AccountState(account=KIM, restrictions=held(KIM))
    with pytest.raises(GivenUpError), store.transaction() as work:  # noqa: PT012 - the block is what is undone
        work.record(enriched, a_decision(enriched, state=after, restrictions=after.restrictions), "builtin-1")
        raise GivenUpError
    assert changes(store) == []


def test_whoever_follows_while_others_write_misses_nothing(store: Store) -> None:
    def write(writer: int) -> None:
        for number in range(20):
            account = AccountId(f"a{writer}-{number}")
            record(store, account, restrictions=held(account))

    writers = [threading.Thread(target=write, args=(writer,)) for writer in range(3)]
    for writer in writers:
        writer.start()
    seen: set[AccountId] = set()
    position, is_last = 0, False
    while not is_last:
        is_last = not any(writer.is_alive() for writer in writers)
        for change in changes(store, position, 7):
            seen.add(change.account)
            position = change.position
            is_last = False
    assert len(seen) == 60


def positions_of(reader: Reader) -> list[int]:
    return [entry.position for entry in reader.journal_entries(0, reader.journal_end())]


def test_each_change_is_at_a_position_that_the_journal_has(store: Store) -> None:
    for account in (KIM, LEA, MAX):
        record(store, account, restrictions=held(account))
    with store.reading() as reader:
        assert {change.position for change in reader.limit_changes(0, 9)} <= set(positions_of(reader))
