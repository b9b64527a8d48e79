"""An appeal: a user contests one restriction, and somebody who had no part in it decides (model 5.4; DSA article 20)."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from habeas.domain.actor import Actor, Role
from habeas.domain.restriction import Restriction, Status

APPEAL_ROLES = frozenset({Role.APPEALS_OFFICER, Role.SENIOR_ANALYST, Role.MLRO, Role.COUNSEL})
"""Who may decide one."""


class Contestable(StrEnum):
    """What an appeal can be about. Users see the same options whatever lies behind a restriction (model 5.4)."""

    EVERYTHING = "everything"
    FACTS = "facts"
    """What law or policy requires cannot be appealed; that it was applied to the wrong person or facts can (row B071)."""


class Appeal(Struct, frozen=True, kw_only=True):
    """What the user wrote about which restriction, and what can be decided."""

    restriction: str
    text: str
    filed_at: datetime
    contestable: Contestable = Contestable.EVERYTHING


def why_not_file(restriction: Restriction, at: datetime, window_for: timedelta, *, is_open: bool) -> str | None:
    """Why a restriction cannot be appealed now; None if it can. `is_open`: whether an appeal of it waits for a decision."""
    if restriction.status in (Status.PROPOSED, Status.DECLINED):
        return f"restriction `{restriction.id}` is {restriction.status} and limits nothing"
    if restriction.status is Status.ANNULLED:
        return f"restriction `{restriction.id}` was annulled already"
    if is_open:
        return f"an appeal of restriction `{restriction.id}` waits for its decision; what is new can be added to it"
    if at - restriction.placed_at > window_for:
        last_day = (restriction.placed_at + window_for).date()
        return f"restriction `{restriction.id}` could be appealed for {window_for.days} days, until {last_day}"
    return None


def why_not_decide_appeal(restriction: Restriction | None, by: Actor) -> str | None:
    """Why this actor may not decide an appeal of this restriction; None if it may."""
    if by.role not in APPEAL_ROLES:
        return f"the role {by.role} does not decide appeals; ask one of {', '.join(sorted(APPEAL_ROLES))}"
    if restriction is None:
        return None
    parts = (restriction.placed_by, restriction.approved_by, restriction.ended_by)
    if any(part is not None and part.name == by.name for part in parts):
        return f"`{by.name}` had a part in restriction `{restriction.id}`, and somebody else decides about it"
    return None
