"""A campaign: many accounts are limited for one reason that lies in none of them, announced, in stages, and reversibly.

`draft -> approved -> announced (T0) -> reduce_only (T1) -> withdraw_only (T2) -> residual_handling (T3) -> closed`, and
`cancelled` or `reinstated` from any of them once somebody else has signed (model 5.4). New business ends at T0. Each account
gets a restriction of its own, which carries the whole schedule: its stages begin by time, whatever runs.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from habeas.domain.actor import Actor, Role
from habeas.domain.batch import Signature, Step
from habeas.domain.country import is_country
from habeas.domain.ids import BatchId, EntityId
from habeas.domain.kind import Kind
from habeas.domain.reason import Reason
from habeas.domain.region import RegionBasis
from habeas.domain.restriction import AtEnd, EndCondition, Ending, Scope

OWNER = "campaigns"
"""Who looks again at a restriction of a campaign: the campaign's manager for all of them, and nobody for one alone."""

Instant = Annotated[datetime, Meta(tz=True)]
CampaignName = Annotated[str, Meta(pattern=r"^cp_[a-z0-9][a-z0-9-]{1,48}\Z")]


class Cause(StrEnum):
    """Why a region is left (rows B019-B021)."""

    REGULATION = "regulation"
    COMPLIANCE_REVIEW = "compliance_review"
    LITIGATION = "litigation"
    SANCTIONS = "sanctions"


REASONS = frozenset({Reason.POLICY_EXIT, Reason.SANCTIONED_RESIDENCE})
"""What a campaign may be about: a region that is left, and a region that a new sanctions rule covers."""


class CampaignPlan(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, kw_only=True):
    """What a campaign manager writes, in TOML. The population is every account of the entities whose declared area, on any of
    the bases, is one of `areas`: those that are there at T0, and those that come later.
    """

    id: CampaignName
    title: Annotated[str, Meta(min_length=3, max_length=200)]
    areas: Annotated[tuple[str, ...], Meta(min_length=1, max_length=300)]
    """ISO 3166-1 codes, or ISO 3166-2 codes of parts."""
    basis: Annotated[tuple[RegionBasis, ...], Meta(min_length=1)] = (RegionBasis.RESIDENCE,)
    entities: Annotated[tuple[EntityId, ...], Meta(min_length=1)] = (EntityId("main"),)
    reason: str = Reason.POLICY_EXIT
    cause: Cause
    announcement: Annotated[str, Meta(pattern=r"^https://[^\s]+\Z", max_length=500)]
    """The public page that says what happens, what to do and by when (rows B042, B043)."""
    migrate_to: Annotated[str, Meta(pattern=r"^(https://[^\s]+)?\Z", max_length=500)] = ""
    """Where users can go on, if somewhere: an affiliate."""
    announced_at: Instant
    """T0: no new business from here on."""
    reduce_only_at: Instant | None = None
    """T1; absent: there is no such stage."""
    withdraw_only_at: Instant | None = None
    """T2; absent only where the reason leaves it to a later sign-off."""
    residual_at: Instant | None = None
    """T3: from here on, what is left is looked at one by one."""
    law_forbids_notice: Annotated[str, Meta(max_length=300)] = ""
    """The provision under which nobody may be told in advance. Without it the notice minimum holds."""


class EndingKind(StrEnum):
    """How a campaign ends before its time, or after it."""

    CANCEL = "cancel"
    REINSTATE = "reinstate"
    """The region is served again (row B078)."""


