import random
import re
from datetime import datetime
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from habeas.disclosure.statement import make_statement
from habeas.domain.account import Life
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import Capability, Level
from habeas.domain.evidence import Evidence
from habeas.domain.kind import Kind
from habeas.domain.reason import Basis, Disclosure, LegalGround, Purpose, Reason, Tier
from habeas.domain.restriction import AtEnd, Condition, Ending, Scope, Status
from habeas.domain.verdict import Standing
from tests.builders import HOUR, NOON
from tests.unit.disclosure.helpers import (
    ANALYST,
    DAY,
    POLICY,
    a_hold_on_new_destinations,
    a_limit,
    a_standing,
    entry_of,
    sentences,
    told,
    whole_text,
)
from tests.unit.disclosure.reading import grade
from tests.unit.disclosure.test_catalogue import CODE, FORBIDDEN
from tests.unit.disclosure.worlds import moments

ENUM_TEXTS = re.compile(
    r"\b("
    + "|".join(
        re.escape(name)
        for name in {*Reason, *Kind, *Disclosure, *Evidence, *Level, *Purpose, *Role, *Ending, *Capability}
        if "_" in name or name.isupper()
    )
    + r")\b"
)


def is_complete(part: object) -> None:
    """Every text says something, no list is empty, no gap, no code and no forbidden word is left."""
    assert all(all_lists_of(part))
    for text in sentences(part):
        assert text.strip() == text
        assert text
        assert "{" not in text
        assert not ENUM_TEXTS.search(text), text
        assert not CODE.search(text), text
        assert not FORBIDDEN.search(text.replace("unlock", "")), text


def all_lists_of(part: object) -> list[tuple[Any, ...]]:
    match part:
        case tuple():
            return [part, *(found for item in part for found in all_lists_of(item))]
        case msgspec.Struct():
            return [found for name in part.__struct_fields__ for found in all_lists_of(getattr(part, name))]
        case _:
            return []


# --- closed sets


@pytest.mark.row("A013")
@pytest.mark.parametrize("disclosure", Disclosure)
@pytest.mark.parametrize("reason", [*Reason, "HOUSE_RULE"])
def test_every_reason_is_told_completely_in_every_class_kind_and_scope(reason: str, disclosure: Disclosure) -> None:
    for kind, scope in product(Kind, Scope):
        entry = entry_of(a_limit(reason, kind=kind, scope=scope, disclosure=disclosure))
        is_complete(entry)


@given(moments())
def test_whatever_stands_is_told_completely(moment: tuple[Standing, datetime]) -> None:
    is_complete(make_statement(moment[0], POLICY, moment[1]))


@pytest.mark.parametrize("reason", [*Reason, "HOUSE_RULE"])
def test_every_reason_is_told_in_words_for_a_13_year_old(reason: str) -> None:
    text = whole_text(told(a_limit(reason, placed_by=ANALYST)))
    assert grade(text.replace("\n", ".\n")) <= 8


@pytest.mark.row("B008")
def test_each_meaning_of_a_region_message_has_its_own_title_cause_and_steps() -> None:
    meanings = (
        Reason.IP_REGION,
        Reason.KYC_REGION,
        Reason.POLICY_EXIT,
        Reason.RISK_CONTROL,
        Reason.IP_REPUTATION,
        Reason.NETWORK_MISIDENTIFIED,
    )
    entries = [entry_of(a_limit(reason)) for reason in meanings]
    assert len({entry.title for entry in entries}) == len(meanings)
    assert len({entry.what_happened for entry in entries}) == len(meanings)
    assert len({(entry.what_to_do, entry.what_next) for entry in entries}) == len(meanings)


# --- the shape


def test_the_statement_has_the_fields_of_the_public_interface() -> None:
    tree = msgspec.to_builtins(told(a_limit(Reason.KYC_REGION)))
    assert list(tree) == ["account", "headline", "money_note", "restrictions", "requirements", "contact"]
    assert list(tree["restrictions"][0]) == [
        "id",
        "title",
        "what_happened",
        "still_works",
        "not_possible",
        "what_to_do",
        "by_when",
        "what_next",
        "when",
        "what_we_cannot_say",
        "challenge",
        "legal_ground",
        "automated",
        "reference",
        "reversible",
        "countdown",
        "article",
        "tips",
        "reasons",
        "carried_over",
    ]
    assert list(tree["requirements"]) == [
        "currently_due",
        "past_due",
        "pending_verification",
        "current_deadline",
        "alternatives",
    ]


def test_an_account_without_restrictions_is_told_that_nothing_limits_it() -> None:
    statement = told()
    is_complete(statement)
    assert statement.headline == "Nothing limits your account."
    assert [(entry.id, entry.title) for entry in statement.restrictions] == [("", "No limits")]
    assert "log in" in statement.restrictions[0].still_works


