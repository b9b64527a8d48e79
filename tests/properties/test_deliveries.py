"""However a channel fails and whenever a worker dies, each notice arrives at least once, under its id and in its words."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from enum import Enum
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from habeas.domain.ids import AccountId
from habeas.domain.notice import DISABLED_AFTER, Answer, Channel, Notice, Result
from habeas.service.delivery import deliver
from habeas.service.ports import Sender, Store
from habeas.store.memory import MemoryStore
from tests.builders import NOON, a_decision, a_notice, an_enriched_event, an_event
from tests.properties.canary import catches

IDS = ("ms_1", "ms_2", "ms_3", "ms_4")
Deliver = Callable[[Store, Sender, Callable[[], datetime]], int]


class Died(BaseException):
    """The worker's process is gone."""


class Death(Enum):
    """When the worker dies: before the receiver has taken a notice, or after."""

    BEFORE = "before"
    AFTER = "after"


class Faulty:
    """A receiver that answers as it is told, then takes everything."""

    channel = Channel.WEBHOOK

    def __init__(self, answers: Sequence[Result | Death]) -> None:
        self.answers = list(answers)
        self.arrived: list[tuple[str, str]] = []

    def send(self, notice: Notice, text: str, addresses: tuple[str, ...], at: datetime) -> Answer:
        result = self.answers.pop(0) if self.answers else Result.DELIVERED
        if result in (Result.DELIVERED, Death.AFTER):
            self.arrived.append((notice.id, text))
        if isinstance(result, Death):
            raise Died
        return Answer(result)


def run(answers: Sequence[Result | Death], steps: Sequence[int], deliver: Deliver) -> None:
    store, receiver, now = MemoryStore(), Faulty(answers), NOON
    kim = AccountId("kim")
    enriched = an_enriched_event(an_event(account=kim))
    with store.transaction() as work:
        work.record(enriched, a_decision(enriched), "builtin-1")
        for id_ in IDS:
            work.add_notice(a_notice(id_), [Channel.WEBHOOK])
    # Random steps of time, and then enough of them for everything that is put off.
    for seconds in (*steps, *[int(timedelta(hours=25).total_seconds())] * (len(answers) + 3)):
        with suppress(Died):
            deliver(store, receiver, partial(max, now, NOON))
        now += timedelta(seconds=seconds)
    with store.reading() as reader:
        assert reader.channel_health(Channel.WEBHOOK).disabled_at is None
        deliveries = reader.deliveries(kim)
    assert {id_ for id_, _ in receiver.arrived} == set(IDS), "a notice was lost"
    assert len(set(receiver.arrived)) == len(IDS), "a repeat came in other words"
    assert all(each.delivered_at is not None for each in deliveries), "what arrived is not known to have arrived"
    deaths = sum(answer is Death.AFTER for answer in answers)
    assert len(receiver.arrived) <= len(IDS) + deaths, "what arrived was sent again without need"


results = st.sampled_from([Result.DELIVERED, Result.LATER, Result.DOWN, *Death])
# Few enough failures in a row that the channel is not switched off meanwhile.
assert 3 * timedelta(hours=25) < DISABLED_AFTER
answers = st.lists(results, max_size=3)
steps = st.lists(st.integers(0, 4000), max_size=12)


@given(answers=answers, steps=steps)
def test_every_notice_arrives_at_least_once_and_a_repeat_is_the_same(
    answers: list[Result | Death], steps: list[int]
) -> None:
    run(answers, steps, deliver)


# --- planted bugs ----------------------------------------------------------------------------------------------------


def kept_before_it_is_sent(store: Store, sender: Sender, clock: Callable[[], datetime]) -> int:
    """Marks a notice as delivered, and then sends it: a worker that dies between the two loses it."""

    class Early:
        channel = sender.channel

        def send(self, notice: Notice, text: str, addresses: tuple[str, ...], at: datetime) -> Answer:
            with store.transaction() as work:
                for each in work.deliveries(notice.account):
                    if each.notice == notice.id:
                        work.set_delivery(replace(each, next_at=None, delivered_at=at))
            return sender.send(notice, text, addresses, at)

    return deliver(store, Early(), clock)


def forgets_what_came_of_it(store: Store, sender: Sender, clock: Callable[[], datetime]) -> int:
    """Sends all that is queued again in every round."""
    with store.transaction() as work:
        for each in work.deliveries(AccountId("kim")):
            work.set_delivery(replace(each, next_at=clock(), delivered_at=None))
    return deliver(store, sender, clock)


def gives_up_on_the_first_failure(store: Store, sender: Sender, clock: Callable[[], datetime]) -> int:
    class Strict:
        channel = sender.channel

        def send(self, *args: Any) -> Answer:
            answer = sender.send(*args)
            return answer if answer.result is Result.DELIVERED else Answer(Result.REFUSED)

    return deliver(store, Strict(), clock)


@pytest.mark.parametrize("bug", [kept_before_it_is_sent, forgets_what_came_of_it, gives_up_on_the_first_failure])
def test_a_planted_bug_is_caught(bug: Deliver) -> None:
    assert catches(lambda answers, steps: run(answers, steps, bug), answers, steps)
