"""Intake: events are decided one after another for each account, and many share one durable commit.

One thread writes. It takes what has queued up, decides each event inside one transaction, commits, and only then tells
those who wait: nothing is acknowledged before it is durable. Where a store lets several processes write at the same time, each
batch has its own accounts alone, and is decided again if what it read of others was changed before it was durable.
"""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from queue import SimpleQueue
from threading import Thread
from time import perf_counter
from typing import Any, Self

from msgspec.structs import replace

from habeas.decision.decide import decide
from habeas.decision.quarantine import quarantine
from habeas.domain.account import AccountState, new_account
from habeas.domain.decision import Decision, Outcome
from habeas.domain.errors import ConflictError, EventRejectedError, HabeasError, IdentityReusedError
from habeas.domain.event import Event
from habeas.domain.event_data import Profile
from habeas.domain.facts import EnrichedEvent, Facts
from habeas.domain.ids import AccountId, EntityId, EventId, event_seed
from habeas.playbook.policy import Playbook, Policy
from habeas.service.enrich import look_up, relate
from habeas.service.ports import Clock, Coins, Lists, Places, Reader, Store, UnitOfWork
from habeas.service.tracing import Answered, Attribute, SpanName, Tracer

BATCH_MAX = 64

Answer = Outcome | HabeasError


