"""How well a restriction is proved, and how long that much proof may limit an account (model 5.2)."""

from datetime import timedelta
from enum import StrEnum

from msgspec import Struct


class Evidence(StrEnum):
    """Evidence grades. They compare by their digit, so alphabetical order is the right one."""

    E1 = "E1"
    """One automated signal."""
    E2 = "E2"
    """Two independent signals."""
    E3 = "E3"
    """A case that a person has reviewed."""
    E4 = "E4"
    """Strong documents or forensics, seen by two people."""
    E5 = "E5"
    """A verified instrument, or a list entry confirmed by a person."""


class Rung(Struct, frozen=True, forbid_unknown_fields=True):
    """How long one kind may last on one grade of evidence, and which circumstances stretch it.

    `max_for` absent means that this much evidence sets no time limit (a condition or an order ends it).
    `longer_for` maps a circumstance that a detector found to a longer limit, e.g. `sim_and_credential_change` to 72 h.
    """

    max_for: timedelta | None = None
    longer_for: dict[str, timedelta] = {}


Ladder = dict[str, dict[Evidence, Rung]]
"""Kind (or `KIND/scope` where a narrower scope has its own limits) to evidence grade to rung. Policy data."""


class Allowance(Struct, frozen=True):
    """What a ladder allows: `permitted` at all, and then for how long (`None`: no limit by time)."""

    permitted: bool
    max_for: timedelta | None = None


NOT_PERMITTED = Allowance(permitted=False)


def allowed_length(
    ladder: Ladder, kind: str, evidence: Evidence, scope: str = "account", circumstances: tuple[str, ...] = ()
) -> Allowance:
    """How long `kind` may last on `evidence`: the best rung at or below that grade.

    Higher evidence never allows less than lower evidence does, so every rung up to the grade is looked at.
    """
    rungs = ladder.get(f"{kind}/{scope}") or ladder.get(kind)
    if not rungs:
        return NOT_PERMITTED
    reached = [rung for grade, rung in rungs.items() if grade <= evidence]
    if not reached:
        return NOT_PERMITTED
    limits = [_limit(rung, circumstances) for rung in reached]
    bounded = [limit for limit in limits if limit is not None]
    return Allowance(permitted=True, max_for=None if len(bounded) < len(limits) else max(bounded))


def _limit(rung: Rung, circumstances: tuple[str, ...]) -> timedelta | None:
    if rung.max_for is None:
        return None
    return max([rung.max_for, *(rung.longer_for[name] for name in circumstances if name in rung.longer_for)])
