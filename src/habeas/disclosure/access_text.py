"""A person's own data as Markdown that can be read without knowing the system."""

import tomllib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
from msgspec import Struct

from habeas.disclosure.access import SubjectFile, ToldEvent, ToldRestriction
from habeas.disclosure.catalogue import DEFAULT_LOCALE, Catalogue, catalogue
from habeas.disclosure.entry import Entry, who_decided
from habeas.disclosure.markdown import plain
from habeas.disclosure.phrase import say_surely
from habeas.disclosure.text import as_text
from habeas.disclosure.vocabulary import instant, length
from habeas.playbook.policy import Policy


class Parts(Struct, frozen=True, forbid_unknown_fields=True):
    profile: str
    now: str
    restrictions: str
    cases: str
    requests: str
    files: str
    events: str


class AccessLabels(Struct, frozen=True, forbid_unknown_fields=True):
    reasons: str
    reference: str
    place: str
    answer: str
    automated: str
    by_automation: str
    by_a_person: str
    by_earlier_system: str


class AccessWords(Struct, frozen=True, forbid_unknown_fields=True):
    """`wording/access/LANGUAGE.toml`."""

    title: str
    made: str
    intro: tuple[str, ...]
    none: str
    unknown: str
    yes: str
    no: str
    part: Parts
    label: AccessLabels


@cache
def access_words(locale: str) -> AccessWords:
    """The words of a language of the catalogue; English where they are not there yet."""
    folder = files("habeas.disclosure").joinpath("wording", "access")
    file = folder.joinpath(f"{locale}.toml")
    if not file.is_file():
        file = folder.joinpath(f"{DEFAULT_LOCALE}.toml")
    return msgspec.convert(tomllib.loads(file.read_text("utf-8")), AccessWords)


def access_text(told: SubjectFile, policy: Policy, locale: str = "en") -> str:
    """The whole file. `locale` must be the one that the statement was made in."""
    words = catalogue(locale)
    return "\n".join(_Page(access_words(words.locale), words, locale).lines(told, policy)) + "\n"


class _Page:
    def __init__(self, access: AccessWords, words: Catalogue, locale: str) -> None:
        self._access = access
        self._words = words
        self._locale = locale

    def lines(self, told: SubjectFile, policy: Policy) -> Iterator[str]:
        access, part = self._access, self._access.part
        gaps = {
            "at": self._value(told.made_at),
            "account": plain(told.account),
            "contact": policy.entity.contact,
            "complaints": policy.entity.complaints,
        }
        yield from (f"# {access.title}", "", say_surely(access.made, gaps), "")
        for sentence in access.intro:
            yield from (say_surely(sentence, gaps), "")
        yield from (f"## {part.profile}", "", *self._fields(told.profile), "")
        yield from (f"## {part.now}", "", "```text", *as_text(told.now, self._locale).splitlines(), "```", "")
        yield from self._many(part.restrictions, [list(self._restriction(each)) for each in told.restrictions])
        yield from self._many(part.cases, [[*self._fields(each)] for each in told.cases])
        yield from self._many(part.requests, [[*self._fields(each)] for each in told.requests])
        yield from self._many(part.files, [[*self._fields(each)] for each in told.files])
        yield from self._many(part.events, [list(self._event(each)) for each in told.events])

    def _many(self, title: str, blocks: list[list[str]]) -> Iterator[str]:
        yield from (f"## {title}", "")
        for block in blocks or [[self._access.none]]:
            yield from (*block, "")

    def _restriction(self, told: ToldRestriction) -> Iterator[str]:
        label, entry = self._access.label, told.reasons
        yield from (f"### {entry.title}", "", f"{label.reference}: {told.reference}", "")
        yield from (*self._fields(told.restriction), "", f"#### {label.reasons}", "")
        yield from reasons_lines(entry)
        yield f"{label.automated}: {who_decided(entry, label)}"

    def _event(self, told: ToldEvent) -> Iterator[str]:
        label = self._access.label
        yield from (f"### {self._value(told.event['time'])}: {plain(told.event['type'])}", "")
        yield from self._fields(told.event | told.said)
        for title, fields in ((label.place, told.place), (label.answer, told.answer)):
            yield from ("", f"{title}:", "", *self._fields(fields))

    def _fields(self, fields: dict[str, Any]) -> list[str]:
        rows = [(name.replace("_", " "), self._value(value)) for name, value in fields.items()]
        return [f"- {plain(name)}: {value}" for name, value in rows] or [self._access.none]

    def _value(self, value: Any) -> str:
        match value:
            case None | "" | () | {}:
                return self._access.unknown
            case bool():
                return self._access.yes if value else self._access.no
            case datetime():
                return instant(value, self._words)
            case date():
                return value.isoformat()
            case timedelta():
                return length(value, self._words)
            case Decimal():
                return f"{value:f}"
            case dict():
                return "; ".join(f"{plain(str(name))}: {self._value(each)}" for name, each in value.items())
            case tuple() | list():
                return ", ".join(self._value(each) for each in value)
            case Struct():
                return self._value(msgspec.structs.asdict(value))
            case _:
                return plain(str(value))


def reasons_lines(entry: Entry) -> Iterator[str]:
    """The statement of reasons of one restriction (DSA Article 17: facts, ground, means, redress)."""
    for text in (entry.what_happened, entry.legal_ground, entry.what_we_cannot_say, entry.when, entry.challenge):
        yield from (plain(text), "")
