"""What still works and what does not: promises that are kept, given everything that stands on the account."""

from collections.abc import Iterator

from habeas.disclosure.phrase import say_surely
from habeas.disclosure.view import Limit, View
from habeas.disclosure.vocabulary import length
from habeas.domain.capability import ACCOUNT_CAPABILITIES, FLOOR, OUTFLOW, Capability, Level
from habeas.domain.kind import LEVELS
from habeas.domain.restriction import Scope

_BY_THE_TABLE = frozenset({Scope.ACCOUNT, Scope.HOLDER, Scope.REQUEST_IP})


def still_works(view: View) -> tuple[str, ...]:
    """Everything that works now, at once or after an extra check. Never empty: the floor always works."""
    works = tuple(
        phrase for c in ACCOUNT_CAPABILITIES if (phrase := _works(view, c, view.levels[c]) or _works_to_known(view, c))
    )
    assert works
    return works


def _works(view: View, capability: Capability, level: Level) -> str | None:
    return _at_level(view, level, _name(view, capability))


def _works_to_known(view: View, capability: Capability) -> str | None:
    """Outflow that waits only where the destination is new works to the others."""
    known = view.words.capability[capability].to_known
    if known is None or capability not in OUTFLOW or view.cool_off_for is None:
        return None
    phrase = say_surely(known, {"cool_off": length(view.cool_off_for, view.words)})
    return _at_level(view, view.to_known[capability], phrase)


def _at_level(view: View, level: Level, phrase: str) -> str | None:
    if level is Level.ALLOW:
        return phrase
    works = view.words.level[level].works
    return None if works is None else say_surely(works, {"capability": phrase})


def _name(view: View, capability: Capability) -> str:
    name = view.words.capability[capability].do
    if capability in FLOOR and not view.works(Capability.LOGIN):
        return say_surely(view.words.without_login, {"capability": name})
    return name


def not_possible(view: View, limit: Limit) -> tuple[str, ...]:
    """What this one limit takes away, whatever the others do. Each line is true of the account as a whole, too."""
    special = view.words.effect_words(limit.phase.kind, limit.phase.scope).not_possible
    lines = (*special, *_taken_by(view, limit))
    return lines or (view.words.nothing_not_possible,)


def _taken_by(view: View, limit: Limit) -> Iterator[str]:
    if limit.phase.scope in _BY_THE_TABLE:
        yield from taken(view, {c: LEVELS[limit.phase.kind][c] for c in ACCOUNT_CAPABILITIES})
    elif limit.phase.scope is Scope.NEW_DESTINATIONS:
        cool_off = limit.restriction.cool_off_for
        for capability in ACCOUNT_CAPABILITIES:
            new = view.words.capability[capability].to_new
            is_only_held = view.levels[capability] is not Level.DENY
            if capability in OUTFLOW and new is not None and cool_off is not None and is_only_held:
                yield say_surely(new, {"cool_off": length(cool_off, view.words)})
            elif capability in OUTFLOW:
                yield from taken(view, {capability: Level.HOLD})


def taken(view: View, levels: dict[Capability, Level]) -> Iterator[str]:
    """What levels take away, a line for each capability that is not simply allowed.

    Nothing is said to wait that something else denies.
    """
    for capability, own in levels.items():
        level = Level.DENY if own is Level.HOLD and view.levels[capability] is Level.DENY else own
        if level is not Level.ALLOW:
            name = view.words.capability[capability].do
            yield say_surely(view.words.level[level].not_possible, {"capability": name})
