from datetime import UTC, datetime, timedelta, timezone

import pytest

from habeas.disclosure.catalogue import catalogue
from habeas.disclosure.vocabulary import due_at, end_instant, fact_words, ground_words, instant, length
from habeas.domain.reason import Basis, Disclosure, LegalGround, Tier
from habeas.reference.countries import countries
from tests.unit.disclosure.helpers import a_limit

EN = catalogue("en")


def test_an_instant_is_written_out_in_utc() -> None:
    assert instant(datetime(2026, 11, 24, 14, 0, tzinfo=UTC), EN) == "24 November 2026, 14:00 UTC"


def test_an_instant_of_another_zone_is_told_in_utc() -> None:
    there = datetime(2026, 1, 1, 1, 5, tzinfo=timezone(timedelta(hours=8)))
    assert instant(there, EN) == "31 December 2025, 17:05 UTC"


def test_an_end_within_a_minute_is_told_as_the_end_of_that_minute() -> None:
    assert end_instant(datetime(2026, 11, 24, 23, 59, 1, tzinfo=UTC), EN) == "25 November 2026, 00:00 UTC"


@pytest.mark.parametrize(
    ("lasts_for", "words"),
    [
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=30), "30 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=24), "24 hours"),
        (timedelta(hours=72), "72 hours"),
        (timedelta(days=7), "7 days"),
        (timedelta(days=7, hours=1), "8 days"),
    ],
)
def test_a_length_of_time_is_told_as_people_say_it(lasts_for: timedelta, words: str) -> None:
    assert length(lasts_for, EN) == words


def test_facts_are_told_in_words_under_full_disclosure() -> None:
    facts = {"country": "CN", "attribute": "residence"}
    words = fact_words(a_limit(facts=facts, disclosure=Disclosure.FULL), EN)
    assert words == {"country": "Mainland China", "attribute": "the home address on your account"}


def test_no_fact_is_told_under_limited_disclosure() -> None:
    assert fact_words(a_limit(facts={"country": "CN"}, disclosure=Disclosure.LIMITED), EN) == {}


@pytest.mark.parametrize(
    "facts", [{"country": "ZZ"}, {"attribute": "shoe_size"}, {"score": "0.93"}, {"authority": " "}]
)
def test_a_fact_without_a_word_is_not_told(facts: dict[str, str]) -> None:
    assert fact_words(a_limit(facts=facts), EN) == {}


def test_who_gave_an_order_is_told_on_one_line_and_not_at_any_length() -> None:
    told = fact_words(a_limit(facts={"authority": "the Court\nof " + "x" * 500}), EN)["authority"]
    assert told.startswith("the Court of x")
    assert len(told) == 200


def test_every_country_that_is_looked_up_has_a_name() -> None:
    assert countries().keys() <= EN.areas.keys()


def test_a_date_by_which_something_is_due_needs_a_time_zone() -> None:
    assert due_at(a_limit(facts={"due_at": "2026-11-24T14:00:00Z"})) == datetime(2026, 11, 24, 14, tzinfo=UTC)
    assert due_at(a_limit(facts={"due_at": "2026-11-24T14:00:00"})) is None
    assert due_at(a_limit(facts={"due_at": "soon"})) is None


@pytest.mark.parametrize(
    ("ground", "words"),
    [
        (
            LegalGround(Basis.LAW, "31 CFR chapter V", "US", Tier.FEDERAL),
            "This rests on the law: the sanctions rules (31 CFR chapter V). It is a rule of the United States.",
        ),
        (
            LegalGround(Basis.CONTRACT, "terms-77", "contract", Tier.LOCAL),
            "This rests on our agreement with you: the part of it that covers this.",
        ),
        (
            LegalGround(Basis.LAW, "Banking Act section 3", "of residence", Tier.FOREIGN),
            "This rests on the law: Banking Act section 3.",
        ),
        (
            LegalGround(Basis.ORDER, "terms-legal-orders", "of the order", Tier.FOREIGN),
            "This rests on an order of an authority or a court.",
        ),
    ],
)
def test_a_legal_ground_is_told_without_codes(ground: LegalGround, words: str) -> None:
    assert ground_words(ground, {}, EN) == words


def test_a_disclosed_order_names_who_gave_it() -> None:
    ground = LegalGround(Basis.ORDER, "terms-legal-orders", "of the order", Tier.FOREIGN)
    assert "an order by the High Court" in ground_words(ground, {"authority": "the High Court"}, EN)
