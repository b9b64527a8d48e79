"""Cases: who works on them, when their clocks stand still, and what is said before a promise is broken."""

from collections.abc import Iterator

import msgspec
import pytest

from habeas.domain.actor import Actor, Role
from habeas.domain.case import Case, CaseStage, CaseStatus, Priority
from habeas.domain.decision import CaseSaid, Topic
from tests.stories import ANALYST, Story, span

AUDITOR = Actor("vera", Role.AUDITOR)
SUPPORT = Actor("finn", Role.FRONTLINE)
_said = msgspec.msgpack.Decoder(CaseSaid).decode


def a_case() -> tuple[Story, Case]:
    """A takeover opens one."""
    story = Story()
    story.event("account.profile_changed", residence="CU")
    (case,) = story.cases.values()
    return story, case


def step(story: Story, case: Case, what: str, after: str = "10m", *, actor: Actor = ANALYST, **data: str) -> Case:
    story.act("habeas.case.work", after, actor=actor, case=case.id, step=what, **data)
    return story.cases[case.id]


def refusal(story: Story) -> str:
    found = story.decisions[-1].outcome.refusal
    assert found is not None
    return found.message


def said(story: Story) -> Iterator[str]:
    for decision in story.decisions:
        for message in decision.messages:
            if message.topic is Topic.CASE:
                yield _said(message.body).said


@pytest.mark.row("A104")
def test_a_case_is_taken_worked_on_and_keeps_who_did_what() -> None:
    story, case = a_case()
    assert case.stage is CaseStage.NEW
    case = step(story, case, "assign")
    assert (case.stage, case.assignee) == (CaseStage.ASSIGNED, "jane")
    case = step(story, case, "note")
    assert case.stage is CaseStage.WORKING
    case = step(story, case, "refer", value="JIRA-17")
    assert case.external_ref == "JIRA-17"
    assert [(remark.by.name, str(remark.step)) for remark in case.remarks] == [
        ("jane", "assign"),
        ("jane", "note"),
        ("jane", "refer"),
    ]


def test_the_clock_stands_still_while_the_case_waits_for_the_user() -> None:
    story, case = a_case()
    waiting = step(story, case, "wait")
    story.wait("2d")
    assert list(said(story)) == []
    resumed = step(story, waiting, "resume")
    assert resumed.stage is CaseStage.WORKING
    assert resumed.due_at - case.due_at == span("2d") + span("10m")


def test_a_user_is_reminded_twice_and_after_14_days_people_decide_on_what_is_there() -> None:
    story, case = a_case()
    step(story, case, "wait")
    story.wait("8d")
    assert list(said(story)) == ["reminder", "reminder"]
    story.wait("7d")
    case = story.cases[case.id]
    assert list(said(story))[2] == "silence"
    assert (case.status, case.stage) == (CaseStatus.OPEN, CaseStage.WORKING)


def test_a_breach_is_announced_before_it_happens_and_then_a_person_is_called() -> None:
    story, case = a_case()
    pages = story.pages
    story.wait("19h")
    assert list(said(story)) == ["late_soon"]
    assert story.now < case.due_at
    assert story.pages == pages
    story.wait("6h")
    assert list(said(story)) == ["late_soon", "late"]
    assert story.cases[case.id].priority is Priority.PAGE
    assert story.pages == pages + 1
    story.wait("30d")
    assert story.cases[case.id].status is CaseStatus.OPEN


def test_need_is_looked_at_within_the_hour() -> None:
    story, case = a_case()
    case = step(story, case, "hardship", actor=SUPPORT)
    assert (case.is_hardship, case.priority) == (True, Priority.PAGE)
    assert case.due_at - story.now == span("1h")
    assert story.pages == 1


def test_need_that_is_told_of_a_late_case_has_its_hour_and_calls_again_when_that_is_over() -> None:
    story, case = a_case()
    story.wait("2d")
    assert story.cases[case.id].is_late
    pages = story.pages
    case = step(story, case, "hardship", actor=SUPPORT)
    assert (case.due_at - story.now, case.is_late, story.pages) == (span("1h"), False, pages + 1)
    story.wait("1h")
    assert story.cases[case.id].is_late
    assert story.pages > pages + 1


