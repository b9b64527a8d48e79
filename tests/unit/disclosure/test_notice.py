"""What every notice must say, whatever it is about and whomever it goes to."""

import re
from typing import Any

import pytest
from msgspec.structs import replace

from habeas.disclosure.catalogue import catalogue, locales
from habeas.disclosure.notice import (
    WIDTH,
    as_text,
    documents_notice,
    exit_notice,
    promise_notice,
    restriction_notice,
    waiting_notice,
)
from habeas.disclosure.view import View, look
from habeas.domain.actor import Actor, Role
from habeas.domain.document import DocumentRequest
from habeas.domain.kind import Kind
from habeas.domain.notice import Notice, NoticeTopic
from habeas.domain.reason import Disclosure, Reason
from habeas.domain.restriction import AtEnd, Ending, Restriction, Scope, Status
from tests.builders import HOUR, NOON, a_document_request
from tests.unit.disclosure.helpers import ANALYST, DAY, POLICY, a_limit, a_standing, entry_of, sentences

AUTOMATION = Actor("takeover", Role.DETECTOR)
PLACED = sorted(code for code, row in POLICY.reasons.items() if row.kind is not None)
LOCALES = sorted(locales())
ENDED = (Status.LIFTED, Status.EXPIRED, Status.ANNULLED)
STAFF_WORDS = re.compile(r"takeover/1|wrong person|Tom\b|matched list|jane|terms-|[A-Z]{2,}_[A-Z]")
FACTS = {"country": "CN", "attribute": "residence", "document": "passport", "act": "spam", "authority": "the court"}


def a_view(*restrictions: Restriction, locale: str = "en", asked: tuple[DocumentRequest, ...] = ()) -> View:
    return look(a_standing(*restrictions), POLICY, NOON + HOUR, catalogue(locale), asked)


def told(restriction: Restriction, *others: Restriction, locale: str = "en", is_known: bool = False) -> Notice | None:
    return restriction_notice(a_view(restriction, *others, locale=locale), restriction, "ms_1", is_known=is_known)


def surely(restriction: Restriction, *others: Restriction, **how: Any) -> Notice:
    notice = told(restriction, *others, **how)
    assert notice is not None
    return notice


def ended(restriction: Restriction, status: Status = Status.LIFTED) -> Restriction:
    return replace(
        restriction, status=status, ended_at=NOON + HOUR, ended_by=ANALYST, end_note="wrong person, says Tom"
    )


def every_notice(locale: str = "en", reasons: list[str] = PLACED) -> list[Notice]:
    """One of each topic for each reason and each class that an ordinary playbook may give it."""
    found = []
    for reason in reasons:
        for disclosure in (Disclosure.FULL, Disclosure.LIMITED):
            limit = a_limit(reason, placed_by=AUTOMATION, disclosure=disclosure, facts=FACTS, note="seen by takeover/1")
            found += [surely(limit, locale=locale, is_known=is_known) for is_known in (False, True)]
            over = [told(ended(limit, status), locale=locale) for status in ENDED]
            found += [notice for notice in over if notice is not None]
            found.append(waiting_notice(a_view(limit, locale=locale), limit, "cs_1", "ms_1"))
            found.append(promise_notice(a_view(limit, locale=locale), limit, NOON + DAY, "cs_1", "ms_1"))
            for topic in (NoticeTopic.EXIT_SOON, NoticeTopic.RESIDUAL_SOON):
                notice = exit_notice(a_view(limit, locale=locale), limit, topic, NOON + DAY, "ms_1")
                assert notice is not None
                found.append(notice)
        asked = a_document_request(
            reason=reason, documents=("passport",), optional=("travel_proof",), why="matched list X"
        )
        for topic in (NoticeTopic.DOCUMENTS_ASKED, NoticeTopic.DOCUMENTS_DUE):
            found.append(documents_notice(a_view(locale=locale), asked, topic, "ms_1"))
    return found


@pytest.mark.parametrize("locale", LOCALES)
def test_every_notice_says_all_that_it_must(locale: str) -> None:
    words = catalogue(locale)
    notices = every_notice(locale)
    assert {notice.topic for notice in notices} == set(NoticeTopic)
    for notice in notices:
        for name in notice.__struct_fields__:
            assert getattr(notice, name), (notice.topic, name)
        assert notice.never_ask == words.common.never_ask
        assert "https://support.example.com/limits/" in notice.contact
        assert re.fullmatch(r"([0-9A-F]{4}-){2}[0-9A-F]{4}", notice.reference)
        assert "{" not in "".join(sentences(notice))


