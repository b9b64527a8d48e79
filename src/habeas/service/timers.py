"""Due timers: a restriction's end or recheck that has come is recorded as an event like any other."""

import msgspec

from habeas.domain.event import TIMER_DUE, TIMER_SOURCE, Event, make_event
from habeas.domain.event_data import TimerDue
from habeas.service.intake import Intake
from habeas.service.ports import Clock, DueTimer, Store

SWEEP_MAX = 256


def fire_due_timers(store: Store, intake: Intake, clock: Clock) -> int:
    """Fire every timer whose time has come; returns how many fired. Safe to run twice or in two processes at once."""
    fired = 0
    while due := _due(store, clock):
        for future in [intake.submit(_event(timer)) for timer in due]:
            future.result()
        fired += len(due)
    return fired


def _due(store: Store, clock: Clock) -> list[DueTimer]:
    with store.reading() as reader:
        return list(reader.due_timers(clock(), SWEEP_MAX))


def _event(due: DueTimer) -> Event:
    timer = due.timer
    body = msgspec.json.encode(TimerDue(restriction=timer.restriction, generation=timer.generation))
    id_ = f"{timer.restriction}/{timer.generation}"
    return make_event(id_, TIMER_SOURCE, TIMER_DUE, due.account, timer.due_at, body)
