"""A restriction: reason, scope, evidence, end or condition, disclosure, way out; and its life (model 5.4).

`proposed -> active -> {lifted, expired, superseded, annulled}`, `active -> renewed(active)`, `proposed -> declined`.
Every transition is a function from a restriction to a restriction; guards answer with a refusal in words, or None.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from habeas.domain.actor import EXEMPTING_ROLES, RELEASING_ROLES, RESTRICTING_ROLES, Actor, Role
from habeas.domain.errors import MissingStatementError
from habeas.domain.evidence import Evidence
from habeas.domain.ids import AccountId, BatchId, EventId, RestrictionId
from habeas.domain.kind import (
    DECLARED_FACT_KINDS,
    FOUR_EYES_KINDS,
    HELD_BY_LAW_KINDS,
    PERSON_ONLY_KINDS,
    Kind,
    covers,
    holds_outflow,
)
from habeas.domain.reason import Disclosure, LegalGround, Purpose

SIGNING_ROLES = {
    Kind.PERM_BAN: frozenset({Role.COUNSEL}),
    Kind.LEGAL_FREEZE: frozenset({Role.COUNSEL, Role.MLRO}),
    Kind.SANCTIONS_BLOCK: frozenset({Role.SANCTIONS_OFFICER, Role.MLRO, Role.COUNSEL}),
}
"""Who may give the second signature, by kind (model 5.2: a ban needs legal)."""

LONG_SIGNING_ROLES = frozenset({Role.SENIOR_ANALYST, Role.MLRO, Role.COUNSEL})
"""Who may give the second signature under what needs one only for its length."""

FOUR_EYES_BEYOND = timedelta(days=30)
"""An account-wide restriction for longer than this needs two people (model 5.4)."""


class Scope(StrEnum):
    """How much of an account's life a restriction reaches (model 5.1)."""

    ACCOUNT = "account"
    HOLDER = "holder"
    """Every account of the person or company."""
    AMOUNT = "amount"
    """One asset up to one amount; everything else is untouched."""
    NEW_DESTINATIONS = "new_destinations"
    """Only what leaves to a destination that is not given or not known for long enough."""
    REQUEST_IP = "request_ip"
    """Only the request at hand, because of its IP. Never stored."""


ACCOUNT_WIDE = frozenset({Scope.ACCOUNT, Scope.HOLDER})


class Status(StrEnum):
    """Where a restriction is in its life."""

    PROPOSED = "proposed"
    ACTIVE = "active"
    LIFTED = "lifted"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    ANNULLED = "annulled"
    DECLINED = "declined"


class Ending(StrEnum):
    """What happens when a restriction's time is over."""

    LIFT = "lift"
    FALL_BACK = "fall_back"
    HOLD_AND_PAGE = "hold_and_page"
    """It stays and a person is paged: time never frees what law holds."""


class EndCondition(Struct, frozen=True, forbid_unknown_fields=True):
    """What ends a restriction that no date ends, how often somebody looks again, and which queue that is."""

    until: str
    recheck_for: timedelta
    owner: str

    def starting(self, at: datetime) -> "Condition":
        """The condition of a restriction that begins at an instant."""
        return Condition(self.until, at + self.recheck_for, self.owner)


class AtEnd(Struct, frozen=True, forbid_unknown_fields=True):
    """The ending, and for a fall-back the limits that follow: for a while, or until a condition is met.

    What lasts for a while may itself be followed by something, `then`: so a region exit goes through its stages.
    """

    ending: Ending = Ending.LIFT
    kind: Kind | None = None
    scope: Scope = Scope.ACCOUNT
    lasts_for: timedelta | None = None
    condition: EndCondition | None = None
    then: "AtEnd | None" = None

    def __post_init__(self) -> None:
        ends = (self.lasts_for is not None) + (self.condition is not None)
        if (self.kind is not None, ends) != ((True, 1) if self.ending is Ending.FALL_BACK else (False, 0)):
            raise ValueError(
                "a fall-back needs the kind it falls back to and either how long that lasts or on what condition it ends; "
                "nothing else has one"
            )
        if self.then is not None and self.lasts_for is None:
            raise ValueError("something follows, with `then`, only what lasts for a while")


def followers(at_end: AtEnd) -> Iterator[AtEnd]:
    """An ending, and the endings of what follows it."""
    end: AtEnd | None = at_end
    while end is not None:
        yield end
        end = end.then


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """What ends a restriction that no date ends, when somebody looks again, and who that is."""

    until: str
    recheck_at: datetime
    owner: str


