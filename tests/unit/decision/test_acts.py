"""Acts of staff: what is carried out, and what is refused with a reason."""

from typing import Any

import pytest
from msgspec.structs import replace

from habeas.domain.actor import Actor, Role
from habeas.domain.capability import Level
from habeas.domain.case import CaseOutcome
from habeas.domain.decision import Outcome, Topic
from habeas.domain.evidence import Evidence
from habeas.domain.ids import RestrictionId
from habeas.domain.kind import ACCOUNT_KINDS, Kind
from habeas.domain.reason import Reason
from habeas.domain.restriction import AtEnd, Ending, Scope
from tests.builders import NOON, a_restriction
from tests.stories import ANALYST, Story, a_settled_state, kinds_of, span

JANE, SUE, COUNSEL = ANALYST, Actor("sue", Role.SENIOR_ANALYST), Actor("cora", Role.COUNSEL)


def refusal(outcome: Outcome) -> tuple[str, str]:
    """Code and sentence of a refusal; nothing was placed or lifted."""
    assert outcome.refusal is not None
    assert (outcome.placed, outcome.lifted, outcome.extended) == ((), (), ())
    return outcome.refusal.code, outcome.refusal.message


# --- placing


def test_a_person_places_what_the_reason_says() -> None:
    story = Story()
    outcome = story.placed_by_staff("TOS_ABUSE", note="ran a bot farm")
    assert outcome.refusal is None
    placed = story.the(Kind.REGION_LOCK)
    assert (placed.reason, placed.evidence, placed.placed_by) == ("TOS_ABUSE", Evidence.E3, JANE)
    assert placed.ends_at == story.now + span("7d")
    assert placed.note == "ran a bot farm"


def test_a_person_freezes_for_fifteen_days_on_a_reviewed_case() -> None:
    story = Story()
    story.placed_by_staff("MALICIOUS_USER", kind="FROZEN", evidence="E3")
    assert story.the(Kind.FROZEN).ends_at == story.now + span("15d")
    assert story.level("login") is Level.DENY


@pytest.mark.parametrize(
    ("kind", "evidence"),
    [("FROZEN", "E1"), ("OUTFLOW_HOLD", "E1"), ("WITHDRAW_ONLY", "E2"), ("PERM_BAN", "E3"), ("IP_BLOCK", "E5")],
)
def test_too_little_evidence_for_a_kind_is_refused(kind: str, evidence: str) -> None:
    story = Story()
    code, message = refusal(story.placed_by_staff("MALICIOUS_USER", kind=kind, evidence=evidence))
    assert code == "evidence_ladder"
    assert f"evidence {evidence} does not permit {kind}" in message


def test_more_time_than_the_evidence_allows_is_refused() -> None:
    story = Story()
    ends_at = story.now + span("16d")
    code, message = refusal(story.placed_by_staff("MALICIOUS_USER", kind="FROZEN", evidence="E3", ends_at=ends_at))
    assert code == "evidence_ladder"
    assert "at most 15 days" in message


def test_a_condition_instead_of_an_end_is_no_way_around_the_ladder() -> None:
    story = Story()
    condition = {"until": "the committee says so", "recheck_at": story.now + span("90d"), "owner": "review"}
    code, _ = refusal(story.placed_by_staff("MALICIOUS_USER", kind="FROZEN", evidence="E3", condition=condition))
    assert code in ("evidence_ladder", "four_eyes")


def test_the_condition_of_a_reason_is_no_way_around_the_ladder() -> None:
    # A region lock on one automated signal lasts thirty days; only a declared fact has no end.
    story = Story()
    outcome = story.placed_by_staff("KYC_REGION", evidence="E1")
    if outcome.refusal is None:
        ends_at = story.the(Kind.REGION_LOCK).ends_at
        assert ends_at is not None
        assert ends_at <= story.now + span("30d")


TWO_PEOPLE = [
    ("MALICIOUS_USER", "PERM_BAN", {"evidence": "E4"}, COUNSEL),
    ("SANCTIONS_NEXUS", "SANCTIONS_BLOCK", {"evidence": "E5"}, Actor("olga", Role.SANCTIONS_OFFICER)),
    ("MALICIOUS_USER", "FROZEN", {"evidence": "E4", "ends_at": NOON + span("60d")}, SUE),
]


