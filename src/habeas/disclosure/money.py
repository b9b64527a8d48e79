"""What may truthfully be said about the assets (rows B054-B058): reassurance only if nothing that stands contradicts it."""

from habeas.disclosure.catalogue import MoneyWords
from habeas.disclosure.phrase import paragraph, say_surely
from habeas.disclosure.view import WITHDRAWALS, View, are_assets_free
from habeas.disclosure.vocabulary import end_instant, length
from habeas.domain.capability import Level, join
from habeas.domain.kind import MONEY_HELD_KINDS
from habeas.domain.restriction import Scope
from habeas.domain.verdict import Request, change_instants


def money_note(view: View) -> str:
    """One note on the assets for the whole account."""
    words = view.words.money
    if view.are_assets_free:
        return _reassurance(view, words)
    return paragraph(words.belongs, _what_is_held(view, words), _until(view, words))


def _reassurance(view: View, words: MoneyWords) -> str:
    if not view.limits:
        return words.free_unlimited
    level = join(view.levels[c] for c in WITHDRAWALS)
    return words.free if level is Level.ALLOW else words.free_after_check


def _what_is_held(view: View, words: MoneyWords) -> str:
    """The first of these that is true, from the most particular to the most general."""
    level = join(view.levels[c] for c in WITHDRAWALS)
    scopes = {limit.phase.scope for limit in view.limits}
    if level <= Level.STEP_UP:
        return words.part_held
    to_known = join(view.to_known[c] for c in WITHDRAWALS)
    if view.cool_off_for is not None and to_known <= Level.STEP_UP:
        phrase = words.new_destinations if to_known is Level.ALLOW else words.new_destinations_after_check
        return say_surely(phrase, {"cool_off": length(view.cool_off_for, view.words)})
    if Scope.REQUEST_IP in scopes and not any(limit.phase.kind in MONEY_HELD_KINDS for limit in view.limits):
        return words.network
    if level is Level.DENY:
        return words.stopped
    return words.amount if Scope.AMOUNT in scopes else words.held


def _until(view: View, words: MoneyWords) -> str:
    """The first instant at which, by what is recorded, the assets are free."""
    instants = sorted({i for c in WITHDRAWALS for i in change_instants(view.standing, Request(c, view.at))})
    end = next((i for i in instants if are_assets_free(view.standing, i)), None)
    return words.no_day if end is None else say_surely(words.until, {"end": end_instant(end, view.words)})
