"""Memory and SQLite answer alike, whatever is recorded; and the comparison is known to notice when they do not."""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import msgspec
import psycopg
import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from typing_extensions import override

from habeas.domain.account import AccountState
from habeas.domain.case import CaseStatus
from habeas.domain.decision import Decision, IpRefusal, Message, Topic
from habeas.domain.document import RequestStatus
from habeas.domain.event import TIMER_DUE, TIMER_SOURCE
from habeas.domain.facts import EnrichedEvent
from habeas.domain.ids import AccountId, CaseId, HolderId, RestrictionId
from habeas.domain.restriction import Status
from habeas.service.checkpoints import read_checkpoint, take_checkpoint
from habeas.service.ports import Reader, Store
from habeas.store.memory import MemoryRows, MemoryStore, Tables
from habeas.store.postgres import PostgresStore
from habeas.store.rows import Changes, JournalRow, QueuedRow
from habeas.store.sqlite import SqliteStore
from tests.builders import (
    HOUR,
    NOON,
    a_case,
    a_dealing,
    a_decision,
    a_declaration,
    a_document_request,
    a_failed_login,
    a_message,
    a_reference_set,
    a_restriction,
    a_timer,
    an_enriched_event,
    an_event,
)

ACCOUNTS = ("acct-1", "acct-2", "acct-3")
RESTRICTIONS = ("rs_1", "rs_2", "rs_3")
TIMES = tuple(NOON + hours * HOUR + timedelta(microseconds=hours) for hours in range(4))

accounts = st.sampled_from(ACCOUNTS)
restriction_ids = st.sampled_from(RESTRICTIONS)
times = st.sampled_from(TIMES)
generations = st.integers(0, 2)
ips = st.sampled_from(("203.0.113.7", "::ffff:203.0.113.7", "2001:db8::1", "2001:db8::2"))
KINDS = ("places.country", "sanctions.OFAC-SDN")


_STANDS = RequestStatus.ISSUED, RequestStatus.CHECKING


@st.composite
def events(draw: st.DrawFn) -> EnrichedEvent:
    """An event of a few accounts, now and then one that came before, a failed login, a timer that fires."""
    account, at = draw(accounts), draw(times)
    if draw(st.integers(0, 3)) == 0:
        # Days apart too, so that old failed logins are forgotten.
        at += timedelta(days=draw(st.integers(-2, 2)))
        return a_failed_login(f"failed-{draw(st.integers(0, 99))}", draw(ips), account=account, at=at)
    if draw(st.integers(0, 3)) == 0:
        at += timedelta(days=draw(st.integers(-100, 100)))
        type_ = draw(st.sampled_from(("p2p.opened", "p2p.paid", "transfer.requested")))
        id_ = f"dealt-{draw(st.integers(0, 99))}"
        return a_dealing(id_, draw(accounts), type_, account=account, at=at)
    if draw(st.integers(0, 3)) == 0:
        number = draw(st.sampled_from(("X1", "x-1", "Y2")))
        return a_declaration(f"declared-{draw(st.integers(0, 99))}", number, account=account, at=at)
    if draw(st.booleans()):
        id_, source = f"ev-{draw(st.integers(0, 30))}", draw(st.sampled_from(("urn:exchange", "urn:vendor")))
        return an_enriched_event(an_event(id_, account=account, source=source, at=at))
    restriction, generation = draw(restriction_ids), draw(generations)
    body = msgspec.json.encode({"about": restriction, "generation": generation})
    id_ = f"{restriction}/{generation}/{at.hour}"
    return an_enriched_event(an_event(id_, account=account, type_=TIMER_DUE, source=TIMER_SOURCE, at=at, body=body))


