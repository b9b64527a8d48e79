"""Screening again: customers who are here already, against the lists as they are now (detection 4, a list change).

Whoever is like a listed name in a way that nobody has looked at yet is reported as a profile that changed, although it is the
list that did; from there on everything is as with any declared name. A true match whose entry is gone is looked at again.
"""

from collections.abc import Callable, Iterator

import msgspec
from msgspec import Struct

from habeas.domain import event_data as data
from habeas.domain.case import CaseOutcome
from habeas.domain.event import MATCH_DELISTED, RESCREEN_SOURCE, Event, make_event
from habeas.domain.ids import AccountId, EventId, fingerprint
from habeas.domain.screening import Query
from habeas.service.enrich import who_of
from habeas.service.intake import Intake
from habeas.service.ports import Clock, Lists, Reader, Store


class Rescreened(Struct, frozen=True):
    """How many accounts have a name, how many of these were sent to be judged, and how many true matches lost their entry."""

    named: int
    reported: int
    delisted: int


_COMPARED = ("name", "birth_date", "nationalities")
"""What is compared of a profile."""


def rescreen(
    store: Store,
    intake: Intake,
    lists: Lists,
    clock: Clock,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> Rescreened:
    """Screen every account's declared name again. Returns when everything that follows is durable.

    Safe to run twice, and to be stopped and run again: what was looked at, or waits to be, is not reported again. `progress`
    hears with each account which one it is, of how many. Raises UnreadableRecordError when a record cannot be read,
    UnavailableError when the lists cannot be used.
    """
    named = 0
    reported, delisted = [], []
    with store.reading() as reader:
        accounts = tuple(reader.accounts())
    for done, account in enumerate(accounts, start=1):
        progress(done, len(accounts))
        with store.reading() as reader:
            delisted += [intake.submit(event) for event in _delisted(reader, account, lists, clock)]
            declared = _declared(reader, account)
            who = who_of(msgspec.convert(declared, data.Profile))
            if who is None:
                continue
            named += 1
            pairs = _new_pairs(reader, account, who, lists)
            if not pairs:
                continue
            event = _event(account, declared, pairs, clock)
            if reader.recorded(account, RESCREEN_SOURCE, event.id) is not None:
                continue
        reported.append(intake.submit(event))
    for future in (*reported, *delisted):
        future.result()
    return Rescreened(named, len(reported), len(delisted))


def _delisted(reader: Reader, account: AccountId, lists: Lists, clock: Clock) -> Iterator[Event]:
    """True matches with an entry that the list no longer has, each once; of several cases about one, the last."""
    true = {
        case.match.pair: (case.id, case.match)
        for case in reader.cases(account)
        if case.match is not None and case.outcome is CaseOutcome.TRUE_MATCH
    }
    for pair, (case, match) in true.items():
        version = lists.version_without(match.list, match.entry)
        id_ = f"delisted-{fingerprint(pair)}"
        if version is None or reader.recorded(account, RESCREEN_SOURCE, EventId(id_)) is not None:
            continue
        body = msgspec.json.encode(data.Delisted(case=case, version=version))
        yield make_event(id_, RESCREEN_SOURCE, MATCH_DELISTED, account, clock(), body)


def _declared(reader: Reader, account: AccountId) -> dict[str, object]:
    """Who the account said that it is: the last word on each thing."""
    declared: dict[str, object] = {}
    for event in reader.events(account):
        if event.type in ("account.opened", "account.profile_changed"):
            said = msgspec.json.decode(event.body, type=data.Profile)
            declared |= {name: value for name in _COMPARED if (value := getattr(said, name)) is not None}
    return declared


def _new_pairs(reader: Reader, account: AccountId, who: Query, lists: Lists) -> list[str]:
    """What the name is like, except what reviewers cleared and what a case is about."""
    hits = lists.names(who)
    if not hits:
        return []
    state = reader.account(account)
    known = set(state.cleared) if state is not None else set()
    known |= {case.match.pair for case in reader.cases(account) if case.match is not None}
    return sorted(hit.pair for hit in hits if hit.pair not in known)


def _event(account: AccountId, declared: dict[str, object], pairs: list[str], clock: Clock) -> Event:
    id_ = f"names-{fingerprint(' '.join(pairs))}"
    body = msgspec.json.encode(declared)
    return make_event(id_, RESCREEN_SOURCE, "account.profile_changed", account, clock(), body)
