"""What the user can do about a limit, and what is due from the user: instructions that can be followed as things stand."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from habeas.disclosure.catalogue import Catalogue, RemedyWords
from habeas.disclosure.clock import ends_by_itself_at
from habeas.disclosure.phrase import say, say_surely
from habeas.disclosure.view import Limit, View
from habeas.disclosure.vocabulary import due_at, end_instant, fact_words, instant
from habeas.domain.capability import Level


class Requirements(Struct, frozen=True, kw_only=True):
    """What the account is asked for, in the shape that payment platforms made common. No list is ever empty."""

    currently_due: tuple[str, ...]
    past_due: tuple[str, ...]
    pending_verification: tuple[str, ...]
    current_deadline: str
    alternatives: tuple[str, ...]


def what_to_do(view: View, limit: Limit) -> tuple[str, ...]:
    """The instructions for one limit, in the playbook's order; never empty."""
    gaps = _gaps(view, limit)
    said = (say(remedy.do, gaps) for _, remedy in _remedies(view, limit))
    return tuple(dict.fromkeys(filter(None, said))) or (view.words.nothing_to_do,)


def by_when(view: View, limit: Limit) -> str:
    """The user's own deadline, if there is one."""
    words, due = view.words.deadline, due_at(limit.restriction)
    if due is not None:
        phrase = words.due if view.at < due else words.past
        return say_surely(phrase, {"due": instant(due, view.words)})
    return words.the_sooner if any(True for _ in _due(view, limit)) else words.none


def requirements(view: View) -> Requirements:
    """What is due from the user for all limits together."""
    words = view.words.requirement
    current: dict[str, None] = {}
    past: dict[str, None] = {}
    alternatives: dict[str, None] = {}
    deadlines: list[datetime] = []
    for limit in view.limits:
        deadline = due_at(limit.restriction)
        if deadline is not None and view.at < deadline:
            deadlines.append(deadline)
        for item, replaced in _due(view, limit):
            if replaced is not None:
                alternatives[say_surely(words.instead, {"this": replaced, "that": item})] = None
            elif deadline is not None and deadline <= view.at:
                past[item] = None
            else:
                current[item] = None
    for request in view.asked:
        if view.at < request.due_at:
            deadlines.append(request.due_at)
        for item in (document_words(kind, view.words) for kind in request.documents):
            (current if view.at < request.due_at else past)[item] = None
    pending = {document_words(kind, view.words): None for request in view.being_checked for kind in request.documents}
    # Each item stands in one list: what we are looking at is not due, and what is past its date is not due now.
    past = {item: None for item in past if item not in pending}
    current = {item: None for item in current if item not in pending and item not in past}
    return Requirements(
        currently_due=tuple(current) or (words.nothing_due,),
        past_due=tuple(past) or (words.nothing_past,),
        pending_verification=tuple(pending) or (words.nothing_pending,),
        current_deadline=instant(min(deadlines), view.words) if deadlines else words.no_deadline,
        alternatives=tuple(alternatives) or (words.no_alternatives,),
    )


def document_words(kind: str, words: Catalogue) -> str:
    """A kind of document in words; one that the catalogue does not know in plain letters."""
    return words.fact.get("document", {}).get(kind) or " ".join(kind.replace("_", " ").split())


def _due(view: View, limit: Limit) -> Iterator[tuple[str, str | None]]:
    """What a limit asks the user to hand in, and what each item can replace."""
    gaps, remedies = _gaps(view, limit), dict(_remedies(view, limit))
    for remedy in remedies.values():
        item = None if remedy.due is None else say(remedy.due, gaps)
        if item is not None:
            other = remedies.get(remedy.instead_of) if remedy.instead_of else None
            yield item, None if other is None or other.due is None else say(other.due, gaps)


def _remedies(view: View, limit: Limit) -> Iterator[tuple[str, RemedyWords]]:
    """The remedies that can be followed now. One that the catalogue does not know becomes the general ones."""
    for id_ in dict.fromkeys(_named(view, limit)):
        remedy = view.words.remedy[id_]
        if all(view.levels[c] < Level.DENY for c in remedy.needs):
            yield id_, remedy


def _named(view: View, limit: Limit) -> Iterator[str]:
    of_kind = view.words.effect_words(limit.phase.kind, limit.phase.scope).remedies
    of_reason = view.policy.reasons.get(limit.restriction.reason)
    for id_ in of_kind or (of_reason.remedies if of_reason else view.words.other_remedies):
        yield from (id_,) if id_ in view.words.remedy else view.words.other_remedies


def _gaps(view: View, limit: Limit) -> dict[str, str]:
    gaps = fact_words(limit.restriction, view.words)
    end = ends_by_itself_at(limit)
    return gaps if end is None else gaps | {"end": end_instant(end, view.words)}
