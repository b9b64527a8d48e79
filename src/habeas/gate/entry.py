"""An account compiled: for each stretch of time one number that holds the level of every capability.

A level takes three bits, 000 ALLOW, 001 STEP_UP, 011 HOLD, 111 DENY, so that joining levels is a bitwise or.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

import msgspec
from msgspec import Struct

from habeas.domain.account import Life
from habeas.domain.capability import FLOOR, OUTFLOW, Capability, Level
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.kind import LEVELS
from habeas.domain.limit import AccountLimits, Limit
from habeas.domain.restriction import Scope
from habeas.domain.verdict import AMOUNT_CAPABILITIES, DESTINATION_CAPABILITIES, Standing, life_level, statement_path

_NEVER = datetime.max.replace(tzinfo=UTC)

BITS = 3
SHIFTS: dict[Capability, int] = {capability: BITS * place for place, capability in enumerate(Capability)}
"""Where in a mask a capability's level stands."""

_CODES = {Level.ALLOW: 0b000, Level.STEP_UP: 0b001, Level.HOLD: 0b011, Level.DENY: 0b111}
_DECODED = {code: level for level, code in _CODES.items()}
LEVEL_BITS = 0b111
LEVEL_OF: tuple[Level, ...] = tuple(_DECODED.get(code, Level.DENY) for code in range(LEVEL_BITS + 1))
"""The level that three bits say."""


def mask_of(levels: Iterable[tuple[Capability, Level]]) -> int:
    """The levels of several capabilities as one mask; those that are not named are allowed."""
    mask = 0
    for capability, level in levels:
        mask |= _CODES[level] << SHIFTS[capability]
    return mask


_KIND_MASKS = {kind: mask_of(levels.items()) for kind, levels in LEVELS.items()}
_LIFE_MASKS = {life: mask_of((c, life_level(life, c)) for c in Capability) for life in Life}
_UNREADABLE_MASK = mask_of((c, Level.DENY) for c in Capability if c not in FLOOR)
_UNKNOWN_MASKS = {level: mask_of((c, level) for c in OUTFLOW) for level in Level}

_TURNING = {
    Scope.NEW_DESTINATIONS: mask_of((c, Level.DENY) for c in DESTINATION_CAPABILITIES),
    Scope.AMOUNT: mask_of((c, Level.DENY) for c in AMOUNT_CAPABILITIES),
}
"""What a scope lets depend on the request."""


class Segment(NamedTuple):
    """The levels up to an instant (exclusive; None: from there on), and what each restriction in force says of them."""

    until: datetime | None
    mask: int
    sources: tuple[tuple[int, RestrictionId], ...]


class Reading(NamedTuple):
    """What an entry says of one capability, at every instant from `from_at` until `until_at` (exclusive)."""

    from_at: datetime
    until_at: datetime
    level: Level
    change: datetime | None
    determining: tuple[RestrictionId, ...]
    statement: str | None


class Entry(Struct, frozen=True, gc=False):
    """An account, ready to be asked about.

    `turning` covers the capabilities of which the level depends on more of the request than its instant. `is_held` says
    whether the replica holds the account; one that it does not hold is free, or unknown.
    """

    segments: tuple[Segment, ...]
    turning: int
    standing: Standing
    is_held: bool
    permits_until: datetime | None = None
    cool_off_for: timedelta | None = None
    """The longest for which a destination must have been known, where that matters at any time."""
    readings: dict[str, Reading] = msgspec.field(default_factory=dict)
    """The last reading of each capability that was asked for: nothing changes until its end."""


def read(entry: Entry, account: AccountId, capability: Capability, at: datetime) -> Reading:
    """What the entry says of a capability that does not turn on more of a request than its instant."""
    kept = entry.readings.get(capability)
    if kept is not None and kept.from_at <= at < kept.until_at:
        return kept
    made = entry.readings[capability] = _reading(entry, account, SHIFTS[capability], at)
    return made


def _reading(entry: Entry, account: AccountId, shift: int, at: datetime) -> Reading:
    place = next(n for n, segment in enumerate(entry.segments) if segment.until is None or at < segment.until)
    until, mask, sources = entry.segments[place]
    bits = mask >> shift & LEVEL_BITS
    later = (
        segment.until for segment, after in pairwise(entry.segments[place:]) if after.mask >> shift & LEVEL_BITS != bits
    )
    level = LEVEL_OF[bits]
    return Reading(
        from_at=at,
        until_at=until or _NEVER,
        level=level,
        change=next(later, None),
        determining=tuple(dict.fromkeys(id_ for said, id_ in sources if bits and said >> shift & LEVEL_BITS == bits)),
        statement=None if level is Level.ALLOW else statement_path(account),
    )


def compiled(account: AccountLimits, mains: Sequence[AccountLimits] = (), *, is_held: bool = True) -> Entry:
    """An account with its main accounts: by join, downward only (row B085)."""
    limits = (*account.limits, *(limit for main in mains for limit in main.limits))
    lives = (account.life, *(main.life for main in mains))
    unreadable = account.is_unreadable or any(main.is_unreadable for main in mains)
    base = _UNREADABLE_MASK if unreadable else 0
    for life in lives:
        base |= _LIFE_MASKS[life]
    if account.unknown_outflow is not None:
        base |= _UNKNOWN_MASKS[account.unknown_outflow]
    turning = 0
    for limit in limits:
        turning |= _TURNING.get(limit.scope, 0)
    return Entry(
        segments=_segments(base, [limit for limit in limits if limit.scope not in _TURNING]),
        turning=turning,
        standing=Standing(
            account=account.account,
            limits=limits,
            lives=lives,
            is_known=account.unknown_outflow is None,
            is_unreadable=unreadable,
            unknown_outflow=account.unknown_outflow or Level.HOLD,
        ),
        is_held=is_held,
        permits_until=account.permits_until,
        cool_off_for=max((limit.cool_off_for for limit in limits if limit.cool_off_for is not None), default=None),
    )


def _segments(base: int, limits: list[Limit]) -> tuple[Segment, ...]:
    turns: set[datetime] = set()
    for limit in limits:
        turns.add(limit.from_at)
        if limit.until_at is not None:
            turns.add(limit.until_at)
    instants = sorted(turns)
    # Before the first turn nothing is in force; from each turn on, what is in force at it.
    segments = [_segment(base, [], instants[0] if instants else None)]
    for place, at in enumerate(instants):
        until = instants[place + 1] if place + 1 < len(instants) else None
        segments.append(_segment(base, [limit for limit in limits if limit.is_in_force(at)], until))
    return tuple(segments)


def _segment(base: int, in_force: list[Limit], until: datetime | None) -> Segment:
    mask = base
    for limit in in_force:
        mask |= _KIND_MASKS[limit.kind]
    return Segment(until, mask, tuple(dict.fromkeys((_KIND_MASKS[limit.kind], limit.id) for limit in in_force)))


FREE = compiled(AccountLimits(account=AccountId("")), is_held=False)
"""An account of which the replica holds nothing."""
