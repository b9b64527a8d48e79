"""Due timers: what has come, such as the end of a restriction, is recorded as an event like any other."""

import msgspec

from habeas.domain.errors import HabeasError
from habeas.domain.event import TIMER_DUE, TIMER_SOURCE, Event, make_event
from habeas.domain.event_data import TimerDue
from habeas.service.intake import Intake
from habeas.service.ports import Clock, DueTimer, Share, Store

SWEEP_MAX = 256


def fire_due_timers(store: Store, intake: Intake, clock: Clock) -> int:
    """Fire every timer whose time has come; returns how many fired. Safe to run twice or in two processes at once, which
    share the work where the store can.

    One that fails does not keep the others waiting. It stays due, and its error is raised when all have been tried.
    """
    fired = 0
    failed: list[HabeasError] = []
    with store.shares("timers") as shares:
        for share in shares:
            fired += _fire(share, intake, clock, failed)
    if failed:
        raise failed[0]
    return fired


def _fire(share: Share, intake: Intake, clock: Clock, failed: list[HabeasError]) -> int:
    tried: set[DueTimer] = set()
    while due := [timer for timer in _due(share, clock) if timer not in tried]:
        tried |= set(due)
        for future in [intake.submit(_event(timer)) for timer in due]:
            try:
                future.result()
            except HabeasError as exc:
                failed.append(exc)
    return len(tried)


def _due(share: Share, clock: Clock) -> list[DueTimer]:
    with share.reading() as reader:
        return list(reader.due_timers(clock(), SWEEP_MAX))


def _event(due: DueTimer) -> Event:
    timer = due.timer
    body = msgspec.json.encode(TimerDue(about=timer.about, generation=timer.generation))
    # The time is part of it: a clock that is wound up again without a change, as of an account's life, fires anew.
    id_ = f"{timer.about}/{timer.generation}/{timer.due_at:%Y%m%dT%H%M%S.%fZ}"
    return make_event(id_, TIMER_SOURCE, TIMER_DUE, due.account, timer.due_at, body)
