"""An ordinary review, with what its public record does not say: the reason, the evidence, who decided (model 5.5)."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from habeas.domain.actor import RESTRICTING_ROLES, Actor, Role
from habeas.domain.decision import Refusal
from habeas.domain.evidence import Evidence, allowed_length
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.reason import Disclosure
from habeas.domain.restriction import FOUR_EYES_BEYOND, Scope
from habeas.playbook.policy import Policy
from habeas.sealed.order import Page


class ReviewStatus(StrEnum):
    """Where a review is."""

    PROPOSED = "proposed"
    """It waits for a second person, and limits nothing."""
    PLACING = "placing"
    IN_FORCE = "in_force"
    REFUSED = "refused"
    ENDING = "ending"
    ENDED = "ended"


class Review(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why an account is reviewed, and what was done about it."""

    id: str
    account: AccountId
    reason: str
    evidence: Evidence
    evidence_ids: tuple[str, ...]
    note: str
    kind: Kind
    scope: Scope
    lasts_for: timedelta
    placed_by: Actor
    placed_at: datetime
    signed_by: Actor | None = None
    status: ReviewStatus = ReviewStatus.PROPOSED
    until_at: datetime | None = None
    """Until when it may last on its evidence; a person ends it or renews it by then. Nobody outside sees this."""
    ends_at: datetime | None = None
    """Its end as everybody sees it: the class's."""
    restriction: RestrictionId | None = None
    ended_by: Actor | None = None
    end_note: str = ""
    problem: str = ""
    disclosure_review_at: datetime | None = None
    """When somebody looks again whether the user can be told more by now (rows A075, A079)."""
    pages: tuple[Page, ...] = ()

    @property
    def is_open(self) -> bool:
        return self.status not in (ReviewStatus.ENDED, ReviewStatus.REFUSED)


def needs_second(lasts_for: timedelta) -> bool:
    """Whether two people must stand behind a review of that length."""
    return lasts_for > FOUR_EYES_BEYOND


def why_not_place(
    policy: Policy, reason: str, kind: Kind, scope: Scope, evidence: Evidence, lasts_for: timedelta, by: Actor
) -> Refusal | None:
    """What forbids a review: the same role and the same ladder as for every restriction; None if nothing does."""
    if by.role not in RESTRICTING_ROLES | {Role.LE_DESK}:
        return Refusal("not_permitted", f"the role {by.role} does not place restrictions")
    if reason not in policy.reasons:
        return Refusal("unknown_reason", f"the playbook has no reason `{reason}`")
    if policy.reasons[reason].disclosure is Disclosure.FULL:
        # As much is told as may be told (rows A072, A076): a review is no way to say less.
        return Refusal("disclosure", f"the user is told of {reason} in full; place it with `habeas restrict`")
    if evidence < policy.reasons[reason].evidence_min:
        needed = policy.reasons[reason].evidence_min
        return Refusal("evidence_ladder", f"the reason {reason} needs evidence {needed} at least, not {evidence}")
    allowance = allowed_length(policy.ladder, kind, evidence, scope)
    if not allowance.permitted:
        return Refusal("evidence_ladder", f"evidence {evidence} does not permit {kind}")
    if allowance.max_for is not None and lasts_for > allowance.max_for:
        return Refusal("evidence_ladder", f"evidence {evidence} allows {kind} for at most {allowance.max_for}")
    return None
