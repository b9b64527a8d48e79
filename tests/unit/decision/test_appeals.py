"""Appeals: always open, decided by somebody who had no part in it, and an annulment is no lift."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from habeas.domain.actor import Actor, Role
from habeas.domain.appeal import Contestable
from habeas.domain.case import Case, CaseStatus
from habeas.domain.facts import Facts, ListHit
from habeas.domain.restriction import Restriction, Status
from tests.stories import ANALYST, Story, a_settled_state

ALMA = Actor("alma", Role.APPEALS_OFFICER)
SUE = Actor("sue", Role.SENIOR_ANALYST)
COUNSEL = Actor("cora", Role.COUNSEL)


def appealed(reason: str = "TOS_ABUSE") -> tuple[Story, Restriction, Case]:
    story = Story()
    story.placed_by_staff(reason)
    restriction = story.state.restrictions[-1]
    story.event("appeal.filed", "1d", restriction=restriction.id, text="That was my brother, not me.")
    return story, restriction, list(story.cases.values())[-1]


def refusal(story: Story) -> str:
    found = story.decisions[-1].outcome.refusal
    assert found is not None
    return found.message


@pytest.mark.row("B072")
def test_an_appeal_is_a_case_for_somebody_else_due_in_15_days() -> None:
    _, restriction, case = appealed()
    assert (case.queue, case.restrictions) == ("appeals", (restriction.id,))
    assert case.due_at - case.opened_at == timedelta(days=15)
    assert case.appeal is not None
    assert case.appeal.contestable is Contestable.EVERYTHING
    assert case.appeal.text == "That was my brother, not me."


@pytest.mark.row("A080")
def test_a_granted_appeal_annuls_and_a_partly_granted_one_ends_from_now_on() -> None:
    story, restriction, case = appealed()
    story.opinion(case, "granted", actor=ALMA)
    assert story.restrictions[restriction.id].status is Status.ANNULLED
    assert story.cases[case.id].status is CaseStatus.DECIDED
    story, restriction, case = appealed()
    story.opinion(case, "partly", actor=ALMA)
    assert story.restrictions[restriction.id].status is Status.LIFTED


def test_a_refused_appeal_leaves_everything_as_it_is_and_says_why() -> None:
    story, restriction, case = appealed()
    story.opinion(case, "refused", actor=ALMA)
    assert story.restrictions[restriction.id].status is Status.ACTIVE
    assert story.cases[case.id].opinions[0].note == "as the case file says"


def test_who_placed_it_does_not_decide_and_neither_do_other_roles() -> None:
    story = Story()
    story.placed_by_staff("TOS_ABUSE", actor=SUE)
    restriction = story.state.restrictions[-1]
    story.event("appeal.filed", "1d", restriction=restriction.id, text="no")
    case = list(story.cases.values())[-1]
    story.opinion(case, "refused", actor=SUE)
    assert "had a part in restriction" in refusal(story)
    story.opinion(case, "refused", actor=ANALYST)
    assert "does not decide cases" in refusal(story)
    story.opinion(case, "resolved", actor=ALMA)
    assert "granted, partly or refused" in refusal(story)


def test_one_appeal_at_a_time_and_only_for_half_a_year() -> None:
    story, restriction, case = appealed()
    story.event("appeal.filed", "1d", restriction=restriction.id, text="again")
    assert "waits for its decision" in refusal(story)
    story.opinion(case, "refused", actor=ALMA)
    story.event("appeal.filed", "1d", restriction=restriction.id, text="here is what is new")
    assert story.decisions[-1].outcome.refusal is None
    story, restriction, case = appealed()
    story.wait("200d")
    story.opinion(case, "refused", actor=ALMA)
    story.event("appeal.filed", "1d", restriction=restriction.id, text="late")
    assert "could be appealed for 183 days" in refusal(story)
    story.event("appeal.filed", restriction="rs_none", text="what")
    assert "has no restriction `rs_none`" in refusal(story)


def test_what_is_over_can_still_be_annulled() -> None:
    story, restriction, case = appealed()
    story.wait("10d")
    assert story.restrictions[restriction.id].status is Status.EXPIRED
    story.opinion(case, "granted", actor=ALMA)
    assert story.restrictions[restriction.id].status is Status.ANNULLED


@pytest.mark.row("B071")
def test_of_policy_and_law_only_the_facts_can_be_contested() -> None:
    story = Story(replace(a_settled_state(), residence="CA"))
    story.event("account.profile_changed", residence="CA")
    restriction = story.state.restrictions[-1]
    assert restriction.reason == "POLICY_EXIT"
    story.event("appeal.filed", "1d", restriction=restriction.id, text="I like it here")
    case = list(story.cases.values())[-1]
    assert case.appeal is not None
    assert case.appeal.contestable is Contestable.FACTS


def test_what_two_people_signed_takes_two_to_end() -> None:
    story = Story()
    story.placed_by_staff("SCAM_OFFENDER", kind="PERM_BAN", scope="holder", evidence="E4", actor=ANALYST)
    ban = story.state.restrictions[-1]
    story.approved(ban.id, actor=COUNSEL)
    story.event("appeal.filed", "1d", restriction=ban.id, text="It was somebody with my name.")
    case = list(story.cases.values())[-1]
    story.opinion(case, "granted", actor=COUNSEL)
    assert "had a part" in refusal(story)
    story.opinion(case, "granted", actor=ALMA)
    assert story.restrictions[ban.id].status is Status.ACTIVE
    story.opinion(case, "granted", actor=SUE)
    assert story.restrictions[ban.id].status is Status.ANNULLED


def test_no_appeal_is_a_way_around_what_a_lift_needs() -> None:
    story = Story()
    said = {"kind": "passport", "number": "X1", "country": "GB"}
    listed = Facts(documents=(ListHit("OFAC-SDN", "OFAC-SDN@1", "888", "passport IR"),))
    story.event("account.profile_changed", looked_up=listed, document=said)
    story.placed_by_staff("ACCOUNT_TAKEOVER", kind="OUTFLOW_HOLD")
    for restriction, words in zip(
        story.state.in_force(story.now), ("two reviewers", "challenge:liveness"), strict=True
    ):
        story.event("appeal.filed", "1h", restriction=restriction.id, text="It was never me.")
        (case,) = (case for case in story.cases.values() if case.about == restriction.id and case.appeal)
        story.opinion(case, "partly", actor=ALMA)
        assert words in refusal(story)
        assert story.restrictions[restriction.id].status is Status.ACTIVE
        assert story.cases[case.id].status is CaseStatus.OPEN
