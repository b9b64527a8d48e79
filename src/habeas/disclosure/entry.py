"""One restriction in words: what happened, what still works, what to do by when, what comes next, what is not said, how to
challenge it. A fault on our side, a closed account and an account without limits are told in the same form.
"""

from collections.abc import Iterator
from typing import Protocol

from msgspec import Struct

from habeas.disclosure.abilities import not_possible, still_works, taken
from habeas.disclosure.catalogue import OTHER, CommonWords, SituationWords
from habeas.disclosure.clock import countdown, ends_by_itself_at, when
from habeas.disclosure.phrase import paragraph, say, say_surely
from habeas.disclosure.reasons import Reasons, challenge_gaps, reasons, situation_reasons
from habeas.disclosure.remedy import by_when, what_to_do
from habeas.disclosure.view import Limit, View
from habeas.disclosure.vocabulary import amount, fact_words, ground_words
from habeas.domain.account import Life
from habeas.domain.bulk import Because
from habeas.domain.capability import ACCOUNT_CAPABILITIES, FLOOR, OUTFLOW, Capability, Level
from habeas.domain.imported import is_carried_over
from habeas.domain.notice import reference
from habeas.domain.restriction import Restriction, Scope
from habeas.domain.verdict import life_level


class Entry(Struct, frozen=True, kw_only=True):
    """One restriction as its user sees it. `id` is empty for what is not a restriction. No list is ever empty."""

    id: str
    title: str
    what_happened: str
    still_works: tuple[str, ...]
    not_possible: tuple[str, ...]
    what_to_do: tuple[str, ...]
    by_when: str
    what_next: str
    when: str
    what_we_cannot_say: str
    challenge: str
    legal_ground: str
    automated: bool
    reference: str
    reversible: bool
    countdown: str
    article: str
    """A page that explains the reason (row A097); empty where the playbook names no place for such pages."""
    tips: tuple[str, ...]
    reasons: Reasons
    carried_over: bool = False
    """Whether an older system placed it, of which nobody knows now whether a person decided."""


def restriction_entry(view: View, limit: Limit) -> Entry:
    """The entry of one restriction in force."""
    r, words = limit.restriction, view.words
    reason, effect = words.reason_words(r.reason), words.effect_words(limit.phase.kind, limit.phase.scope)
    return Entry(
        id=r.id,
        title=reason.title,
        what_happened=_what_happened(view, limit),
        still_works=still_works(view),
        not_possible=not_possible(view, limit),
        what_to_do=what_to_do(view, limit),
        by_when=by_when(view, limit),
        what_next=paragraph(effect.what_next or reason.what_next, _one_way(view, limit)),
        when=when(view, limit),
        what_we_cannot_say=_what_we_cannot_say(view, limit),
        challenge=_challenge(view, limit),
        legal_ground=ground_words(r.ground, fact_words(r, words), words),
        automated=r.is_automated,
        reference=reference(r.id),
        reversible=_is_reversible(view, limit),
        countdown=countdown(view, limit),
        article=article_link(view, r.reason),
        tips=tips(view, r.reason),
        reasons=reasons(view, limit, what_happened=_circumstances(view, limit)),
        carried_over=is_carried_over(r),
    )


def _what_happened(view: View, limit: Limit) -> str:
    r, words = limit.restriction, view.words
    more = (say(phrase, fact_words(r, words)) for phrase in words.reason_words(r.reason).more)
    prolonged = words.because.get(Because(r.because)) if r.because else None
    return paragraph(
        _circumstances(view, limit),
        *more,
        prolonged,
        _carried_over(view, r),
        *_notes(view, limit),
        *_reach(view, limit),
        words.purpose[r.purpose],
    )


def _circumstances(view: View, limit: Limit) -> str:
    r, words = limit.restriction, view.words
    return say_surely(words.reason_words(r.reason).what_happened.said(r.disclosure), fact_words(r, words))


def _carried_over(view: View, r: Restriction) -> str | None:
    """That it comes from an older system, which is all that we know of how it was decided."""
    if not is_carried_over(r):
        return None
    return view.words.common.carried_over_to_end if r.condition is None else view.words.common.carried_over


def _notes(view: View, limit: Limit) -> Iterator[str]:
    """What is said of the effect, each sentence only where it is true of everything that stands."""
    for note in view.words.effect_words(limit.phase.kind, limit.phase.scope).notes:
        if note.needs_free_assets and not view.are_assets_free:
            continue
        if note.needs_end and ends_by_itself_at(limit) is None:
            continue
        if view.works(*note.needs):
            held = limit.restriction.held
            said = say(note.text, {} if held is None else {"amount": amount(held, view.words)})
            if said is not None:
                yield said


