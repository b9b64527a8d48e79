"""Conduct: one act, one finding; what limits an account for it is a person's decision, as far as the evidence goes."""

from datetime import timedelta
from typing import Any

import pytest

from habeas.decision.standing import standing_of
from habeas.detection.conduct import Params
from habeas.disclosure.statement import make_statement
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import Level
from habeas.domain.case import Case, Priority
from habeas.domain.decision import Outcome
from habeas.domain.errors import EventRejectedError, PlaybookError
from habeas.domain.event_data import FindingName
from habeas.domain.evidence import Evidence, allowed_length
from habeas.domain.kind import Kind
from habeas.playbook.load import read_playbook, shipped_playbook
from tests.builders import NOON
from tests.stories import ANALYST, Story, signals_of, span, the_policy

REASONS = {
    FindingName.FAKE_DOCUMENT: "TOS_FAKE_DOCUMENT",
    FindingName.ABUSE: "TOS_ABUSE",
    FindingName.HACKER_SIGNS: "TOS_HACKER_SIGNS",
}


def found(story: Story, finding: str, severity: str = "medium", after: str = "1h", **data: Any) -> Outcome:
    return story.event("conduct.found", after, finding=finding, severity=severity, **data)


def the_case(story: Story) -> Case:
    return [case for decision in story.decisions for case in decision.cases][-1]


@pytest.mark.row("A069", "A070")
@pytest.mark.parametrize(("finding", "days"), [("fake_document", 30), ("abuse", 7)])
def test_a_finding_opens_a_case_and_only_the_reviewed_case_limits(finding: str, days: int) -> None:
    story = Story()
    found(story, finding, "high", evidence="passport 17")
    assert story.standing == []
    case = the_case(story)
    assert (case.queue, case.reason, case.priority) == ("conduct", REASONS[FindingName(finding)], Priority.HIGH)
    story.opinion(case, "confirmed", actor=ANALYST)
    assert story.standing == [(case.reason, "REGION_LOCK", "account")]
    assert story.levels("login", "place_order", "withdraw_crypto") == [Level.ALLOW, Level.DENY, Level.ALLOW]
    lock = story.the(Kind.REGION_LOCK)
    assert (lock.evidence, lock.placed_by) == (Evidence.E3, ANALYST)
    assert lock.ends_at == story.now + timedelta(days=days)


def test_an_unfounded_finding_leaves_nothing() -> None:
    story = Story()
    found(story, "hacker_signs")
    story.opinion(the_case(story), "unfounded", actor=ANALYST)
    assert story.standing == []


@pytest.mark.row("A008", "A069", "A070", "A071")
@pytest.mark.parametrize("finding", FindingName)
def test_every_finding_names_the_clause_that_its_reason_rests_on(finding: FindingName) -> None:
    policy = the_policy()
    params = policy.detectors["conduct"]
    assert isinstance(params, Params)
    assert params.clauses[finding] == policy.reasons[REASONS[finding]].ground.clause
    (signal, *_) = found(Story(), finding).signals
    assert signal.evidence["clause"] == params.clauses[finding]


def test_the_same_act_found_twice_is_one_finding() -> None:
    story = Story()
    found(story, "hacker_signs", evidence="probe of the API on Monday")
    assert signals_of(found(story, "hacker_signs", evidence="probe of the API on Monday")) == []
    assert story.standing == [("TOS_HACKER_SIGNS", "OUTFLOW_HOLD", "new_destinations")]


@pytest.mark.row("A071")
def test_two_different_signs_of_hacking_hold_outflow_for_a_day() -> None:
    story = Story()
    found(story, "hacker_signs", evidence="probe of the API")
    found(story, "hacker_signs", evidence="tokens of other users")
    hold = story.the(Kind.OUTFLOW_HOLD)
    assert (hold.reason, hold.evidence) == ("TOS_HACKER_SIGNS", Evidence.E2)
    assert hold.ends_at == story.now + timedelta(hours=24)


@pytest.mark.row("A011", "A071")
def test_severe_signs_of_hacking_call_a_person_who_decides_about_a_malicious_user() -> None:
    story = Story()
    found(story, "hacker_signs", "severe", evidence="tokens of other users")
    case = the_case(story)
    assert (case.reason, case.priority, story.pages) == ("MALICIOUS_USER", Priority.PAGE, 1)
    assert all(reason != "MALICIOUS_USER" for reason, _, _ in story.standing)
    story.opinion(case, "confirmed", actor=ANALYST)
    hold = story.the(Kind.OUTFLOW_HOLD)
    assert (hold.reason, hold.evidence, hold.placed_by) == ("MALICIOUS_USER", Evidence.E3, ANALYST)


