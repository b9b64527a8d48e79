"""A case: work for people about one account, with the opinions of those who looked and what they decided."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from habeas.domain.actor import RESTRICTING_ROLES, Actor, Role
from habeas.domain.appeal import APPEAL_ROLES, Appeal
from habeas.domain.ids import AccountId, CaseId, EventId, RestrictionId


class Priority(StrEnum):
    """How soon somebody must look. `page` calls a person now."""

    PAGE = "page"
    HIGH = "high"
    NORMAL = "normal"


class CaseStatus(StrEnum):
    """Where a case is. It stays open while a further opinion is needed."""

    OPEN = "open"
    DECIDED = "decided"


class CaseStage(StrEnum):
    """Where an open case is. Its clock stands still only in `waiting_user`."""

    NEW = "new"
    ASSIGNED = "assigned"
    WORKING = "working"
    WAITING_USER = "waiting_user"


class CaseStep(StrEnum):
    """What people do on a case, besides deciding it."""

    ASSIGN = "assign"
    WAIT = "wait"
    """The user has been asked for something."""
    RESUME = "resume"
    NOTE = "note"
    REFER = "refer"
    """It has a number in another system."""
    HARDSHIP = "hardship"
    """The user is in need: rent, food, wages."""
    REOPEN = "reopen"


class CaseOutcome(StrEnum):
    """What a person finds. The first two are about a match with a sanctions list, `resolved` is for every other case, and
    the next three are for a suspicion about what somebody did, where the playbook says what follows if it is true. The last
    three answer an appeal.
    """

    TRUE_MATCH = "true_match"
    FALSE_MATCH = "false_match"
    RESOLVED = "resolved"
    CONFIRMED = "confirmed"
    """The suspicion is true."""
    UNFOUNDED = "unfounded"
    """It is not: what automation placed for it ends."""
    OFFBOARD = "offboard"
    """It is true, and the holder has to leave: a ban is proposed, which a second person must sign (row A052)."""
    GRANTED = "granted"
    """The appeal is right: the restriction was wrong from the start, and is annulled with an apology (row A080)."""
    PARTLY = "partly"
    """It was right when it was placed, and ends now."""
    REFUSED = "refused"
    """It stays; the note says why, and the user hears of the external route."""


MATCH_OUTCOMES = frozenset({CaseOutcome.TRUE_MATCH, CaseOutcome.FALSE_MATCH})
APPEAL_OUTCOMES = frozenset({CaseOutcome.GRANTED, CaseOutcome.PARTLY, CaseOutcome.REFUSED})
SUSPICION_OUTCOMES = frozenset({CaseOutcome.CONFIRMED, CaseOutcome.UNFOUNDED, CaseOutcome.OFFBOARD})


class Match(Struct, frozen=True):
    """A hit of an account's name, document or wallet on a list: to be reviewed, and never a finding (detection 4).

    `pair` is a digest of what was compared on both sides: a cleared pair stays quiet until either side changes.
    """

    list: str
    version: str
    entry: str
    listed: str
    score: float
    pair: str
    is_exact: bool = False
    """A wallet or a document, and not a name that resembles another."""
    explanation: tuple[str, ...] = ()


class Opinion(Struct, frozen=True):
    """What one person found, and why."""

    by: Actor
    outcome: CaseOutcome
    note: str
    at: datetime


class Remark(Struct, frozen=True, array_like=True):
    """What somebody did on a case, and why."""

    by: Actor
    step: CaseStep
    note: str
    at: datetime


class Case(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A matter for people: which queue, why, about which restrictions, first look due by when."""

    id: CaseId
    account: AccountId
    queue: str
    reason: str
    priority: Priority
    why: str
    cause: EventId
    opened_at: datetime
    due_at: datetime
    restrictions: tuple[RestrictionId, ...] = ()
    about: str = ""
    """What makes it a matter of its own: a restriction, a document request, a pair that was compared."""
    match: Match | None = None
    appeal: Appeal | None = None
    stage: CaseStage = CaseStage.NEW
    assignee: str = ""
    remarks: tuple[Remark, ...] = ()
    external_ref: str = ""
    """Its number in another system."""
    is_hardship: bool = False
    counted_from: datetime | None = None
    """Since when its time is counted, where that is not since it was opened: it was opened again, or has waited."""
    waiting_since: datetime | None = None
    reminders: int = 0
    """How often the user was reminded while it waits."""
    is_warned: bool = False
    """That its time will be over was announced."""
    is_late: bool = False
    generation: int = 0
    """Makes earlier timers of it stale."""
    tasks: tuple[str, ...] = ()
    """What must be done before it can be decided, such as `offer_assistance` (row A051)."""
    done: tuple[str, ...] = ()
    opinions: tuple[Opinion, ...] = ()
    status: CaseStatus = CaseStatus.OPEN
    outcome: CaseOutcome | None = None
    decided_at: datetime | None = None