class CampaignEnding(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Somebody wants it ended. It is, once a second person has signed."""

    kind: EndingKind
    proposed: Signature
    signed: Signature | None = None


class CampaignStage(StrEnum):
    """Where a campaign is (model 5.4)."""

    DRAFT = "draft"
    DECLINED = "declined"
    APPROVED = "approved"
    NO_NEW_BUSINESS = "no_new_business"
    REDUCE_ONLY = "reduce_only"
    WITHDRAW_ONLY = "withdraw_only"
    RESIDUAL_HANDLING = "residual_handling"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    REINSTATED = "reinstated"


class Campaign(Struct, frozen=True, omit_defaults=True, kw_only=True, tag="campaign"):
    """A campaign as it is recorded: its plan, who stood behind it, and how far each of its steps got."""

    id: BatchId
    plan: CampaignPlan
    drafted: Signature
    signatures: tuple[Signature, ...] = ()
    is_approved: bool = False
    declined: Signature | None = None
    announced_at: datetime | None = None
    """When T0 was carried out: the population is frozen from here on, and joiners are met."""
    is_frozen: bool = False
    """Whether the whole population is written down."""
    ending: CampaignEnding | None = None
    closed: Signature | None = None
    steps: dict[str, Step] = {}

    @property
    def is_over(self) -> bool:
        """Whether nothing more is placed or told for it."""
        return self.declined is not None or (self.ending is not None and self.ending.signed is not None)

    @property
    def is_live(self) -> bool:
        """Whether accounts that come to be in its areas are met."""
        return self.announced_at is not None and not self.is_over

    def stage(self, at: datetime) -> CampaignStage:
        """Where it is at an instant."""
        if self.declined is not None:
            return CampaignStage.DECLINED
        if self.ending is not None and self.ending.signed is not None:
            return CampaignStage.CANCELLED if self.ending.kind is EndingKind.CANCEL else CampaignStage.REINSTATED
        if self.closed is not None:
            return CampaignStage.CLOSED
        if self.announced_at is None:
            return CampaignStage.APPROVED if self.is_approved else CampaignStage.DRAFT
        dates = (
            (CampaignStage.RESIDUAL_HANDLING, self.plan.residual_at),
            (CampaignStage.WITHDRAW_ONLY, self.plan.withdraw_only_at),
            (CampaignStage.REDUCE_ONLY, self.plan.reduce_only_at),
        )
        return next((s for s, begins in dates if begins is not None and begins <= at), CampaignStage.NO_NEW_BUSINESS)

    def with_step(self, name: str, step: Step) -> "Campaign":
        """The campaign with one of its steps as it is now."""
        return replace(self, steps=self.steps | {name: step})


class CampaignTerms(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a decision about one account needs of a campaign. Stored with the event, so that it replays."""

    id: BatchId
    reason: str
    areas: tuple[str, ...]
    basis: tuple[RegionBasis, ...]
    entities: tuple[EntityId, ...]
    stages: tuple[tuple[Kind, datetime], ...]
    facts: dict[str, str]
    drafted_by: Actor
    signed_by: Actor
    is_met: bool = False
    """Whether the account has been limited by it already, now or before."""


def area_of(
    of: CampaignPlan | CampaignTerms, entity: EntityId, declared: dict[RegionBasis, tuple[str, ...]]
) -> str | None:
    """The area for which an account, by what it has declared, belongs to a campaign; None if it does not."""
    if entity not in of.entities:
        return None
    said = (code for basis in of.basis for code in declared.get(basis, ()))
    return next((code for code in said if _meets(code, of.areas)), None)


def terms(campaign: Campaign, *, is_met: bool = False) -> CampaignTerms:
    """What is needed of a campaign to limit one account. It must be approved."""
    plan = campaign.plan
    due_at = plan.residual_at or plan.withdraw_only_at
    dates = {"exit_at": plan.withdraw_only_at, "close_at": plan.residual_at, "due_at": due_at}
    links = {"announcement": plan.announcement, "migrate_to": plan.migrate_to}
    return CampaignTerms(
        id=campaign.id,
        reason=plan.reason,
        areas=plan.areas,
        basis=plan.basis,
        entities=plan.entities,
        stages=tuple(schedule(plan)),
        facts={"cause": str(plan.cause)}
        | {name: link for name, link in links.items() if link}
        | {name: at.isoformat() for name, at in dates.items() if at is not None},
        drafted_by=campaign.drafted.by,
        signed_by=campaign.signatures[-1].by,
        is_met=is_met,
    )


def schedule(plan: CampaignPlan) -> Iterator[tuple[Kind, datetime]]:
    """Which kind limits an account from when on. A stage that another begins with at once is left out."""
    stages = (
        (Kind.OFFBOARD_NOTICE, plan.announced_at),
        (Kind.REGION_LOCK, plan.reduce_only_at),
        (Kind.WITHDRAW_ONLY, plan.withdraw_only_at),
    )
    begun = [(kind, at) for kind, at in stages if at is not None]
    for index, (kind, at) in enumerate(begun):
        if index + 1 == len(begun) or begun[index + 1][1] > at:
            yield kind, at


def placed(
    stages: tuple[tuple[Kind, datetime], ...], condition: EndCondition, at: datetime
) -> tuple[Kind, datetime | None, AtEnd]:
    """What to place at an instant: the stage that has begun, when it turns, and everything that follows.

    The last stage ends on `condition`. Before T0 the first stage is what is placed.
    """
    begun = [index for index, (_, from_at) in enumerate(stages) if from_at <= at]
    first = begun[-1] if begun else 0
    follows: AtEnd | None = None
    for index in range(len(stages) - 1, first, -1):
        kind, from_at = stages[index]
        is_last = index + 1 == len(stages)
        follows = AtEnd(
            ending=Ending.FALL_BACK,
            kind=kind,
            scope=Scope.ACCOUNT,
            lasts_for=None if is_last else stages[index + 1][1] - from_at,
            condition=condition if is_last else None,
            then=follows,
        )
    turns_at = stages[first + 1][1] if first + 1 < len(stages) else None
    return stages[first][0], turns_at, follows or AtEnd()


# --- notices ---------------------------------------------------------------------------------------------------------


class Reminder(Struct, frozen=True, order=True):
    """One of the times at which everybody in a campaign is reminded: `before` of a date of the plan."""

    at: datetime
    name: str
    is_residual: bool
    before: timedelta

    @property
    def date(self) -> datetime:
        """The date of the plan that comes near."""
        return self.at + self.before


def reminders(
    plan: CampaignPlan, before_exit: tuple[timedelta, ...], before_residual: tuple[timedelta, ...]
) -> tuple[Reminder, ...]:
    """When users are reminded, in order. What would fall on T0 or before it is left out: the announcement says it."""
    found = []
    for date, names, is_residual in (
        (plan.withdraw_only_at, before_exit, False),
        (plan.residual_at, before_residual, True),
    ):
        if date is None:
            continue
        for before in names:
            at = date - before
            if at > plan.announced_at:
                found.append(Reminder(at, f"{'T3' if is_residual else 'T2'}-{_length(before)}", is_residual, before))
    return tuple(sorted(found))


def _length(before: timedelta) -> str:
    """Short, and another for each other length: a reminder is known by its name."""
    days, rest = divmod(before, timedelta(days=1))
    return f"{days}d" if not rest else f"{before // timedelta(minutes=1)}m"


def due_reminder(
    found: tuple[Reminder, ...], told: frozenset[str], announced_at: datetime, at: datetime
) -> Reminder | None:
    """What users should be told now: of each date that is still to come the latest reminder that is due, if it was not told.

    Earlier ones that were missed say less; what was due before the announcement was made is said by that.
    """
    latest = {reminder.is_residual: reminder for reminder in found if announced_at < reminder.at <= at < reminder.date}
    return next((reminder for reminder in sorted(latest.values()) if reminder.name not in told), None)


LATE_MAX_FOR = timedelta(days=1)
"""How much later than planned an announcement may be made without new dates."""

# --- guards: a refusal in words, or None -----------------------------------------------------------------------------

DRAFTING_ROLES = frozenset({Role.CAMPAIGN_MANAGER, Role.COUNSEL, Role.MLRO})
"""Who may draft a campaign, and propose that it ends."""


def faults(plan: CampaignPlan, notice_min_for: timedelta, at: datetime) -> Iterator[str]:
    """What is wrong with a plan that is to be recorded at an instant, each in one sentence."""
    if plan.reason not in REASONS:
        yield f"`reason` is `{plan.reason}`; a campaign is about one of {', '.join(sorted(REASONS))}"
    for area in plan.areas:
        if not is_country(area):
            yield f"`areas` has `{area}`, which is no ISO 3166 code"
    if RegionBasis.IP in plan.basis:
        yield "`basis` has `ip`: a campaign is about where people live, not about the network of one request"
    dated = {
        "announced_at": plan.announced_at,
        "reduce_only_at": plan.reduce_only_at,
        "withdraw_only_at": plan.withdraw_only_at,
        "residual_at": plan.residual_at,
    }
    known = [(name, date) for name, date in dated.items() if date is not None]
    for (name, date), (later_name, later) in pairwise(known):
        if later < date:
            yield f"`{later_name}` {later.isoformat()} lies before `{name}` {date.isoformat()}"
    if plan.announced_at < at:
        yield f"`announced_at` {plan.announced_at.isoformat()} is in the past; nobody can be told yesterday"
    if plan.withdraw_only_at is None and plan.reason == Reason.POLICY_EXIT:
        yield "`withdraw_only_at` is missing: say from when on assets can only be withdrawn"
    if plan.residual_at is not None and plan.withdraw_only_at is None:
        yield "`residual_at` needs `withdraw_only_at`"
    limits_at = plan.reduce_only_at or plan.withdraw_only_at
    if plan.law_forbids_notice:
        if plan.cause is not Cause.SANCTIONS:
            yield "`law_forbids_notice` is for the cause `sanctions` only; every other exit is announced"
        return
    if plan.reason == Reason.SANCTIONED_RESIDENCE:
        yield "a rule that forbids service has no notice period: name the provision in `law_forbids_notice`"
    if limits_at is not None and limits_at == plan.announced_at:
        yield "the first limit would begin with the announcement itself; leave time to act between the two (row A060)"
    if plan.withdraw_only_at is not None and plan.withdraw_only_at - plan.announced_at < notice_min_for:
        given = plan.withdraw_only_at - plan.announced_at
        yield f"from the announcement to withdraw-only there are {given.days} days, and {notice_min_for.days} are the least"


def overlaps(plan: CampaignPlan, other: CampaignPlan) -> bool:
    """Whether they are about the same area, on whichever bases: who lives there mostly is from there."""
    if set(plan.entities).isdisjoint(other.entities):
        return False
    return any(_meets(area, other.areas) for area in plan.areas) or any(
        _meets(area, plan.areas) for area in other.areas
    )


def _meets(area: str, areas: tuple[str, ...]) -> bool:
    return area in areas or area[:2] in areas


def why_not_draft(by: Actor) -> str | None:
    """Why this actor may not draft a campaign; None if it may."""
    if by.role not in DRAFTING_ROLES:
        return f"the role {by.role} does not draft campaigns; ask one of {', '.join(sorted(DRAFTING_ROLES))}"
    return None


def why_not_sign(campaign: Campaign, by: Actor, signing: tuple[tuple[Role, ...], ...], at: datetime) -> str | None:
    """Why this actor may not sign a draft now; None if it may. `signing` are the groups of roles of which each must sign."""
    if campaign.is_approved or campaign.is_over:
        return f"campaign `{campaign.id}` is {campaign.stage(at)}, not a draft"
    if campaign.plan.announced_at < at:
        date = campaign.plan.announced_at.isoformat()
        return f"its announcement was for {date}, which is past; draft it again with new dates"
    if by.name == campaign.drafted.by.name or any(by.name == each.by.name for each in campaign.signatures):
        return f"`{by.name}` stands behind it already; somebody else must sign"
    wanted = missing_signatures(campaign, signing)
    if not any(by.role in group for group in wanted):
        return f"it is to be signed by {', and by '.join(' or '.join(group) for group in wanted)}, not by the role {by.role}"
    return None


def why_not_decline(campaign: Campaign, by: Actor, signing: tuple[tuple[Role, ...], ...], at: datetime) -> str | None:
    """Why this actor may not end a draft; None if it may. Whoever drafted it may take it back."""
    if campaign.is_approved or campaign.is_over:
        return f"campaign `{campaign.id}` is {campaign.stage(at)}, not a draft"
    if by.name != campaign.drafted.by.name and not any(by.role in group for group in signing):
        return f"the role {by.role} signs no campaigns, and so declines none"
    return None


def missing_signatures(campaign: Campaign, signing: tuple[tuple[Role, ...], ...]) -> tuple[tuple[Role, ...], ...]:
    """The groups of roles of which nobody has signed a draft yet."""
    signed = [each.by.role for each in campaign.signatures]
    return tuple(group for group in signing if not any(role in group for role in signed))


def why_not_announce(campaign: Campaign, notice_min_for: timedelta, at: datetime) -> str | None:
    """Why a campaign that is due is not announced at an instant: it waited so long that its first limit has begun, or that
    users would have too little time left; None if it is.
    """
    plan = campaign.plan
    if plan.law_forbids_notice:
        return None
    limits_at = plan.reduce_only_at or plan.withdraw_only_at
    if limits_at is not None and limits_at <= at:
        return (
            f"campaign `{campaign.id}` was not announced on {plan.announced_at.isoformat()}, and its first limit was to begin "
            f"on {limits_at.isoformat()}; cancel it and draft it again with later dates"
        )
    if plan.withdraw_only_at is not None and plan.withdraw_only_at - at < notice_min_for - LATE_MAX_FOR:
        left = (plan.withdraw_only_at - at).days
        return (
            f"campaign `{campaign.id}` was not announced on {plan.announced_at.isoformat()}, and now only {left} days of the "
            f"{notice_min_for.days} that users must have are left; cancel it and draft it again with later dates"
        )
    return None


def why_not_report(campaign: Campaign, by: Actor, at: datetime) -> str | None:
    """Why this actor may not report now what is left on accounts; None if it may."""
    if by.role not in DRAFTING_ROLES:
        return f"the role {by.role} does not report what is left; ask one of {', '.join(sorted(DRAFTING_ROLES))}"
    stage = campaign.stage(at)
    if stage not in (CampaignStage.RESIDUAL_HANDLING, CampaignStage.CLOSED):
        return f"campaign `{campaign.id}` is {stage}; what is left is handled from its `residual_at` on"
    return None


def why_not_close(campaign: Campaign, by: Actor, at: datetime) -> str | None:
    """Why this actor may not close a campaign now; None if it may."""
    if by.role not in DRAFTING_ROLES:
        return f"the role {by.role} does not close campaigns; ask one of {', '.join(sorted(DRAFTING_ROLES))}"
    stage = campaign.stage(at)
    if stage is not CampaignStage.RESIDUAL_HANDLING:
        return f"campaign `{campaign.id}` is {stage}; it is closed when its residual handling is done"
    return None


def why_not_end(campaign: Campaign, kind: EndingKind, by: Actor) -> str | None:
    """Why this actor may not propose that a campaign ends; None if it may."""
    if campaign.is_over:
        return f"campaign `{campaign.id}` is over already"
    if campaign.ending is not None:
        return (
            f"`{campaign.ending.proposed.by}` has proposed to {campaign.ending.kind} it already; sign or decline that"
        )
    if by.role not in DRAFTING_ROLES:
        return f"the role {by.role} does not end campaigns; ask one of {', '.join(sorted(DRAFTING_ROLES))}"
    if kind is EndingKind.REINSTATE and campaign.announced_at is None:
        return f"campaign `{campaign.id}` has not begun; cancel it"
    return None


def why_not_sign_ending(campaign: Campaign, by: Actor) -> str | None:
    """Why this actor may not sign that a campaign ends; None if it may."""
    assert campaign.ending is not None
    if by.name == campaign.ending.proposed.by.name:
        return f"`{by.name}` proposed it; somebody else must sign"
    return why_not_decline_ending(campaign, by)


def why_not_decline_ending(campaign: Campaign, by: Actor) -> str | None:
    """Why this actor may not decline that a campaign ends; None if it may. Whoever proposed it may take it back."""
    assert campaign.ending is not None
    if by.name != campaign.ending.proposed.by.name and by.role not in DRAFTING_ROLES:
        return f"the role {by.role} does not end campaigns; ask one of {', '.join(sorted(DRAFTING_ROLES))}"
    return None
