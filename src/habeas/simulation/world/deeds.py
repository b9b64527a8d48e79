"""What is done in the world, by whom, and what is true about it: the labels that guards never see."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct

START_AT = datetime(2026, 3, 2, tzinfo=UTC)
"""The first measured instant. Hours of the world count from here; what comes before is negative."""

FOREVER = float("inf")


def instant(hours: float) -> datetime:
    """The instant of an hour of the world, to the millisecond."""
    return START_AT + timedelta(milliseconds=round(hours * 3_600_000))


def hours_of(at: datetime) -> float:
    """The hour of the world at an instant."""
    return (at - START_AT) / timedelta(hours=1)


class Who(StrEnum):
    """Who does it: the owner of the account, somebody else in it, or neither."""

    OWNER = "owner"
    INTRUDER = "intruder"
    OTHER = "other"


class Deed(Struct, frozen=True):
    """One event of the world. `usd` is what leaves if it is let through."""

    at: float
    account: str
    type: str
    data: dict[str, Any]
    who: Who = Who.OWNER
    usd: float = 0.0
    plot: str = ""
    """The name of the plot of which it is an attempt to get value out."""


class Exit(StrEnum):
    """Where an intruder comes from, as an address shows it."""

    ABROAD = "abroad"
    ANONYMOUS = "anonymous"
    HOME = "home"


class Plot(Struct, frozen=True, kw_only=True):
    """Something that a guard should act on: on which account, for which reasons, from when until when.

    `kind` is what it is counted under; `reasons` are those that would be right, the first being the one it is counted for;
    `stake_usd` is what is lost if nobody acts.
    """

    name: str
    kind: str
    account: str
    reasons: tuple[str, ...]
    from_h: float
    until_h: float = FOREVER
    stake_usd: float = 0.0


class Intrusion(Struct, frozen=True, kw_only=True):
    """How an intruder goes on when he is stopped, and when the owner notices. The draws are made beforehand, so that all
    guards face the same intruder.
    """

    plot: str
    account: str
    passes_step_up: bool
    changed_factor: bool
    tries: int
    retries_after_h: tuple[float, ...]
    noticed_at: float
    reads_notice_after_h: float | None
    recovers: tuple[Deed, ...] = ()


class Trait(StrEnum):
    """What is special about an innocent account: the promises that checkers look at."""

    PHONE_LOST = "phone_lost"
    NAME_ALIKE = "name_alike"
    DUSTED = "dusted"
    REPORTED = "reported"
    BRIGADED = "brigaded"


class Cluster(Struct, frozen=True, kw_only=True):
    """Accounts that have to do with each other, with all that happens to them. Clusters have nothing to do with each other."""

    deeds: tuple[Deed, ...]
    plots: tuple[Plot, ...] = ()
    intrusions: tuple[Intrusion, ...] = ()
    owners: dict[str, str]
    """Account to the method by which its owner proves control."""
    opened: dict[str, float]
    """Account to the hour at which it was opened."""
    traits: dict[str, tuple[Trait, ...]] = {}