@st.composite
def decisions(draw: st.DrawFn, enriched: EnrichedEvent) -> Decision:
    """Anything that an event may lead to, likely or not."""
    account = enriched.event.account
    restrictions = tuple(
        a_restriction(id_, account=account, status=draw(st.sampled_from(Status)), generation=draw(generations))
        for id_ in draw(st.lists(restriction_ids, max_size=3, unique=True))
    )
    timers = tuple(
        a_timer(id_, generation=draw(generations), due_at=draw(times))
        for id_ in draw(st.lists(restriction_ids, max_size=2, unique=True))
    )
    cases = tuple(
        a_case(f"cs_{number}", account=account, status=draw(st.sampled_from(CaseStatus)))
        for number in draw(st.lists(st.integers(0, 2), max_size=2, unique=True))
    )
    messages = tuple(
        a_message(f"msg-{number}", account=draw(accounts), topic=draw(st.sampled_from(Topic)), body=bytes([number]))
        for number in draw(st.lists(st.integers(0, 20), max_size=3, unique=True))
    )
    requests = tuple(
        a_document_request(
            f"dr_{number}",
            account=account,
            status=draw(st.sampled_from(_STANDS)),
        )
        for number in draw(st.lists(st.integers(0, 2), max_size=2, unique=True))
    )
    refused = tuple(
        IpRefusal(ip, enriched.event.time + hours * HOUR)
        for ip, hours in draw(st.lists(st.tuples(ips, st.integers(1, 3)), max_size=2))
    )
    holder = draw(st.sampled_from((None, HolderId("h-1"), HolderId("h-2"))))
    parents = draw(st.sampled_from(((), (), (AccountId("acct-3"),))))
    state = AccountState(account=account, holder=holder, parents=parents, decided_at=enriched.event.time)
    return a_decision(
        enriched,
        state=state,
        restrictions=restrictions,
        timers=timers,
        cases=cases,
        messages=messages,
        requests=requests,
        refused_ips=refused,
    )


def messages(reader: Reader) -> list[list[Message]]:
    """All that wait, two after the first, and those of a topic. Positions may have gaps, so they are not compared."""
    queued = reader.queued_messages(0, 99)
    later = reader.queued_messages(queued[0].position, 2) if queued else ()
    effects = reader.queued_messages(0, 2, Topic.EFFECT)
    return [[message.message for message in found] for found in (queued, later, effects)]


def view(reader: Reader) -> dict[str, Any]:
    """Everything that a reader can be asked, by question."""
    answers: dict[str, Any] = {
        "accounts": list(reader.accounts()),
        "due timers": [tuple(reader.due_timers(at, 2)) + tuple(reader.due_timers(at, 99)) for at in TIMES],
        "messages": messages(reader),
        "limited": [reader.limited_accounts(AccountId("acct-1"), limit) for limit in (1, 9)],
        "limit changes": [tuple(reader.limit_changes(after, 2)) for after in (0, 5, reader.last_limit_change())],
        "holders": [reader.holder_accounts(HolderId(holder)) for holder in ("h-1", "h-2")],
        "restriction accounts": [reader.restriction_account(RestrictionId(id_)) for id_ in RESTRICTIONS],
        "addresses": [
            reader.ip_activity(ip, at, AccountId("acct-1"))
            for ip in ("203.0.113.7", "2001:db8::9")
            for at in (NOON - 23 * HOUR, *TIMES[1::2], NOON + 24 * HOUR)
        ],
        "references": (reader.reference_sets(), reader.reference_sets(current=True), [*map(reader.reference, KINDS)]),
        "open cases": (reader.open_cases(None, 2), reader.open_cases("takeover", 99), reader.open_cases("kyc", 9)),
        "all cases": (list(reader.all_cases()), list(reader.all_cases("takeover"))),
        "case accounts": [reader.case_account(CaseId(f"cs_{number}")) for number in range(3)],
        "journal": (list(reader.verify_journal()), reader.journal_length(), reader.journal_end()),
        "positions": [(entry.position, entry.account) for entry in reader.journal_entries(0, reader.journal_end())],
        "checkpoints": [read_checkpoint(each.body).number for each in reader.checkpoints()]
        + [reader.last_checkpoint()],
    }
    for account in map(AccountId, ACCOUNTS):
        answers[account] = (
            reader.account(account),
            reader.restrictions(account),
            reader.cases(account),
            reader.document_requests(account),
            list(reader.events(account)),
            reader.document_accounts(account),
            reader.document_accounts(account, ("DE", "passport", "X1")),
            [reader.dealt_with(account, since, 2) for since in (NOON - timedelta(days=400), *TIMES[::2])],
            [reader.have_dealt(account, AccountId(other), NOON) for other in ACCOUNTS],
        )
    return answers


