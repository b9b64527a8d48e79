"""The statement of reasons of one limit: the fields that Article 17 of the Digital Services Act asks for, and for what
automation decided which factors it looked at and how a change would alter the result (GDPR Article 22, C-203/22).

All of it is at the limit's disclosure class. Under LIMITED only the sort of factor is named, for every limit of a reason alike.
"""

from collections.abc import Iterator

from msgspec import Struct

from habeas.disclosure.catalogue import BY_EARLIER_SYSTEM, BY_PERSON, OTHER, SituationWords
from habeas.disclosure.clock import duration
from habeas.disclosure.phrase import say_surely
from habeas.disclosure.view import Limit, View
from habeas.disclosure.vocabulary import fact_words, ground_words
from habeas.domain.imported import is_carried_over
from habeas.domain.kind import HELD_BY_LAW_KINDS
from habeas.domain.reason import Basis, Reason
from habeas.domain.restriction import Scope


class Factor(Struct, frozen=True):
    """Something that a check looked at, and how a change of it would alter the result."""

    what: str
    change: str


class Reasons(Struct, frozen=True, kw_only=True):
    """Why a limit was set, in the fields of DSA Article 17(3). No list is ever empty."""

    facts: str
    """The facts and circumstances relied on."""
    detection: str
    """Whether automated means were used to find it."""
    decision: str
    """Whether automated means were used to decide."""
    ground: str
    """The legal or contractual ground."""
    ground_explained: str
    """Why it is held to fall under that."""
    scope: str
    territory: str
    duration: str
    ended_by: str
    """In whose hands the end is (row A101)."""
    factors: tuple[Factor, ...]
    redress: tuple[str, ...]
    """A complaint to us, a way out of court, a court: in this order."""


def reasons(view: View, limit: Limit, *, what_happened: str) -> Reasons:
    """The statement of reasons of a restriction in force."""
    r, words = limit.restriction, view.words.reasons
    who = "earlier_system" if is_carried_over(r) else "automated" if r.is_automated else "person"
    return Reasons(
        facts=what_happened,
        detection=getattr(words.detection, _found_by(limit) or who),
        decision=getattr(words.decision, who),
        ground=ground_words(r.ground, fact_words(r, view.words), view.words),
        ground_explained=say_surely(words.ground[r.ground.basis], {"title": view.words.reason_words(r.reason).title}),
        scope=words.scope[limit.phase.scope],
        territory=words.territory.network if limit.phase.scope is Scope.REQUEST_IP else words.territory.everywhere,
        duration=duration(view, limit),
        ended_by=getattr(words.ended_by, _in_whose_hands(limit)),
        factors=tuple(_factors(view, limit)),
        redress=_redress(view),
    )


def _found_by(limit: Limit) -> str | None:
    """What is said of how it was found, where that does not follow from who decided."""
    if limit.restriction.reason == Reason.TERMS_REVIEW:
        return "review"
    return "order" if limit.restriction.ground.basis is Basis.ORDER else None


def _in_whose_hands(limit: Limit) -> str:
    if limit.restriction.reason == Reason.TERMS_REVIEW:
        return "review"
    is_outside = limit.restriction.ground.basis is Basis.ORDER or limit.phase.kind in HELD_BY_LAW_KINDS
    return "outside" if is_outside else "us"


def _factors(view: View, limit: Limit) -> Iterator[Factor]:
    r, table = limit.restriction, view.words.factor
    is_of_reason = r.is_automated or r.reason == Reason.TERMS_REVIEW
    by_person = BY_EARLIER_SYSTEM if is_carried_over(r) else BY_PERSON
    row = table.get(r.reason, table[OTHER]) if is_of_reason else table[by_person]
    gaps = fact_words(r, view.words)
    for factor in row.said(r.disclosure):
        yield Factor(say_surely(factor.what, gaps), factor.change)


def _redress(view: View) -> tuple[str, ...]:
    words, gaps = view.words.reasons.redress, challenge_gaps(view)
    return say_surely(words.complaint, gaps), say_surely(words.out_of_court, gaps), words.court


def challenge_gaps(view: View) -> dict[str, str]:
    """The words that every way to challenge may use."""
    common = view.words.common
    return {
        "complaints": view.policy.entity.words(view.words.locale).complaints,
        "appeal_answer": common.appeal_answer,
        "appeal_open": common.appeal_open,
    }


def situation_reasons(view: View, situation: SituationWords, *, is_automated: bool) -> Reasons:
    """The same fields for what stands on an account without being a restriction."""
    words = view.words.reasons
    who = "automated" if is_automated else "person"
    factor = view.words.factor[OTHER if is_automated else BY_PERSON].limited
    return Reasons(
        facts=situation.what_happened,
        detection=getattr(words.detection, who),
        decision=getattr(words.decision, who),
        ground=situation.legal_ground,
        ground_explained=situation.what_happened,
        scope=words.scope[Scope.ACCOUNT],
        territory=words.territory.everywhere,
        duration=situation.when,
        ended_by=words.ended_by.us,
        factors=(Factor(say_surely(factor.what, {}), factor.change),),
        redress=_redress(view),
    )