def _reach(view: View, limit: Limit) -> Iterator[str]:
    """Whether it comes from the main account (row B085), and whether it counts for all accounts of the holder."""
    if limit.phase.scope is Scope.REQUEST_IP:
        return
    if limit.restriction.scope is Scope.HOLDER:
        yield view.words.common.holder_wide
    elif limit.restriction.account != view.standing.account:
        yield view.words.common.follows_main


def _one_way(view: View, limit: Limit) -> str | None:
    return None if _is_reversible(view, limit) else view.words.common.one_way


def _is_reversible(view: View, limit: Limit) -> bool:
    reason = view.policy.reasons.get(limit.restriction.reason)
    return reason is None or reason.is_reversible


def _what_we_cannot_say(view: View, limit: Limit) -> str:
    own = view.words.reason_words(limit.restriction.reason).what_we_cannot_say
    by_class = own or view.words.common.what_we_cannot_say
    return say_surely(by_class.said(limit.restriction.disclosure), {})


def _challenge(view: View, limit: Limit) -> str:
    r, common = limit.restriction, view.words.common
    policy = view.policy.reasons.get(r.reason)
    usual = common.challenge_mandatory if policy is not None and policy.is_mandatory else common.challenge
    phrase = view.words.reason_words(r.reason).challenge or usual
    return paragraph(say_surely(phrase, challenge_gaps(view)), _ask_for_a_person(r, common))


def _ask_for_a_person(r: Restriction, common: CommonWords) -> str | None:
    if is_carried_over(r):
        return common.ask_for_review_now
    return common.ask_for_a_person if r.is_automated else None


class WhoDecided(Protocol):
    """The words for who decided."""

    @property
    def by_automation(self) -> str: ...
    @property
    def by_a_person(self) -> str: ...
    @property
    def by_earlier_system(self) -> str: ...


def who_decided(entry: Entry, words: WhoDecided) -> str:
    """Who decided on a limit, as far as we know."""
    if entry.carried_over:
        return words.by_earlier_system
    return words.by_automation if entry.automated else words.by_a_person


def article_link(view: View, reason: str) -> str:
    """The page that explains a public reason (row A097); empty where the playbook names no place for such pages."""
    base, pages = view.policy.entity.help_url, view.words.article
    return f"{base}/{pages.get(reason, pages[OTHER])}" if base else ""


def tips(view: View, reason: str) -> tuple[str, ...]:
    """What helps against such a limit in the future; never empty (rows B059, B060, B062)."""
    given = view.words.tips
    return tuple(view.words.tip[tip] for tip in given.get(reason, given[OTHER]))


# --- what is not a restriction ---------------------------------------------------------------------------------------


class Situation(Struct, frozen=True):
    """Something that stands on an account without being a restriction, and how far it limits each capability."""

    words: SituationWords
    levels: dict[Capability, Level]
    is_automated: bool = True


def situations(view: View) -> Iterator[Situation]:
    """What stands besides restrictions, furthest-reaching first."""
    standing, words = view.standing, view.words.situation
    if standing.is_unreadable:
        yield Situation(words.unreadable, {c: Level.DENY for c in ACCOUNT_CAPABILITIES if c not in FLOOR})
    by_life = {Life.PURGED: words.purged, Life.RETAINED: words.retained, Life.DEACTIVATED: words.deactivated}
    for life, life_words in by_life.items():
        if life in standing.lives:
            levels = {c: life_level(life, c) for c in ACCOUNT_CAPABILITIES}
            yield Situation(life_words, levels, is_automated=False)
    if not standing.is_known and standing.unknown_outflow is not Level.ALLOW:
        yield Situation(words.unknown, {c: standing.unknown_outflow for c in ACCOUNT_CAPABILITIES if c in OUTFLOW})


def no_limits(view: View) -> Situation:
    """What is said where nothing stands: no list is ever empty, it says "nothing" in words."""
    return Situation(view.words.situation.none, {}, is_automated=False)


def situation_entry(view: View, situation: Situation) -> Entry:
    """The entry of something that is not a restriction."""
    words = situation.words
    return Entry(
        id="",
        title=words.title,
        what_happened=words.what_happened,
        still_works=still_works(view),
        not_possible=tuple(taken(view, situation.levels)) or (view.words.nothing_not_possible,),
        what_to_do=words.what_to_do,
        by_when=view.words.deadline.none,
        what_next=words.what_next,
        when=words.when,
        what_we_cannot_say=words.what_we_cannot_say,
        challenge=say_surely(words.challenge, challenge_gaps(view)),
        legal_ground=words.legal_ground,
        automated=situation.is_automated,
        reference=reference(f"{view.standing.account}/{words.title}"),
        reversible=True,
        countdown=view.words.clock.no_countdown,
        article=article_link(view, OTHER),
        tips=tips(view, OTHER),
        reasons=situation_reasons(view, words, is_automated=situation.is_automated),
    )
