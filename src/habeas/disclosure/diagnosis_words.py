"""The sentences of a diagnosis in one language, from `wording/diagnosis/LANGUAGE.toml`, and lengths of time in them.

Reasons, remedies and promises come from the catalogue and the playbook; this adds what is only said of a guess. What is
read is checked: every cause, rule and question has words, and every step says how long it takes.
"""

import tomllib
from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import assert_never

import msgspec
from msgspec import Struct

from habeas.disclosure.catalogue import DEFAULT_LOCALE, Catalogue
from habeas.disclosure.diagnosis_rules import (
    CAUSE_RULES,
    NOTHING_ON_RECORD,
    QUESTIONS,
    SIDE_RULES,
    Cause,
    Side,
)
from habeas.disclosure.phrase import say_surely
from habeas.domain.evidence import allowed_length
from habeas.domain.reason import Reason
from habeas.playbook.policy import Policy, Promise

ON_RECORD = "on_record"


class Takes(StrEnum):
    """What a step's time depends on (rows B045, B069-B072)."""

    AT_ONCE = "at_once"
    WHILE_IT_LASTS = "while_it_lasts"
    PROMISE = "promise"
    """As the playbook promises for the reason."""
    BY_ITSELF = "by_itself"
    """As long as the limit itself lasts."""
    UNCHANGEABLE = "unchangeable"
    APPEAL = "appeal"


class StepWords(Struct, frozen=True, forbid_unknown_fields=True):
    """One step, in words of its own or in those of a remedy of the catalogue."""

    takes: Takes
    do: str | None = None
    remedy: str | None = None


