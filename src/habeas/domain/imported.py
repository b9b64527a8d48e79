"""What an exchange has already: restrictions of an older system, brought in without a bang.

Nothing is judged, nobody is notified, and each restriction keeps the date from which it stands. What has no end is looked at
again within the review window, a share of it every day.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

from msgspec import Struct

from habeas.domain.actor import RESTRICTING_ROLES, Actor, Role
from habeas.domain.batch import Signature, Step
from habeas.domain.ids import AccountId, BatchId
from habeas.domain.kind import Kind
from habeas.domain.restriction import LONG_SIGNING_ROLES, SIGNING_ROLES, Restriction, Scope, needs_four_eyes

LEGACY = "legacy"
"""The queue in which what was brought in is looked at, and the mark of its evidence."""

UNTIL_REVIEWED = "somebody has looked whether it still holds"
"""What ends a restriction that was brought in without an end."""

CARRIED_OVER_BEFORE = "carried_over_before"
"""The code of the refusal to bring in a second time what stands already."""

NOT_KNOWN = ("not recorded by the system that it comes from; looked at in its review",)
"""Which milder measures were considered before a restriction that was brought in."""

REVIEW_WITHIN_FOR = timedelta(days=90)
"""Reviews of what was brought in are spread over so long."""


class ImportOf(StrEnum):
    """What a file holds."""

    RESTRICTIONS = "restrictions"
    ACCOUNTS = "accounts"


class Import(Struct, frozen=True, omit_defaults=True, kw_only=True, tag="import"):
    """An import as it is recorded: which file, by whom, and how far it got; and whether it was taken back."""

    id: BatchId
    source: str
    """The name of the file."""
    sha256: str
    """Of the file and of the map that it was read with."""
    started: Signature
    of: ImportOf = ImportOf.RESTRICTIONS
    signed_by: Actor | None = None
    """Who stands behind it besides, where one person is not enough."""
    step: Step | None = None
    undone: Signature | None = None
    undo_signed_by: Actor | None = None
    undo_step: Step | None = None
    known_before: int = 0
    """How many rows another import had brought in already."""

    @property
    def is_done(self) -> bool:
        """Whether the whole file was read in."""
        return self.step is not None and self.step.finished_at is not None


def evidence_of(batch: BatchId) -> str:
    """How a restriction names the import that it rests on."""
    return f"{LEGACY}:{batch}"


def is_carried_over(restriction: Restriction) -> bool:
    """Whether a restriction, or the one that it follows, was brought in from an older system."""
    return any(each.startswith(f"{LEGACY}:") for each in restriction.evidence_ids)


class Older(Struct, frozen=True, kw_only=True):
    """What makes a restriction of an older system the one that it is, whichever file it stands in."""

    kind: Kind
    reason: str
    scope: Scope
    starts_at: datetime | None
    """None: nobody says since when, and so it is the one that began at any time."""
    ends_at: datetime | None

    def is_that(self, restriction: Restriction) -> bool:
        """Whether a restriction is this one, carried over before."""
        own, other = (self.kind, self.reason, self.scope, self.ends_at), restriction
        return (
            is_carried_over(other)
            and own == (other.kind, other.reason, other.scope, other.ends_at)
            and self.starts_at in (None, other.starts_at)
        )


class Signing(Struct, frozen=True):
    """Who must stand behind bringing in one sort of restriction: `by` one of these roles, and `second` one of those; empty
    where nobody else is needed.
    """

    by: frozenset[Role]
    second: frozenset[Role]


def signing(kind: Kind, scope: Scope, lasts_for: timedelta | None, sign_off: Collection[Role] = ()) -> Signing:
    """Who must stand behind it: the same people as if it were placed now (model 5.4), for a file is no way round them.
    `sign_off` are the roles that the playbook asks for, for this kind and reason.
    """
    second = frozenset[Role]()
    if needs_four_eyes(kind, scope, lasts_for):
        second = SIGNING_ROLES.get(kind, LONG_SIGNING_ROLES)
    return Signing(RESTRICTING_ROLES & frozenset(sign_off) if sign_off else RESTRICTING_ROLES, second)


def ending(kind: Kind, *, is_signed: bool) -> Signing:
    """Who must stand behind taking it back: two people where two brought it in."""
    second = SIGNING_ROLES.get(kind, LONG_SIGNING_ROLES) if is_signed else frozenset[Role]()
    return Signing(RESTRICTING_ROLES, second)


def why_not_stand_behind(needed: Signing, by: Actor, second: Actor | None) -> str | None:
    """Why these people may not bring something in or take it back; None if they may."""
    if not by.is_person or by.role not in needed.by:
        return f"the role {by.role} may not; it takes one of {', '.join(sorted(needed.by))}"
    if not needed.second:
        return None
    roles = ", ".join(sorted(needed.second))
    if second is None:
        return f"a second person must sign, one of {roles}"
    if second.name == by.name:
        return f"`{by.name}` cannot sign as the second person too"
    if second.role not in needed.second:
        return f"it is signed by one of {roles}, not by the role {second.role}"
    return None


def review_at(account: AccountId, at: datetime) -> datetime:
    """When a restriction of an account is first looked at: on a day that follows from the account's id, so that the work is
    spread evenly and a second run says the same.
    """
    share = int.from_bytes(blake2b(account.encode(), digest_size=4).digest(), "big") / 2**32
    return at + REVIEW_WITHIN_FOR * share
