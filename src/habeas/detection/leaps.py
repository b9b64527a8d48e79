"""The leaps among the places that an account remembers: shared by the detectors that look at travel."""

from datetime import datetime, timedelta

from habeas.domain.account import AccountState
from habeas.domain.facts import EnrichedEvent
from habeas.domain.place import Anchor, LeapRule, is_leap

Leap = tuple[Anchor, Anchor]


def leaps(state: AccountState, rule: LeapRule, since: datetime) -> list[Leap]:
    """The leaps to samples at or after `since`, and after control was last proved, oldest first.

    A sample makes at most one leap, and none where the sample before it was in the same area: staying is no leap.
    """
    pairs = []
    for index, later in enumerate(state.anchors):
        if later.at < since or is_proved_since(state, later.at):
            continue
        earlier = state.anchors[:index]
        if earlier and earlier[-1].area != later.area:
            origin = next((e for e in reversed(earlier) if is_leap(e, later, rule)), None)
            if origin is not None:
                pairs.append((origin, later))
    return pairs


def own_leap(found: list[Leap], enriched: EnrichedEvent) -> Leap | None:
    """The leap that this event's own sample makes, if it makes one."""
    place, at = enriched.facts.place, enriched.event.time
    return next((p for p in found if place is not None and (p[1].at, p[1].prefix) == (at, place.prefix)), None)


def makes_leap(state: AccountState, enriched: EnrichedEvent, rule: LeapRule) -> bool:
    """Whether this event's own sample is a leap."""
    return own_leap(leaps(state, rule, enriched.event.time - timedelta(days=1)), enriched) is not None


def is_proved_since(state: AccountState, at: datetime) -> bool:
    """Whether control of the account was proved after an instant, so that what was unusual then no longer counts."""
    return state.proved_at is not None and at <= state.proved_at