class DisturbedError(Exception):
    """A transaction is given up."""


class StoresAgree(RuleBasedStateMachine):
    """The same records go into a store in memory and one in SQLite; after each, both answer every question alike."""

    memory_store: ClassVar[type[MemoryStore]] = MemoryStore

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.stores: tuple[Store, Store] = (self.memory_store(), SqliteStore(Path(self.folder.name) / "habeas.db"))

    @override
    def teardown(self) -> None:
        for store in self.stores:
            store.close()
        self.folder.cleanup()

    @rule(data=st.data(), is_disturbed=st.booleans())
    def record(self, data: st.DataObject, is_disturbed: bool) -> None:
        arrived = data.draw(st.lists(events(), min_size=1, max_size=3))
        batch = [(enriched, data.draw(decisions(enriched))) for enriched in arrived]
        recorded = [self._record(store, batch, is_disturbed) for store in self.stores]
        assert recorded[0] == recorded[1]

    @staticmethod
    def _record(store: Store, batch: list[tuple[EnrichedEvent, Decision]], is_disturbed: bool) -> list[object]:
        answers: list[object] = []
        try:
            with store.transaction() as work:
                for enriched, decision in batch:
                    event = enriched.event
                    known = work.recorded(event.account, event.source, event.id)
                    answers += [known, work.account(event.account)]
                    if known is None:
                        work.record(enriched, decision, "builtin-1")
                if is_disturbed:
                    raise DisturbedError  # noqa: TRY301 - it is the transaction that must see it
        except DisturbedError:
            answers.append("disturbed")
        return answers

    @rule(kind=st.sampled_from(KINDS), version=st.integers(0, 2), content=st.integers(0, 2), at=times)
    def load(self, kind: str, version: int, content: int, at: datetime) -> None:
        loaded = a_reference_set(kind, f"v{version}", sha256=f"digest-{content}", loaded_at=at)
        kept = []
        for store in self.stores:
            with store.transaction() as work:
                kept.append(work.load_reference(loaded, bytes([content])))
        assert kept[0] == kept[1]

    @rule(kind=st.sampled_from(KINDS))
    def remove(self, kind: str) -> None:
        for store in self.stores:
            with store.transaction() as work:
                work.remove_reference(kind)

    @rule(places=st.lists(st.integers(0, 5), max_size=2))
    def deliver(self, places: list[int]) -> None:
        for store in self.stores:
            with store.transaction() as work:
                queued = work.queued_messages(0, 99)
                work.delivered([queued[place].position for place in places if place < len(queued)], NOON)

    @rule(at=times)
    def checkpoint(self, at: datetime) -> None:
        signed = [take_checkpoint(store, at) for store in self.stores]
        sizes = [each and read_checkpoint(each.body).size for each in signed]
        assert sizes[0] == sizes[1]

    @invariant()
    def every_answer_is_the_same(self) -> None:
        memory, sqlite = self.stores
        with memory.reading() as ours, sqlite.reading() as theirs:
            assert view(ours) == view(theirs)


TestStoresAgree = StoresAgree.TestCase


def test_memory_and_postgres_agree(database: str, emptied: str, tmp_path: Path) -> None:
    class PostgresAgrees(StoresAgree):
        def __init__(self) -> None:
            super().__init__()
            self.stores[1].close()
            with psycopg.connect(database, autocommit=True) as connection:
                connection.execute(emptied.encode())
            (tmp_path / "habeas.key").unlink(missing_ok=True)
            self.stores = self.stores[0], PostgresStore(database, tmp_path / "habeas.key")

    run_state_machine_as_test(PostgresAgrees, settings=settings(max_examples=15, stateful_step_count=20))


