"""The statement of reasons: complete for every reason, true of every effect, and no more than the class allows."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from habeas.disclosure.catalogue import catalogue
from habeas.disclosure.entry import Entry
from habeas.disclosure.phrase import forms
from habeas.disclosure.statement import make_statement
from habeas.domain.actor import Actor, Role
from habeas.domain.document import RequestStatus
from habeas.domain.kind import Kind
from habeas.domain.reason import Disclosure, Reason
from habeas.domain.restriction import HeldAmount, Scope
from tests.builders import HOUR, NOON, a_document_request
from tests.unit.disclosure.helpers import ANALYST, DAY, POLICY, a_limit, a_standing, entry_of, sentences, told

EN = catalogue("en")
AUTOMATION = Actor("travel", Role.DETECTOR)
PLACED = sorted(code for code, row in POLICY.reasons.items() if row.kind is not None)


def automated(reason: str, **changes: Any) -> Entry:
    return entry_of(a_limit(reason, placed_by=AUTOMATION, **changes))


@pytest.mark.parametrize("reason", PLACED)
@pytest.mark.parametrize("placed_by", [AUTOMATION, ANALYST])
def test_every_field_of_a_statement_of_reasons_is_filled(reason: str, placed_by: Actor) -> None:
    said = entry_of(a_limit(reason, placed_by=placed_by)).reasons
    for name in said.__struct_fields__:
        assert getattr(said, name), name
    assert len(said.redress) == 3


@pytest.mark.parametrize("reason", sorted(Reason))
def test_every_reason_has_factors_a_page_and_words_of_its_own(reason: str) -> None:
    assert reason in EN.factor
    assert reason in EN.article


@pytest.mark.parametrize("reason", PLACED)
def test_under_limited_every_limit_of_a_reason_names_the_same_sort_of_factor(reason: str) -> None:
    facts = {"country": "CN", "attribute": "residence", "document": "passport", "act": "spam"}
    bare = automated(reason, disclosure=Disclosure.LIMITED)
    rich = automated(
        reason, disclosure=Disclosure.LIMITED, facts=facts, circumstances=("sim_and_credential_change",), note="seen"
    )
    assert bare.reasons.factors == rich.reasons.factors
    assert len(bare.reasons.factors) == 1


@pytest.mark.parametrize("code", sorted(EN.factor))
def test_what_may_be_said_under_limited_has_no_gap(code: str) -> None:
    text, plain = forms(EN.factor[code].limited.what)
    assert "{" not in text
    assert plain is None


def test_a_factor_names_the_fact_and_what_another_would_change() -> None:
    first, second = automated(Reason.KYC_REGION, facts={"country": "CN", "attribute": "residence"}).reasons.factors
    assert first.what == "Where you live, going by the home address on your account: Mainland China."
    assert first.change == "If it were a place that we may serve, there would be no limit."
    assert second.change == "If we may serve your place again, the limit ends."


def test_what_a_person_decided_has_no_score_for_a_factor() -> None:
    (factor,) = entry_of(a_limit(Reason.TOS_ABUSE, placed_by=ANALYST)).reasons.factors
    assert factor.what == "A person weighed what is known. No score decided."


def test_who_found_and_who_decided_is_told_apart() -> None:
    by_check = automated(Reason.RISK_CONTROL).reasons
    by_person = entry_of(a_limit(Reason.TOS_ABUSE, placed_by=ANALYST)).reasons
    assert by_check.detection == "An automatic check noticed it."
    assert by_check.decision == "The check also made the decision. No person took part."
    assert by_person.decision == "A person made the decision."


@pytest.mark.parametrize(
    ("reason", "outside"),
    [(Reason.LEGAL_ORDER, True), (Reason.SANCTIONS_NEXUS, True), (Reason.KYC_REGION, False), (Reason.TOS_ABUSE, False)],
)
def test_in_whose_hands_the_end_is(reason: str, outside: bool) -> None:
    said = entry_of(a_limit(reason, placed_by=ANALYST)).reasons.ended_by
    assert said == (EN.reasons.ended_by.outside if outside else EN.reasons.ended_by.us)


def test_the_cover_class_says_nothing_that_could_be_untrue_of_a_review() -> None:
    said = entry_of(a_limit(Reason.TERMS_REVIEW, placed_by=ANALYST)).reasons
    assert said.detection == "A person decided to review the account. We do not share what led to that."
    assert said.ended_by == "A person with us ends it, once the review is over."
    assert [factor.what for factor in said.factors] == [
        "What we review is your account. We do not share more than that."
    ]


@pytest.mark.parametrize("disclosure", [Disclosure.GAGGED, Disclosure.STATUTORY])
def test_what_is_gagged_gives_the_reasons_of_an_ordinary_review(disclosure: Disclosure) -> None:
    ordinary = a_limit(Reason.TERMS_REVIEW, id_="rs_1", placed_by=ANALYST)
    gagged = a_limit(
        Reason.LEGAL_ORDER,
        id_="rs_1",
        kind=ordinary.kind,
        scope=ordinary.scope,
        ends_at=ordinary.ends_at,
        condition=None,
        at_end=ordinary.at_end,
        disclosure=disclosure,
        facts={"authority": "the court"},
        placed_by=ANALYST,
    )
    assert told(gagged) == told(ordinary)


@pytest.mark.parametrize("scope", [Scope.ACCOUNT, Scope.HOLDER, Scope.REQUEST_IP])
def test_scope_and_territory_say_how_far_it_reaches(scope: Scope) -> None:
    said = entry_of(a_limit(Reason.IP_REGION, scope=scope, kind=Kind.IP_BLOCK)).reasons
    assert said.scope == EN.reasons.scope[scope]
    assert ("this network" in said.territory) is (scope is Scope.REQUEST_IP)


# --- what else an entry says -----------------------------------------------------------------------------------------


@pytest.mark.row("B045")
def test_what_ends_by_itself_counts_down() -> None:
    hold = a_limit(Reason.RISK_CONTROL)
    assert entry_of(hold, at=NOON).countdown == "Time left: at most 24 hours."
    assert entry_of(hold, at=NOON + 22 * HOUR + timedelta(minutes=20)).countdown == "Time left: at most 2 hours."
    assert entry_of(a_limit(Reason.KYC_REGION)).countdown == "No date ends it by itself."


@pytest.mark.parametrize("reason", PLACED)
@pytest.mark.row("A024")
def test_what_is_known_what_is_not_shared_and_when_it_is_looked_at_next_is_always_said(reason: str) -> None:
    entry = entry_of(a_limit(reason))
    assert entry.what_happened
    assert entry.what_we_cannot_say
    assert any(month in entry.when for month in EN.time.months), entry.when


@pytest.mark.row("A097")
def test_every_reason_leads_to_a_page_that_explains_it() -> None:
    assert entry_of(a_limit(Reason.KYC_REGION)).article == "https://support.example.com/limits/where-you-live"
    assert entry_of(a_limit("NEW_CODE")).article == "https://support.example.com/limits/limits"


def test_the_address_of_a_page_tells_no_more_than_the_title() -> None:
    for reason, page in EN.article.items():
        words = page.replace("-", " ")
        assert not any(
            word in words for word in ("offender", "malicious", "hacker", "tainted", "fake", "sanction", "ban")
        )
        assert reason.lower().replace("_", "-") != page


@pytest.mark.row("B059", "B060", "B062")
def test_tips_say_what_helps_next_time() -> None:
    assert "When we check who you are, enter where you really live." in entry_of(a_limit(Reason.KYC_REGION)).tips
    assert any("network where you live" in tip for tip in entry_of(a_limit(Reason.SANCTIONED_TRAVEL)).tips)
    assert "Keep a part of your assets in a wallet of your own." in entry_of(a_limit(Reason.KYC_REGION)).tips


@pytest.mark.row("A017")
def test_the_cover_class_cites_the_clause_that_also_lets_us_follow_the_law() -> None:
    assert POLICY.reasons[Reason.TERMS_REVIEW].ground.clause == "terms-legal-orders"
    entry = entry_of(a_limit(Reason.TERMS_REVIEW, placed_by=ANALYST))
    assert "section 9 of our Terms" in entry.what_happened
    assert "section 9 of our Terms, which is about reviews and legal duties" in entry.legal_ground


@pytest.mark.row("B063", "B064", "B065", "B066")
def test_where_a_region_is_left_for_good_the_steps_of_the_exit_are_told_in_order() -> None:
    steps = entry_of(a_limit(Reason.POLICY_EXIT, kind=Kind.WITHDRAW_ONLY)).what_to_do
    told_at = [
        next(i for i, step in enumerate(steps) if words in step)
        for words in (
            "Withdraw your assets to your own wallet",
            "you can close your account",
            "look for another exchange",
        )
    ]
    assert told_at == sorted(told_at)


@pytest.mark.row("B017", "B040", "B041")
def test_wrong_details_are_put_right_by_an_address_a_permit_or_a_new_check() -> None:
    statement = told(a_limit(Reason.KYC_REGION))
    assert statement.requirements.currently_due == ("a proof of your address that is not older than 3 months",)
    first, second = statement.requirements.alternatives
    assert first.endswith("your residence permit.")
    assert second.endswith("a new identity check with your new details.")


def test_nobody_who_may_be_deceived_is_told_to_move_assets() -> None:
    for reason in (Reason.SCAM_VICTIM, Reason.SCAM_CONTACT, Reason.ACCOUNT_TAKEOVER):
        assert not any("wallet" in tip for tip in entry_of(a_limit(reason)).tips)


@pytest.mark.row("B081")
def test_what_is_not_taken_back_says_so_in_words_and_as_a_field() -> None:
    for reason in PLACED:
        entry = entry_of(a_limit(reason))
        assert entry.reversible is POLICY.reasons[reason].is_reversible
        assert (EN.common.one_way in entry.what_next) is not entry.reversible


def test_the_amount_that_is_held_is_named() -> None:
    held = a_limit(Reason.TAINTED_FUNDS, scope=Scope.AMOUNT, held=HeldAmount("USDT", Decimal("12345.500")))
    assert "We hold 12,345.5 USDT until this is settled." in entry_of(held).what_happened


# --- requirements ----------------------------------------------------------------------------------------------------


def required(*requests: Any, at: timedelta = HOUR) -> Any:
    return make_statement(a_standing(), POLICY, NOON + at, "en", requests).requirements


def test_what_has_come_and_is_looked_at_is_neither_due_nor_late() -> None:
    asked = a_document_request("dr_1", documents=("passport",))
    sent = a_document_request("dr_2", documents=("proof_of_address",), status=RequestStatus.CHECKING)
    found = required(asked, sent, at=HOUR)
    assert found.currently_due == ("a copy of your passport",)
    assert found.pending_verification == ("a proof of your address",)
    assert found.past_due == ("Nothing is past its date.",)


def test_what_is_past_its_date_is_not_due_now() -> None:
    asked = a_document_request("dr_1", documents=("passport",), due_at=NOON + DAY)
    again = a_document_request("dr_2", documents=("passport", "selfie"), due_at=NOON + 9 * DAY)
    found = required(asked, again, at=2 * DAY)
    assert found.past_due == ("a copy of your passport",)
    assert found.currently_due == ("a photo of your face",)


def test_the_next_date_is_the_earliest_that_is_still_to_come() -> None:
    over = a_document_request("dr_1", documents=("passport",), due_at=NOON + DAY)
    later = a_document_request("dr_2", documents=("selfie",), due_at=NOON + 9 * DAY)
    sooner = a_document_request("dr_3", documents=("tax_form",), due_at=NOON + 5 * DAY)
    found = required(over, later, sooner, at=2 * DAY)
    day = NOON + 5 * DAY
    assert found.current_deadline.startswith(f"{day.day} ")


def test_no_sentence_of_the_reasons_shows_a_code() -> None:
    for reason in PLACED:
        assert not any("_" in text for text in sentences(automated(reason).reasons))