def test_only_what_is_in_force_is_told() -> None:
    hold = a_limit(Reason.SCAM_VICTIM)
    proposed = a_limit(Reason.TERMS_REVIEW, status=Status.PROPOSED)
    later = a_limit(Reason.KYC_REGION, starts_at=NOON + DAY)
    assert [entry.id for entry in told(hold, proposed, later).restrictions] == [hold.id]


@pytest.mark.row("A041")
@pytest.mark.parametrize(
    ("purpose", "words"),
    [
        (Purpose.PROTECT_USER, "to keep your account and your money safe"),
        (Purpose.COMPLY_LAW, "because we have legal duties that we must meet"),
        (Purpose.PROTECT_OTHERS, "to keep other people and their money safe"),
    ],
)
def test_the_trouble_is_acknowledged_and_the_purpose_is_said(purpose: Purpose, words: str) -> None:
    what_happened = entry_of(a_limit(Reason.ACCOUNT_TAKEOVER, purpose=purpose)).what_happened
    assert "We know that this is annoying." in what_happened
    assert words in what_happened


def test_everybody_is_told_what_we_never_ask_for() -> None:
    words = "We will never ask for your password, for your codes, or for money to unlock your account."
    assert words in told().contact
    assert words in told(a_limit(Reason.SCAM_VICTIM)).contact


# --- order


@pytest.mark.row("B077")
def test_the_limit_that_reaches_furthest_comes_first() -> None:
    region_lock, freeze = a_limit(Reason.KYC_REGION), a_limit(Reason.TERMS_REVIEW, placed_by=ANALYST)
    statement = told(region_lock, freeze, a_limit(Reason.ACCOUNT_TAKEOVER))
    assert [entry.title for entry in statement.restrictions] == [
        "We are reviewing your account",
        "We may not offer all services where you live",
        "Somebody else may have got into your account",
    ]
    assert statement.headline.startswith("Your account is frozen for now. There are 3 limits on your account.")


def test_a_hold_on_new_destinations_does_not_stand_above_what_stops_trading() -> None:
    statement = told(a_hold_on_new_destinations(), a_limit(Reason.RISK_CONTROL))
    assert statement.headline.startswith("A short safety limit is on your account.")


def test_equals_are_ordered_by_what_is_shown_and_not_by_their_ids() -> None:
    def order(first_id: str, second_id: str) -> list[str]:
        older = a_limit(Reason.TOS_ABUSE, id_=first_id, placed_by=ANALYST)
        newer = a_limit(Reason.TOS_ABUSE, id_=second_id, placed_by=ANALYST, starts_at=NOON + HOUR)
        return [entry.when for entry in told(newer, older).restrictions]

    assert order("rs_a", "rs_b") == order("rs_b", "rs_a")


@given(moments(), st.integers())
def test_equal_input_in_any_order_gives_equal_bytes(moment: tuple[Standing, datetime], seed: int) -> None:
    standing, at = moment
    shuffled = list(standing.restrictions)
    random.Random(seed).shuffle(shuffled)
    other = replace(standing, restrictions=tuple(shuffled))
    assert msgspec.json.encode(make_statement(standing, POLICY, at)) == msgspec.json.encode(
        make_statement(other, POLICY, at)
    )


# --- differences between kinds


@pytest.mark.row("B073", "B082")
def test_a_region_locked_user_reads_you_can_log_in_but_some_features_are_off() -> None:
    entry = entry_of(a_limit(Reason.KYC_REGION))
    assert "You can log in, but some features are off." in entry.what_happened
    assert "log in" in entry.still_works


@pytest.mark.row("B074")
def test_a_frozen_user_reads_that_login_is_not_possible() -> None:
    entry = entry_of(a_limit(Reason.TERMS_REVIEW, placed_by=ANALYST))
    assert "While your account is frozen you cannot log in." in entry.what_happened
    assert "log in" in entry.not_possible


@pytest.mark.row("B085")
def test_a_sub_account_reads_that_it_follows_its_main_account() -> None:
    of_main = a_limit(Reason.KYC_REGION, account="main-1")
    assert "This sub-account follows it" in entry_of(of_main).what_happened
    assert "sub-account follows" not in entry_of(a_limit(Reason.KYC_REGION)).what_happened


def test_a_holder_wide_limit_counts_for_all_accounts() -> None:
    assert "It counts for all your accounts with us." in entry_of(a_limit(Reason.SANCTIONS_NEXUS)).what_happened


