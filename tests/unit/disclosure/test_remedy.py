from datetime import timedelta

import pytest
from msgspec.structs import replace

from habeas.domain.kind import Kind
from habeas.domain.reason import Disclosure, Reason
from habeas.domain.restriction import Condition
from tests.builders import NOON
from tests.unit.disclosure.helpers import ANALYST, DAY, POLICY, a_limit, entry_of, told


@pytest.mark.row("A013")
@pytest.mark.parametrize("reason", Reason)
def test_every_reason_says_what_to_do(reason: Reason) -> None:
    assert all(entry_of(a_limit(reason, placed_by=ANALYST)).what_to_do)


def test_the_steps_come_in_the_order_of_the_playbook() -> None:
    steps = entry_of(a_limit(Reason.KYC_REGION)).what_to_do
    assert [step.split()[0] for step in steps] == ["Send", "If", "If"]
    assert "proof of your address" in steps[0]
    assert "residence permit" in steps[1]
    assert "identity check again" in steps[2]


def test_waiting_is_offered_only_where_time_ends_it() -> None:
    timed = a_limit(Reason.RISK_CONTROL)
    untimed = replace(timed, ends_at=None, condition=Condition("-", NOON + DAY, "x"))
    assert entry_of(timed).what_to_do[0] == "You can wait: this limit ends by itself on 3 March 2026, 12:00 UTC."
    assert not any("wait" in step for step in entry_of(untimed).what_to_do)


def test_taking_assets_out_is_offered_only_while_that_is_not_denied() -> None:
    region_exit = a_limit(Reason.POLICY_EXIT)
    step = "Withdraw your assets to your own wallet or bank account."
    assert step in entry_of(region_exit).what_to_do
    assert step not in entry_of(region_exit, a_limit(Reason.SCAM_VICTIM)).what_to_do


@pytest.mark.row("B076")
def test_after_a_ban_a_payout_with_help_and_an_appeal_are_left() -> None:
    ban = a_limit(Reason.MALICIOUS_USER, kind=Kind.PERM_BAN, placed_by=ANALYST)
    steps = entry_of(ban).what_to_do
    assert steps[0].startswith("To get your assets out, ask support for a payout.")
    assert steps[1].startswith("If you think that this is wrong, appeal")


def test_a_payout_with_help_is_not_offered_beside_a_legal_freeze() -> None:
    ban = a_limit(Reason.MALICIOUS_USER, kind=Kind.PERM_BAN, placed_by=ANALYST)
    order = a_limit(Reason.LEGAL_ORDER, placed_by=ANALYST)
    assert not any("payout" in step for step in entry_of(ban, order).what_to_do)


def test_a_missing_document_is_named() -> None:
    missing = a_limit(Reason.MISSING_DOCUMENT, facts={"document": "residence_permit"})
    assert entry_of(missing).what_to_do == (
        "Send us a copy of your residence permit: a clear photo or file of all of it.",
    )
    assert told(missing).requirements.currently_due == ("a copy of your residence permit",)


def test_an_unnamed_document_is_asked_for_in_words_that_read_well() -> None:
    missing = a_limit(Reason.MISSING_DOCUMENT, facts={"document": "form_27b"})
    assert told(missing).requirements.currently_due == ("the document that we asked you for",)


def test_a_disclosed_order_names_the_authority_and_how_to_reach_it() -> None:
    facts = {
        "authority": "the High Court",
        "authority_contact": "+44 20 7946 0000",
        "authority_reference": "HC-2026-17",
    }
    order = a_limit(Reason.LEGAL_ORDER, placed_by=ANALYST, facts=facts)
    step = "Ask the High Court about the order. You reach them here: +44 20 7946 0000. Their reference is HC-2026-17."
    assert entry_of(order).what_to_do[0] == step


def test_an_order_of_limited_disclosure_names_nobody() -> None:
    facts = {"authority": "the High Court", "authority_contact": "x", "authority_reference": "y"}
    order = a_limit(Reason.LEGAL_ORDER, placed_by=ANALYST, facts=facts, disclosure=Disclosure.LIMITED)
    assert "High Court" not in str(told(order))


def test_what_can_replace_something_is_an_alternative_and_not_due() -> None:
    requirements = told(a_limit(Reason.KYC_REGION)).requirements
    assert requirements.currently_due == ("a proof of your address that is not older than 3 months",)
    assert requirements.alternatives == (
        "Instead of a proof of your address that is not older than 3 months: your residence permit.",
        "Instead of a proof of your address that is not older than 3 months: a new identity check with your new details.",
    )


def test_both_conditions_of_a_scam_victims_release_are_due() -> None:
    assert told(a_limit(Reason.SCAM_VICTIM)).requirements.currently_due == (
        "a new proof that it is you",
        "the short questions about this kind of scam",
    )


def test_a_date_moves_what_is_due_to_what_is_past_its_date() -> None:
    due = NOON + timedelta(hours=6)
    missing = a_limit(Reason.MISSING_DOCUMENT, facts={"document": "passport", "due_at": due.isoformat()})
    before, after = told(missing, at=NOON), told(missing, at=due)
    assert before.requirements.current_deadline == "2 March 2026, 18:00 UTC"
    assert before.restrictions[0].by_when == "You have until 2 March 2026, 18:00 UTC."
    assert before.requirements.past_due == ("Nothing is past its date.",)
    assert after.requirements.current_deadline == "There is no deadline right now."
    assert after.requirements.past_due == ("a copy of your passport",)
    assert after.requirements.currently_due == ("Nothing is due from you right now.",)
    assert after.restrictions[0].by_when == "The date for it was 2 March 2026, 18:00 UTC. You can still send it."


def test_without_anything_due_the_requirements_say_so() -> None:
    requirements = told().requirements
    assert requirements.currently_due == ("Nothing is due from you right now.",)
    assert requirements.pending_verification == ("Nothing is listed as being checked right now.",)
    assert requirements.alternatives == ("There is nothing else that you could send instead.",)


def test_a_remedy_that_the_catalogue_does_not_know_becomes_the_general_ones() -> None:
    reasons = POLICY.reasons | {"KYC_REGION": replace(POLICY.reasons["KYC_REGION"], remedies=("dance", "dance_more"))}
    policy = replace(POLICY, reasons=reasons)
    steps = entry_of(a_limit(Reason.KYC_REGION), policy=policy).what_to_do
    assert [step.split(",")[0] for step in steps] == [
        "Contact support if anything here is unclear. Have the reference at hand.",
        "If you think that this is wrong",
    ]


@pytest.mark.row("A042")
def test_a_takeover_is_met_with_support_a_proof_and_waiting_with_a_stated_time() -> None:
    steps = " ".join(entry_of(a_limit(Reason.ACCOUNT_TAKEOVER)).what_to_do)
    assert "Contact support" in steps
    assert "Show us that it is you" in steps
    assert "ends by itself on 3 March 2026, 12:00 UTC" in steps


@pytest.mark.row("B046")
def test_a_risk_control_is_met_with_waiting_and_staying_on_one_network() -> None:
    steps = " ".join(entry_of(a_limit(Reason.RISK_CONTROL)).what_to_do)
    assert "You can wait" in steps
    assert "Stay on one network" in steps


@pytest.mark.row("B012", "B031", "B037")
def test_a_network_limit_is_met_with_the_network_where_you_live_never_with_a_disguise() -> None:
    steps = " ".join(entry_of(a_limit(Reason.IP_REGION)).what_to_do)
    assert steps.startswith("Use the network where you live. If we read your location wrongly, tell us.")
