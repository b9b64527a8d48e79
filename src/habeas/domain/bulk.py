"""A bulk act: staff end or prolong many restrictions at once, for one reason that each user is told.

The selection is frozen when the act is proposed. Nothing changes until a second person has signed; then every restriction is
judged by the same rules as an act on it alone, and what may not be done to one is left as it was and listed.
"""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from habeas.domain.actor import RELEASING_ROLES, RESTRICTING_ROLES, Actor, Role
from habeas.domain.batch import Signature, Step
from habeas.domain.evidence import Evidence
from habeas.domain.ids import BatchId
from habeas.domain.kind import Kind
from habeas.domain.restriction import Restriction, Status


class Because(StrEnum):
    """Why many restrictions are ended or prolonged at once. Each has its sentence in the wording catalogue."""

    OUR_ERROR = "our_error"
    RULE_CHANGED = "rule_changed"
    LIST_CHANGED = "list_changed"
    SERVED_AGAIN = "served_again"
    CALLED_OFF = "called_off"
    REVIEWED = "reviewed"
    CHECK_TAKES_LONGER = "check_takes_longer"
    RULE_GOES_ON = "rule_goes_on"


class BulkKind(StrEnum):
    """What is done to every restriction of the selection."""

    LIFT = "lift"
    EXTEND = "extend"


BECAUSE = {
    BulkKind.LIFT: (
        Because.OUR_ERROR,
        Because.RULE_CHANGED,
        Because.LIST_CHANGED,
        Because.SERVED_AGAIN,
        Because.CALLED_OFF,
        Because.REVIEWED,
    ),
    BulkKind.EXTEND: (Because.CHECK_TAKES_LONGER, Because.RULE_GOES_ON),
}
"""Which reasons fit which act."""

SIGNING_ROLES = frozenset({Role.SENIOR_ANALYST, Role.MLRO, Role.COUNSEL, Role.CAMPAIGN_MANAGER})
"""Who may give a bulk act its second signature."""


class Selection(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """Which restrictions are meant: active ones to which all that is named applies. At least one thing must be named."""

    reason: str = ""
    kind: Kind | None = None
    placed_by: str = ""
    """The name of who placed them: a detector such as `region/3`, or a person."""
    country: str = ""
    """The country that the restriction names."""
    batch: BatchId | None = None
    """The campaign or import that placed them."""
    placed_from: datetime | None = None
    placed_before: datetime | None = None
    accounts: str = ""
    """The name of the file that listed the accounts, where there is one. Its content is in the frozen members."""

    @property
    def is_empty(self) -> bool:
        return self == Selection()

    def holds(self, restriction: Restriction) -> bool:
        """Whether a restriction is meant. One that mirrors another is not: what is done to that one reaches it."""
        if restriction.status is not Status.ACTIVE or restriction.origin is not None:
            return False
        wanted = (
            (self.reason, restriction.reason),
            (self.kind, restriction.kind),
            (self.placed_by, restriction.placed_by.name),
            (self.country, restriction.facts.get("country", "")),
            (self.batch, restriction.batch),
        )
        if any(value and value != has for value, has in wanted):
            return False
        placed_at = restriction.placed_at
        return (self.placed_from is None or self.placed_from <= placed_at) and (
            self.placed_before is None or placed_at < self.placed_before
        )


class Bulk(Struct, frozen=True, omit_defaults=True, kw_only=True, tag="bulk"):
    """A bulk act as it is recorded."""

    id: BatchId
    kind: BulkKind
    selection: Selection
    because: Because
    proposed: Signature
    ends_at: datetime | None = None
    """For `extend`: the new end."""
    evidence: Evidence | None = None
    """For `extend`: how well it is proved now."""
    is_frozen: bool = False
    """Whether the whole selection is written down."""
    signed: Signature | None = None
    declined: Signature | None = None
    step: Step | None = None

    @property
    def is_done(self) -> bool:
        return self.declined is not None or (self.step is not None and self.step.finished_at is not None)


def why_not_propose(by: Actor, kind: BulkKind, because: Because) -> str | None:
    """Why this actor may not propose such an act for this reason; None if it may."""
    roles = RELEASING_ROLES if kind is BulkKind.LIFT else RESTRICTING_ROLES
    if by.role not in roles:
        return f"the role {by.role} does not {kind} restrictions"
    if because not in BECAUSE[kind]:
        return f"`{because}` is no reason to {kind}; known are {', '.join(BECAUSE[kind])}"
    return None


def why_not_decline(bulk: Bulk, by: Actor) -> str | None:
    """Why this actor may not decline; None if it may. Whoever proposed it may take it back."""
    if bulk.signed is not None or bulk.is_done:
        return f"bulk act `{bulk.id}` is not waiting for a signature"
    if by.name != bulk.proposed.by.name and by.role not in SIGNING_ROLES:
        return f"it is declined by one of {', '.join(sorted(SIGNING_ROLES))}, not by the role {by.role}"
    return None


def why_not_sign(bulk: Bulk, by: Actor) -> str | None:
    """Why this actor may not sign; None if it may."""
    if bulk.signed is not None or bulk.is_done:
        return f"bulk act `{bulk.id}` is not waiting for a signature"
    if not bulk.is_frozen:
        return f"the selection of `{bulk.id}` was not written down to its end; propose it again"
    if by.name == bulk.proposed.by.name:
        return f"`{by.name}` proposed it; somebody else must sign"
    if by.role not in SIGNING_ROLES:
        return f"it is signed by one of {', '.join(sorted(SIGNING_ROLES))}, not by the role {by.role}"
    return None