# --- planted bugs: each must be noticed ------------------------------------------------------------------------------


def assert_noticed(store: type[MemoryStore]) -> None:
    class Machine(StoresAgree):
        memory_store = store

    # Found is enough: nobody needs the smallest example of a bug that we planted.
    effort = settings(
        max_examples=500, phases=[Phase.generate], database=None, derandomize=True, report_multiple_bugs=False
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Machine, settings=effort)


class TimersStay(MemoryRows):
    @override
    def write(self, changes: Changes) -> None:
        super().write(changes._replace(ended=()))


class AnyGenerationFires(MemoryRows):
    @override
    def write(self, changes: Changes) -> None:
        fired = changes.fired
        timer = None if fired is None else self._tables.timers.get((fired.account_id, fired.about))
        super().write(changes._replace(fired=timer))


class ChangedRestrictionsBecomeYoungest(MemoryRows):
    @override
    def write(self, changes: Changes) -> None:
        folder = self._tables.folders.get(changes.account.account_id)
        for row in changes.restrictions if folder else ():
            folder.restrictions.pop(row.id, None)  # type: ignore[union-attr]
        super().write(changes)


class ChangesStayAtTheirFirstPosition(MemoryRows):
    @override
    def write(self, changes: Changes) -> None:
        before = self._tables.limit_changes.get(changes.account.account_id)
        super().write(changes)
        if before is not None:
            self._tables.limit_changes[before.account_id] = before


class OldHoldersKeepAccounts(MemoryRows):
    @override
    def write(self, changes: Changes) -> None:
        before = self._tables.holders.copy()
        super().write(changes)
        for holder, held in before.items():
            self._tables.holders[holder] |= held


class QueueIsReadFromItsEnd(MemoryRows):
    @override
    def queued(self, after: int, limit: int, topic: str | None) -> list[QueuedRow]:
        return list(super().queued(after, 99, topic))[-limit:]


class FailedLoginsStayForEver(MemoryRows):
    @override
    def write(self, changes: Changes) -> None:
        before = self._tables.failed_logins.copy()
        super().write(changes)
        self._tables.failed_logins[:] = sorted({*before, *self._tables.failed_logins})


class EarlierEndsOfRefusalsWin(MemoryRows):
    @override
    def write(self, changes: Changes) -> None:
        super().write(changes)
        for refusal in changes.refusals:
            self._tables.refusals[refusal.ip_key] = (refusal,)


class DealingsStayForEver(MemoryRows):
    @override
    def write(self, changes: Changes) -> None:
        before = self._tables.dealings.copy()
        super().write(changes)
        self._tables.dealings[:] = sorted({*before, *self._tables.dealings})


class PositionsCountOneAccount(MemoryRows):
    @override
    def _positioned(self, entries: Sequence[JournalRow]) -> Iterator[JournalRow]:
        return (entry._replace(position=entry.sequence) for entry in entries)


@pytest.mark.parametrize(
    "rows",
    [
        DealingsStayForEver,
        TimersStay,
        AnyGenerationFires,
        ChangedRestrictionsBecomeYoungest,
        ChangesStayAtTheirFirstPosition,
        OldHoldersKeepAccounts,
        QueueIsReadFromItsEnd,
        FailedLoginsStayForEver,
        EarlierEndsOfRefusalsWin,
        PositionsCountOneAccount,
    ],
)
def test_a_planted_bug_is_noticed(rows: type[MemoryRows]) -> None:
    class BuggyStore(MemoryStore):
        @override
        def _rows(self, tables: Tables) -> MemoryRows:
            return rows(tables)

    assert_noticed(BuggyStore)


def test_a_transaction_that_is_not_undone_is_noticed() -> None:
    class WritesThrough(Tables):
        @override
        def copy(self) -> Tables:
            return self

    class BuggyStore(MemoryStore):
        def __init__(self) -> None:
            super().__init__()
            self._tables = WritesThrough()

    assert_noticed(BuggyStore)