def test_a_matter_that_becomes_urgent_keeps_who_works_on_it_and_its_clock_goes_on() -> None:
    story = Story()
    story.sim_changed()
    story.credential_changed("password")
    story.event("address.added", chain="BTC", address="new")
    (case,) = story.cases.values()
    assert (case.queue, case.priority) == ("takeover", Priority.HIGH)
    step(story, case, "assign")
    step(story, case, "refer", value="JIRA-17")
    story.wait("19h")
    before = story.cases[case.id]
    assert before.is_warned
    story.login("RU", "10m", device="burner")
    after = story.cases[case.id]
    assert (after.priority, after.due_at) == (Priority.PAGE, story.now + span("4h"))
    assert (after.assignee, after.external_ref, after.remarks) == ("jane", "JIRA-17", before.remarks)
    assert after.generation > before.generation
    assert story.timers[case.id].due_at > story.now
    story.wait("5h")
    assert story.cases[case.id].is_late


@pytest.mark.parametrize("how", ["reopened", "waited"])
def test_what_was_opened_again_or_has_waited_is_not_called_late_at_once(how: str) -> None:
    story, case = a_case()
    if how == "reopened":
        story.opinion(case, "resolved", actor=ANALYST)
        story.wait("100d")
        case = step(story, case, "reopen")
        assert case.due_at - story.now == span("24h")
    else:
        step(story, case, "wait", "1h")
        story.wait("6d")
        case = step(story, case, "resume")
    told = list(said(story))
    story.wait("10h")
    assert list(said(story)) == told
    story.wait(f"{int((case.due_at - story.now).total_seconds()) - 1}s")
    assert list(said(story)) == [*told, "late_soon"]


def test_a_case_that_is_opened_again_is_still_the_same_matter() -> None:
    story = Story()
    story.event("signal.received", typology="tainted_funds", score=0.8, asset="ETH", amount="2", tx="t1", vendor="acme")
    story.event("document.decided", "1h", kind="source_of_funds", result="accepted")
    case = next(case for case in story.cases.values() if case.about)
    story.opinion(case, "resolved", actor=ANALYST)
    step(story, case, "reopen")
    story.event("document.decided", "1h", kind="source_of_funds", result="accepted")
    assert [known.id for known in story.state.cases if known.about == case.about] == [case.id]


def test_a_decided_case_opens_again_on_new_facts_for_half_a_year() -> None:
    story, case = a_case()
    story.opinion(case, "resolved", actor=ANALYST)
    assert story.cases[case.id].status is CaseStatus.DECIDED
    reopened = step(story, case, "reopen")
    assert (reopened.status, reopened.opinions) == (CaseStatus.OPEN, ())
    assert any(known.id == case.id for known in story.state.cases)
    story.opinion(reopened, "resolved", actor=ANALYST)
    story.wait("200d")
    step(story, case, "reopen")
    assert "more than 183 days ago" in refusal(story)


@pytest.mark.parametrize(
    ("what", "actor", "words"),
    [
        ("note", AUDITOR, "does not work on cases"),
        ("resume", ANALYST, "does not wait for the user"),
        ("reopen", ANALYST, "only a decided one is opened again"),
        ("refer", ANALYST, "say what its number is"),
    ],
)
def test_steps_that_are_refused(what: str, actor: Actor, words: str) -> None:
    story, case = a_case()
    step(story, case, what, actor=actor)
    assert words in refusal(story)
    assert story.cases[case.id] == case


def test_a_queue_with_skills_is_taken_by_those_who_have_them() -> None:
    story = Story()
    story.placed_by_staff("TOS_ABUSE")
    (restriction,) = story.state.restrictions
    story.event("appeal.filed", restriction=restriction.id, text="it was not me")
    (appeal,) = story.cases.values()
    step(story, appeal, "assign", actor=SUPPORT)
    assert "are taken by appeals_officer" in refusal(story)