def test_a_holder_wide_limit_that_reaches_a_sub_account_twice_is_told_once() -> None:
    of_main = a_limit(Reason.SANCTIONS_NEXUS, id_="rs_main", account="main-1")
    own_copy = replace(of_main, id="rs_copy", account="acct-1", origin="main-1")
    assert [entry.id for entry in told(of_main, own_copy).restrictions] == ["rs_copy"]
    assert [entry.id for entry in told(own_copy, of_main).restrictions] == ["rs_copy"]


@pytest.mark.row("B081")
def test_what_cannot_be_taken_back_says_so() -> None:
    reason = replace(POLICY.reasons["POLICY_EXIT"], is_reversible=False)
    policy = replace(POLICY, reasons=POLICY.reasons | {"POLICY_EXIT": reason})
    assert "we do not take it back" in entry_of(a_limit(Reason.POLICY_EXIT), policy=policy).what_next
    assert "we do not take it back" not in entry_of(a_limit(Reason.POLICY_EXIT)).what_next


# --- reasons


@pytest.mark.row("A073")
def test_a_named_action_is_paired_with_what_to_do_about_it() -> None:
    entry = entry_of(a_limit(Reason.TOS_ABUSE, placed_by=ANALYST, facts={"act": "spam"}))
    assert "We found this on your account: unwanted mass messages." in entry.what_happened
    assert entry.what_to_do[0].startswith("Stop what is named above.")


@pytest.mark.parametrize("reason", [Reason.SCAM_VICTIM, Reason.SCAM_CONTACT, Reason.ACCOUNT_TAKEOVER])
@pytest.mark.parametrize("disclosure", [Disclosure.FULL, Disclosure.LIMITED])
def test_a_victim_is_never_told_of_terms_or_of_a_breach(reason: Reason, disclosure: Disclosure) -> None:
    text = whole_text(told(a_limit(reason, disclosure=disclosure)))
    assert not re.search(r"\bTerms\b|breach|violat|do not allow", text)


def test_victim_and_offender_are_told_different_things() -> None:
    victim, offender = entry_of(a_limit(Reason.SCAM_VICTIM)), entry_of(a_limit(Reason.SCAM_OFFENDER))
    assert victim.title != offender.title
    assert victim.what_happened != offender.what_happened
    assert victim.what_to_do != offender.what_to_do


@pytest.mark.row("A027")
@pytest.mark.parametrize("disclosure", [Disclosure.FULL, Disclosure.LIMITED])
def test_an_unknown_reason_is_told_in_safe_general_words(disclosure: Disclosure) -> None:
    entry = entry_of(a_limit("MOON_PHASE", disclosure=disclosure, facts={"moon": "full"}))
    assert entry.title == "A limit on your account"
    assert "MOON" not in str(sorted(sentences(entry)))
    assert entry.what_to_do[0].startswith("Contact support")
    assert "Nothing about that is withheld" not in entry.what_we_cannot_say


def test_limited_disclosure_tells_no_fact_of_the_detector() -> None:
    facts = {"country": "CN", "attribute": "residence", "document": "passport", "act": "spam", "authority": "Europol"}
    with_facts = a_limit(Reason.KYC_REGION, disclosure=Disclosure.LIMITED, facts=facts)
    assert told(with_facts) == told(replace(with_facts, facts={}))


def test_full_disclosure_says_that_nothing_is_withheld_and_limited_what_is_not_shared() -> None:
    full = entry_of(a_limit(Reason.KYC_REGION)).what_we_cannot_say
    limited = entry_of(a_limit(Reason.RISK_CONTROL)).what_we_cannot_say
    assert "Nothing about that is withheld." in full
    assert "We do not share how our checks work" in limited
    assert "the same for everyone" in full
    assert "the same for everyone" in limited


def test_nobody_is_told_whether_somebody_outside_has_asked_not_even_without_a_limit() -> None:
    ncnd = "We do not answer questions on whether anybody outside has asked us about an account."
    for statement in (told(), told(a_limit(Reason.KYC_REGION)), told(a_limit(Reason.TERMS_REVIEW, placed_by=ANALYST))):
        assert ncnd in statement.restrictions[0].what_we_cannot_say


def test_a_rule_of_law_can_be_contested_only_on_facts() -> None:
    assert "an appeal cannot set the rule aside" in entry_of(a_limit(Reason.SANCTIONED_RESIDENCE)).challenge
    assert "An appeal does not change which regions we serve." in entry_of(a_limit(Reason.POLICY_EXIT)).challenge
    assert "if it has run out" in entry_of(a_limit(Reason.LEGAL_ORDER, placed_by=ANALYST)).challenge


def test_what_automation_decided_can_be_put_to_a_person() -> None:
    automated = entry_of(a_limit(Reason.RISK_CONTROL))
    by_a_person = entry_of(a_limit(Reason.RISK_CONTROL, placed_by=ANALYST))
    assert (automated.automated, by_a_person.automated) == (True, False)
    assert "ask for a person to decide" in automated.challenge
    assert "ask for a person to decide" not in by_a_person.challenge


