"""Several processes on one store: intakes side by side, workers that share the work, and one of them killed."""

import multiprocessing
import os
import signal
import time
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from habeas.bench import workload
from habeas.decision.decide import decide
from habeas.domain.account import AccountState
from habeas.domain.actor import Actor, Role
from habeas.domain.decision import Decision
from habeas.domain.event import RESTRICTION_PLACE, STAFF_SOURCE, TIMER_DUE, Event, make_event
from habeas.domain.event_data import PlaceAct
from habeas.domain.facts import EnrichedEvent
from habeas.domain.ids import AccountId
from habeas.domain.notice import NoticeTopic
from habeas.domain.restriction import Scope, Status
from habeas.playbook.policy import Policy
from habeas.service.ports import Reader, Store
from habeas.store.open import open_store
from tests.builders import HOUR, NOON
from tests.integration.processes import decide_all, opened, work_until_done

HOLDERS = 60
AFTER = NOON + 3 * HOUR
spawn = multiprocessing.get_context("spawn")


def start(target: Any, *args: Any) -> Any:
    process = spawn.Process(target=target, args=args)
    process.start()
    return process


def ended(processes: list[Any]) -> list[int | None]:
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


def opening(account: str, holder: str) -> Event:
    body = msgspec.json.encode({"residence": "DE", "nationalities": ["DE"], "holder": holder})
    return make_event(f"open-{account}", "urn:test", "account.opened", account, NOON, body)


def restricting(account: str) -> Event:
    act = PlaceAct(
        actor=Actor("jane", Role.ANALYST),
        note="insulted support staff",
        reason="TOS_ABUSE",
        scope=Scope.HOLDER,
        ends_at=NOON + 2 * HOUR,
    )
    body = msgspec.json.Encoder(decimal_format="string").encode(act)
    return make_event(f"place-{account}", STAFF_SOURCE, RESTRICTION_PLACE, account, NOON + timedelta(minutes=1), body)


def accounts() -> list[str]:
    return [f"h{holder}-{number}" for holder in range(HOLDERS) for number in range(2)]


def waiting(reader: Reader) -> tuple[int, int]:
    return len(reader.due_timers(AFTER, 10_000)), len(reader.queued_messages(0, 10_000))


def test_workers_share_what_waits_and_one_that_is_killed_loses_and_doubles_nothing(
    database: str, tmp_path: Path
) -> None:
    key_file = tmp_path / "habeas.key"
    with closing(open_store(database, key_file)) as store:
        openings = [opening(account, account.partition("-")[0]) for account in accounts()]
        decide_all(database, key_file, [*openings, *(restricting(f"h{n}-0") for n in range(HOLDERS))])
        with store.reading() as reader:
            before = waiting(reader)
        assert before[0] >= HOLDERS
        assert before[1] >= 2 * HOLDERS
        workers = [start(work_until_done, database, key_file, AFTER) for _ in range(3)]
        kill_in_the_middle(workers[0], store, before)
        assert ended(workers) == [-signal.SIGKILL, 0, 0]
        with store.reading() as reader:
            assert waiting(reader) == (0, 0)
            assert list(reader.verify_journal()) == []
            for account in map(AccountId, accounts()):
                require_each_once(reader, account)


def kill_in_the_middle(worker: Any, store: Store, before: tuple[int, int]) -> None:
    """When something is done, and not everything."""
    now = before
    while now == before:
        time.sleep(0.005)
        with store.reading() as reader:
            now = waiting(reader)
    os.kill(worker.pid, signal.SIGKILL)
    with store.reading() as reader:
        assert waiting(reader) != (0, 0)


def require_each_once(reader: Reader, account: AccountId) -> None:
    restrictions = reader.restrictions(account)
    assert [restriction.status for restriction in restrictions] == [Status.EXPIRED]
    told = Counter(notice.topic for notice in reader.notices(account))
    assert told[NoticeTopic.ENDED] == 1, told
    assert max(told.values()) == 1, told
    fired = Counter(event.id for event in reader.events(account) if event.type == TIMER_DUE)
    assert max(fired.values(), default=0) <= 1


def test_an_event_is_judged_again_when_what_it_rested_on_was_changed_meanwhile(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the second account of a holder is judged, another process restricts the first one for the whole holder."""
    key_file = tmp_path / "habeas.key"
    judged: list[int] = []

    def judge(state: AccountState, enriched: EnrichedEvent, policy: Policy) -> Decision:
        if enriched.event.account == "second" and not judged:
            their_intake.decide(restricting("first"))
        if enriched.event.account == "second":
            judged.append(len(enriched.facts.holder_restrictions))
        return decide(state, enriched, policy)

    monkeypatch.setattr("habeas.service.intake.decide", judge)
    with opened(database, key_file, AFTER) as (store, intake), opened(database, key_file, AFTER) as (_, their_intake):
        intake.decide(opening("first", "h"))
        intake.decide(opening("second", "h"))
        assert judged == [0, 1]
        with store.reading() as reader:
            assert [each.reason for each in reader.restrictions(AccountId("second"))] == ["TOS_ABUSE"]
            assert list(reader.verify_journal()) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_intakes_of_several_processes_decide_every_event_once(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """All send the same events on the same accounts, in different orders."""
    is_file = kind == "sqlite"
    url = f"sqlite:///{tmp_path / 'habeas.db'}" if is_file else request.getfixturevalue("database")
    key_file = None if is_file else tmp_path / "habeas.key"
    events = [*workload.openings(20), *workload.ordinary_day(400, 20, restricting=0.1)]
    with closing(open_store(url, key_file)) as store:
        orders = [events, events[::-1], [*events[200:], *events[:200]]]
        assert ended([start(decide_all, url, key_file, order) for order in orders]) == [0, 0, 0]
        with store.reading() as reader:
            recorded = Counter(event.id for account in reader.accounts() for event in reader.events(account))
            assert recorded == Counter(event.id for event in events)
            assert list(reader.verify_journal()) == []
            positions = [entry.position for entry in reader.journal_entries(0, reader.journal_end())]
            assert positions == list(range(1, reader.journal_length() + 1))


def test_a_server_a_worker_and_the_command_line_share_one_file(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'habeas.db'}"
    openings = [opening(account, account.partition("-")[0]) for account in accounts()]
    with closing(open_store(url)) as store:
        decide_all(url, None, openings)
        acts = [restricting(f"h{n}-0") for n in range(HOLDERS)]
        others = [start(decide_all, url, None, acts), start(decide_all, url, None, openings)]
        workers = [start(work_until_done, url, None, AFTER, HOLDERS) for _ in range(1)]
        assert ended([*others, *workers]) == [0, 0, 0]
        with store.reading() as reader:
            assert waiting(reader) == (0, 0)
            assert list(reader.verify_journal()) == []
            for account in map(AccountId, accounts()):
                require_each_once(reader, account)
