"""Enrichment: look up what an event needs before it is judged. Raw facts only; policy is applied inside `decide`.

In two steps: `look_up` asks outside sources before anything is locked, `relate` adds what the store knows of the account's
main accounts and holder.
"""

from msgspec.structs import replace

from habeas.domain import event_data as data
from habeas.domain.account import AccountState
from habeas.domain.event import Event
from habeas.domain.facts import Facts, MainAccount
from habeas.domain.ids import AccountId, HolderId
from habeas.domain.restriction import Restriction, Scope, Status
from habeas.service.ports import Places, Reader


def look_up(event: Event, places: Places) -> Facts:
    """What outside sources say about an event. What they do not know is named as unavailable, never guessed."""
    ip = getattr(event.data, "ip", None)
    if ip is None:
        return Facts()
    place = places.place(ip)
    return Facts(place=place) if place is not None else Facts(unavailable=("place",))


def relate(facts: Facts, event: Event, state: AccountState, reader: Reader) -> Facts:
    """The same facts with the account's main accounts and the holder's other accounts, as recorded at this moment."""
    parents, holder = _relations(event, state, reader)
    if holder is None and not parents:
        return facts
    siblings = _siblings(reader, holder, event.account)
    return replace(
        facts,
        mains=tuple(main_account(reader, parent) for parent in parents),
        siblings=siblings,
        holder_restrictions=_holder_restrictions(reader, siblings) if isinstance(event.data, data.Profile) else (),
        is_own_counterparty=getattr(event.data, "counterparty", None) in (*siblings, *parents),
    )


def main_account(reader: Reader, account: AccountId) -> MainAccount:
    """What stands on a main account, as its sub-accounts need it."""
    state = reader.account(account)
    if state is None:
        return MainAccount(account)
    return MainAccount(account, state.life, state.restrictions, bool(state.unreadable))


def _relations(event: Event, state: AccountState, reader: Reader) -> tuple[tuple[AccountId, ...], HolderId | None]:
    """The main accounts and the holder: as recorded, and as this event says if it says so."""
    parents, holder = state.parents, state.holder
    if isinstance(event.data, data.Profile):
        if event.data.parent is not None:
            parents = (event.data.parent, *(p for p in parents if p != event.data.parent))
        if event.data.holder is not None:
            holder = HolderId(event.data.holder)
    if holder is None and parents:
        # A sub-account belongs to its main account's holder (interface, section 1).
        main = reader.account(parents[0])
        holder = main.holder_or_self if main is not None else HolderId(parents[0])
    return parents, holder


def _siblings(reader: Reader, holder: HolderId | None, account: AccountId) -> tuple[AccountId, ...]:
    if holder is None:
        return ()
    return tuple(other for other in reader.holder_accounts(holder) if other != account)


def _holder_restrictions(reader: Reader, siblings: tuple[AccountId, ...]) -> tuple[Restriction, ...]:
    """What stands on the holder's other accounts for the whole holder; needed when an account joins the holder."""
    states = (reader.account(sibling) for sibling in siblings)
    return tuple(
        restriction
        for state in states
        if state is not None
        for restriction in state.restrictions
        if restriction.scope is Scope.HOLDER and restriction.status is Status.ACTIVE
    )
