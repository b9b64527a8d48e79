"""Screening again: customers who are here already, against the lists as they are now (detection 4, a list change).

Whoever is like a listed name in a way that nobody has looked at yet is reported as a profile that changed, although it is the
list that did; from there on everything is as with any declared name. A true match whose entry is gone is looked at again.
"""

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future

import msgspec
from msgspec import Struct

from habeas.domain import event_data as data
from habeas.domain.account import AccountState
from habeas.domain.case import CaseOutcome
from habeas.domain.decision import Outcome
from habeas.domain.event import MATCH_DELISTED, RESCREEN_SOURCE, Event, make_event
from habeas.domain.ids import AccountId, EventId, fingerprint
from habeas.domain.screening import Query
from habeas.service.enrich import who_is
from habeas.service.intake import Intake
from habeas.service.ports import Clock, Lists, Reader, Store

Customers = Iterable[tuple[AccountId, Query]]
Choose = Callable[[Customers], Collection[AccountId]]
"""Says which customers could be meant by what has changed."""
Progress = Callable[[str, int, int], None]
"""Hears what is being done, with which account, of how many."""


class Rescreened(Struct, frozen=True):
    """How many names were compared, how many accounts were sent to be judged, and how many true matches lost their entry."""

    named: int
    reported: int
    delisted: int


def rescreen(
    store: Store,
    intake: Intake,
    lists: Lists,
    clock: Clock,
    choose: Choose | None = None,
    progress: Progress = lambda _what, _done, _of: None,
) -> Rescreened:
    """Screen declared names again: every account's, or with `choose` those that a change of a list can be about. Returns when
    everything that follows is durable.

    Safe to run twice, and to be stopped and run again: what was looked at, or waits to be, is not reported again. Raises
    UnreadableRecordError when a record cannot be read, UnavailableError when the lists cannot be used.
    """
    waiting = _Waiting(intake)
    with store.reading() as reader:
        accounts: Collection[AccountId] = tuple(reader.accounts())
        delisted = tuple(_delisted(reader, lists, clock))
    for event in delisted:
        waiting.submit(event)
    if choose is not None:
        accounts = choose((state.account, who) for state, who in _named(store, accounts, "reading", progress))
    named = reported = 0
    for state, who in _named(store, accounts, "screening", progress):
        named += 1
        hits = lists.names(who)
        if hits:
            with store.reading() as reader:
                found = _event(reader, state, sorted(hit.pair for hit in hits), clock)
            if found is not None:
                reported += 1
                waiting.submit(found)
    waiting.finish()
    return Rescreened(named, reported, len(delisted))


class _Waiting:
    """Events that were submitted and are not durable yet; only so many at a time, so that memory does not grow."""

    MAX = 1_000

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._futures: deque[Future[Outcome]] = deque()

    def submit(self, event: Event) -> None:
        self._futures.append(self._intake.submit(event))
        if len(self._futures) > self.MAX:
            self._futures.popleft().result()

    def finish(self) -> None:
        for future in self._futures:
            future.result()


def _named(
    store: Store, accounts: Collection[AccountId], what: str, progress: Progress
) -> Iterator[tuple[AccountState, Query]]:
    """The accounts that have said who they are."""
    for done, account in enumerate(accounts, start=1):
        progress(what, done, len(accounts))
        with store.reading() as reader:
            state = reader.account(account)
        who = who_is(state) if state is not None else None
        if state is not None and who is not None:
            yield state, who


def _delisted(reader: Reader, lists: Lists, clock: Clock) -> Iterator[Event]:
    """True matches with an entry that the list no longer has, each once; of several cases about one, the last."""
    true = {
        (case.account, case.match.pair): (case.id, case.match)
        for case in reader.all_cases()
        if case.match is not None and case.outcome is CaseOutcome.TRUE_MATCH
    }
    for (account, pair), (case, match) in true.items():
        version = lists.version_without(match.list, match.entry)
        id_ = f"delisted-{fingerprint(pair)}"
        if version is None or reader.recorded(account, RESCREEN_SOURCE, EventId(id_)) is not None:
            continue
        body = msgspec.json.encode(data.Delisted(case=case, version=version))
        yield make_event(id_, RESCREEN_SOURCE, MATCH_DELISTED, account, clock(), body)


def _event(reader: Reader, state: AccountState, pairs: list[str], clock: Clock) -> Event | None:
    """What reports that the account is like these entries; None if reviewers cleared them all, or cases are about them, or it
    was reported before.
    """
    known = set(state.cleared) | {case.match.pair for case in reader.cases(state.account) if case.match is not None}
    new = [pair for pair in pairs if pair not in known]
    id_ = EventId(f"names-{fingerprint(' '.join(new))}")
    if not new or reader.recorded(state.account, RESCREEN_SOURCE, id_) is not None:
        return None
    said = {"name": state.name, "birth_date": state.birth_date, "nationalities": state.nationalities}
    body = msgspec.json.encode({name: value for name, value in said.items() if value})
    return make_event(id_, RESCREEN_SOURCE, "account.profile_changed", state.account, clock(), body)