class HeldAmount(Struct, frozen=True):
    """How much of which asset a restriction of scope `amount` holds."""

    asset: str
    amount: Decimal


class Restriction(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """One limit on one account, with everything it must carry from birth (model 1.10, 5.4).

    Exactly one of `ends_at` and `condition` is set. `ended_at` is set when it ended otherwise than by its time.
    `generation` counts changes of its end; a timer of an older generation does nothing.
    """

    id: RestrictionId
    account: AccountId
    kind: Kind
    reason: str
    scope: Scope
    purpose: Purpose
    ground: LegalGround
    evidence: Evidence
    evidence_ids: tuple[str, ...]
    disclosure: Disclosure
    placed_by: Actor
    cause: EventId
    placed_at: datetime
    starts_at: datetime
    playbook: str
    least_restrictive_considered: tuple[str, ...]
    ends_at: datetime | None = None
    condition: Condition | None = None
    at_end: AtEnd = AtEnd()
    held: HeldAmount | None = None
    """For scope `amount`."""
    cool_off_for: timedelta | None = None
    """For scope `new_destinations`: how long a destination must have been known."""
    circumstances: tuple[str, ...] = ()
    facts: dict[str, str] = {}
    """What the user may be told under FULL disclosure, e.g. {"country": "CN"}."""
    approved_by: Actor | None = None
    """The second signature, where one is needed."""
    note: str = ""
    """The reason in the placer's own words, for staff."""
    origin_account: AccountId | None = None
    origin: RestrictionId | None = None
    """For a holder-wide restriction on another of the holder's accounts: the one that it mirrors."""
    batch: BatchId | None = None
    """The campaign or the import that placed it, together with others."""
    because: str = ""
    """Why it was prolonged or ended together with others: a code of the catalogue, which its user is told in words."""
    generation: int = 0
    status: Status = Status.ACTIVE
    ended_at: datetime | None = None
    ended_by: Actor | None = None
    end_note: str = ""

    @property
    def is_automated(self) -> bool:
        return not self.placed_by.is_person

    @property
    def effect_ends_at(self) -> datetime | None:
        """When its own limits stop: at its time or when it was ended, whichever came first.

        None while only a person or an instrument can end it.
        """
        by_time = None if self.at_end.ending is Ending.HOLD_AND_PAGE else self.ends_at
        if by_time is None or self.ended_at is None:
            return by_time or self.ended_at
        return min(by_time, self.ended_at)

    def is_in_force(self, at: datetime) -> bool:
        """Whether its own limits apply at an instant, whatever its timers have done so far."""
        if self.status in (Status.PROPOSED, Status.DECLINED) or at < self.starts_at:
            return False
        ends_at = self.effect_ends_at
        return ends_at is None or at < ends_at


class Phase(Struct, frozen=True):
    """A stretch of a restriction's life: what it is from an instant on, up to another (exclusive; None: open)."""

    kind: Kind
    scope: Scope
    from_at: datetime
    until_at: datetime | None

    def is_in_force(self, at: datetime) -> bool:
        """Whether an instant lies in this stretch."""
        return self.from_at <= at and (self.until_at is None or at < self.until_at)


def phases(restriction: Restriction) -> Iterator[Phase]:
    """The stretches of a restriction, its fall-back included: effects end and change by time, not by the timer."""
    if restriction.status in (Status.PROPOSED, Status.DECLINED):
        return
    yield Phase(restriction.kind, restriction.scope, restriction.starts_at, restriction.effect_ends_at)
    turns_at = restriction.ends_at
    for end in followers(restriction.at_end):
        if end.kind is None or turns_at is None:
            return
        next_turn_at = turns_at + end.lasts_for if end.lasts_for else None
        until_at = min((at for at in (next_turn_at, restriction.ended_at) if at is not None), default=None)
        if until_at is None or turns_at < until_at:
            yield Phase(end.kind, end.scope, turns_at, until_at)
        turns_at = next_turn_at


def last_effect_at(restriction: Restriction) -> datetime | None:
    """When the last of its limits stops by time, its fall-back included; None if time does not end it."""
    untils = [phase.until_at for phase in phases(restriction)]
    return None if None in untils else max((at for at in untils if at is not None), default=None)


# --- birth -----------------------------------------------------------------------------------------------------------


def require_statement(restriction: Restriction) -> Restriction:
    """The restriction itself, if it carries everything it must carry from birth.

    Raises MissingStatementError. Stores call this too, so that nothing without a statement of reasons is ever stored.
    """
    missing = _missing(restriction)
    if missing:
        raise MissingStatementError(restriction.id, missing)
    return restriction


def _missing(r: Restriction) -> str | None:
    if not r.reason:
        return "reason"
    if not r.ground.clause or not r.ground.jurisdiction:
        return "legal ground with clause and jurisdiction"
    if not r.evidence_ids:
        return "evidence"
    if not r.playbook:
        return "policy version"
    if (r.ends_at is None) == (r.condition is None):
        return "end: exactly one of an end time and a condition with a recheck date and an owner"
    if r.condition is not None and not (r.condition.until and r.condition.owner):
        return "condition with a recheck date and an owner"
    if r.ends_at is not None and r.ends_at <= r.starts_at:
        return "end after its start"
    if r.scope in ACCOUNT_WIDE and not r.least_restrictive_considered:
        return "record of the milder measures that were considered"
    if (r.scope is Scope.AMOUNT) != (r.held is not None):
        return "amount and asset that it holds, which the scope `amount` has and no other"
    if Scope.NEW_DESTINATIONS in (r.scope, *(end.scope for end in followers(r.at_end))) and r.cool_off_for is None:
        return "cool-off for new destinations"
    if r.scope is Scope.REQUEST_IP or r.kind is Kind.IP_BLOCK:
        return "account: a limit on one request is never stored"
    if r.kind in HELD_BY_LAW_KINDS and r.at_end.ending is not Ending.HOLD_AND_PAGE:
        return "`hold_and_page` ending, which what law holds must have"
    return None


# --- guards: a refusal in words, or None -----------------------------------------------------------------------------


def needs_four_eyes(kind: Kind, scope: Scope, lasts_for: timedelta | None) -> bool:
    """Whether two people must stand behind it: certain kinds always, and anything account-wide for over 30 days.

    `lasts_for` None is without an end: longer than any length, but for the kinds that rest on a declared fact and have none.
    """
    if kind in FOUR_EYES_KINDS:
        return True
    if lasts_for is None:
        return scope in ACCOUNT_WIDE and kind not in DECLARED_FACT_KINDS
    return scope in ACCOUNT_WIDE and lasts_for > FOUR_EYES_BEYOND


def why_not_place(placer: Actor, kind: Kind, evidence: Evidence, *, is_declared_fact: bool = False) -> str | None:
    """Why this actor may not place this kind on this evidence; None if it may.

    A declared fact, such as a residence or a document that has expired, counts like a reviewed case.
    """
    if not placer.is_person:
        if kind in PERSON_ONLY_KINDS:
            return f"{kind} is placed by a person, never by a score alone"
        if placer.role is Role.USER:
            return "nobody places a restriction on the own account; support can"
        if evidence > Evidence.E2 and kind not in DECLARED_FACT_KINDS and not is_declared_fact:
            return f"automation cannot claim evidence {evidence}; a person must have reviewed the case"
        return None
    if placer.role not in RESTRICTING_ROLES:
        return f"the role {placer.role} does not place restrictions"
    return None


def why_not_lift(restriction: Restriction, lifter: Actor) -> str | None:
    """Why this actor may not lift this restriction; None if it may."""
    if restriction.status is not Status.ACTIVE:
        return f"restriction `{restriction.id}` is {restriction.status}, not active"
    if restriction.kind is Kind.PERM_BAN:
        return "a permanent ban is never lifted; a successful appeal annuls it"
    if restriction.kind is Kind.LEGAL_FREEZE:
        return "a legal freeze ends only on a release instrument, which the order desk records"
    if restriction.kind is Kind.SANCTIONS_BLOCK:
        return "a sanctions block ends on a delisting, a licence, or a false match found by two reviewers"
    if not lifter.is_person:
        return None
    if lifter.role not in RELEASING_ROLES:
        return f"the role {lifter.role} does not lift restrictions"
    lasts_for = None if restriction.ends_at is None else restriction.ends_at - restriction.starts_at
    if lifter.name == restriction.placed_by.name and needs_four_eyes(restriction.kind, restriction.scope, lasts_for):
        return f"`{lifter.name}` placed this restriction, and it needs a second person to be released"
    return None


def why_not_annul(restriction: Restriction, actor: Actor) -> str | None:
    """Why this actor may not declare the restriction void from the start; None if it may."""
    if restriction.status in (Status.PROPOSED, Status.DECLINED, Status.ANNULLED):
        return f"restriction `{restriction.id}` is {restriction.status} and cannot be annulled"
    if restriction.kind is Kind.LEGAL_FREEZE:
        return "a legal freeze is outside our control; only the authority or a court annuls it"
    if restriction.kind is Kind.SANCTIONS_BLOCK:
        return "a sanctions block ends on a delisting, a licence, or a false match found by two reviewers"
    if not actor.is_person:
        return "only a person annuls a restriction"
    if actor.role not in RELEASING_ROLES:
        return f"the role {actor.role} does not annul restrictions"
    if actor.name == restriction.placed_by.name:
        return f"`{actor.name}` placed this restriction, and somebody else must decide that it was wrong"
    return None


def why_not_approve(restriction: Restriction, second: Actor) -> str | None:
    """Why this actor may not sign a proposed restriction; None if it may."""
    if restriction.status is not Status.PROPOSED:
        return f"restriction `{restriction.id}` is {restriction.status}, not proposed"
    if not second.is_person or second.name == restriction.placed_by.name:
        return f"`{restriction.placed_by.name}` proposed it, and a second person must sign"
    signing = SIGNING_ROLES.get(restriction.kind, LONG_SIGNING_ROLES)
    if second.role not in signing:
        return f"{restriction.kind} is signed by one of {', '.join(sorted(signing))}, not by the role {second.role}"
    return None


def why_not_renew(
    restriction: Restriction, by: Actor, ends_at: datetime, evidence: Evidence, evidence_ids: tuple[str, ...]
) -> str | None:
    """Why this actor may not prolong the restriction on this evidence; None if it may (model 5.2, ladder rule)."""
    if restriction.status is not Status.ACTIVE:
        return f"restriction `{restriction.id}` is {restriction.status}, not active"
    if by.role not in RESTRICTING_ROLES:
        return f"the role {by.role} does not renew restrictions"
    if restriction.kind in HELD_BY_LAW_KINDS:
        return "what law holds is prolonged by its instrument, not by hand"
    if restriction.condition is not None:
        return f"it has no end to move: it stands until {restriction.condition.until}"
    if evidence <= restriction.evidence and not set(evidence_ids) - set(restriction.evidence_ids):
        return "a renewal needs new or higher evidence, not a re-run of what it was placed on"
    if restriction.ends_at is not None and ends_at <= restriction.ends_at:
        return f"it ends at {restriction.ends_at.isoformat()} already; a renewal ends later"
    if ends_at - restriction.starts_at > FOUR_EYES_BEYOND:
        if evidence < Evidence.E4:
            return f"over {FOUR_EYES_BEYOND.days} days it needs evidence E4"
        if by.name == restriction.placed_by.name:
            return f"over {FOUR_EYES_BEYOND.days} days it needs a reviewer who did not place it"
    return None


def why_not_exempt(actor: Actor) -> str | None:
    """Why this actor may not grant an exemption; None if it may."""
    if actor.role not in EXEMPTING_ROLES:
        roles = ", ".join(sorted(EXEMPTING_ROLES))
        return f"the role {actor.role} does not grant exemptions; ask one of {roles}"
    return None


# --- life ------------------------------------------------------------------------------------------------------------


def approve(restriction: Restriction, second: Actor, at: datetime) -> Restriction:
    """A proposed restriction comes into force, signed by somebody who did not propose it, for as long as was proposed."""
    assert restriction.status is Status.PROPOSED
    assert second.is_person
    assert second.name != restriction.placed_by.name
    later = max(at - restriction.starts_at, timedelta(0))
    ends_at = None if restriction.ends_at is None else restriction.ends_at + later
    return replace(
        restriction,
        status=Status.ACTIVE,
        starts_at=restriction.starts_at + later,
        ends_at=ends_at,
        generation=restriction.generation + (ends_at != restriction.ends_at),
    )


def decline(restriction: Restriction, by: Actor, at: datetime, note: str) -> Restriction:
    """A proposed restriction never comes into force."""
    assert restriction.status is Status.PROPOSED
    return replace(restriction, status=Status.DECLINED, ended_at=at, ended_by=by, end_note=note)


def extend(restriction: Restriction, ends_at: datetime, cap_for: timedelta | None) -> Restriction:
    """The same restriction with a later end, at most `cap_for` after its start; unchanged when that is no later.

    This is what a further signal of the same kind does (rows B026, B027): it re-arms, and never past the cap.
    """
    assert restriction.status is Status.ACTIVE
    if restriction.ends_at is None:
        return restriction
    latest = ends_at if cap_for is None else min(ends_at, restriction.starts_at + cap_for)
    if latest <= restriction.ends_at:
        return restriction
    return replace(restriction, ends_at=latest, generation=restriction.generation + 1)


def stand_until(restriction: Restriction, ends_at: datetime) -> Restriction:
    """A desk moves the end of what it placed, earlier or later."""
    assert restriction.status is Status.ACTIVE
    return replace(restriction, ends_at=ends_at, condition=None, generation=restriction.generation + 1)


def renew(
    restriction: Restriction, by: Actor, ends_at: datetime, evidence: Evidence, evidence_ids: tuple[str, ...]
) -> Restriction:
    """A person prolongs a restriction on new or higher evidence; a re-run of the same signal is not enough."""
    assert restriction.status is Status.ACTIVE
    assert by.is_person
    assert evidence > restriction.evidence or set(evidence_ids) - set(restriction.evidence_ids)
    return replace(
        restriction,
        ends_at=ends_at,
        condition=None,
        evidence=max(evidence, restriction.evidence),
        evidence_ids=tuple(dict.fromkeys(restriction.evidence_ids + evidence_ids)),
        generation=restriction.generation + 1,
    )


def lift(restriction: Restriction, by: Actor, at: datetime, note: str) -> Restriction:
    """The restriction ends from now on; what it did until now stands."""
    return _end(restriction, Status.LIFTED, by, at, note)


def expire(restriction: Restriction) -> Restriction:
    """The end time has come and a person is not needed. A fall-back is from now on a restriction of its own."""
    assert restriction.status is Status.ACTIVE
    assert restriction.ends_at is not None
    assert restriction.at_end.ending is not Ending.HOLD_AND_PAGE
    return replace(
        restriction, status=Status.EXPIRED, ended_at=restriction.ends_at, end_note="its time was over", because=""
    )


def supersede(restriction: Restriction, by: Actor, at: datetime, successor: RestrictionId) -> Restriction:
    """A heavier restriction for the same reason has taken its place."""
    return _end(restriction, Status.SUPERSEDED, by, at, f"superseded by {successor}")


def annul(restriction: Restriction, by: Actor, at: datetime, note: str) -> Restriction:
    """The restriction was wrong from the start: void, with an apology and an error counted against what placed it."""
    return replace(
        restriction,
        status=Status.ANNULLED,
        ended_at=min(at, restriction.ended_at or at),
        ended_by=by,
        end_note=note,
        because="",
    )


def _end(restriction: Restriction, status: Status, by: Actor, at: datetime, note: str) -> Restriction:
    assert restriction.status is Status.ACTIVE
    # Why it was prolonged is no reason for its end.
    return replace(restriction, status=status, ended_at=at, ended_by=by, end_note=note, because="")


def makes_redundant(heavier: Restriction, lighter: Restriction) -> bool:
    """Whether a new restriction says for the same reason at least what an older one says, for at least as long."""
    if heavier.reason != lighter.reason or heavier.scope not in ACCOUNT_WIDE or heavier.id == lighter.id:
        return False
    if lighter.kind in FOUR_EYES_KINDS or lighter.approved_by is not None:
        return False  # What two people signed is not replaced by what one of them, or a detector, places.
    stops_at, lighter_stops_at = heavier.effect_ends_at, last_effect_at(lighter)
    if stops_at is not None and (lighter_stops_at is None or lighter_stops_at > stops_at):
        return False
    if lighter.scope is Scope.HOLDER and heavier.scope is not Scope.HOLDER:
        return False
    if lighter.scope not in ACCOUNT_WIDE and not holds_outflow(heavier.kind):
        return False
    return covers(heavier.kind, lighter.kind)


class Exemption(Struct, frozen=True):
    """A recorded human decision that new discretionary restrictions of some kinds are not placed (row A028).

    It carries no reason towards the user and never suppresses what law requires.
    """

    kinds: tuple[Kind, ...]
    until_at: datetime
    granted_by: Actor
    granted_at: datetime
    note: str