class CauseWords(Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    means: str
    first: tuple[StepWords, ...] = ()
    last: tuple[StepWords, ...] = ()


class HeadlineWords(Struct, frozen=True, forbid_unknown_fields=True):
    network: str
    account: str
    frozen: str
    unclear: str
    nothing_on_record: str


class ShareWords(Struct, frozen=True, forbid_unknown_fields=True):
    """How sure we are."""

    certain: str
    likely: str
    maybe: str
    unlikely: str
    on_record: str
    points: str


class TakesWords(Struct, frozen=True, forbid_unknown_fields=True):
    at_once: str
    while_it_lasts: str
    promise: str
    promise_open: str
    by_itself: str
    unchangeable: str
    appeal: str
    range: str
    at_most: str
    of: dict[str, Takes]
    """What each remedy takes; one that is not here takes what its reason promises."""


class DiagnosisLabels(Struct, frozen=True, forbid_unknown_fields=True):
    """The headings of a diagnosis as plain text."""

    meaning: str
    what_to_do: str
    another_network: str
    lasts: str
    why: str
    questions: str
    no_questions: str
    tips: str
    contact: str


class DiagnosisWords(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that a diagnosis can say in one language, beside the catalogue."""

    headline: HeadlineWords
    share: ShareWords
    cause: dict[Cause, CauseWords]
    another_network: dict[str, str]
    """By cause, else by side."""
    takes: TakesWords
    remedy: dict[str, str]
    """Instead of a remedy's words in the catalogue, where those speak of a limit that is known."""
    rule: dict[str, str]
    question: dict[str, str]
    tips: tuple[str, ...]
    label: DiagnosisLabels


def diagnosis_words(locale: str) -> DiagnosisWords:
    """The words that go with the catalogue of this locale (`Catalogue.locale`); English where there are none yet."""
    folder = files("habeas.disclosure").joinpath("wording", "diagnosis")
    available = {entry.name.removesuffix(".toml") for entry in folder.iterdir()}
    return _load(locale if locale in available else DEFAULT_LOCALE)


@cache
def _load(locale: str) -> DiagnosisWords:
    folder = files("habeas.disclosure").joinpath("wording", "diagnosis")
    return read_diagnosis_words(folder.joinpath(f"{locale}.toml").read_text("utf-8"), locale)


def read_diagnosis_words(text: str, locale: str) -> DiagnosisWords:
    """The words from their TOML text. Raises ValueError that names each fault: a mistake here is the programmer's."""
    read = msgspec.convert(tomllib.loads(text), DiagnosisWords, strict=True)
    faults = tuple(_faults(read))
    if faults:
        raise ValueError(f"the words of a diagnosis in `{locale}` cannot be used: {'; '.join(faults)}")
    return read


def _faults(read: DiagnosisWords) -> Iterator[str]:
    rules = {rule.name for of_side in CAUSE_RULES.values() for rule in of_side}
    rules |= {rule.name for rule in (*SIDE_RULES, NOTHING_ON_RECORD)} | {ON_RECORD}
    for section, needed, there in (
        ("cause", set(Cause), read.cause.keys()),
        ("rule", rules, read.rule.keys()),
        ("question", {question.name for question in QUESTIONS}, read.question.keys()),
        ("another_network", {Side.NETWORK, Side.ACCOUNT}, read.another_network.keys()),
    ):
        yield from (f"`{section}.{name}` is missing" for name in sorted(needed - there))
        if section in ("rule", "question"):
            yield from (f"`{section}.{name}` belongs to nothing" for name in sorted(there - needed))
    for cause, words in read.cause.items():
        for step in (*words.first, *words.last):
            if (step.do is None) == (step.remedy is None):
                yield f"a step of `cause.{cause}` needs exactly one of `do` and `remedy`"


# --- lengths of time -------------------------------------------------------------------------------------------------


def takes_in_words(takes: Takes, reason: str, policy: Policy, words: DiagnosisWords, catalogue: Catalogue) -> str:
    """How long a step takes: by the playbook's promises, and for a limit that ends by itself by its first and longest
    length.
    """
    match takes:
        case Takes.AT_ONCE:
            return words.takes.at_once
        case Takes.WHILE_IT_LASTS:
            return words.takes.while_it_lasts
        case Takes.UNCHANGEABLE:
            return words.takes.unchangeable
        case Takes.PROMISE:
            phrase, bounds = words.takes.promise, _promise(policy, reason)
        case Takes.APPEAL:
            phrase, bounds = words.takes.appeal, _promise(policy, Reason.TERMS_REVIEW)
        case Takes.BY_ITSELF:
            phrase, bounds = words.takes.by_itself, lasts(policy, reason)
        case _:
            assert_never(takes)
    said = span(bounds, words, catalogue)
    return words.takes.promise_open if said is None else say_surely(phrase, {"span": said})


def _promise(policy: Policy, reason: str) -> Promise:
    row = policy.reasons.get(reason)
    return Promise() if row is None else row.promise


def lasts(policy: Policy, reason: str) -> Promise:
    """From the first length of a reason's limit to the longest that automation may give it (rows B027, B075)."""
    row = policy.reasons.get(reason)
    if row is None or row.kind is None or row.first_for is None:
        return Promise()
    longest = allowed_length(policy.ladder, row.kind, row.evidence, row.scope).max_for
    return Promise(row.first_for, longest)


_HOURS_UP_TO = timedelta(hours=72)


def span(bounds: Promise, words: DiagnosisWords, catalogue: Catalogue) -> str | None:
    """Two bounds as people say them: `24 to 48 hours`, `3 to 7 days`; both in the unit of the upper one."""
    if bounds.to_for is None:
        return None
    in_hours = bounds.to_for <= _HOURS_UP_TO
    unit, many = (timedelta(hours=1), catalogue.time.hours) if in_hours else (timedelta(days=1), catalogue.time.days)
    most = -(bounds.to_for // -unit)
    least = None if bounds.from_for is None else bounds.from_for // unit
    if least is not None and 0 < least < most:
        both = say_surely(words.takes.range, {"least": str(least), "most": str(most)})
        return say_surely(many, {"count": both})
    one = catalogue.time.one_hour if in_hours else catalogue.time.one_day
    return say_surely(words.takes.at_most, {"most": one if most == 1 else say_surely(many, {"count": str(most)})})