@pytest.mark.parametrize(("reason", "kind", "more", "second"), TWO_PEOPLE)
def test_what_needs_two_people_limits_nothing_until_the_second_has_signed(
    reason: str, kind: str, more: dict[str, Any], second: Actor
) -> None:
    story = Story()
    (proposed,) = story.placed_by_staff(reason, kind=kind, **more).placed
    assert (proposed.status, story.standing, story.level("withdraw_crypto")) == ("proposed", [], Level.ALLOW)
    (waiting,) = story.cases.values()
    assert (waiting.queue, set(story.timers)) == ("signatures", {waiting.id})

    assert "second person" in refusal(story.approved(proposed.id, actor=JANE))[1]
    assert story.standing == []

    story.approved(proposed.id, "1h", actor=second)
    (standing,) = story.state.in_force(story.now)
    assert (standing.kind, standing.approved_by, standing.starts_at) == (kind, second, story.now)
    assert story.level("withdraw_crypto") > Level.ALLOW
    assert story.cases[waiting.id].outcome is CaseOutcome.RESOLVED


@pytest.mark.parametrize("role", [Role.ANALYST, Role.FRONTLINE, Role.SENIOR_ANALYST, Role.AUDITOR])
def test_a_ban_is_signed_by_counsel_and_nobody_else(role: Role) -> None:
    story = Story()
    (proposed,) = story.placed_by_staff("MALICIOUS_USER", kind="PERM_BAN", evidence="E4").placed
    assert "signed by one of counsel" in refusal(story.approved(proposed.id, actor=Actor("tim", role)))[1]


def test_a_declined_proposal_is_over() -> None:
    story = Story()
    (proposed,) = story.placed_by_staff("MALICIOUS_USER", kind="PERM_BAN", evidence="E4").placed
    story.approved(proposed.id, actor=COUNSEL, declined=True)
    assert (story.state.restrictions, story.restrictions[proposed.id].status) == ((), "declined")


# --- renewing and annulling


def frozen() -> tuple[Story, RestrictionId]:
    story = Story()
    (placed,) = story.placed_by_staff("MALICIOUS_USER", kind="FROZEN", evidence="E3").placed
    return story, placed.id


def test_a_renewal_on_higher_evidence_lasts_longer() -> None:
    story, id_ = frozen()
    ends_at = story.now + span("29d")
    story.renewed(id_, ends_at, evidence="E4", actor=JANE)
    assert story.the(Kind.FROZEN).ends_at == ends_at
    story.wait("16d")
    assert story.level("login") is Level.DENY


@pytest.mark.parametrize(
    ("length", "more", "words"),
    [
        ("20d", {"evidence": "E3"}, "new or higher evidence"),
        ("20d", {"evidence": "E3", "evidence_ids": ["memo-7"]}, "for at most 15 days"),
        ("1d", {"evidence": "E4"}, "a renewal ends later"),
        ("60d", {"evidence": "E4"}, "a reviewer who did not place it"),
        ("60d", {"evidence": "E3", "evidence_ids": ["memo-7"], "actor": SUE}, "needs evidence E4"),
        ("200d", {"evidence": "E4", "actor": SUE}, "for at most 90 days"),
        ("20d", {"evidence": "E4", "actor": Actor("fred", Role.FRONTLINE)}, "does not renew"),
    ],
)
def test_a_renewal_that_the_ladder_does_not_carry_is_refused(length: str, more: dict[str, Any], words: str) -> None:
    story, id_ = frozen()
    assert words in refusal(story.renewed(id_, story.now + span(length), **more))[1]


def test_an_annulled_restriction_is_void_and_says_who_found_it_wrong() -> None:
    story, id_ = frozen()
    assert "somebody else" in refusal(story.annulled(id_, actor=JANE))[1]
    story.annulled(id_, actor=SUE)
    annulled = story.restrictions[id_]
    assert (annulled.status, annulled.ended_by, story.standing) == ("annulled", SUE, [])


@pytest.mark.row("A026")
@pytest.mark.parametrize("reason", sorted(Reason))
def test_no_single_act_of_one_person_bans(reason: str) -> None:
    for evidence in Evidence:
        outcome = Story().placed_by_staff(reason, kind="PERM_BAN", evidence=evidence, actor=SUE)
        assert outcome.refusal is not None or {r.status for r in outcome.placed} == {"proposed"}


@pytest.mark.parametrize("role", ["frontline", "auditor", "sealed_auditor", "appeals_officer", "le_desk"])
def test_roles_that_do_not_restrict_are_refused(role: str) -> None:
    code, message = refusal(Story().placed_by_staff("TOS_ABUSE", actor=Actor("bob", Role(role))))
    assert (code, message) == ("not_permitted", f"the role {role} does not place restrictions")


@pytest.mark.parametrize("role", ["user", "detector"])
def test_an_act_of_staff_comes_from_a_person(role: str) -> None:
    story = Story(replace(a_settled_state(), restrictions=(a_restriction(),)))
    refusal(story.placed_by_staff("TOS_ABUSE", evidence="E3", actor=Actor("x", Role(role))))
    refusal(story.placed_by_staff("RISK_CONTROL", evidence="E1", actor=Actor("x", Role(role))))
    refusal(story.lifted_by_staff("rs_1", actor=Actor("x", Role(role))))


