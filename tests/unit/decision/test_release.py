"""The ways out: what a user shows opens exactly what asks for it, and an intruder cannot walk any of them."""

from typing import Any

import pytest
from msgspec.structs import replace

from habeas.domain.account import AccountState
from habeas.domain.capability import Level
from habeas.domain.decision import Refusal
from habeas.domain.document import ItemStatus, RequestStatus
from habeas.domain.kind import Kind
from habeas.domain.restriction import Restriction, Scope
from tests.stories import ANALYST, Story, a_settled_state, span


def resident(country: str = "GB", **more: Any) -> AccountState:
    return replace(a_settled_state(), residence=country, **more)


def accepted(story: Story, kind: str, after: str = "1h", **data: Any) -> None:
    story.event("document.decided", after, kind=kind, result="accepted", **data)


def refusal_of(story: Story) -> Refusal:
    refusal = story.decisions[-1].outcome.refusal
    assert refusal is not None
    return refusal


# --- documents


@pytest.mark.row("A098")
def test_the_named_document_opens_a_missing_document_lock() -> None:
    story = Story(resident())
    story.event("document.expired", kind="passport")
    assert story.standing == [("MISSING_DOCUMENT", "STEP_UP", "account")]
    accepted(story, "proof_of_address")
    assert story.standing == [("MISSING_DOCUMENT", "STEP_UP", "account")]
    accepted(story, "passport")
    assert story.standing == []
    (request,) = story.requests.values()
    assert request.status is RequestStatus.ACCEPTED
    assert story.state.requests == ()


def test_the_document_still_opens_what_followed_when_it_came_too_late() -> None:
    story = Story(resident())
    story.event("document.expired", kind="passport")
    story.wait("15d")
    assert story.standing == [("MISSING_DOCUMENT", "WITHDRAW_ONLY", "account")]
    accepted(story, "passport")
    assert story.standing == []


def test_a_rejected_document_is_asked_for_again_with_what_was_wrong_and_the_third_is_a_persons_matter() -> None:
    story = Story(resident())
    story.event("document.expired", kind="passport")
    for _ in range(2):
        story.event("document.received", "1h", kind="passport")
        assert next(iter(story.requests.values())).status is RequestStatus.CHECKING
        story.event("document.decided", "1h", kind="passport", result="rejected", reason="the photograph is cut off")
    (request,) = story.requests.values()
    assert request.status is RequestStatus.ISSUED
    assert request.item("passport").status is ItemStatus.REJECTED
    assert request.item("passport").reason == "the photograph is cut off"
    assert [(case.queue, case.reason) for case in story.decisions[-1].cases] == [("documents", "MISSING_DOCUMENT")]


def test_the_time_that_checking_takes_is_not_the_users() -> None:
    story = Story(resident())
    story.event("document.expired", kind="passport")
    (request,) = story.requests.values()
    story.event("document.received", "1d", kind="passport")
    story.event("document.decided", "2d", kind="passport", result="rejected", reason="blurred")
    (after,) = story.requests.values()
    assert after.due_at - request.due_at == span("2d")


def test_a_check_that_takes_too_long_calls_a_person() -> None:
    story = Story(resident())
    story.event("document.expired", kind="passport")
    story.event("document.received", "1h", kind="passport")
    story.wait("4d")
    assert {case.queue for case in story.cases.values()} == {"documents"}


def test_a_request_reminds_expires_and_is_extended_once() -> None:
    state = resident()
    story = Story(state)
    story.event("document.expired", kind="passport")
    story.wait("12d")
    (request,) = story.requests.values()
    assert (request.is_reminded, request.status) == (True, RequestStatus.ISSUED)
    story.act("habeas.request.extend", request=request.id)
    due_at = story.requests[request.id].due_at
    assert (due_at - request.due_at).days == 7
    story.act("habeas.request.extend", request=request.id)
    assert refusal_of(story).code == "extended"
    story.wait("30d")
    assert story.requests[request.id].status is RequestStatus.EXPIRED
    story.event("document.received", kind="passport", request=request.id)
    assert refusal_of(story).code == "request_expired"


