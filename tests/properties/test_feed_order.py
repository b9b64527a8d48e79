"""Transactions overlap and commit in any order; whoever follows them by a cursor must miss none.

A database that numbers rows when they are written, and not when they commit, loses some to a reader who asks for "all above
the last I saw": the row with the lower number comes later. The feed of ours is run over a store double that numbers either way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habeas.domain.account import AccountState
from habeas.domain.ids import AccountId
from habeas.gate.messages import Changed, Fresh
from habeas.playbook.load import shipped_playbook
from habeas.service.feed import Feed
from habeas.service.ports import LimitChange, StoredEntry
from tests.builders import NOON, a_restriction
from tests.properties.canary import catches


class Overlapping:
    """A store in which transactions overlap. `numbers_at_commit`: what the port promises, and a naive sequence does not."""

    def __init__(self, *, numbers_at_commit: bool) -> None:
        self._numbers_at_commit = numbers_at_commit
        self._last = 0
        self._open: dict[str, int] = {}
        self.committed: list[LimitChange] = []

    def write(self, account: str) -> None:
        self._open[account] = 0 if self._numbers_at_commit else self._next()

    def commit(self, account: str) -> None:
        position = self._open.pop(account) or self._next()
        self.committed.append(LimitChange(position, AccountId(account)))

    def _next(self) -> int:
        self._last += 1
        return self._last

    @contextmanager
    def reading(self) -> Iterator[Any]:
        yield self

    # --- what the feed reads

    def last_limit_change(self) -> int:
        return max((change.position for change in self.committed), default=0)

    def limited_accounts(self, after: str, limit: int) -> list[AccountId]:
        return sorted(change.account for change in self.committed if change.account > after)[:limit]

    def limit_changes(self, after: int, limit: int) -> list[LimitChange]:
        later = (change for change in self.committed if change.position > after)
        return sorted(later, key=lambda change: change.position)[:limit]

    def journal_entries(self, after: int, until: int) -> Iterator[StoredEntry]:
        return (StoredEntry(c.position, c.account, b"") for c in self.committed if after < c.position <= until)

    def account(self, account: AccountId) -> AccountState:
        return AccountState(account=account, is_known=True, restrictions=(a_restriction(account=account),))


orders = st.permutations([(step, name) for name in "abcd" for step in ("write", "commit", "read")])
"""Four transactions, with a look at the feed here and there; a commit before its own write is read as the write."""


def check(order: list[tuple[str, str]], *, numbers_at_commit: bool) -> None:
    store = Overlapping(numbers_at_commit=numbers_at_commit)
    clock = iter(NOON + timedelta(seconds=second) for second in range(10_000))
    feed = Feed(store, shipped_playbook(), lambda: next(clock))  # type: ignore[arg-type]
    heard: set[str] = set()
    cursor: str | None = None
    written: set[str] = set()
    for step, name in [*order, ("read", "")]:
        if step == "read":
            for message in feed.catch_up(cursor):
                if isinstance(message, Changed):
                    heard.add(message.account.account)
                if isinstance(message, Fresh):
                    cursor = message.cursor
        elif name in written:
            store.commit(name)
        else:
            store.write(name)
            written.add(name)
    assert heard == {change.account for change in store.committed}


@given(orders)
def test_no_change_is_lost_however_transactions_overlap(order: list[tuple[str, str]]) -> None:
    check(order, numbers_at_commit=True)


def test_a_naive_cursor_loses_what_commits_out_of_order() -> None:
    assert catches(lambda order: check(order, numbers_at_commit=False), orders)


def test_the_shortest_way_to_lose_a_change_with_a_naive_cursor() -> None:
    begun = [("read", "0"), ("write", "a"), ("write", "b")]
    order = [*begun, ("commit", "b"), ("read", "1"), ("commit", "a"), ("read", "2")]
    check(order, numbers_at_commit=True)
    with pytest.raises(AssertionError):
        check(order, numbers_at_commit=False)
