"""The statement: everything that one user is told about one account at one instant (interface 4)."""

from datetime import datetime

from msgspec import Struct

from habeas.disclosure.catalogue import catalogue
from habeas.disclosure.entry import Entry, no_limits, restriction_entry, situation_entry, situations
from habeas.disclosure.money import money_note
from habeas.disclosure.phrase import paragraph, say_surely
from habeas.disclosure.remedy import Requirements, requirements
from habeas.disclosure.view import View, look
from habeas.disclosure.vocabulary import whom_to_ask
from habeas.domain.document import DocumentRequest
from habeas.domain.ids import AccountId
from habeas.domain.verdict import Standing
from habeas.playbook.policy import Policy


class Statement(Struct, frozen=True, kw_only=True):
    """What the user sees. `restrictions` furthest-reaching first; an account without any has one entry that says so."""

    account: AccountId
    headline: str
    money_note: str
    restrictions: tuple[Entry, ...]
    requirements: Requirements
    contact: str


def make_statement(
    standing: Standing, policy: Policy, at: datetime, locale: str = "en", asked: tuple[DocumentRequest, ...] = ()
) -> Statement:
    """The statement on what stands, at an instant, in the closest language there is.

    `standing` holds all restrictions, the main account's and those of the request's IP among them; only those in force at
    `at` are shown. `asked` are the documents that the user has been asked for. Equal input in any order gives equal bytes.
    """
    view = look(standing, policy, at, catalogue(locale), asked)
    found = tuple(situations(view))
    entries = (
        *(situation_entry(view, situation) for situation in found),
        *(restriction_entry(view, limit) for limit in view.limits),
    )
    nothing = no_limits(view)
    headlines = [situation.words.headline for situation in found] + [
        _headline(view, index) for index in range(len(view.limits))
    ]
    return Statement(
        account=standing.account,
        headline=paragraph(next(iter(headlines), nothing.words.headline), _several(view, len(headlines))),
        money_note=money_note(view),
        restrictions=entries or (situation_entry(view, nothing),),
        requirements=requirements(view),
        contact=paragraph(
            whom_to_ask(policy, view.words),
            view.words.common.never_ask,
        ),
    )


def _headline(view: View, index: int) -> str:
    phase = view.limits[index].phase
    return view.words.effect_words(phase.kind, phase.scope).headline


def _several(view: View, count: int) -> str | None:
    return say_surely(view.words.common.several, {"count": str(count)}) if count > 1 else None