def test_a_document_that_does_not_fit_the_request_is_refused_in_words() -> None:
    story = Story(resident())
    story.event("document.expired", kind="passport")
    (request,) = story.requests.values()
    story.event("document.received", kind="selfie", request=request.id)
    assert refusal_of(story) == Refusal(
        "wrong_document", f"document request `{request.id}` asks for passport, not for `selfie`"
    )
    story.event("document.received", kind="passport", request="dr_none")
    assert refusal_of(story).code == "not_asked"
    story.event("document.received", kind="selfie")
    assert story.decisions[-1].outcome.refusal is None


# --- regions


@pytest.mark.row("B017", "B039", "B040", "B041", "B079", "B080")
@pytest.mark.parametrize("proof", ["proof_of_address", "residence_permit", "kyc"])
def test_a_move_and_a_proof_of_it_open_a_kyc_lock_and_neither_alone(proof: str) -> None:
    def prove(story: Story) -> None:
        if proof == "kyc":
            story.event("kyc.decided", "1h", result="approved")
        else:
            accepted(story, proof)

    def move(story: Story) -> None:
        story.event("account.profile_changed", "1h", residence="DE")

    for steps in ((prove, move), (move, prove)):
        story = Story(resident("DE"))
        story.event("account.profile_changed", residence="CN")
        assert story.standing == [("KYC_REGION", "REGION_LOCK", "account")]
        for step in steps:
            assert story.standing == [("KYC_REGION", "REGION_LOCK", "account")]
            step(story)
        assert story.standing == []


def test_a_person_decides_about_a_move_out_of_a_sanctioned_country() -> None:
    story = Story(resident("DE"))
    story.event("account.profile_changed", residence="CU")
    story.event("account.profile_changed", "1h", residence="DE")
    accepted(story, "proof_of_address")
    assert story.standing == [("SANCTIONED_RESIDENCE", "REGION_LOCK", "account")]
    assert [case.queue for case in story.decisions[-1].cases] == ["region"]


# --- the journey to the US


def in_the_us() -> tuple[Story, Restriction]:
    story = Story(resident("DE"))
    story.login("US", "48h")
    return story, story.the(Kind.REGION_LOCK)


@pytest.mark.row("A066")
def test_two_declarations_with_evidence_open_a_travel_lock_and_the_same_journey_does_not_lock_again() -> None:
    story, lock = in_the_us()
    accepted(story, "passport")
    accepted(story, "proof_of_address")
    assert story.standing == [("RESTRICTED_TRAVEL", "REGION_LOCK", "account")]
    story.event("declaration.made", "1h", restriction=lock.id, answers={"us_citizen": "No", "us_resident": "no"})
    assert story.standing == []
    assert {request.status for request in story.requests.values()} == {RequestStatus.ACCEPTED}
    story.login("US", "24h")
    assert story.standing == []
    story.wait("40d")
    story.login("US", "1h")
    assert story.standing == [("RESTRICTED_TRAVEL", "REGION_LOCK", "account")]


@pytest.mark.row("A067")
def test_who_declares_to_be_a_us_citizen_can_only_withdraw() -> None:
    story, lock = in_the_us()
    story.event("declaration.made", "1h", restriction=lock.id, answers={"us_citizen": "yes", "us_resident": "no"})
    assert story.standing == [("RESTRICTED_TRAVEL", "WITHDRAW_ONLY", "account")]
    assert story.level("withdraw_crypto") is Level.ALLOW
    assert story.level("place_order") is Level.DENY


