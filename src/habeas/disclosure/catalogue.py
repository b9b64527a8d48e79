"""All sentences of one language, as tables: what each reason, kind, scope, capability, remedy and clause is called for users.

One file a language, `wording/LANGUAGE.toml`, and beside it `wording/areas/LANGUAGE.toml`. A catalogue is checked when it is
read: every gap is one that can be filled, and whatever must always be said has a form that can always be said.
"""

import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import msgspec
from msgspec import Struct

from habeas.disclosure.phrase import Phrase, Variants, forms, gaps
from habeas.domain.bulk import Because
from habeas.domain.capability import Capability, Level
from habeas.domain.kind import Kind
from habeas.domain.notice import NoticeTopic
from habeas.domain.reason import Basis, Disclosure, Purpose
from habeas.domain.restriction import ACCOUNT_WIDE, Scope

DEFAULT_LOCALE = "en"
OTHER = "other"
"""In tables by public reason: for a reason that has no row of its own."""
BY_PERSON = "by_person"
BY_EARLIER_SYSTEM = "by_earlier_system"


class ByClass(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said under each disclosure class. Only `full` may use facts."""

    full: Phrase
    limited: Phrase

    def said(self, disclosure: Disclosure) -> Phrase:
        return self.full if disclosure is Disclosure.FULL else self.limited


class ReasonWords(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[reason.CODE]`: one public reason. It says nothing of effects, which are the kind's, nor of dates."""

    title: str
    what_happened: ByClass
    more: tuple[Phrase, ...] = ()
    """Said behind it, each only where every fact that it needs may be told."""
    what_next: str
    ends_when: str
    """What ends it, where no date does."""
    decided_by: Phrase | None = None
    """Said of its end date instead of "it ends by itself", where that day is the day of a decision."""
    what_we_cannot_say: ByClass | None = None
    challenge: Phrase | None = None


class Note(Struct, frozen=True, forbid_unknown_fields=True):
    """A sentence about an effect, said only where it is true: while the capabilities it `needs` work, while nothing holds
    the assets, while the end is a date.
    """

    text: Phrase
    needs: tuple[Capability, ...] = ()
    needs_free_assets: bool = False
    needs_end: bool = False


class EffectWords(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[effect.NAME]`: what one kind does, or one of the narrower scopes whatever its kind."""

    headline: str
    notes: tuple[Note, ...] = ()
    not_possible: tuple[str, ...] = ()
    """In front of what the capability table denies."""
    remedies: tuple[str, ...] = ()
    """Instead of the reason's, where the kind leaves only these."""
    what_next: str | None = None
    when: str | None = None
    """Instead of an end, for what has none."""


class CapabilityWords(Struct, frozen=True, forbid_unknown_fields=True):
    """`[capability.NAME]`: what a person calls it, after "you can"; for outflow also with a known and a new destination."""

    do: str
    to_known: str | None = None
    to_new: str | None = None


class RemedyWords(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[remedy.ID]`: an instruction that a person can follow. Shown only while the capabilities it `needs` are not denied.

    `due` names what the user hands in, for the list of requirements; `instead_of` the remedy that it can replace.
    """

    do: Phrase
    needs: tuple[Capability, ...] = ()
    due: Phrase | None = None
    instead_of: str | None = None


class SituationWords(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[situation.NAME]`: what stands on an account without being a restriction, or that nothing does."""

    headline: str
    title: str
    what_happened: str
    what_to_do: tuple[str, ...]
    what_next: str
    when: str
    what_we_cannot_say: str
    challenge: Phrase
    legal_ground: str


class Situations(Struct, frozen=True, forbid_unknown_fields=True):
    none: SituationWords
    unreadable: SituationWords
    unknown: SituationWords
    deactivated: SituationWords
    retained: SituationWords
    purged: SituationWords


class MoneyWords(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said about the assets. The first three reassure; the others follow `belongs`."""

    free_unlimited: str
    free: str
    free_after_check: str
    belongs: str
    part_held: str
    new_destinations: Phrase
    new_destinations_after_check: Phrase
    amount: str
    network: str
    held: str
    stopped: str
    until: Phrase
    no_day: str


class NoticeWords(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[notice.TOPIC]`: what a notice says beside the statement's words. The subject has no gap: it is for everybody."""

    subject: str
    opening: Phrase
    title: str | None = None
    what_next: str | None = None
    when: Phrase | None = None


class NoticePhrases(Struct, frozen=True, forbid_unknown_fields=True):
    """`[notice.words]`: what several notices say."""

    others_stand: str
    none_stands: str
    works_again: str
    ended_at: Phrase
    send: Phrase
    send_if_you_can: Phrase
    was_wrong: Phrase
    we_check: str
    greeting: Phrase


class LevelWords(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a capability works, and what of it does not, at one level."""

    works: Phrase | None = None
    not_possible: Phrase


class ClockWords(Struct, frozen=True, forbid_unknown_fields=True):
    ends: Phrase
    becomes_milder: Phrase
    stage: Phrase
    """For what gets stricter by itself: from when on, and what then."""
    decision_on: Phrase
    decision_due: str
    never_beyond: Phrase
    only_a_person_extends: str
    recheck: Phrase
    recheck_due: str
    countdown: Phrase
    no_countdown: str
    promise: Phrase


class DeadlineWords(Struct, frozen=True, forbid_unknown_fields=True):
    due: Phrase
    past: Phrase
    the_sooner: str
    none: str


class RequirementWords(Struct, frozen=True, forbid_unknown_fields=True):
    nothing_due: str
    nothing_past: str
    nothing_pending: str
    no_deadline: str
    no_alternatives: str
    instead: Phrase


class CommonWords(Struct, frozen=True, forbid_unknown_fields=True):
    several: Phrase
    """Behind the headline, when there are several limits."""
    follows_main: str
    holder_wide: str
    carried_over: str
    """Of a limit that an older system placed."""
    carried_over_to_end: str
    """Of one that ends by itself."""
    one_way: str
    what_we_cannot_say: ByClass
    challenge: Phrase
    challenge_mandatory: Phrase
    ask_for_a_person: str
    ask_for_review_now: str
    """Of a limit that an older system placed."""
    contact: Phrase
    read_more: Phrase
    never_ask: str
    appeal_answer: str
    appeal_open: str


class GroundWords(Struct, frozen=True, forbid_unknown_fields=True):
    basis: dict[Basis, Phrase]
    place: Phrase
    """Whose rule it is, where that is known."""
    clause: dict[str, str]
    other_clause: str
    """For a clause of the Terms that has no words of its own."""


class TimeWords(Struct, frozen=True, forbid_unknown_fields=True):
    months: tuple[str, str, str, str, str, str, str, str, str, str, str, str]
    first_day: str
    """The first day of a month, where it is not written like the others."""
    instant: Phrase
    minutes: Phrase
    hours: Phrase
    days: Phrase
    one_minute: str
    one_hour: str
    one_day: str


class NumberWords(Struct, frozen=True, forbid_unknown_fields=True):
    """How amounts are written."""

    decimal: str
    group: str
    amount: Phrase


class FactorWords(Struct, frozen=True, forbid_unknown_fields=True):
    """What an automatic check looked at, and how a change would alter its result."""

    what: Phrase
    change: str


class FactorsByClass(Struct, frozen=True, forbid_unknown_fields=True):
    """`[factor.CODE]`: what may be said of the factors of a public reason under each disclosure class."""

    limited: FactorWords
    full: tuple[FactorWords, ...] = ()

    def said(self, disclosure: Disclosure) -> tuple[FactorWords, ...]:
        return self.full if disclosure is Disclosure.FULL and self.full else (self.limited,)


class DetectionWords(Struct, frozen=True, forbid_unknown_fields=True):
    automated: str
    person: str
    earlier_system: str
    order: str
    review: str
    """The cover class's: true of every review, whatever its cause."""


class DecisionWords(Struct, frozen=True, forbid_unknown_fields=True):
    automated: str
    person: str
    earlier_system: str


class TerritoryWords(Struct, frozen=True, forbid_unknown_fields=True):
    everywhere: str
    network: str


class EndedByWords(Struct, frozen=True, forbid_unknown_fields=True):
    us: str
    review: str
    outside: str


class RedressWords(Struct, frozen=True, forbid_unknown_fields=True):
    complaint: Phrase
    out_of_court: Phrase
    court: str


class ReasonsWords(Struct, frozen=True, forbid_unknown_fields=True):
    """`[reasons]`: the fields of a statement of reasons."""

    detection: DetectionWords
    decision: DecisionWords
    ground: dict[Basis, Phrase]
    """Why it falls under what it rests on."""
    scope: dict[Scope, str]
    territory: TerritoryWords
    ended_by: EndedByWords
    redress: RedressWords


class Labels(Struct, frozen=True, forbid_unknown_fields=True):
    """The headings of the statement as plain text."""

    account: Phrase
    reference: str
    what_happened: str
    still_works: str
    not_possible: str
    what_to_do: str
    by_when: str
    what_next: str
    when: str
    what_we_cannot_say: str
    challenge: str
    legal_ground: str
    decided: str
    reasons: str
    redress: str
    factors: str
    tips: str
    article: str
    by_automation: str
    by_a_person: str
    by_earlier_system: str
    requirements: str
    currently_due: str
    past_due: str
    pending_verification: str
    current_deadline: str
    alternatives: str
    contact: str


class Catalogue(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything Habeas can say in one language."""

    locale: str = ""
    areas: dict[str, str] = {}
    common: CommonWords
    label: Labels
    purpose: dict[Purpose, str]
    level: dict[Level, LevelWords]
    capability: dict[Capability, CapabilityWords]
    without_login: Phrase
    effect: dict[str, EffectWords]
    """By kind, and by each scope that is narrower than an account."""
    reason: dict[str, ReasonWords]
    other_reason: ReasonWords
    """For a reason that a playbook added and this catalogue does not know (row A027)."""
    remedy: dict[str, RemedyWords]
    other_remedies: tuple[str, ...]
    """For a reason or a remedy that is not known."""
    nothing_to_do: str
    nothing_not_possible: str
    situation: Situations
    money: MoneyWords
    clock: ClockWords
    deadline: DeadlineWords
    requirement: RequirementWords
    ground: GroundWords
    time: TimeWords
    fact: dict[str, dict[str, str]]
    """Facts that are told by a word from a list; a value that is not on it is not told."""
    notice: dict[str, NoticeWords]
    notice_phrases: NoticePhrases
    because: dict[Because, str]
    """Why many limits were ended or prolonged at once, as everybody is told whose limit that was."""
    number: NumberWords
    reasons: ReasonsWords
    factor: dict[str, FactorsByClass]
    tip: dict[str, str]
    tips: dict[str, tuple[str, ...]]
    """Which tips are given for a public reason."""
    article: dict[str, str]
    """The last part of the address of a page that explains a public reason (row A097)."""

    def reason_words(self, code: str) -> ReasonWords:
        return self.reason.get(code, self.other_reason)

    def effect_words(self, kind: Kind, scope: Scope) -> EffectWords:
        return self.effect[effect_name(kind, scope)]


def effect_name(kind: Kind, scope: Scope) -> str:
    """Which row of `[effect]` speaks: the kind's where it reaches the whole account, else the scope's."""
    return kind if scope in ACCOUNT_WIDE else scope


def catalogue(locale: str) -> Catalogue:
    """The catalogue for a BCP 47 tag such as `en-GB`: of the language and region, else of the language, else English."""
    return _load(_best(locale.lower().replace("_", "-"), locales()))


def _best(wanted: str, available: frozenset[str]) -> str:
    """The closest language there is. A tag only ever selects from the list; it never becomes a path."""
    while wanted:
        if wanted in available:
            return wanted
        wanted = wanted.rpartition("-")[0]
    return DEFAULT_LOCALE


@cache
def locales() -> frozenset[str]:
    """The languages that Habeas speaks."""
    folder = files("habeas.disclosure").joinpath("wording")
    return frozenset(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


@cache
def _load(locale: str) -> Catalogue:
    folder = files("habeas.disclosure").joinpath("wording")
    areas = tomllib.loads(folder.joinpath("areas", f"{locale}.toml").read_text("utf-8"))
    return read_catalogue(folder.joinpath(f"{locale}.toml").read_text("utf-8"), areas, locale)


def read_catalogue(text: str, areas: dict[str, str], locale: str) -> Catalogue:
    """A catalogue from its TOML text. Raises ValueError that names each fault: a mistake here is the programmer's."""
    tree = tomllib.loads(text) | {"areas": areas, "locale": locale}
    # In the file they stand with the notices that they are for.
    tree["notice_phrases"] = tree.get("notice", {}).pop("words", {})
    read = msgspec.convert(tree, Catalogue, strict=True)
    faults = [*_missing(read), *_bad_gaps(read)]
    if faults:
        raise ValueError(f"the catalogue `{locale}` cannot be used: {'; '.join(faults)}")
    return read


def _missing(read: Catalogue) -> Iterator[str]:
    """What the domain has and the catalogue must therefore word."""
    effects = {effect_name(kind, scope) for kind in Kind for scope in Scope}
    for section, needed, there in (
        ("effect", effects, read.effect.keys()),
        ("capability", set(Capability), read.capability.keys()),
        ("purpose", set(Purpose), read.purpose.keys()),
        ("ground.basis", set(Basis), read.ground.basis.keys()),
        ("notice", set(NoticeTopic), read.notice.keys()),
        ("because", set(Because), read.because.keys()),
        ("article", {OTHER}, read.article.keys()),
        ("tips", {OTHER}, read.tips.keys()),
        ("factor", {OTHER, BY_PERSON, BY_EARLIER_SYSTEM}, read.factor.keys()),
        ("reasons.scope", set(Scope), read.reasons.scope.keys()),
        ("reasons.ground", set(Basis), read.reasons.ground.keys()),
        ("tip", {tip for tips in read.tips.values() for tip in tips}, read.tip.keys()),
        ("level", set(Level) - {Level.ALLOW}, read.level.keys()),
    ):
        yield from (f"`{section}.{name}` is missing" for name in sorted(needed - there))
    named = {*read.other_remedies, *(r for e in read.effect.values() for r in e.remedies)}
    named |= {words.instead_of for words in read.remedy.values() if words.instead_of}
    yield from (f"`remedy.{name}` is missing" for name in sorted(named - read.remedy.keys()))


# The words that are always there, by the part of the catalogue that may rely on them. What else a phrase uses is a fact that
# may be missing, so such a phrase needs a plain form; a remedy without one is left out instead.
_APPEAL = frozenset({"complaints", "appeal_answer", "appeal_open"})
_ALWAYS: dict[str, frozenset[str]] = {
    "challenge": _APPEAL,
    "challenge_mandatory": _APPEAL,
    "contact": frozenset({"contact"}),
    "several": frozenset({"count"}),
    "level": frozenset({"capability"}),
    "without_login": frozenset({"capability"}),
    "ground": frozenset({"clause"}),
    "time": frozenset({"day", "month", "year", "hour", "minute", "count"}),
    "clock": frozenset({"end", "last", "cap", "recheck", "promise", "left", "what"}),
    "decided_by": frozenset({"end"}),
    "due": frozenset({"due"}),
    "past": frozenset({"due"}),
    "until": frozenset({"end"}),
    "instead": frozenset({"this", "that"}),
    "capability": frozenset({"cool_off"}),
    "money": frozenset({"cool_off"}),
    "number": frozenset({"count", "asset"}),
    "label": frozenset({"account"}),
    "reasons": frozenset({"title"}),
    "redress": _APPEAL,
    "notice": frozenset({"title", "start", "end", "left", "what"}),
    "notice_phrases": frozenset({"account", "document", "end"}),
}
_MAY_BE_LEFT_OUT = frozenset({"remedy", "place", "read_more", "more"})


def _bad_gaps(read: Catalogue) -> Iterator[str]:
    for path, phrase in phrases(read):
        text, plain = forms(phrase)
        always = frozenset[str]().union(*(_ALWAYS.get(part, frozenset()) for part in path))
        where = ".".join(path)
        if plain is not None and gaps(plain):
            yield f"the plain form of `{where}` has a gap"
        unsure = gaps(text) - always
        if unsure and plain is None and _MAY_BE_LEFT_OUT.isdisjoint(path):
            yield f"`{where}` needs a plain form, because `{min(unsure)}` may be missing"


def phrases(read: Catalogue) -> Iterator[tuple[tuple[str, ...], Phrase]]:
    """Every phrase of the catalogue with its path; names of areas, parts of addresses and marks in numbers aside."""
    for name in read.__struct_fields__:
        if name not in ("areas", "locale", "article", "number"):
            yield from _phrases_in(getattr(read, name), (name,))


def _phrases_in(part: object, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Phrase]]:
    match part:
        case str() | Variants():
            yield path, part
        case dict():
            for key, value in part.items():
                yield from _phrases_in(value, (*path, str(key)))
        case tuple():
            # Lists of ids are not for users.
            if path[-1] not in ("needs", "remedies", "other_remedies") and path[0] != "tips":
                for value in part:
                    yield from _phrases_in(value, path)
        case Struct():
            for field in part.__struct_fields__:
                if field != "instead_of":
                    yield from _phrases_in(getattr(part, field), (*path, field))
        case _:
            return