@pytest.mark.parametrize(
    ("act", "code"),
    [
        ({"reason": "NO_SUCH_REASON"}, "unknown_reason"),
        ({"reason": "REREGISTRATION"}, "no_kind"),
        ({"reason": "TAINTED_FUNDS"}, "scope"),
        ({"reason": "TOS_ABUSE", "kind": "OUTFLOW_HOLD", "scope": "new_destinations"}, "scope"),
    ],
)
def test_an_act_that_cannot_be_meant_is_refused(act: dict[str, Any], code: str) -> None:
    assert refusal(Story().placed_by_staff(**act))[0] == code


def test_an_end_in_the_past_is_refused() -> None:
    story = Story()
    assert refusal(story.placed_by_staff("TOS_ABUSE", ends_at=story.now))[0] == "end_in_the_past"


def test_an_end_and_a_condition_together_are_refused() -> None:
    story = Story()
    condition = {"until": "shown", "recheck_at": story.now + span("7d"), "owner": "review"}
    outcome = story.placed_by_staff("TOS_ABUSE", ends_at=story.now + span("7d"), condition=condition)
    assert refusal(outcome)[0] == "end_and_condition"


@pytest.mark.parametrize("disclosure", ["GAGGED", "STATUTORY"])
def test_the_disclosure_classes_of_the_sealed_desk_are_refused_here(disclosure: str) -> None:
    # A public record that says it is gagged gives the gag away (model 1.5).
    refusal(Story().placed_by_staff("TERMS_REVIEW", disclosure=disclosure))


@pytest.mark.parametrize("kind", sorted(ACCOUNT_KINDS))
@pytest.mark.parametrize("reason", sorted(Reason))
def test_every_reason_and_kind_is_carried_out_or_refused_and_never_fails(reason: str, kind: str) -> None:
    for evidence in Evidence:
        story = Story()
        outcome = story.placed_by_staff(reason, kind=kind, scope="account", evidence=evidence, actor=SUE)
        assert (outcome.refusal is None) == (len(outcome.placed) == 1)


@pytest.mark.parametrize(
    "condition", [{"until": "", "owner": "review"}, {"until": "shown", "owner": ""}], ids=["no condition", "no owner"]
)
def test_a_condition_that_says_nothing_is_refused_and_does_not_fail(condition: dict[str, str]) -> None:
    story = Story()
    said = condition | {"recheck_at": (story.now + span("7d")).isoformat()}
    refusal(story.placed_by_staff("TOS_ABUSE", condition=said))


def test_a_condition_whose_next_look_lies_in_the_past_is_refused() -> None:
    story = Story()
    condition = {"until": "shown", "recheck_at": story.now - span("1h"), "owner": "review"}
    refusal(story.placed_by_staff("TOS_ABUSE", condition=condition))


def test_a_person_says_what_follows_at_the_end() -> None:
    story = Story()
    at_end = AtEnd(ending=Ending.FALL_BACK, kind=Kind.STEP_UP, lasts_for=span("24h"))
    story.placed_by_staff("MALICIOUS_USER", kind="FROZEN", evidence="E3", at_end=at_end)
    story.wait("15d")
    assert story.standing == [("MALICIOUS_USER", "STEP_UP", "account")]


def test_a_refused_act_leaves_nothing_but_the_record_that_it_came() -> None:
    story = Story()
    before = story.state
    story.placed_by_staff("NO_SUCH_REASON")
    assert replace(story.state, decided_at=before.decided_at) == before
    assert story.decisions[-1].messages == ()


# --- lifting


def a_frozen_story(**changes: Any) -> Story:
    values: dict[str, Any] = {"kind": Kind.FROZEN, "placed_by": SUE, "evidence": Evidence.E3}
    return Story(replace(a_settled_state(), restrictions=(a_restriction("rs_1", **(values | changes)),)))


def test_a_person_lifts_what_another_placed() -> None:
    story = a_frozen_story()
    outcome = story.lifted_by_staff("rs_1")
    assert kinds_of(outcome.lifted) == [("FROZEN", "account")]
    assert story.level("login") is Level.ALLOW


def test_a_lift_tells_the_user_and_the_gateways() -> None:
    story = a_frozen_story()
    story.lifted_by_staff("rs_1")
    assert [message.topic for message in story.decisions[-1].messages] == [Topic.RESTRICTION]


def test_who_placed_a_long_freeze_is_refused_to_lift_it() -> None:
    story = a_frozen_story(ends_at=a_restriction().starts_at + span("31d"))
    code, message = refusal(story.lifted_by_staff("rs_1", actor=SUE))
    assert code == "not_permitted"
    assert "second person" in message