class Intake:
    """Accepts events and answers with outcomes once they are durable. Use as a context manager."""

    def __init__(
        self,
        store: Store,
        playbook: Playbook,
        places: Places,
        lists: Lists,
        clock: Clock,
        coins: Coins | None = None,
        batch_max: int = BATCH_MAX,
        tracer: Tracer | None = None,
    ) -> None:
        """`batch_max`: how many events share one commit at most. More of them cost less each, and let others wait longer."""
        self._store = store
        self._playbook = playbook
        self._places = places
        self._lists = lists
        self._coins = coins
        self._batch_max = batch_max
        self._tracer = tracer
        self.clock = clock
        self._queue: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._told: list[Callable[[], None]] = []
        self._counted: list[Callable[[int, float], None]] = []
        with store.reading() as reader:
            known = reader.playbook_text(playbook.version)
        if known != playbook.text:
            with store.transaction() as work:
                work.record_playbook(playbook.version, playbook.text)
        self._writer = Thread(target=self._write, name="habeas-writer", daemon=True)
        self._writer.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def submit(self, event: Event) -> "Future[Outcome]":
        """Queue an event. The future ends when the event is durable, or with why it was refused."""
        within = None if self._tracer is None else self._tracer.here()
        waiting = _Waiting(event, look_up(event, self._places, self._lists, self._coins), self.clock(), within)
        self._queue.put(waiting)
        return waiting.future

    def after_commit(self, tell: Callable[[], None]) -> None:
        """Call something, shortly, in the writing thread, after each commit from now on."""
        self._told.append(tell)

    def count_commits(self, count: Callable[[int, float], None]) -> None:
        """Tell something, in the writing thread, how many events each commit from now on has, and how many seconds it took
        from the first decision until it was durable.
        """
        self._counted.append(count)

    def decide(self, event: Event) -> Outcome:
        """Submit one event and wait for its outcome. Raises EventRejectedError if it is refused."""
        return self.submit(event).result()

    def recorded_at(self, account: AccountId, source: str, event: str) -> datetime | None:
        """The instant of an event that was recorded before, so that it can be told again as the same one."""
        with self._store.reading() as reader:
            if reader.recorded(account, source, EventId(event)) is None:
                return None
            told = (each.time for each in reader.events(account) if (each.source, each.id) == (source, event))
            return next(told, None)

    def close(self) -> None:
        """Finish what is queued, then stop."""
        self._queue.put(None)
        self._writer.join()

    def _write(self) -> None:
        is_stopping = False
        while not is_stopping:
            taken = [self._queue.get()]
            while len(taken) < self._batch_max and not self._queue.empty():
                taken.append(self._queue.get())
            is_stopping = None in taken
            self._answer([waiting for waiting in taken if waiting is not None])

    def _answer(self, batch: Sequence["_Waiting"]) -> None:
        """Decide a batch in one transaction. If that fails, one by one, so that the fault stays with the event that has it."""
        try:
            answers = self._commit(batch)
        except Exception as exc:  # noqa: BLE001 - whatever broke the commit, those who wait must hear of it
            if len(batch) == 1:
                batch[0].future.set_exception(exc)
                return
            for waiting in batch:
                self._answer([waiting])
            return
        for waiting, answer in zip(batch, answers, strict=True):
            if isinstance(answer, HabeasError):
                waiting.future.set_exception(answer)
            else:
                waiting.future.set_result(answer)

    def _commit(self, batch: Sequence["_Waiting"]) -> list[Answer]:
        if not batch:
            return []
        begun = perf_counter()
        with self._span(SpanName.COMMIT, {Attribute.EVENTS: len(batch)}):
            try:
                answers = self._decide(batch, {waiting.event.account for waiting in batch})
            except ConflictError:
                # While nobody else writes at all, nothing can come between again.
                answers = self._decide(batch, None)
        for tell in self._told:
            tell()
        for count in self._counted:
            count(len(batch), perf_counter() - begun)
        return answers

    def _span(
        self, name: SpanName, attributes: dict[Attribute, str | int], within: object | None = None
    ) -> AbstractContextManager[Any]:
        return nullcontext() if self._tracer is None else self._tracer.span(name, attributes, within)

    def _decide(self, batch: Sequence["_Waiting"], accounts: Collection[AccountId] | None) -> list[Answer]:
        expected = [(event.account, event.source, event.id) for event in (waiting.event for waiting in batch)]
        with self._store.transaction(accounts, expected) as work:
            decide_one = self._decide_one if self._tracer is None else self._decide_one_traced
            return [decide_one(work, waiting) for waiting in batch]

    def _decide_one_traced(self, work: UnitOfWork, waiting: "_Waiting") -> Answer:
        with self._span(SpanName.DECISION, {}, waiting.within) as span:
            answer = self._decide_one(work, waiting)
            span.tell(Attribute.ANSWER, _answered(answer))
        return answer

    def _decide_one(self, work: UnitOfWork, waiting: "_Waiting") -> Answer:
        event = waiting.event
        recorded = work.recorded(event.account, event.source, event.id)
        if recorded is not None:
            if recorded.digest != event.digest:
                return IdentityReusedError(event.account, event.source, event.id)
            return replace(recorded.outcome, duplicate=True)
        judged = self._judge(work, waiting)
        if isinstance(judged, HabeasError):
            return judged
        enriched, decision, policy = judged
        work.record(enriched, decision, policy.playbook)
        return decision.outcome

    def foresee(self, event: Event) -> Answer:
        """What would be answered if the event came now. Nothing is recorded."""
        waiting = _Waiting(event, look_up(event, self._places, self._lists, self._coins), self.clock())
        with self._store.reading() as reader:
            judged = self._judge(reader, waiting)
        return judged if isinstance(judged, HabeasError) else judged[1].outcome

    def _judge(self, reader: Reader, waiting: "_Waiting") -> tuple[EnrichedEvent, Decision, Policy] | HabeasError:
        event = waiting.event
        state = reader.account(event.account) or new_account(event.account)
        policy = self._playbook.policy(_entity(event, state))
        if event.time - waiting.received_at > policy.safety.ahead_for:
            return EventRejectedError(
                f"event `{event.id}` is dated {event.time.isoformat()}, more than {policy.safety.ahead_for} ahead of now; "
                "check the sender's clock and send it again"
            )
        facts = relate(waiting.facts, event, state, reader, self._lists)
        seed = event_seed(self._store.identity_key, event.account, event.source, event.id)
        enriched = EnrichedEvent(event, facts, seed, waiting.received_at)
        try:
            decision = decide(state, enriched, policy)
        except Exception as exc:  # noqa: BLE001 - an event that cannot be judged must not stop the others
            decision = quarantine(state, enriched, policy, f"{type(exc).__name__}: {exc}")
        return enriched, decision, policy


def _entity(event: Event, state: AccountState) -> EntityId:
    """Who serves the account: as recorded, or as this event says, so that an account is judged by its own entity from the
    first event on.
    """
    said = event.data.entity if isinstance(event.data, Profile) else None
    return EntityId(said) if said else state.entity


def _answered(answer: Answer) -> Answered:
    if isinstance(answer, HabeasError):
        return Answered.REFUSED
    return Answered.DUPLICATE if answer.duplicate else Answered.DECIDED


class _Waiting:
    """An event in the queue, what was looked up about it, when it arrived, within which span, and who waits for it."""

    __slots__ = ("event", "facts", "future", "received_at", "within")

    def __init__(self, event: Event, facts: Facts, received_at: datetime, within: object | None = None) -> None:
        self.event = event
        self.facts = facts
        self.received_at = received_at
        self.within = within
        self.future: Future[Outcome] = Future()