@pytest.mark.parametrize("locale", LOCALES)
def test_the_text_of_a_notice_loses_nothing_and_ends_with_what_we_never_ask(locale: str) -> None:
    for notice in every_notice(locale):
        text = " ".join(as_text(notice).split())
        for name in ("title", "what_happened", "by_when", "what_next", "when", "challenge", "contact", "reference"):
            assert " ".join(getattr(notice, name).split()) in text
        assert all(" ".join(item.split()) in text for item in notice.what_to_do)
        assert text.endswith(" ".join(notice.never_ask.split()))
        assert max(len(line) for line in as_text(notice).splitlines() if "https://" not in line) <= WIDTH


@pytest.mark.parametrize("locale", LOCALES)
def test_a_subject_depends_on_nothing_but_the_topic(locale: str) -> None:
    subjects = {(notice.topic, notice.subject) for notice in every_notice(locale)}
    assert len(subjects) == len(NoticeTopic)


@pytest.mark.parametrize("locale", LOCALES)
def test_nothing_that_staff_or_detectors_wrote_is_told(locale: str) -> None:
    for notice in every_notice(locale):
        assert not STAFF_WORDS.search(repr(sentences_of(notice)))


def sentences_of(notice: Notice) -> list[str]:
    return [text for text in sentences(notice) if text not in (notice.topic, notice.about)]


@pytest.mark.parametrize("reason", PLACED)
def test_a_limit_is_told_in_the_words_of_the_statement(reason: str) -> None:
    limit = a_limit(reason, facts=FACTS)
    notice, entry = surely(limit), entry_of(limit)
    assert notice.what_happened == f"We have put a limit on your account. {entry.what_happened}"
    for name in ("title", "what_to_do", "by_when", "what_next", "when", "challenge", "reference"):
        assert getattr(notice, name) == getattr(entry, name)


@pytest.mark.parametrize("locale", LOCALES)
def test_under_limited_no_fact_is_told(locale: str) -> None:
    for reason in PLACED:
        bare = a_limit(reason, disclosure=Disclosure.LIMITED)
        assert surely(bare, locale=locale) == surely(
            replace(bare, facts=FACTS, note="x", circumstances=("y",)), locale=locale
        )


@pytest.mark.parametrize("disclosure", [Disclosure.GAGGED, Disclosure.STATUTORY])
@pytest.mark.parametrize("status", [Status.ACTIVE, *ENDED])
def test_a_gagged_limit_is_told_byte_for_byte_as_an_ordinary_review(disclosure: Disclosure, status: Status) -> None:
    ordinary = a_limit(Reason.TERMS_REVIEW, id_="rs_1", placed_by=ANALYST)
    gagged = replace(ordinary, reason=Reason.LEGAL_ORDER, disclosure=disclosure, facts=FACTS, note="order 12")
    if status is not Status.ACTIVE:
        ordinary, gagged = ended(ordinary, status), ended(gagged, status)
    assert told(gagged) == told(ordinary)
    assert as_text(surely(gagged)) == as_text(surely(ordinary))


# --- victims ---------------------------------------------------------------------------------------------------------