@pytest.mark.row("B076")
def test_a_ban_is_not_lifted() -> None:
    code, message = refusal(a_frozen_story(kind=Kind.PERM_BAN).lifted_by_staff("rs_1"))
    assert (code, message) == ("not_permitted", "a permanent ban is never lifted; a successful appeal annuls it")


def test_what_is_not_there_cannot_be_lifted() -> None:
    code, message = refusal(a_frozen_story().lifted_by_staff("rs_9"))
    assert (code, message) == ("not_active", "account `acct-1` has no restriction `rs_9`")


def test_what_was_lifted_cannot_be_lifted_again() -> None:
    story = a_frozen_story()
    story.lifted_by_staff("rs_1")
    assert refusal(story.lifted_by_staff("rs_1"))[0] == "not_active"


def test_lifting_one_restriction_leaves_the_others_standing() -> None:
    story = a_frozen_story()
    story.placed_by_staff("TOS_ABUSE")
    story.lifted_by_staff("rs_1", actor=JANE)
    assert story.standing == [("TOS_ABUSE", "REGION_LOCK", "account")]


def test_what_time_has_ended_is_not_lifted_as_if_it_had_lasted() -> None:
    story = a_frozen_story()
    story.lifted_by_staff("rs_1", "30h")
    assert story.level("login", at=a_restriction().starts_at + span("25h")) is Level.ALLOW


# --- exemptions (row A028)


@pytest.mark.row("A028")
def test_an_exemption_suppresses_the_automated_risk_control() -> None:
    story = Story(a_settled_state(home="CN"))
    story.exempted(Kind.TEMP_RISK)
    story.travel("CN", "US", "IN")
    assert Kind.TEMP_RISK not in {r.kind for r in story.state.restrictions}


@pytest.mark.row("A028")
def test_an_exemption_is_recorded_with_who_until_when_and_why() -> None:
    story = Story()
    story.exempted(Kind.TEMP_RISK, until="30d")
    (granted,) = story.state.exemptions
    assert (granted.granted_by, granted.note) == (SUE, "a known correspondent who travels")
    assert granted.kinds == (Kind.TEMP_RISK,)


@pytest.mark.row("A028")
def test_an_exemption_suppresses_only_the_kinds_that_it_names() -> None:
    story = Story(a_settled_state(home="CN"))
    story.exempted(Kind.TEMP_RISK)
    story.travel("CN", "US", "IN")
    assert story.standing == [("RISK_CONTROL", "OUTFLOW_HOLD", "new_destinations")]


@pytest.mark.row("A028")
def test_an_exemption_ends_by_time() -> None:
    story = Story(a_settled_state(home="CN"))
    story.exempted(Kind.TEMP_RISK, until="24h")
    story.wait("48h")
    story.travel("CN", "US", "IN")
    assert Kind.TEMP_RISK in {r.kind for r in story.state.restrictions}


@pytest.mark.row("A028")
def test_an_exemption_never_suppresses_what_law_requires() -> None:
    policy = Story().policy
    reasons = policy.reasons | {"KYC_REGION": replace(policy.reasons["KYC_REGION"], is_mandatory=True)}
    story = Story(policy=replace(policy, reasons=reasons))
    story.exempted(Kind.REGION_LOCK)
    story.event("account.profile_changed", residence="CN")
    assert story.standing == [("KYC_REGION", "REGION_LOCK", "account")]


@pytest.mark.row("A028")
def test_an_exemption_leaves_alone_what_stands_already() -> None:
    story = Story(a_settled_state(home="CN"))
    story.travel("CN", "US", "IN")
    story.exempted(Kind.TEMP_RISK)
    assert ("RISK_CONTROL", "TEMP_RISK", "account") in story.standing


@pytest.mark.row("A028")
@pytest.mark.parametrize("role", ["analyst", "frontline", "user", "detector", "campaign_manager"])
def test_an_exemption_is_refused_to_other_roles(role: str) -> None:
    story = Story()
    assert refusal(story.exempted(Kind.TEMP_RISK, actor=Actor("bob", Role(role))))[0] == "not_permitted"
    assert story.state.exemptions == ()


def test_an_exemption_that_ends_at_once_is_refused() -> None:
    assert refusal(Story().exempted(Kind.TEMP_RISK, until="0s"))[0] == "end_in_the_past"


def test_a_person_may_still_restrict_an_exempt_account() -> None:
    story = Story()
    story.exempted(Kind.FROZEN)
    assert story.placed_by_staff("MALICIOUS_USER", kind="FROZEN", evidence="E3").refusal is None


def test_a_hold_on_new_destinations_by_hand_takes_the_cool_off_of_its_reason() -> None:
    story = Story()
    story.placed_by_staff("SCAM_OFFENDER", kind="OUTFLOW_HOLD", scope="new_destinations")
    assert story.the(Kind.OUTFLOW_HOLD, Scope.NEW_DESTINATIONS).cool_off_for == span("72h")
