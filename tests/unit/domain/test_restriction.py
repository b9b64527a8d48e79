"""A restriction from birth to end: what it must carry, who may do what, and what each step leaves behind."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from habeas.domain.actor import EXEMPTING_ROLES, RESTRICTING_ROLES, Actor, Role
from habeas.domain.errors import MissingStatementError
from habeas.domain.evidence import Evidence
from habeas.domain.ids import RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.reason import Basis, LegalGround, Purpose, Tier
from habeas.domain.restriction import (
    AtEnd,
    Condition,
    EndCondition,
    Ending,
    HeldAmount,
    Restriction,
    Scope,
    Status,
    annul,
    approve,
    decline,
    expire,
    extend,
    followers,
    last_effect_at,
    lift,
    makes_redundant,
    needs_four_eyes,
    phases,
    renew,
    require_statement,
    supersede,
    why_not_annul,
    why_not_exempt,
    why_not_lift,
    why_not_place,
)
from tests.builders import HOUR, NOON, a_restriction
from tests.stories import span

ANN = Actor("ann", Role.ANALYST)
BOB = Actor("bob", Role.SENIOR_ANALYST)
DETECTOR = Actor("takeover/1", Role.DETECTOR)
USER = Actor("the holder", Role.USER)

A_CONDITION = Condition(until="you have shown where you live", recheck_at=NOON + HOUR, owner="region")
PAGES = AtEnd(ending=Ending.HOLD_AND_PAGE)


def a_ground(**changes: Any) -> LegalGround:
    values: dict[str, Any] = {
        "basis": Basis.LAW,
        "clause": "31 CFR chapter V",
        "jurisdiction": "US",
        "tier": Tier.FEDERAL,
    }
    return LegalGround(**(values | changes))


# --- birth


def test_a_complete_restriction_may_be_placed() -> None:
    restriction = a_restriction()
    assert require_statement(restriction) is restriction


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"reason": ""}, "reason"),
        ({"ground": a_ground(clause="")}, "legal ground"),
        pytest.param({"ground": a_ground(jurisdiction="")}, "jurisdiction", marks=pytest.mark.row("A014")),
        ({"evidence_ids": ()}, "evidence"),
        ({"playbook": ""}, "policy version"),
        ({"ends_at": None}, "exactly one of an end time and a condition"),
        ({"condition": A_CONDITION}, "exactly one of an end time and a condition"),
        ({"ends_at": None, "condition": Condition("", NOON, "region")}, "condition"),
        ({"ends_at": None, "condition": Condition("shown", NOON, "")}, "condition"),
        ({"ends_at": NOON}, "end after its start"),
        ({"ends_at": NOON - HOUR}, "end after its start"),
        ({"least_restrictive_considered": ()}, "milder measures"),
        ({"scope": Scope.HOLDER, "least_restrictive_considered": ()}, "milder measures"),
        ({"scope": Scope.NEW_DESTINATIONS}, "cool-off"),
        ({"scope": Scope.REQUEST_IP}, "never stored"),
        ({"kind": Kind.IP_BLOCK}, "never stored"),
        ({"kind": Kind.LEGAL_FREEZE}, "hold_and_page"),
        ({"kind": Kind.SANCTIONS_BLOCK}, "hold_and_page"),
    ],
)
def test_a_restriction_that_lacks_a_part_of_its_statement_cannot_be_placed(
    changes: dict[str, Any], missing: str
) -> None:
    with pytest.raises(MissingStatementError, match=missing) as caught:
        require_statement(a_restriction("rs_7", **changes))
    assert str(caught.value).startswith("restriction `rs_7` has no ")


def test_every_field_of_the_statement_is_required_or_checked() -> None:
    # Purpose, disclosure, evidence grade, cause and placer have no default, so none of them can be left out at all.
    required = {f for f in Restriction.__struct_fields__ if f not in dict_of_defaults()}
    assert {"reason", "purpose", "scope", "ground", "evidence", "evidence_ids", "disclosure", "placed_by", "cause"} <= (
        required
    )
    assert {"playbook", "least_restrictive_considered", "placed_at", "starts_at"} <= required


def dict_of_defaults() -> set[str]:
    """The names of the fields that may be left out."""
    import msgspec

    return {field.name for field in msgspec.structs.fields(Restriction) if not field.required}


@pytest.mark.row("A001")
def test_one_of_three_purposes_stands_behind_every_restriction() -> None:
    assert {str(purpose) for purpose in Purpose} == {"protect_user", "comply_law", "protect_others"}
    assert "purpose" not in dict_of_defaults()


@pytest.mark.row("A014")
def test_a_legal_ground_is_local_state_federal_or_foreign() -> None:
    assert {str(tier) for tier in Tier} == {"local", "state", "federal", "foreign"}


def test_a_limit_on_one_amount_needs_no_record_of_milder_measures() -> None:
    held = HeldAmount("BTC", Decimal("0.5"))
    amount = a_restriction(kind=Kind.DEPOSIT_HOLD, scope=Scope.AMOUNT, held=held, least_restrictive_considered=())
    assert require_statement(amount) is amount


@pytest.mark.parametrize(
    "parts",
    [
        {"ending": Ending.FALL_BACK},
        {"ending": Ending.FALL_BACK, "kind": Kind.STEP_UP},
        {"ending": Ending.FALL_BACK, "lasts_for": HOUR},
        {"ending": Ending.LIFT, "kind": Kind.STEP_UP, "lasts_for": HOUR},
        {"ending": Ending.LIFT, "kind": Kind.STEP_UP},
        {"ending": Ending.HOLD_AND_PAGE, "lasts_for": HOUR},
    ],
)
def test_a_fall_back_names_what_follows_and_for_how_long_and_nothing_else_does(parts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a fall-back needs"):
        AtEnd(**parts)


@pytest.mark.parametrize(
    "parts",
    [
        {},
        {"ending": Ending.HOLD_AND_PAGE},
        {"ending": Ending.FALL_BACK, "kind": Kind.WITHDRAW_ONLY, "condition": EndCondition("-", HOUR, "region")},
    ],
)
def test_something_follows_only_what_lasts_for_a_while(parts: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="something follows, with `then`"):
        AtEnd(then=AtEnd(), **parts)


# --- stretches, one behind the other

THREE = AtEnd(
    ending=Ending.FALL_BACK,
    kind=Kind.REGION_LOCK,
    lasts_for=HOUR,
    then=AtEnd(ending=Ending.FALL_BACK, kind=Kind.WITHDRAW_ONLY, condition=EndCondition("-", HOUR, "region")),
)


def test_every_ending_of_a_chain_is_named_in_turn() -> None:
    assert list(followers(THREE)) == [THREE, THREE.then]
    assert list(followers(AtEnd())) == [AtEnd()]


def test_each_stage_of_a_chain_begins_where_the_one_before_it_ends() -> None:
    staged = a_restriction(kind=Kind.OFFBOARD_NOTICE, ends_at=NOON + HOUR, at_end=THREE)
    assert [(phase.kind, phase.from_at, phase.until_at) for phase in phases(staged)] == [
        (Kind.OFFBOARD_NOTICE, NOON, NOON + HOUR),
        (Kind.REGION_LOCK, NOON + HOUR, NOON + 2 * HOUR),
        (Kind.WITHDRAW_ONLY, NOON + 2 * HOUR, None),
    ]
    assert last_effect_at(staged) is None


@pytest.mark.parametrize(("hours", "until"), [(0.5, [0.5]), (1, [1]), (1.5, [1, 1.5]), (2, [1, 2]), (5, [1, 2, 5])])
def test_what_is_lifted_loses_every_stage_from_then_on(hours: float, until: list[float]) -> None:
    staged = a_restriction(kind=Kind.OFFBOARD_NOTICE, ends_at=NOON + HOUR, at_end=THREE)
    over = lift(staged, BOB, NOON + hours * HOUR, "the region is served again")
    assert [phase.until_at for phase in phases(over)] == [NOON + end * HOUR for end in until]
    assert last_effect_at(over) == NOON + hours * HOUR


def test_a_stage_that_has_expired_hands_on_and_tells_nothing_of_what_follows() -> None:
    over = expire(a_restriction(kind=Kind.OFFBOARD_NOTICE, ends_at=NOON + HOUR, at_end=THREE))
    assert [phase.kind for phase in phases(over)] == [Kind.OFFBOARD_NOTICE]


def test_why_it_was_prolonged_is_no_reason_for_its_end() -> None:
    longer = a_restriction(because="check_takes_longer")
    ended = [
        lift(longer, BOB, NOON, "cleared"),
        expire(longer),
        supersede(longer, DETECTOR, NOON, RestrictionId("rs_2")),
        annul(longer, BOB, NOON, "a mistake"),
    ]
    assert [each.because for each in ended] == ["", "", "", ""]


# --- guards: placing


@pytest.mark.parametrize("role", sorted(RESTRICTING_ROLES))
def test_roles_that_restrict_may_place_a_freeze(role: Role) -> None:
    assert why_not_place(Actor("ann", role), Kind.FROZEN, Evidence.E3) is None


@pytest.mark.parametrize("role", sorted(set(Role) - RESTRICTING_ROLES - {Role.DETECTOR, Role.USER}))
def test_other_roles_place_nothing(role: Role) -> None:
    refused = why_not_place(Actor("ann", role), Kind.STEP_UP, Evidence.E1)
    assert refused == f"the role {role} does not place restrictions"


def test_the_holder_of_an_account_places_nothing() -> None:
    assert why_not_place(USER, Kind.STEP_UP, Evidence.E1) is not None


@pytest.mark.parametrize("kind", [Kind.FROZEN, Kind.PERM_BAN, Kind.LEGAL_FREEZE])
@pytest.mark.parametrize("evidence", list(Evidence))
def test_a_score_alone_never_freezes_or_bans(kind: Kind, evidence: Evidence) -> None:
    assert why_not_place(DETECTOR, kind, evidence) == f"{kind} is placed by a person, never by a score alone"


@pytest.mark.parametrize("evidence", [Evidence.E3, Evidence.E4, Evidence.E5])
def test_automation_cannot_claim_that_a_person_has_looked(evidence: Evidence) -> None:
    assert why_not_place(DETECTOR, Kind.OUTFLOW_HOLD, evidence) is not None


@pytest.mark.parametrize("evidence", [Evidence.E1, Evidence.E2])
@pytest.mark.parametrize("kind", [Kind.STEP_UP, Kind.TEMP_RISK, Kind.OUTFLOW_HOLD, Kind.SANCTIONS_BLOCK])
def test_automation_may_place_what_ends_by_itself_or_waits_for_a_person(kind: Kind, evidence: Evidence) -> None:
    assert why_not_place(DETECTOR, kind, evidence) is None


def test_a_declared_residence_is_as_good_as_a_reviewed_case() -> None:
    assert why_not_place(DETECTOR, Kind.REGION_LOCK, Evidence.E3) is None


# --- guards: two people


@pytest.mark.parametrize("kind", [Kind.PERM_BAN, Kind.LEGAL_FREEZE, Kind.SANCTIONS_BLOCK])
@pytest.mark.parametrize("scope", [Scope.ACCOUNT, Scope.HOLDER, Scope.AMOUNT])
def test_bans_orders_and_sanctions_always_need_two_people(kind: Kind, scope: Scope) -> None:
    assert needs_four_eyes(kind, scope, HOUR)


@pytest.mark.parametrize(
    ("scope", "lasts_for", "needed"),
    [
        (Scope.ACCOUNT, span("30d"), False),
        (Scope.ACCOUNT, span("30d") + timedelta(seconds=1), True),
        (Scope.HOLDER, span("31d"), True),
        (Scope.AMOUNT, span("90d"), False),
        (Scope.NEW_DESTINATIONS, span("90d"), False),
    ],
)
def test_more_than_thirty_days_of_the_whole_account_need_two_people(
    scope: Scope, lasts_for: timedelta, needed: bool
) -> None:
    assert needs_four_eyes(Kind.FROZEN, scope, lasts_for) is needed


def test_a_freeze_without_an_end_needs_two_people() -> None:
    assert needs_four_eyes(Kind.FROZEN, Scope.ACCOUNT, None)


# --- guards: lifting


def test_an_analyst_may_lift_what_another_placed() -> None:
    assert why_not_lift(a_restriction(placed_by=BOB), ANN) is None


def test_an_analyst_may_lift_her_own_short_restriction() -> None:
    assert why_not_lift(a_restriction(placed_by=ANN), ANN) is None


def test_who_placed_a_long_restriction_may_not_lift_it() -> None:
    long = a_restriction(placed_by=ANN, kind=Kind.FROZEN, ends_at=NOON + span("31d"))
    assert why_not_lift(long, ANN) == "`ann` placed this restriction, and it needs a second person to be released"
    assert why_not_lift(long, BOB) is None


def test_an_appeals_officer_lifts_although_she_places_nothing() -> None:
    assert why_not_lift(a_restriction(), Actor("eve", Role.APPEALS_OFFICER)) is None


@pytest.mark.parametrize(
    "role", sorted(set(Role) - RESTRICTING_ROLES - {Role.DETECTOR, Role.USER, Role.APPEALS_OFFICER})
)
def test_roles_that_only_read_or_help_lift_nothing(role: Role) -> None:
    assert why_not_lift(a_restriction(), Actor("ann", role)) == f"the role {role} does not lift restrictions"


@pytest.mark.row("B076")
def test_a_ban_is_never_lifted_by_anyone() -> None:
    ban = a_restriction(kind=Kind.PERM_BAN, ends_at=None, condition=A_CONDITION)
    for role in Role:
        assert why_not_lift(ban, Actor("ann", role)) == "a permanent ban is never lifted; a successful appeal annuls it"


@pytest.mark.parametrize("kind", [Kind.LEGAL_FREEZE, Kind.SANCTIONS_BLOCK])
@pytest.mark.parametrize("role", list(Role))
def test_what_law_holds_is_not_lifted_by_one_person(kind: Kind, role: Role) -> None:
    assert why_not_lift(a_restriction(kind=kind, at_end=PAGES), Actor("ann", role)) is not None


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.ACTIVE}))
def test_only_what_is_active_can_be_lifted(status: Status) -> None:
    assert why_not_lift(a_restriction(status=status), ANN) == f"restriction `rs_1` is {status}, not active"


# --- guards: annulling and exempting


def test_somebody_else_than_the_placer_may_annul() -> None:
    assert why_not_annul(a_restriction(placed_by=ANN), BOB) is None
    assert why_not_annul(a_restriction(placed_by=ANN), ANN) is not None


def test_an_upheld_appeal_annuls_a_ban() -> None:
    ban = a_restriction(kind=Kind.PERM_BAN, placed_by=ANN, ends_at=None, condition=A_CONDITION)
    assert why_not_annul(ban, Actor("eve", Role.APPEALS_OFFICER)) is None


@pytest.mark.parametrize("actor", [DETECTOR, USER])
def test_only_a_person_annuls(actor: Actor) -> None:
    assert why_not_annul(a_restriction(placed_by=ANN), actor) == "only a person annuls a restriction"


@pytest.mark.parametrize("role", [Role.FRONTLINE, Role.AUDITOR, Role.SEALED_AUDITOR])
def test_roles_that_only_read_or_help_annul_nothing(role: Role) -> None:
    assert why_not_annul(a_restriction(placed_by=ANN), Actor("bob", role)) is not None


def test_a_legal_freeze_is_not_ours_to_annul() -> None:
    assert why_not_annul(a_restriction(kind=Kind.LEGAL_FREEZE, at_end=PAGES), BOB) is not None


def test_one_person_does_not_annul_a_sanctions_block() -> None:
    # It takes a delisting, a licence, or a false match found by two reviewers (model 5.2).
    block = a_restriction(kind=Kind.SANCTIONS_BLOCK, at_end=PAGES, placed_by=DETECTOR)
    assert why_not_annul(block, BOB) is not None


@pytest.mark.parametrize("status", [Status.PROPOSED, Status.DECLINED, Status.ANNULLED])
def test_what_never_limited_cannot_be_annulled(status: Status) -> None:
    assert why_not_annul(a_restriction(placed_by=ANN, status=status), BOB) is not None


@pytest.mark.parametrize("status", [Status.ACTIVE, Status.LIFTED, Status.EXPIRED, Status.SUPERSEDED])
def test_what_limits_or_did_limit_can_be_annulled(status: Status) -> None:
    assert why_not_annul(a_restriction(placed_by=ANN, status=status), BOB) is None


@pytest.mark.row("A028")
def test_only_senior_analysts_mlro_and_counsel_grant_exemptions() -> None:
    may = {str(role) for role in Role if why_not_exempt(Actor("ann", role)) is None}
    assert may == {"senior_analyst", "mlro", "counsel"} == {str(role) for role in EXEMPTING_ROLES}


# --- life


def test_an_approved_proposal_limits_from_its_approval_on() -> None:
    proposed = a_restriction(status=Status.PROPOSED, placed_by=ANN)
    approved = approve(proposed, BOB, NOON + HOUR)
    assert (approved.status, approved.starts_at) == (Status.ACTIVE, NOON + HOUR)
    assert not proposed.is_in_force(NOON + 2 * HOUR)
    assert approved.is_in_force(NOON + 2 * HOUR)


def test_an_approval_does_not_bring_a_later_start_forward() -> None:
    proposed = a_restriction(status=Status.PROPOSED, placed_by=ANN, starts_at=NOON + 5 * HOUR)
    assert approve(proposed, BOB, NOON).starts_at == NOON + 5 * HOUR


def test_a_proposal_is_not_approved_by_who_made_it() -> None:
    with pytest.raises(AssertionError):
        approve(a_restriction(status=Status.PROPOSED, placed_by=ANN), ANN, NOON)


def test_an_approval_after_the_proposed_end_does_not_pass_for_a_restriction() -> None:
    # It would be active and limit nothing. It must be refused, or come with a statement that holds.
    late = approve(a_restriction(status=Status.PROPOSED, placed_by=ANN), BOB, NOON + 48 * HOUR)
    require_statement(late)


def test_a_declined_proposal_never_limits() -> None:
    declined = decline(a_restriction(status=Status.PROPOSED), BOB, NOON, "too thin")
    assert (declined.status, declined.end_note) == (Status.DECLINED, "too thin")
    assert list(phases(declined)) == []


@pytest.mark.row("B027")
def test_a_further_signal_prolongs_up_to_the_cap_from_the_start() -> None:
    day = a_restriction(kind=Kind.TEMP_RISK)
    later = extend(day, NOON + 44 * HOUR, span("72h"))
    capped = extend(later, NOON + 90 * HOUR, span("72h"))
    assert (later.ends_at, later.generation) == (NOON + 44 * HOUR, 1)
    assert (capped.ends_at, capped.generation) == (NOON + 72 * HOUR, 2)


def test_a_restriction_that_would_end_no_later_stays_as_it_is() -> None:
    day = a_restriction()
    assert extend(day, NOON + 24 * HOUR, span("72h")) is day
    assert extend(day, NOON + 20 * HOUR, span("72h")) is day


def test_what_waits_for_a_condition_is_not_prolonged() -> None:
    lock = a_restriction(kind=Kind.REGION_LOCK, ends_at=None, condition=A_CONDITION)
    assert extend(lock, NOON + 90 * HOUR, None) is lock


def test_a_person_renews_on_new_evidence() -> None:
    renewed = renew(a_restriction(), BOB, NOON + span("7d"), Evidence.E3, ("case:5",))
    assert (renewed.ends_at, renewed.evidence, renewed.generation) == (NOON + span("7d"), Evidence.E3, 1)
    assert renewed.evidence_ids == ("ev-1", "case:5")
    assert renewed.status is Status.ACTIVE


def test_the_same_signal_again_does_not_renew() -> None:
    with pytest.raises(AssertionError):
        renew(a_restriction(), BOB, NOON + span("7d"), Evidence.E2, ("ev-1",))


def test_automation_does_not_renew() -> None:
    with pytest.raises(AssertionError):
        renew(a_restriction(), DETECTOR, NOON + span("7d"), Evidence.E3, ("case:5",))


def test_a_lift_says_who_when_and_why() -> None:
    lifted = lift(a_restriction(), ANN, NOON + HOUR, "the owner proved control")
    assert (lifted.status, lifted.ended_by, lifted.ended_at) == (Status.LIFTED, ANN, NOON + HOUR)
    assert lifted.end_note == "the owner proved control"


def test_a_restriction_expires_at_its_end_however_late_the_timer_comes() -> None:
    expired = expire(a_restriction())
    assert (expired.status, expired.ended_at) == (Status.EXPIRED, NOON + 24 * HOUR)


def test_what_holds_and_pages_does_not_expire() -> None:
    with pytest.raises(AssertionError):
        expire(a_restriction(kind=Kind.LEGAL_FREEZE, at_end=PAGES))


def test_a_superseded_restriction_names_its_successor() -> None:
    over = supersede(a_restriction(), DETECTOR, NOON + HOUR, RestrictionId("rs_2"))
    assert (over.status, over.end_note) == (Status.SUPERSEDED, "superseded by rs_2")


def test_an_ended_restriction_does_not_end_again() -> None:
    lifted = lift(a_restriction(), ANN, NOON + HOUR, "cleared")
    with pytest.raises(AssertionError):
        lift(lifted, ANN, NOON + 2 * HOUR, "again")
    with pytest.raises(AssertionError):
        expire(lifted)
    with pytest.raises(AssertionError):
        supersede(lifted, DETECTOR, NOON, RestrictionId("rs_2"))


def test_an_annulment_after_the_end_does_not_move_the_end() -> None:
    lifted = lift(a_restriction(), ANN, NOON + HOUR, "cleared")
    void = annul(lifted, BOB, NOON + 9 * HOUR, "a mistake")
    assert (void.status, void.ended_at) == (Status.ANNULLED, NOON + HOUR)


# A timer may come late. What had ended by time must not have lasted longer because of what happens afterwards.


def test_a_lift_after_the_end_does_not_lengthen_what_time_had_ended() -> None:
    lifted = lift(a_restriction(), ANN, NOON + 30 * HOUR, "cleared")
    assert not lifted.is_in_force(NOON + 25 * HOUR)


def test_a_successor_after_the_end_does_not_lengthen_what_time_had_ended() -> None:
    over = supersede(a_restriction(), DETECTOR, NOON + 30 * HOUR, RestrictionId("rs_2"))
    assert not over.is_in_force(NOON + 25 * HOUR)


def test_an_annulment_does_not_lengthen_what_time_had_ended() -> None:
    void = annul(a_restriction(), BOB, NOON + 30 * HOUR, "a mistake")
    assert not void.is_in_force(NOON + 25 * HOUR)


# --- what makes what redundant


def test_a_heavier_restriction_for_the_same_reason_makes_a_milder_one_redundant() -> None:
    assert makes_redundant(a_restriction("rs_2"), a_restriction("rs_1", kind=Kind.STEP_UP))


@pytest.mark.parametrize(
    "lighter",
    [
        a_restriction("rs_1", reason="SCAM_VICTIM", kind=Kind.STEP_UP),
        a_restriction("rs_1", kind=Kind.REGION_LOCK),  # denies deposits, which an outflow hold does not
        a_restriction("rs_1", kind=Kind.STEP_UP, ends_at=NOON + 25 * HOUR),
        a_restriction("rs_1", kind=Kind.STEP_UP, ends_at=None, condition=A_CONDITION),
        a_restriction("rs_1", kind=Kind.STEP_UP, scope=Scope.HOLDER),
        a_restriction("rs_2", kind=Kind.STEP_UP),
    ],
    ids=["another reason", "another effect", "longer", "without an end", "wider", "itself"],
)
def test_what_says_something_else_or_lasts_longer_stays(lighter: Restriction) -> None:
    assert not makes_redundant(a_restriction("rs_2"), lighter)


def test_a_hold_on_new_destinations_makes_nothing_redundant() -> None:
    narrow = a_restriction("rs_2", scope=Scope.NEW_DESTINATIONS, cool_off_for=HOUR)
    assert not makes_redundant(narrow, a_restriction("rs_1", kind=Kind.STEP_UP, scope=Scope.NEW_DESTINATIONS))


def test_a_freeze_that_time_ends_does_not_replace_one_that_law_holds() -> None:
    # The order names a date, but only a person ends it: time never frees what law holds.
    order = a_restriction("rs_1", kind=Kind.LEGAL_FREEZE, at_end=PAGES, ends_at=NOON + span("10d"))
    freeze = a_restriction("rs_2", kind=Kind.FROZEN, ends_at=NOON + span("15d"))
    assert not makes_redundant(freeze, order)


def test_a_hold_does_not_replace_one_whose_fall_back_lasts_longer() -> None:
    after = AtEnd(ending=Ending.FALL_BACK, kind=Kind.STEP_UP, lasts_for=span("72h"))
    longer = a_restriction("rs_1", at_end=after)
    assert not makes_redundant(a_restriction("rs_2", ends_at=NOON + 25 * HOUR), longer)


def test_a_hold_of_the_account_that_lets_money_out_does_not_replace_the_hold_on_an_amount() -> None:
    # Of the account, DEPOSIT_HOLD denies only its closing; of an amount, it holds outflow.
    amount = a_restriction("rs_1", kind=Kind.DEPOSIT_HOLD, scope=Scope.AMOUNT)
    assert not makes_redundant(a_restriction("rs_2", kind=Kind.DEPOSIT_HOLD), amount)
