"""A campaign by itself: what may be planned, who may do what, where it is, what is placed when, and when users are told."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from habeas.domain.actor import Actor, Role
from habeas.domain.campaign import (
    CampaignEnding,
    CampaignPlan,
    CampaignStage,
    Cause,
    EndingKind,
    Reminder,
    area_of,
    due_reminder,
    faults,
    missing_signatures,
    overlaps,
    placed,
    reminders,
    schedule,
    terms,
    why_not_announce,
    why_not_close,
    why_not_decline,
    why_not_decline_ending,
    why_not_draft,
    why_not_end,
    why_not_report,
    why_not_sign,
    why_not_sign_ending,
)
from habeas.domain.ids import EntityId
from habeas.domain.kind import Kind
from habeas.domain.reason import Reason
from habeas.domain.region import RegionBasis
from habeas.domain.restriction import AtEnd, EndCondition, Ending
from tests.builders import NOON
from tests.exits import (
    ANN,
    CORA,
    DAY,
    HOUR,
    MAX,
    MIA,
    MO,
    OLGA,
    SECOND,
    SUE,
    T0,
    T1,
    T2,
    T3,
    a_campaign,
    a_plan,
    signed,
)

MONTH = 30 * DAY
SIGNING = ((Role.COUNSEL,), (Role.MLRO, Role.SANCTIONS_OFFICER))
BEFORE_EXIT, BEFORE_RESIDUAL = (MONTH, 14 * DAY, 7 * DAY, DAY), (7 * DAY,)
UNTIL = EndCondition("the region is served again", 365 * DAY, "campaigns")
MAIN, RESIDENCE = EntityId("main"), RegionBasis.RESIDENCE
LAW = {"cause": Cause.SANCTIONS, "law_forbids_notice": "Regulation (EU) 833/2014, article 5b"}


# --- the plan --------------------------------------------------------------------------------------------------------


def test_a_plan_that_gives_its_users_time_has_no_fault() -> None:
    assert list(faults(a_plan(), MONTH, NOON)) == []


@pytest.mark.row("A060", "B061")
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"reason": "TOS_ABUSE"},
            "`reason` is `TOS_ABUSE`; a campaign is about one of POLICY_EXIT, SANCTIONED_RESIDENCE",
        ),
        ({"areas": ("NL", "nl")}, "`areas` has `nl`, which is no ISO 3166 code"),
        ({"areas": ("NLD",)}, "`areas` has `NLD`, which is no ISO 3166 code"),
        ({"basis": (RegionBasis.IP,)}, "`basis` has `ip`"),
        ({"reduce_only_at": T2 + DAY}, "`withdraw_only_at` 2026-04-07T12:00:00+00:00 lies before `reduce_only_at`"),
        ({"residual_at": T2 - DAY}, "`residual_at` 2026-04-06T12:00:00+00:00 lies before `withdraw_only_at`"),
        ({"reduce_only_at": T0 - DAY}, "`reduce_only_at` 2026-03-06T12:00:00+00:00 lies before `announced_at`"),
        ({"announced_at": NOON - SECOND}, "is in the past; nobody can be told yesterday"),
        ({"withdraw_only_at": None, "residual_at": None}, "`withdraw_only_at` is missing"),
        ({"reason": "SANCTIONED_RESIDENCE", "withdraw_only_at": None} | LAW, "`residual_at` needs `withdraw_only_at`"),
        ({"law_forbids_notice": "some law"}, "`law_forbids_notice` is for the cause `sanctions` only"),
        ({"reason": "SANCTIONED_RESIDENCE"}, "name the provision in `law_forbids_notice`"),
        ({"reduce_only_at": T0}, "the first limit would begin with the announcement itself"),
        ({"withdraw_only_at": T0 + MONTH - SECOND}, "there are 29 days, and 30 are the least"),
    ],
)
def test_each_fault_of_a_plan_is_one_sentence(changes: dict[str, Any], says: str) -> None:
    (fault,) = faults(a_plan(**changes), MONTH, NOON)
    assert says in fault


@pytest.mark.parametrize(
    "changes",
    [
        {"announced_at": NOON},
        {"withdraw_only_at": T0 + MONTH},
        {"reduce_only_at": None},
        {"residual_at": None},
        {"residual_at": T2},
        {"areas": ("UA-43", "XK")},
        {"reduce_only_at": T0, "withdraw_only_at": T0} | LAW,
        {"reason": "SANCTIONED_RESIDENCE", "reduce_only_at": T0, "withdraw_only_at": None, "residual_at": None} | LAW,
    ],
)
def test_what_only_just_fits_has_no_fault(changes: dict[str, Any]) -> None:
    assert list(faults(a_plan(**changes), MONTH, NOON)) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("announced_at", "2026-03-07T12:00:00"),
        ("withdraw_only_at", "2026-03-07"),
        ("entities", []),
        ("areas", []),
        ("basis", []),
        ("id", "nl"),
        ("announcement", "http://example.com"),
        ("migrate_to", "somewhere else"),
        ("cause", "boredom"),
        ("title", "NL"),
        ("colour", "red"),
    ],
)
def test_what_is_no_plan_is_not_read_as_one(name: str, value: object) -> None:
    good = msgspec.to_builtins(a_plan())
    assert msgspec.convert(good, CampaignPlan) == a_plan()
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(good | {name: value}, CampaignPlan)


@pytest.mark.parametrize(
    ("changes", "meet"),
    [
        ({}, True),
        ({"areas": ("BE", "NL")}, True),
        ({"areas": ("NL-AW",)}, True),
        ({"areas": ("BE",)}, False),
        ({"entities": (EntityId("uk"),)}, False),
        ({"entities": (EntityId("uk"), MAIN)}, True),
        ({"basis": (RegionBasis.DOCUMENT,)}, True),
    ],
)
def test_two_campaigns_about_one_area_of_one_entity_overlap(changes: dict[str, Any], meet: bool) -> None:
    other = a_plan(id="cp_other", **changes)
    assert overlaps(a_plan(), other) is meet
    assert overlaps(other, a_plan()) is meet


# --- whom it is about ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "entity", "declared", "area"),
    [
        ({}, "main", {"residence": ("NL",)}, "NL"),
        ({}, "main", {"residence": ("NL-AW",)}, "NL-AW"),
        ({}, "main", {"residence": ("BE",), "nationality": ("NL",)}, None),
        ({}, "main", {}, None),
        ({}, "uk", {"residence": ("NL",)}, None),
        ({"areas": ("UA-43",)}, "main", {"residence": ("UA",)}, None),
        ({"basis": (RESIDENCE, RegionBasis.DOCUMENT)}, "main", {"residence": ("BE",), "document": ("NL",)}, "NL"),
        ({"basis": (RegionBasis.NATIONALITY,)}, "main", {"nationality": ("BE", "NL")}, "NL"),
    ],
)
def test_an_account_belongs_by_its_entity_and_by_what_it_has_declared(
    changes: dict[str, Any], entity: str, declared: dict[str, tuple[str, ...]], area: str | None
) -> None:
    said = {RegionBasis(basis): codes for basis, codes in declared.items()}
    assert area_of(a_plan(**changes), EntityId(entity), said) == area


# --- stages ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({}, [(Kind.OFFBOARD_NOTICE, T0), (Kind.REGION_LOCK, T1), (Kind.WITHDRAW_ONLY, T2)]),
        ({"reduce_only_at": None}, [(Kind.OFFBOARD_NOTICE, T0), (Kind.WITHDRAW_ONLY, T2)]),
        ({"reduce_only_at": T0}, [(Kind.REGION_LOCK, T0), (Kind.WITHDRAW_ONLY, T2)]),
        ({"reduce_only_at": T2}, [(Kind.OFFBOARD_NOTICE, T0), (Kind.WITHDRAW_ONLY, T2)]),
        ({"reduce_only_at": T0, "withdraw_only_at": None}, [(Kind.REGION_LOCK, T0)]),
        ({"reduce_only_at": None, "withdraw_only_at": None}, [(Kind.OFFBOARD_NOTICE, T0)]),
    ],
)
def test_the_schedule_leaves_out_a_stage_that_another_begins_with(
    changes: dict[str, Any], kinds: list[tuple[Kind, datetime]]
) -> None:
    assert list(schedule(a_plan(**changes))) == kinds


@pytest.mark.row("B018")
def test_what_is_placed_is_the_stage_that_has_begun_and_everything_that_follows() -> None:
    stages = tuple(schedule(a_plan()))
    last = AtEnd(ending=Ending.FALL_BACK, kind=Kind.WITHDRAW_ONLY, condition=UNTIL)
    middle = AtEnd(ending=Ending.FALL_BACK, kind=Kind.REGION_LOCK, lasts_for=T2 - T1, then=last)
    assert placed(stages, UNTIL, T0 - DAY) == (Kind.OFFBOARD_NOTICE, T1, middle)
    assert placed(stages, UNTIL, T0) == (Kind.OFFBOARD_NOTICE, T1, middle)
    assert placed(stages, UNTIL, T1 - SECOND) == (Kind.OFFBOARD_NOTICE, T1, middle)
    assert placed(stages, UNTIL, T1) == (Kind.REGION_LOCK, T2, last)
    assert placed(stages, UNTIL, T2) == (Kind.WITHDRAW_ONLY, None, AtEnd())
    assert placed(stages[:1], UNTIL, T3) == (Kind.OFFBOARD_NOTICE, None, AtEnd())


@pytest.mark.parametrize(
    ("at", "stage"),
    [
        (T0, CampaignStage.NO_NEW_BUSINESS),
        (T1, CampaignStage.REDUCE_ONLY),
        (T2, CampaignStage.WITHDRAW_ONLY),
        (T3, CampaignStage.RESIDUAL_HANDLING),
    ],
)
def test_the_stages_of_an_announced_campaign_begin_by_time(at: datetime, stage: CampaignStage) -> None:
    campaign = a_campaign(is_approved=True, announced_at=T0)
    assert campaign.stage(at) is stage
    assert campaign.stage(at - SECOND) is not stage or at == T0


def test_what_people_decide_comes_before_what_time_brings() -> None:
    draft = a_campaign()
    proposed = CampaignEnding(kind=EndingKind.CANCEL, proposed=signed(MIA))
    over = replace(proposed, signed=signed(MO))
    again = replace(over, kind=EndingKind.REINSTATE)
    announced = replace(draft, is_approved=True, announced_at=T0)
    assert draft.stage(T3) is CampaignStage.DRAFT
    assert replace(draft, is_approved=True).stage(T3) is CampaignStage.APPROVED
    assert replace(draft, declined=signed(MO)).stage(T3) is CampaignStage.DECLINED
    assert replace(announced, ending=proposed).stage(T2) is CampaignStage.WITHDRAW_ONLY
    assert replace(announced, ending=over).stage(T2) is CampaignStage.CANCELLED
    assert replace(announced, ending=again, closed=signed(MO)).stage(T3) is CampaignStage.REINSTATED
    assert replace(announced, closed=signed(MO)).stage(T3) is CampaignStage.CLOSED


def test_joiners_are_met_from_the_announcement_until_somebody_has_signed_its_end() -> None:
    announced = a_campaign(is_approved=True, announced_at=T0)
    over = CampaignEnding(kind=EndingKind.REINSTATE, proposed=signed(MIA), signed=signed(MO))
    assert not a_campaign(is_approved=True).is_live
    assert announced.is_live
    assert replace(announced, closed=signed(MIA)).is_live
    assert not replace(announced, ending=over).is_live


@pytest.mark.row("B019", "B020", "B021")
@pytest.mark.parametrize("cause", list(Cause))
def test_the_terms_name_the_cause_the_links_and_the_days(cause: Cause) -> None:
    plan = a_plan(cause=cause, migrate_to="https://example.com/affiliate")
    campaign = a_campaign(plan, signatures=(signed(CORA), signed(MO)), is_approved=True)
    assert terms(campaign).facts == {
        "cause": str(cause),
        "announcement": "https://example.com/nl",
        "migrate_to": "https://example.com/affiliate",
        "exit_at": T2.isoformat(),
        "close_at": T3.isoformat(),
        "due_at": T3.isoformat(),
    }
    assert (terms(campaign).drafted_by, terms(campaign).signed_by) == (MIA, MO)


# --- reminders -------------------------------------------------------------------------------------------------------


def names(plan: CampaignPlan) -> list[str]:
    return [reminder.name for reminder in reminders(plan, BEFORE_EXIT, BEFORE_RESIDUAL)]


def test_reminders_count_back_from_the_dates_of_the_plan() -> None:
    found = reminders(a_plan(), BEFORE_EXIT, BEFORE_RESIDUAL)
    assert [(r.name, r.at, r.date, r.is_residual) for r in found] == [
        ("T2-30d", T2 - MONTH, T2, False),
        ("T2-14d", T2 - 14 * DAY, T2, False),
        ("T2-7d", T2 - 7 * DAY, T2, False),
        ("T2-1d", T2 - DAY, T2, False),
        ("T3-7d", T3 - 7 * DAY, T3, True),
    ]


def test_what_would_fall_on_the_announcement_or_before_it_is_left_out() -> None:
    assert names(a_plan(withdraw_only_at=T0 + MONTH, residual_at=None)) == ["T2-14d", "T2-7d", "T2-1d"]
    assert names(a_plan(withdraw_only_at=None, residual_at=None)) == []


def test_reminders_that_are_hours_apart_have_names_of_their_own() -> None:
    found = reminders(a_plan(residual_at=None), (36 * HOUR, DAY, 12 * HOUR), ())
    assert [reminder.name for reminder in found] == ["T2-2160m", "T2-1d", "T2-720m"]


def due(at: datetime, *told: str, plan: CampaignPlan | None = None, announced_at: datetime = T0) -> str | None:
    found = reminders(plan or a_plan(), BEFORE_EXIT, BEFORE_RESIDUAL)
    reminder = due_reminder(found, frozenset(told), announced_at, at)
    return None if reminder is None else reminder.name


@pytest.mark.parametrize(
    ("at", "told", "name"),
    [
        (T0, (), None),
        (T2 - MONTH, (), "T2-30d"),
        (T2 - MONTH, ("T2-30d",), None),
        (T2 - 14 * DAY - SECOND, ("T2-30d",), None),
        (T2 - 14 * DAY, ("T2-30d",), "T2-14d"),
        (T2 - 6 * DAY, ("T2-30d",), "T2-7d"),
        (T2 - SECOND, ("T2-30d", "T2-14d", "T2-7d"), "T2-1d"),
        (T2, ("T2-30d", "T2-14d", "T2-7d"), None),
        (T3 - 7 * DAY, (), "T3-7d"),
        (T3 - 7 * DAY, ("T3-7d",), None),
        (T3, (), None),
    ],
)
def test_of_reminders_that_were_missed_only_the_last_is_told_and_none_after_its_date(
    at: datetime, told: tuple[str, ...], name: str | None
) -> None:
    assert due(at, *told) == name


def test_two_dates_that_are_reminded_of_at_once_are_both_told() -> None:
    plan = a_plan(residual_at=T2)
    assert due(T2 - 7 * DAY, plan=plan) == "T2-7d"
    assert due(T2 - 7 * DAY, "T2-7d", plan=plan) == "T3-7d"
    assert due(T2 - 7 * DAY, "T2-7d", "T3-7d", plan=plan) is None


def test_a_late_announcement_says_what_a_reminder_before_it_would_have_said() -> None:
    assert due(T0 + 25 * HOUR, announced_at=T0 + 25 * HOUR) is None
    assert due(T0 + 25 * HOUR, announced_at=T0 + 23 * HOUR) == "T2-30d"


def test_a_reminder_knows_its_date() -> None:
    assert Reminder(NOON, "T2-1d", False, DAY).date == NOON + DAY


# --- who may do what -------------------------------------------------------------------------------------------------

HALF = a_campaign(signatures=(signed(CORA),))
APPROVED = a_campaign(signatures=(signed(CORA), signed(MO)), is_approved=True)
ANNOUNCED = replace(APPROVED, announced_at=T0)
DECLINED = a_campaign(declined=signed(MO))
PROPOSED = replace(ANNOUNCED, ending=CampaignEnding(kind=EndingKind.CANCEL, proposed=signed(MIA)))
OVER = replace(ANNOUNCED, ending=CampaignEnding(kind=EndingKind.CANCEL, proposed=signed(MIA), signed=signed(MO)))
AUDITOR = Actor("ada", Role.AUDITOR)
ANOTHER_COUNSEL = Actor("carl", Role.COUNSEL)
OWN_MLRO = Actor("mia", Role.MLRO)


@pytest.mark.parametrize(
    "refused",
    [
        (why_not_draft(ANN), "the role analyst does not draft campaigns"),
        (why_not_sign(APPROVED, MO, SIGNING, NOON), "is approved, not a draft"),
        (why_not_sign(DECLINED, MO, SIGNING, NOON), "is declined, not a draft"),
        (why_not_sign(HALF, MO, SIGNING, T0 + SECOND), "which is past; draft it again with new dates"),
        (why_not_sign(HALF, OWN_MLRO, SIGNING, NOON), "`mia` stands behind it already"),
        (why_not_sign(HALF, CORA, SIGNING, NOON), "`cora` stands behind it already"),
        (
            why_not_sign(HALF, ANOTHER_COUNSEL, SIGNING, NOON),
            "signed by mlro or sanctions_officer, not by the role counsel",
        ),
        (
            why_not_sign(a_campaign(), SUE, SIGNING, NOON),
            "counsel, and by mlro or sanctions_officer, not by the role senior",
        ),
        (why_not_decline(APPROVED, MO, SIGNING, NOON), "is approved, not a draft"),
        (why_not_decline(HALF, SUE, SIGNING, NOON), "signs no campaigns, and so declines none"),
        (why_not_end(OVER, EndingKind.CANCEL, MIA), "is over already"),
        (why_not_end(PROPOSED, EndingKind.REINSTATE, MIA), "`mia:campaign_manager` has proposed to cancel it already"),
        (why_not_end(ANNOUNCED, EndingKind.CANCEL, ANN), "the role analyst does not end campaigns"),
        (why_not_end(APPROVED, EndingKind.REINSTATE, MIA), "has not begun; cancel it"),
        (why_not_sign_ending(PROPOSED, OWN_MLRO), "`mia` proposed it; somebody else must sign"),
        (why_not_sign_ending(PROPOSED, ANN), "the role analyst does not end campaigns"),
        (why_not_decline_ending(PROPOSED, ANN), "the role analyst does not end campaigns"),
        (why_not_close(ANNOUNCED, AUDITOR, T3), "the role auditor does not close campaigns"),
        (why_not_close(ANNOUNCED, MIA, T3 - SECOND), "is withdraw_only; it is closed when"),
        (why_not_report(ANNOUNCED, ANN, T3), "the role analyst does not report what is left"),
        (why_not_report(ANNOUNCED, MIA, T3 - SECOND), "is withdraw_only; what is left is handled from"),
        (
            why_not_announce(APPROVED, MONTH, T0 + 2 * DAY + SECOND),
            "only 28 days of the 30 that users must have are left",
        ),
        (why_not_announce(APPROVED, DAY, T1), "its first limit was to begin on 2026-03-17T12:00:00+00:00"),
    ],
)
def test_each_refusal_says_why(refused: tuple[str | None, str]) -> None:
    why_not, says = refused
    assert why_not is not None
    assert says in why_not


def test_what_may_be_done_is_not_refused() -> None:
    allowed = (
        why_not_draft(MIA),
        why_not_draft(CORA),
        why_not_sign(a_campaign(), CORA, SIGNING, T0),
        why_not_sign(HALF, MO, SIGNING, NOON),
        why_not_sign(HALF, OLGA, SIGNING, NOON),
        why_not_decline(HALF, MIA, SIGNING, T3),
        why_not_decline(HALF, MO, SIGNING, T3),
        why_not_end(a_campaign(), EndingKind.CANCEL, MIA),
        why_not_end(ANNOUNCED, EndingKind.REINSTATE, MIA),
        why_not_sign_ending(PROPOSED, MAX),
        why_not_decline_ending(PROPOSED, MIA),
        why_not_close(ANNOUNCED, MIA, T3),
        why_not_report(ANNOUNCED, MIA, T3),
        why_not_report(replace(ANNOUNCED, closed=signed(MIA)), MIA, T3),
        why_not_announce(APPROVED, MONTH, T0 + 2 * DAY),
        why_not_announce(a_campaign(a_plan(reduce_only_at=T0, **LAW)), MONTH, T2 - SECOND),
    )
    assert set(allowed) == {None}


def test_a_signature_counts_for_its_group_only() -> None:
    assert missing_signatures(a_campaign(), SIGNING) == SIGNING
    assert missing_signatures(HALF, SIGNING) == SIGNING[1:]
    assert missing_signatures(APPROVED, SIGNING) == ()


def test_a_plan_of_a_rule_that_forbids_service_has_no_notice_period() -> None:
    plan = a_plan(
        reason=Reason.SANCTIONED_RESIDENCE, reduce_only_at=T0, withdraw_only_at=T0 + timedelta(hours=1), **LAW
    )
    assert list(faults(plan, 90 * DAY, NOON)) == []