DECIDING_ROLES = RESTRICTING_ROLES
"""Who may decide a case: whoever may limit an account."""

MATCH_ROLES = DECIDING_ROLES - {Role.CAMPAIGN_MANAGER}
"""Who may say whether a match is true or false."""


def why_not_decide(case: Case, by: Actor, outcome: CaseOutcome, done: tuple[str, ...] = ()) -> str | None:
    """Why this actor may not give this opinion on the case; None if it may. `done` are tasks that are done by now."""
    if not by.is_person:
        return "a case is decided by a person"
    if case.status is not CaseStatus.OPEN:
        return f"case `{case.id}` was decided as {case.outcome}"
    if by.role not in (MATCH_ROLES if case.match else APPEAL_ROLES if case.appeal else DECIDING_ROLES):
        return f"the role {by.role} does not decide cases of the queue {case.queue}"
    if (outcome in MATCH_OUTCOMES) != (case.match is not None):
        known = (
            "true_match or false_match"
            if case.match
            else "resolved, or where it is a suspicion confirmed, unfounded or offboard"
        )
        return f"case `{case.id}` is decided as {known}, not as {outcome}"
    if (outcome in APPEAL_OUTCOMES) != (case.appeal is not None):
        known = "granted, partly or refused" if case.appeal else "resolved: it is no appeal"
        return f"case `{case.id}` is decided as {known}, not as {outcome}"
    undone = [task for task in case.tasks if task not in (*case.done, *done)]
    if undone:
        return f"case `{case.id}` waits for {', '.join(undone)}; say with --done what is done"
    if any(opinion.by.name == by.name for opinion in case.opinions):
        return f"`{by.name}` has given an opinion on case `{case.id}`; a second person must look"
    return None


def needs_two(case: Case, outcome: CaseOutcome, *, releases: bool) -> bool:
    """Whether this outcome needs two people: a true match always, a false one if it releases something, and an appeal that
    ends what two people signed (`releases`).

    A false exact match always does: requests that it refused are let through from then on.
    """
    if outcome is CaseOutcome.FALSE_MATCH:
        return releases or (case.match is not None and case.match.is_exact)
    if outcome in (CaseOutcome.GRANTED, CaseOutcome.PARTLY):
        return releases
    return outcome is CaseOutcome.TRUE_MATCH


def with_opinion(case: Case, opinion: Opinion, *, releases: bool) -> Case:
    """The case with one more opinion; decided once as many people as it takes have found the same.

    `releases`: whether something stands that rests on the match, or was signed by two and would end.
    """
    opinions = (*case.opinions, opinion)
    agreeing = [o for o in opinions if o.outcome is opinion.outcome]
    is_decided = len(agreeing) >= (2 if needs_two(case, opinion.outcome, releases=releases) else 1)
    return replace(
        case,
        opinions=opinions,
        status=CaseStatus.DECIDED if is_decided else CaseStatus.OPEN,
        outcome=opinion.outcome if is_decided else None,
        decided_at=opinion.at if is_decided else None,
        generation=case.generation + 1,
    )