def test_a_reference_is_short_stable_and_not_the_id() -> None:
    entry = entry_of(a_limit(Reason.KYC_REGION, id_="rs_5k2jq3v7x4m6a2bc"))
    assert re.fullmatch(r"[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}", entry.reference)
    assert entry.reference == entry_of(a_limit(Reason.SCAM_VICTIM, id_="rs_5k2jq3v7x4m6a2bc")).reference


# --- the cover class


def as_ordinary_review(**changes: Any) -> bytes:
    review = a_limit(Reason.TERMS_REVIEW, id_="rs_1", placed_by=Actor("reviews", Role.ANALYST), **changes)
    return msgspec.json.encode(told(review))


@pytest.mark.parametrize(
    "changes",
    [
        {"disclosure": Disclosure.GAGGED},
        {"disclosure": Disclosure.STATUTORY},
        {"disclosure": Disclosure.FULL},
        {"facts": {"authority": "Europol"}, "disclosure": Disclosure.FULL},
        {"ground": LegalGround(Basis.ORDER, "18 USC 2705(b)", "US", Tier.FEDERAL)},
        {"purpose": Purpose.PROTECT_OTHERS},
        {"evidence": Evidence.E5, "evidence_ids": ("instrument-17",)},
        {"note": "warrant of 3 May", "circumstances": ("sealed",)},
    ],
)
def test_every_member_of_the_cover_class_is_told_in_the_same_bytes(changes: dict[str, Any]) -> None:
    assert as_ordinary_review(**changes) == as_ordinary_review()


def test_a_gagged_record_that_should_not_have_come_here_is_told_like_its_cover() -> None:
    stray = a_limit(
        Reason.LEGAL_ORDER,
        id_="rs_1",
        kind=Kind.FROZEN,
        disclosure=Disclosure.GAGGED,
        placed_by=Actor("reviews", Role.ANALYST),
        condition=None,
        ends_at=NOON + 15 * DAY,
        at_end=AtEnd(),
        facts={"authority": "Europol"},
    )
    assert msgspec.json.encode(told(stray)) == as_ordinary_review()


# --- what is not a restriction


def test_an_unreadable_record_is_told_first_and_as_our_fault() -> None:
    statement = told(a_limit(Reason.KYC_REGION), is_unreadable=True)
    is_complete(statement)
    assert statement.restrictions[0].title == "We cannot read a part of our record"
    assert "This is about our systems, not about you." in statement.restrictions[0].what_happened
    assert statement.headline.startswith("Your account is on hold because of a fault on our side.")
    assert "withdraw crypto" in statement.restrictions[0].not_possible


@pytest.mark.parametrize("life", [Life.DEACTIVATED, Life.RETAINED, Life.PURGED])
def test_a_closed_account_is_told_so(life: Life) -> None:
    statement = told(lives=(life,))
    is_complete(statement)
    assert "account" in statement.restrictions[0].title
    assert "place new orders" in statement.restrictions[0].not_possible
    assert "Nothing limits" not in statement.headline


def test_a_closed_account_can_still_withdraw_and_is_told_so() -> None:
    statement = told(lives=(Life.DEACTIVATED,))
    assert "withdraw crypto" in statement.restrictions[0].still_works
    assert statement.money_note == "Your assets belong to you, and you can withdraw them."


def test_an_account_that_nobody_knows_is_told_that_outflow_waits() -> None:
    statement = told(is_known=False)
    is_complete(statement)
    assert statement.restrictions[0].title == "We have no record of this account yet"
    assert "withdraw crypto right away: it waits until we have looked at it" in statement.restrictions[0].not_possible


def test_a_network_limit_says_that_the_account_is_not_meant() -> None:
    statement = told(a_limit(Reason.IP_REGION, facts={"country": "CU"}))
    entry = statement.restrictions[0]
    assert statement.headline == "You cannot use your account from this network."
    assert "The network that you use seems to be in Cuba." in entry.what_happened
    assert "not about your account" in entry.what_happened


def test_a_condition_in_the_words_of_staff_is_never_shown() -> None:
    condition = Condition("until the sealed desk says so", NOON + DAY, "desk")
    assert "sealed desk" not in whole_text(told(a_limit(Reason.KYC_REGION, condition=condition)))


def test_a_language_that_is_not_there_is_told_in_english() -> None:
    standing = a_standing(a_limit(Reason.KYC_REGION))
    assert make_statement(standing, POLICY, NOON, "tlh-KX") == make_statement(standing, POLICY, NOON, "en")
