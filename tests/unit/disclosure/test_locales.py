"""Every language says everything that English says, with the same gaps; what one forgets, no user is told by accident."""

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib.resources import files
from typing import Any

import pytest

from habeas.disclosure.catalogue import catalogue, locales
from habeas.disclosure.diagnosis import diagnose_account
from habeas.disclosure.diagnosis_text import as_text as diagnosis_text
from habeas.disclosure.diagnosis_words import diagnosis_words
from habeas.disclosure.phrase import gaps
from habeas.disclosure.statement import make_statement
from habeas.disclosure.text import as_text
from habeas.disclosure.vocabulary import amount, end_instant, instant, length
from habeas.domain.reason import Disclosure, Reason
from habeas.domain.restriction import HeldAmount
from habeas.playbook.load import shipped_playbook
from tests.builders import HOUR, NOON
from tests.unit.disclosure.helpers import POLICY, a_limit, a_standing, whole_text

OTHERS = sorted(locales() - {"en"})
WORDING = files("habeas.disclosure").joinpath("wording")

IDS = frozenset({"needs", "remedies", "other_remedies", "instead_of", "needs_end", "needs_free_assets"})
"""What is not for users, and so the same in every language; like the tables of ids below."""
TABLES_OF_IDS: dict[tuple[str, ...], tuple[str, ...]] = {(): ("article", "tips"), ("diagnosis",): ("takes.of",)}
STEP_IDS = frozenset({"takes", "remedy"})
"""In a step of a diagnosis."""

FORBIDDEN = {
    "fr": re.compile(
        r"\b(interdit\w*|illégal\w*|illicite\w*|prohib\w*|invalide\w*|veuillez|s'il vous plaît|désolé\w*|bloqu\w*|vpn"
        r"|excus\w*|viol\w*|enfrein\w*|suspect\w*|verrouill\w*|criminel\w*|tu|ton|tes|toi)\b",
        re.IGNORECASE,
    )
}
APOLOGY = "notice.restriction.annulled.opening"


def tree(locale: str, *folder: str) -> dict[str, Any]:
    return tomllib.loads(WORDING.joinpath(*folder, f"{locale}.toml").read_text("utf-8"))