def test_documents_of_the_last_year_count_for_the_journey_and_are_not_asked_for_again() -> None:
    story = Story(resident("DE"))
    accepted(story, "passport")
    accepted(story, "proof_of_address")
    story.wait("200d")
    story.login("FR", "1h")
    story.login("US", "48h")
    assert [request.documents for request in story.requests.values()] == [("travel_declaration",)]
    lock = story.the(Kind.REGION_LOCK)
    story.event("declaration.made", restriction=lock.id, answers={"us_citizen": "no", "us_resident": "no"})
    assert story.standing == []


# --- takeover


def taken_over() -> tuple[Story, Restriction]:
    story = Story()
    story.sim_changed()
    story.login("RU", "1h", device="burner")
    story.credential_changed("password", device="burner")
    return story, story.the(Kind.OUTFLOW_HOLD)


@pytest.mark.row("A038", "A040")
def test_nobody_talks_support_into_lifting_a_takeover_lock() -> None:
    story, hold = taken_over()
    story.lifted_by_staff(hold.id, attests=["history"])
    assert refusal_of(story).code == "not_proved"
    assert "challenge:liveness" in refusal_of(story).message
    story.challenge("totp")
    story.lifted_by_staff(hold.id, attests=["history"])
    assert refusal_of(story).code == "not_proved"
    assert hold in story.state.in_force(story.now)


@pytest.mark.row("A038", "A039", "A040", "A042")
@pytest.mark.parametrize("shown", [("liveness", "document"), ("liveness", "passkey")])
def test_proofs_bound_to_the_identity_file_open_it_through_a_person_and_new_destinations_wait(
    shown: tuple[str, ...],
) -> None:
    story, hold = taken_over()
    for method in shown:
        story.challenge(method)
    assert any(case.queue == "takeover" and case.about == hold.id for case in story.state.cases)
    assert hold.id in {r.id for r in story.state.in_force(story.now)}
    story.lifted_by_staff(hold.id, actor=ANALYST)
    assert story.decisions[-1].outcome.refusal is None
    assert hold.id not in {r.id for r in story.state.in_force(story.now)}
    assert ("ACCOUNT_TAKEOVER", "OUTFLOW_HOLD", "new_destinations") in story.standing
    long_ago = story.now.replace(year=2020)
    assert story.level("withdraw_crypto", destination="a", destination_known_since=long_ago) is Level.ALLOW
    assert story.level("withdraw_crypto", destination="bc1q-thief") is Level.HOLD
    story.wait("25h")
    assert ("ACCOUNT_TAKEOVER", "OUTFLOW_HOLD", "new_destinations") not in story.standing


def test_proofs_from_before_the_lock_do_not_open_it() -> None:
    story = Story()
    story.challenge("liveness")
    story.challenge("document")
    later, hold = taken_over()
    later.state = replace(later.state, proofs=story.state.proofs)
    later.lifted_by_staff(hold.id)
    assert refusal_of(later).code == "not_proved"


# --- scam victims


@pytest.mark.row("A045", "A046")
def test_a_victim_gets_out_with_control_proved_and_the_lesson_taken_and_neither_alone() -> None:
    for steps in (("challenge", "education"), ("education", "challenge")):
        story = Story()
        story.placed_by_staff("SCAM_VICTIM")
        hold = story.the(Kind.OUTFLOW_HOLD)
        for step in steps:
            assert hold.id in {r.id for r in story.state.in_force(story.now)}
            if step == "challenge":
                story.challenge("passkey")
            else:
                story.event("education.completed", "1h", restriction=hold.id, answers={"q1": "never"})
        assert story.standing == [("SCAM_VICTIM", "OUTFLOW_HOLD", "new_destinations")]
        assert story.the(Kind.OUTFLOW_HOLD, Scope.NEW_DESTINATIONS).evidence_ids == (f"released:{hold.id}",)


def test_the_lesson_of_another_restriction_does_not_count() -> None:
    story = Story()
    story.placed_by_staff("SCAM_VICTIM")
    story.challenge("passkey")
    story.event("education.completed", "1h", restriction="rs_other", answers={})
    assert story.standing == [("SCAM_VICTIM", "OUTFLOW_HOLD", "account")]
