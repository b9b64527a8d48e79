"""What the sentences about one account at one instant look at: what stands, what works, and whether the assets are free."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from habeas.disclosure.catalogue import Catalogue
from habeas.domain.capability import OUTFLOW, Capability, Level
from habeas.domain.document import DocumentRequest, RequestStatus
from habeas.domain.kind import MONEY_HELD_KINDS, SEVERITY, Kind
from habeas.domain.reason import Disclosure, Reason
from habeas.domain.restriction import ACCOUNT_WIDE, Phase, Restriction, Scope, Status, phases
from habeas.domain.verdict import Request, Standing, effective_levels, level_at
from habeas.playbook.policy import Policy

WITHDRAWALS = (Capability.WITHDRAW_CRYPTO, Capability.WITHDRAW_FIAT)

_TOLD_AS_THEY_ARE = frozenset({Disclosure.FULL, Disclosure.LIMITED})


class Limit(Struct, frozen=True):
    """A restriction in force, as it may be told, and the stretches of its life from now on: this one, then those that follow
    by themselves.
    """

    restriction: Restriction
    phase: Phase
    follows: tuple[Phase, ...] = ()

    @property
    def later(self) -> Phase | None:
        """What follows next."""
        return self.follows[0] if self.follows else None

    @property
    def is_getting_stricter(self) -> bool:
        """Whether what follows limits more than this stretch does, as in a region exit (model 5.4)."""
        return self.later is not None and _severity(self.later) > _severity(self.phase)


class View(Struct, frozen=True, kw_only=True):
    """One account at one instant.

    `levels` is what every capability may do, given everything that stands; `to_known` the same for outflow to a destination
    known for `cool_off_for`, the longest that any hold on new destinations asks for.
    """

    standing: Standing
    policy: Policy
    at: datetime
    words: Catalogue
    limits: tuple[Limit, ...]
    levels: dict[Capability, Level]
    to_known: dict[Capability, Level]
    cool_off_for: timedelta | None
    are_assets_free: bool
    asked: tuple[DocumentRequest, ...] = ()
    """Documents that the user has been asked for and that have not come yet."""
    being_checked: tuple[DocumentRequest, ...] = ()
    """Documents that have come, and that we look at."""

    def works(self, *capabilities: Capability) -> bool:
        """Whether all of these work at once or after an extra check."""
        return all(self.levels[c] <= Level.STEP_UP for c in capabilities)


def look(
    standing: Standing, policy: Policy, at: datetime, words: Catalogue, asked: tuple[DocumentRequest, ...] = ()
) -> View:
    """The view of an account at an instant."""
    standing = as_it_stood(standing, at)
    cool_off_for = _longest_cool_off(standing, at)
    return View(
        standing=standing,
        policy=policy,
        at=at,
        words=words,
        limits=limits_to_show(standing, policy, at),
        levels=effective_levels(standing, at),
        to_known={c: _level_to_known(standing, c, at, cool_off_for) for c in OUTFLOW},
        cool_off_for=cool_off_for,
        are_assets_free=are_assets_free(standing, at),
        asked=tuple(request for request in asked if request.status is RequestStatus.ISSUED and request.issued_at <= at),
        being_checked=tuple(
            request for request in asked if request.status is RequestStatus.CHECKING and request.issued_at <= at
        ),
    )


def limit_of(restriction: Restriction, policy: Policy, at: datetime) -> Limit | None:
    """One restriction as it may be told at an instant; where it is not in force then, as it was at its beginning. None for
    one that limits nothing, ever.
    """
    public = as_public(restriction, policy)
    life = list(phases(public))
    now = next((index for index, phase in enumerate(life) if phase.is_in_force(at)), 0)
    return Limit(public, life[now], tuple(life[now + 1 :])) if life else None


def as_it_stood(standing: Standing, at: datetime) -> Standing:
    """What stood at an instant, without what was decided about it later: nobody could have been told that."""
    return replace(standing, restrictions=tuple(_as_decided_then(r, at) for r in standing.restrictions))


def _as_decided_then(restriction: Restriction, at: datetime) -> Restriction:
    if restriction.ended_at is None or not restriction.is_in_force(at):
        return restriction
    then = replace(restriction, ended_at=None, status=Status.ACTIVE)
    # INVARIANT: a statement says of an instant what a verdict says of it, so that this never changes what is in force.
    return then if then.is_in_force(at) else restriction


def are_assets_free(standing: Standing, at: datetime) -> bool:
    """Whether a user may be told not to worry about assets (rows B054, B058): nothing that holds money is in force, and
    withdrawals work, given everything that stands.
    """
    if any(phase.kind in MONEY_HELD_KINDS for _, phase, _ in _in_force(standing, at)):
        return False
    return all(level_at(standing, Request(c, at), at)[0] <= Level.STEP_UP for c in WITHDRAWALS)


def limits_to_show(standing: Standing, policy: Policy, at: datetime) -> tuple[Limit, ...]:
    """The limits in force, furthest-reaching first.

    INVARIANT: the order rests on what the user is shown, then on the id, which is a keyed hash and says nothing.
    """
    found: dict[object, Limit] = {}
    for restriction, phase, follows in _in_force(standing, at):
        limit = Limit(as_public(restriction, policy), phase, follows)
        key = _sameness(limit)
        if key not in found or restriction.account == standing.account:
            found[key] = limit
    return tuple(sorted(found.values(), key=lambda limit: _order(limit, standing)))


def as_public(restriction: Restriction, policy: Policy) -> Restriction:
    """A member of the cover class, stripped to what its class shows; anything else as it is.

    Public records of reviews are made equal when they are placed (model 5.5). This makes sure that a record that should
    not have come here, or that differs from its class, is still told like every other.
    """
    if restriction.disclosure in _TOLD_AS_THEY_ARE and restriction.reason != Reason.TERMS_REVIEW:
        return restriction
    cover = policy.reasons.get(Reason.TERMS_REVIEW)
    return replace(
        restriction,
        reason=Reason.TERMS_REVIEW,
        disclosure=Disclosure.LIMITED,
        facts={},
        ground=restriction.ground if cover is None else cover.ground,
        purpose=restriction.purpose if cover is None else cover.purpose,
    )


def _in_force(standing: Standing, at: datetime) -> Iterator[tuple[Restriction, Phase, tuple[Phase, ...]]]:
    for restriction in standing.restrictions:
        life = list(phases(restriction))
        for index, phase in enumerate(life):
            if phase.from_at <= at and (phase.until_at is None or at < phase.until_at):
                yield restriction, phase, tuple(life[index + 1 :])


def _sameness(limit: Limit) -> object:
    """A holder-wide restriction reaches a sub-account twice, as its own copy and through the main account: one limit."""
    r = limit.restriction
    if r.scope is not Scope.HOLDER:
        return r.id
    return r.reason, limit.phase, r.origin or r.account


def _order(limit: Limit, standing: Standing) -> tuple[object, ...]:
    r, phase = limit.restriction, limit.phase
    return (
        -_severity(phase),
        r.reason,
        r.starts_at,
        phase.scope,
        phase.until_at is None,
        phase.until_at or r.starts_at,
        r.account != standing.account,
        r.id,
    )


def _severity(phase: Phase) -> int:
    """How far a limit reaches. What touches only an amount or new destinations never stands above a whole-account limit
    that is worse than a held deposit.
    """
    of_kind = SEVERITY[phase.kind]
    return of_kind if phase.scope in ACCOUNT_WIDE else min(of_kind, SEVERITY[Kind.DEPOSIT_HOLD])


def _longest_cool_off(standing: Standing, at: datetime) -> timedelta | None:
    """The longest cool-off in force; None if there is none, or one that no destination can satisfy."""
    found = [r.cool_off_for for r, phase, _ in _in_force(standing, at) if phase.scope is Scope.NEW_DESTINATIONS]
    known = [cool_off for cool_off in found if cool_off is not None]
    return max(known) if known and len(known) == len(found) else None


def _level_to_known(standing: Standing, capability: Capability, at: datetime, cool_off_for: timedelta | None) -> Level:
    if cool_off_for is None:
        return level_at(standing, Request(capability, at), at)[0]
    request = Request(capability, at, destination="-", destination_known_since=at - cool_off_for)
    return level_at(standing, request, at)[0]