def leaves(part: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every value of a file with its path."""
    match part:
        case dict():
            for key, value in part.items():
                yield from leaves(value, (*path, key))
        case list() if path[-1] not in IDS:
            for index, value in enumerate(part):
                yield from leaves(value, (*path, str(index)))
        case _:
            yield ".".join(path), part


def is_id(path: str, *folder: str) -> bool:
    parts = path.split(".")
    return not IDS.isdisjoint(parts) or path.startswith(TABLES_OF_IDS[folder]) or parts[-1] in STEP_IDS


def spoken(locale: str) -> list[tuple[str, str]]:
    """Every text for users in a language, with its path."""
    return [
        (".".join((*folder, path)), text)
        for folder in TABLES_OF_IDS
        for path, text in leaves(tree(locale, *folder))
        if not is_id(path, *folder)
    ]


# --- complete --------------------------------------------------------------------------------------------------------


def test_there_is_french() -> None:
    assert "fr" in OTHERS


@pytest.mark.parametrize("locale", OTHERS)
@pytest.mark.parametrize("folder", [(), ("areas",), ("diagnosis",)])
def test_every_key_of_english_is_there_and_no_other(locale: str, folder: tuple[str, ...]) -> None:
    english, other = dict(leaves(tree("en", *folder))), dict(leaves(tree(locale, *folder)))
    assert english.keys() == other.keys()


@pytest.mark.parametrize("locale", OTHERS)
@pytest.mark.parametrize("folder", [(), ("diagnosis",)])
def test_every_text_has_the_gaps_of_the_english_one(locale: str, folder: tuple[str, ...]) -> None:
    other = dict(leaves(tree(locale, *folder)))
    for path, text in leaves(tree("en", *folder)):
        if isinstance(text, str):
            assert gaps(other[path]) == gaps(text), path


@pytest.mark.parametrize("locale", OTHERS)
@pytest.mark.parametrize("folder", [(), ("diagnosis",)])
def test_what_is_not_for_users_is_the_same_in_every_language(locale: str, folder: tuple[str, ...]) -> None:
    other = dict(leaves(tree(locale, *folder)))
    assert all(other[path] == value for path, value in leaves(tree("en", *folder)) if is_id(path, *folder))


@pytest.mark.parametrize("locale", OTHERS)
def test_nothing_was_left_in_english(locale: str) -> None:
    english = dict(spoken("en"))
    same = {path for path, text in spoken(locale) if text == english[path] and re.search(r"[a-z]{4}", text)}
    assert {path.rpartition(".")[2] for path in same if gaps(english[path]) == frozenset()} <= {"minutes", "one_minute"}


@pytest.mark.parametrize("locale", OTHERS)
def test_the_cover_class_has_one_form_in_every_language(locale: str) -> None:
    words = catalogue(locale).reason[Reason.TERMS_REVIEW]
    assert words.what_happened.full == words.what_happened.limited
    assert isinstance(words.what_happened.full, str)
    assert "section 9" in words.what_happened.full


@pytest.mark.parametrize("locale", OTHERS)
def test_every_entity_of_the_shipped_playbook_speaks_every_language(locale: str) -> None:
    for policy in shipped_playbook().policies.values():
        assert locale in policy.entity.language


@pytest.mark.parametrize("locale", OTHERS)
def test_no_language_has_a_forbidden_word_or_a_code(locale: str) -> None:
    for path, text in spoken(locale):
        found = FORBIDDEN[locale].search(text)
        assert found is None or path == APOLOGY, (path, text)
        assert not re.search(r"[A-Za-z]_[A-Za-z]", re.sub(r"\{\w+\}", "", text)), path


def test_no_line_of_french_can_begin_with_a_mark() -> None:
    for path, text in spoken("fr"):
        assert not re.search(r" [:;?!»]|[«] ", text), path


# --- spoken ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tag", "locale"), [("fr", "fr"), ("fr-CA", "fr"), ("FR_fr", "fr"), ("de", "en"), ("x" * 99, "en")]
)
def test_a_tag_selects_its_language_and_else_english(tag: str, locale: str) -> None:
    assert catalogue(tag).locale == locale


@pytest.mark.parametrize("reason", [*sorted(Reason), "NEW_CODE"])
@pytest.mark.parametrize("disclosure", [Disclosure.FULL, Disclosure.LIMITED])
def test_a_statement_in_french_has_no_english_and_no_gap(reason: str, disclosure: Disclosure) -> None:
    facts = {"country": "CN", "attribute": "residence", "document": "passport", "act": "spam"}
    standing = a_standing(a_limit(reason, disclosure=disclosure, facts=facts))
    statement = make_statement(standing, POLICY, NOON + HOUR, "fr-CA")
    text = whole_text(statement) + as_text(statement, "fr-CA")
    assert "{" not in text
    assert not re.search(r"\b(the|you|your|we|account|limit|appeal)\b", re.sub(r"https://\S+", "", text))


def test_a_diagnosis_in_french_is_french() -> None:
    text = diagnosis_text(diagnose_account(a_standing(a_limit(Reason.KYC_REGION)), POLICY, NOON, "fr"), "fr")
    assert "Un autre réseau aiderait-il\u00a0?" in text
    assert not re.search(r"\b(the|you|your|we)\b", text)


def test_diagnosis_and_catalogue_speak_the_same_languages() -> None:
    assert all(diagnosis_words(locale) is not diagnosis_words("en") for locale in OTHERS)


# --- dates, lengths, amounts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("locale", "day", "said"),
    [
        ("en", 1, "1 August 2026, 09:05 UTC"),
        ("fr", 1, "1er août 2026 à 09 h 05 UTC"),
        ("fr", 2, "2 août 2026 à 09 h 05 UTC"),
    ],
)
def test_instants_are_written_as_the_language_writes_them(locale: str, day: int, said: str) -> None:
    at = datetime(2026, 8, day, 9, 5, tzinfo=UTC)
    assert instant(at, catalogue(locale)) == said
    assert end_instant(at - timedelta(seconds=1), catalogue(locale)) == said


@pytest.mark.parametrize(
    ("locale", "said"), [("en", ("1 hour", "72 hours", "7 days")), ("fr", ("1 heure", "72 heures", "7 jours"))]
)
def test_lengths_are_said_as_the_language_says_them(locale: str, said: tuple[str, ...]) -> None:
    assert tuple(length(timedelta(hours=hours), catalogue(locale)) for hours in (1, 72, 168)) == said


@pytest.mark.parametrize(
    ("locale", "number", "said"),
    [
        ("en", "1234567.8900", "1,234,567.89 USDT"),
        ("fr", "1234567.8900", "1\u202f234\u202f567,89 USDT"),
        ("en", "0.00000001", "0.00000001 USDT"),
        ("fr", "0.00000001", "0,00000001 USDT"),
        ("en", "1E+3", "1,000 USDT"),
        ("fr", "12", "12 USDT"),
    ],
)
def test_amounts_lose_no_digit_and_are_written_as_the_language_writes_them(locale: str, number: str, said: str) -> None:
    assert amount(HeldAmount("USDT", Decimal(number)), catalogue(locale)) == said