@pytest.mark.row("A011")
def test_a_malicious_user_and_a_victim_of_a_takeover_are_different_reasons_with_different_words() -> None:
    texts = []
    for reason in ("MALICIOUS_USER", "ACCOUNT_TAKEOVER"):
        story = Story()
        story.placed_by_staff(reason, kind="OUTFLOW_HOLD", evidence="E3")
        standing = standing_of(story.state, story.policy)
        (entry,) = make_statement(standing, story.policy, story.now, "en", ()).restrictions
        texts.append((entry.title, entry.what_happened, entry.what_to_do))
    assert all(one != other for one, other in zip(*texts, strict=True))


@pytest.mark.row("A078")
def test_nobody_is_called_malicious_on_one_signal() -> None:
    story = Story()
    refused = story.placed_by_staff("MALICIOUS_USER", kind="STEP_UP", evidence="E1").refusal
    assert refused is not None
    assert (refused.code, story.standing) == ("evidence_ladder", [])
    assert story.placed_by_staff("MALICIOUS_USER", kind="FROZEN", evidence="E3").refusal is None


@pytest.mark.row("A078")
def test_a_playbook_that_calls_somebody_malicious_on_one_signal_is_refused() -> None:
    text = shipped_playbook().text.decode()
    place = '{ reason = "MALICIOUS_USER", kind = "STEP_UP", evidence = "E1" }'
    row = f'\n[[response]]\nsignal = "credential_leaked"\nat_least = 0.4\nplace = [{place}]\n'
    with pytest.raises(PlaybookError, match="MALICIOUS_USER` needs evidence E2"):
        read_playbook((text + row).encode(), "mine")


@pytest.mark.row("A078", "A081")
def test_a_malicious_user_stays_frozen_beyond_15_days_only_on_strong_evidence() -> None:
    story = Story()
    too_long: dict[str, Any] = {"kind": "FROZEN", "ends_at": NOON + span("40d")}
    refused = story.placed_by_staff("MALICIOUS_USER", evidence="E3", **too_long).refusal
    assert refused is not None
    assert refused.code == "evidence_ladder"
    proposed = story.placed_by_staff("MALICIOUS_USER", evidence="E4", evidence_ids=["forensics:7"], **too_long)
    assert proposed.refusal is None
    assert story.standing == []  # Over 30 days it waits for a second person.
    story.approved(proposed.placed[0].id, actor=Actor("sue", Role.SENIOR_ANALYST))
    assert story.standing == [("MALICIOUS_USER", "FROZEN", "account")]


@pytest.mark.row("A081")
@pytest.mark.parametrize("kind", [Kind.OUTFLOW_HOLD, Kind.FROZEN, Kind.DEPOSIT_HOLD, Kind.STEP_UP, Kind.TEMP_RISK])
def test_the_longer_it_lasts_the_stronger_the_evidence(kind: Kind) -> None:
    ladder = the_policy().ladder
    lengths = [allowed_length(ladder, kind, grade) for grade in Evidence]
    spans = [a.max_for or timedelta(0) for a in lengths if a.permitted]
    assert spans == sorted(spans)
    assert len(set(spans)) > 1


@pytest.mark.row("A068")
@pytest.mark.parametrize("reason", ["TOS_FAKE_DOCUMENT", "TOS_ABUSE", "TOS_HACKER_SIGNS"])
def test_a_terms_lock_has_exactly_one_of_an_end_and_a_condition(reason: str) -> None:
    condition = {"until": "the issue is resolved", "recheck_at": NOON + span("7d"), "owner": "conduct"}
    both = Story().placed_by_staff(reason, evidence="E3", ends_at=NOON + span("2d"), condition=condition)
    assert both.refusal is not None
    assert both.refusal.code == "end_and_condition"
    by_default, by_condition = Story(), Story()
    by_default.placed_by_staff(reason, evidence="E3")
    by_condition.placed_by_staff(reason, kind="REGION_LOCK", evidence="E3", condition=condition)
    for story, has_end in ((by_default, True), (by_condition, False)):
        (placed,) = story.state.in_force(story.now)
        assert ((placed.ends_at is not None), (placed.condition is not None)) == (has_end, not has_end)


def test_a_finding_of_an_unknown_sort_is_refused_and_an_unknown_severity_is_the_mildest() -> None:
    with pytest.raises(EventRejectedError):
        found(Story(), "bad_manners")
    (signal,) = found(Story(), "abuse", "cosmic").signals
    assert signal.score == 0.0


def test_severity_alone_freezes_nobody() -> None:
    for finding in FindingName:
        story = Story()
        for number in range(12):
            found(story, finding, "severe", evidence=f"act {number}")
        assert all(kind not in ("FROZEN", "PERM_BAN", "REGION_LOCK") for _, kind, _ in story.standing)
