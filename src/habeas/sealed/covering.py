"""The public act of a review, made alike for ordinary reviews and for what law keeps secret: from the account, never from the
cause (model 5.5).
"""

from datetime import datetime, timedelta

from habeas.domain.account import AccountState
from habeas.domain.event_data import ReviewAct
from habeas.domain.kind import Kind
from habeas.domain.reason import Reason
from habeas.domain.restriction import HeldAmount, Scope
from habeas.playbook.cover import end_after, pick
from habeas.playbook.policy import Policy


def review_of(
    state: AccountState,
    policy: Policy,
    key: bytes,
    kind: Kind,
    scope: Scope,
    lasts_for: timedelta | None,
    now: datetime,
    held: HeldAmount | None = None,
) -> ReviewAct | None:
    """The act that limits an account while it is reviewed; None where the playbook has no cover for that effect.

    INVARIANT: what it says rests on the account, the effect, the time, and whether the review is a short one. How long it is to
    last beyond that is nobody's business outside: everybody's first end is the class's.
    """
    cover = pick(policy.covers, key, state.account, kind, scope, state.residence or "")
    return (
        None
        if cover is None
        else ReviewAct(cover=cover, ends_at=class_end(policy, lasts_for, now), scope=scope, held=held)
    )


def class_end(policy: Policy, lasts_for: timedelta | None, now: datetime) -> datetime:
    """When a review that begins or is renewed now ends, as everybody sees it."""
    if lasts_for is not None and lasts_for <= policy.covers.short_for:
        return end_after(policy.covers, now, lasts_for)
    first_for = policy.reasons[Reason.TERMS_REVIEW].first_for or policy.covers.slot_every
    return end_after(policy.covers, now, first_for)