BLAME = {
    "en": re.compile(r"Terms|you broke|you sent|offender|abuse|not allow|questions about", re.IGNORECASE),
    "fr": re.compile(r"Conditions|vous avez enfreint|abus|ne permett|questions sur", re.IGNORECASE),
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("reason", [Reason.SCAM_VICTIM, Reason.SCAM_CONTACT, Reason.ACCOUNT_TAKEOVER])
def test_somebody_who_may_be_a_victim_is_never_told_what_an_offender_is_told(locale: str, reason: str) -> None:
    offender = {s for n in every_notice(locale, [Reason.SCAM_OFFENDER]) for s in (n.title, n.what_next)}
    shared = {s for n in every_notice(locale, [Reason.TAINTED_FUNDS]) for s in (n.title, n.what_next)}
    for notice in every_notice(locale, [reason]):
        assert not any(BLAME[locale].search(text) for text in sentences_of(notice))
        assert {notice.title, notice.what_next}.isdisjoint(offender - shared)


@pytest.mark.row("A042")
def test_whoever_may_be_taken_over_is_told_to_ask_to_send_and_how_long_it_takes() -> None:
    notice = surely(a_limit(Reason.ACCOUNT_TAKEOVER))
    assert any("Contact support" in item for item in notice.what_to_do)
    assert any("Show us that it is you" in item for item in notice.what_to_do)
    assert "within 48 hours" in notice.when


def test_a_victim_is_offered_help() -> None:
    assert any("we help you" in item for item in surely(a_limit(Reason.SCAM_VICTIM)).what_to_do)


# --- what is told of an end ------------------------------------------------------------------------------------------


def test_the_end_says_when_it_was_and_that_nothing_is_left() -> None:
    notice = surely(ended(a_limit(Reason.TOS_ABUSE)))
    assert notice.topic is NoticeTopic.ENDED
    assert "Nothing limits your account any more." in notice.what_happened
    assert notice.when.startswith("It ended on ")


def test_the_end_of_one_limit_does_not_hide_another() -> None:
    notice = surely(ended(a_limit(Reason.TOS_ABUSE)), a_limit(Reason.KYC_REGION))
    assert "There are still other limits on your account." in notice.what_happened
    assert "Nothing limits" not in notice.what_happened


@pytest.mark.row("A080")
@pytest.mark.parametrize(("locale", "apology"), [("en", "we are sorry"), ("fr", "nous en sommes désolés")])
def test_an_annulment_says_that_it_was_wrong_and_apologises(locale: str, apology: str) -> None:
    notice = surely(ended(a_limit(Reason.TOS_ABUSE), Status.ANNULLED), locale=locale)
    assert notice.topic is NoticeTopic.ANNULLED
    assert apology in notice.what_happened
    assert apology not in repr([n for n in every_notice(locale) if n.topic is not NoticeTopic.ANNULLED])


def test_what_another_limit_follows_is_told_by_that_one() -> None:
    limit = a_limit(Reason.SCAM_OFFENDER)
    assert told(ended(limit, Status.SUPERSEDED)) is None
    milder = AtEnd(Ending.FALL_BACK, Kind.OUTFLOW_HOLD, Scope.NEW_DESTINATIONS, lasts_for=DAY)
    assert told(ended(replace(limit, at_end=milder, cool_off_for=DAY), Status.EXPIRED)) is None


@pytest.mark.parametrize("status", [Status.PROPOSED, Status.DECLINED])
def test_what_never_limited_anything_is_not_told(status: Status) -> None:
    assert told(replace(a_limit(Reason.TOS_ABUSE), status=status)) is None


def test_a_limit_that_has_run_out_before_it_could_be_told_is_told_as_it_began() -> None:
    over = a_limit(Reason.RISK_CONTROL, ends_at=NOON + HOUR / 2)
    assert "It ends by itself on" in surely(over).when


# --- documents and promises ------------------------------------------------------------------------------------------


@pytest.mark.row("A098")
def test_documents_are_named_with_what_helps_by_when_and_what_follows() -> None:
    asked = a_document_request(documents=("passport", "proof_of_address"), optional=("travel_proof",))
    notice = documents_notice(a_view(), asked, NoticeTopic.DOCUMENTS_ASKED, "ms_1")
    assert notice.what_to_do == (
        (
            "Send us a copy of your passport. Take it of the page with your photo, flat and in good light, with all four "
            "corners in view."
        ),
        (
            "Send us a proof of your address. A bill or a bank statement of the last three months works, with your name, your "
            "address and the date. Send the whole page."
        ),
        "It helps if you also send a ticket or an entry stamp of your journey.",
    )
    assert notice.by_when.startswith("You have until ")
    assert "we tell you exactly what" in notice.what_next
    assert "within 7 days of a complete file" in notice.when


def test_a_promise_that_will_be_missed_names_the_promise_and_its_day() -> None:
    limit = a_limit(Reason.ACCOUNT_TAKEOVER)
    notice = promise_notice(a_view(limit), limit, NOON + 2 * DAY, "cs_1", "ms_1")
    assert str((NOON + 2 * DAY).day) in notice.what_happened
    assert str((NOON + 2 * DAY).day) in notice.when
    assert notice.about == "cs_1"
