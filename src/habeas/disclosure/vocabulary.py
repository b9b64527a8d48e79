"""Facts, clauses, instants and lengths of time in words. A value that has no word is not told, never shown as a code."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from habeas.disclosure.catalogue import Catalogue
from habeas.disclosure.phrase import paragraph, say, say_surely
from habeas.domain.reason import Disclosure, LegalGround
from habeas.domain.restriction import HeldAmount, Restriction
from habeas.playbook.policy import Policy

COUNTRY = "country"
DUE_AT = "due_at"
TOLD_VERBATIM = ("authority", "authority_contact", "authority_reference", "claims", "announcement", "migrate_to")
"""Facts that a person has entered to be shown: who gave a legal order, and how to reach them (row A091); where a region exit
is announced, and where users can go on (rows B022, B042).
"""
TOLD_AS_INSTANT = ("exit_at", "close_at")
"""Facts that are dates of a region exit."""

VERBATIM_LENGTH_MAX = 200
_HOURS_UP_TO = timedelta(hours=72)
_TERMS_CLAUSE = "terms-"


def fact_words(restriction: Restriction, words: Catalogue) -> dict[str, str]:
    """What may be told of a restriction's facts: nothing unless its disclosure is FULL."""
    if restriction.disclosure is not Disclosure.FULL:
        return {}
    return dict(_told(restriction.facts, words))


def _told(facts: dict[str, str], words: Catalogue) -> Iterator[tuple[str, str]]:
    for name, value in facts.items():
        if name == COUNTRY:
            word = words.areas.get(value)
        elif name in TOLD_AS_INSTANT:
            word = end_instant(datetime.fromisoformat(value), words)
        elif name in TOLD_VERBATIM:
            word = " ".join(value.split())[:VERBATIM_LENGTH_MAX]
        else:
            word = words.fact.get(name, {}).get(value)
        if word:
            yield name, word


def due_at(restriction: Restriction) -> datetime | None:
    """By when the user must have handed something in, where that is a fact that may be told."""
    if restriction.disclosure is not Disclosure.FULL:
        return None
    try:
        due = datetime.fromisoformat(restriction.facts.get(DUE_AT, ""))
    except ValueError:
        return None
    return due if due.tzinfo is not None else None


def ground_words(ground: LegalGround, facts: dict[str, str], words: Catalogue) -> str:
    """What a restriction rests on, and whose rule that is (row A014)."""
    clause = words.ground.clause.get(ground.clause)
    if clause is None:
        # A citation of an act is told as it is; the id of a clause of the Terms is a code.
        clause = words.ground.other_clause if ground.clause.startswith(_TERMS_CLAUSE) else ground.clause
    place = {"jurisdiction": words.areas[ground.jurisdiction]} if ground.jurisdiction in words.areas else {}
    return paragraph(
        say_surely(words.ground.basis[ground.basis], {"clause": clause, **facts}), say(words.ground.place, place)
    )


def whom_to_ask(policy: Policy, words: Catalogue) -> str:
    """How to reach the entity that serves the account."""
    return say_surely(words.common.contact, {"contact": policy.entity.words(words.locale).contact})


def instant(at: datetime, words: Catalogue) -> str:
    """An instant to the minute, for example `24 November 2026, 14:00 UTC`."""
    at = at.astimezone(UTC)
    return say_surely(
        words.time.instant,
        {
            "day": words.time.first_day if at.day == 1 else str(at.day),
            "month": words.time.months[at.month - 1],
            "year": str(at.year),
            "hour": f"{at.hour:02}",
            "minute": f"{at.minute:02}",
        },
    )


def end_instant(at: datetime, words: Catalogue) -> str:
    """An instant by which something has ended: a started minute counts as a full one, so that it is no promise too early."""
    whole = at.replace(second=0, microsecond=0)
    return instant(whole if whole == at else whole + timedelta(minutes=1), words)


def amount(held: HeldAmount, words: Catalogue) -> str:
    """An amount of an asset, for example `12,345.5 USDT`; no digit is lost."""
    whole, _, part = f"{held.amount:f}".partition(".")
    grouped = f"{int(whole):,}".replace(",", words.number.group)
    part = part.rstrip("0")
    count = f"{grouped}{words.number.decimal}{part}" if part else grouped
    return say_surely(words.number.amount, {"count": count, "asset": held.asset})


def length(lasts_for: timedelta, words: Catalogue) -> str:
    """A length of time as people say it: `30 minutes`, `48 hours`, `7 days`. What does not fit is rounded up."""
    if lasts_for < timedelta(hours=1):
        count, one, many = -(lasts_for // -timedelta(minutes=1)), words.time.one_minute, words.time.minutes
    elif lasts_for <= _HOURS_UP_TO:
        count, one, many = -(lasts_for // -timedelta(hours=1)), words.time.one_hour, words.time.hours
    else:
        count, one, many = -(lasts_for // -timedelta(days=1)), words.time.one_day, words.time.days
    return one if count == 1 else say_surely(many, {"count": str(count)})
