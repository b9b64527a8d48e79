"""What a transaction has yet to write: the changes of many events put together, so that each table is written once.

It means the same as writing event after event. Pure: where the rows go is `postgres_rows`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from habeas.domain.ids import AccountId, HolderId
from habeas.service.ports import EventKey
from habeas.store.errors import StaleWriteError
from habeas.store.rows import (
    DEALINGS_KEPT_US,
    FAILED_KEPT_US,
    AccountRow,
    CaseRow,
    Changes,
    DealingRow,
    DocumentRow,
    EventRow,
    FailedLoginRow,
    JournalRow,
    MessageRow,
    RefusalRow,
    RequestRow,
    RestrictionRow,
    TimerRow,
)

R = TypeVar("R", RestrictionRow, CaseRow, RequestRow)
Key = tuple[AccountId, str]


class GatheredAccount(NamedTuple):
    """An account's newest row, and the version that stands in the table (None: the account is not there)."""

    version_before: int | None
    row: AccountRow
    is_found_alike: bool


@dataclass(slots=True)
class Gathered:
    """Rows by their keys, the newest of each."""

    accounts: dict[AccountId, GatheredAccount] = field(default_factory=dict)
    keys: dict[AccountId, bytes] = field(default_factory=dict)
    events: dict[EventKey, EventRow] = field(default_factory=dict)
    entries: list[JournalRow] = field(default_factory=list)
    limits: dict[AccountId, tuple[int, int]] = field(default_factory=dict)
    """What changed of what limits accounts: as how manieth entry, from 1, and whether a gate must know the account since."""
    restrictions: dict[Key, RestrictionRow] = field(default_factory=dict)
    cases: dict[Key, CaseRow] = field(default_factory=dict)
    requests: dict[Key, RequestRow] = field(default_factory=dict)
    fired: list[TimerRow] = field(default_factory=list)
    """Timers in the table that go, if they are still of this generation; before `timers` are set."""
    timers: dict[Key, TimerRow | None] = field(default_factory=dict)
    """None: there is to be none."""
    messages: dict[Key, MessageRow] = field(default_factory=dict)
    failed_logins: list[FailedLoginRow] = field(default_factory=list)
    failed_from: int | None = None
    """Those in the table that lie before this go."""
    documents: dict[tuple[bytes, AccountId], DocumentRow] = field(default_factory=dict)
    dealings: list[DealingRow] = field(default_factory=list)
    dealings_from: int | None = None
    refusals: list[RefusalRow] = field(default_factory=list)
    logins: Counter[int] = field(default_factory=Counter)
    halves: bool = False

    def add(self, changes: Changes) -> None:
        """Put one event's changes to the others; its forgetting is left to the caller. Raises StaleWriteError."""
        account, event = changes.account.account_id, changes.event
        before = self.accounts.get(account)
        if before is not None and before.row.version != changes.version_before:
            raise StaleWriteError(account)
        self.accounts[account] = GatheredAccount(
            before.version_before if before else changes.version_before,
            changes.account,
            changes.is_found_alike and (before is None or before.is_found_alike),
        )
        if changes.new_key is not None:
            self.keys[account] = changes.new_key
        self.events[account, event.source, event.id] = event
        self.entries += changes.entries
        if changes.is_limited is not None:
            self.limits[account] = len(self.entries), changes.is_limited
        _put(self.restrictions, changes.restrictions)
        _put(self.cases, changes.cases)
        _put(self.requests, changes.requests)
        self._add_timers(account, changes)
        for message in changes.messages:
            self.messages.setdefault((account, message.id), message)
        for document in changes.documents:
            self.documents.setdefault((document.document_key, account), document)
        for failed in changes.failed_logins:
            start = failed.at - FAILED_KEPT_US
            self.failed_from = max(start, self.failed_from or start)
            self.failed_logins = [*(row for row in self.failed_logins if row.at >= start), failed]
        for dealing in changes.dealings:
            start = dealing.at - DEALINGS_KEPT_US
            self.dealings_from = max(start, self.dealings_from or start)
            self.dealings = [*(row for row in self.dealings if row.at >= start), dealing]
        self.refusals += changes.refusals
        if changes.login is not None:
            self.logins.update(changes.login.cells)
            self.halves = changes.login.halves

    def _add_timers(self, account: AccountId, changes: Changes) -> None:
        fired = changes.fired
        if fired is not None:
            key = account, fired.about
            now = self.timers.get(key)
            if key not in self.timers:
                self.fired.append(fired)
            elif now is not None and now.generation == fired.generation:
                self.timers[key] = None
        for timer in changes.timers:
            self.timers[account, timer.about] = timer
        for ended in changes.ended:
            self.timers[account, ended] = None

    def has(self, rows: Iterable[Key], account: AccountId) -> bool:
        """Whether something of an account is among some rows."""
        return any(key[0] == account for key in rows)

    def changes_holder(self, holder: HolderId) -> bool:
        """Whether another set of accounts may be a holder's."""
        return any(
            each.row.holder == holder if each.version_before is None else not each.is_found_alike
            for each in self.accounts.values()
        )

    def changes_failed_logins(self, ip_key: bytes, since: int) -> bool:
        """Whether there are others from an address since an instant."""
        return since < (self.failed_from or since) or any(row.ip_key == ip_key for row in self.failed_logins)

    def changes_dealings(self, counterparty: AccountId, since: int) -> bool:
        """Whether there are others with an account since an instant."""
        return since < (self.dealings_from or since) or any(
            row.counterparty_id == counterparty for row in self.dealings
        )


def _put(rows: dict[Key, R], changed: Iterable[R]) -> None:
    """One that is there already keeps its place among the others."""
    for row in changed:
        key = row.account_id, row.id
        before = rows.get(key)
        rows[key] = row if before is None else row._replace(**_place(before))


def _place(row: RestrictionRow | CaseRow | RequestRow) -> dict[str, Any]:
    """What a row keeps when it is written again: the entry of its birth, and what placed it."""
    return {name: getattr(row, name) for name in ("sequence", "batch") if name in row._fields}
