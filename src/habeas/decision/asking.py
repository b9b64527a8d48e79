"""The question that an event asks: which capability, of what amount, to which destination."""

from datetime import datetime

from habeas.domain import event_data as data
from habeas.domain.account import AccountState
from habeas.domain.capability import Capability
from habeas.domain.destination import destination_of, known_since
from habeas.domain.event import Event
from habeas.domain.event_data import Credential
from habeas.domain.verdict import Request


def asked_capability(event: Event, is_own_counterparty: bool) -> Capability | None:
    """What an event asks for: by its type, but for API keys and for transfers to an own account."""
    match event.data:
        case data.CredentialChanged(what=Credential.API_KEY):
            return Capability.API_KEYS
        case data.Counterparty() if event.asks is Capability.TRANSFER_OUT and is_own_counterparty:
            return Capability.TRANSFER_OWN
        case _:
            return event.asks


def request_of(event: Event, capability: Capability, state: AccountState, now: datetime) -> Request:
    """The question that an event asks, with what it says of amount and destination."""
    said = event.data
    destination = destination_of(event)
    return Request(
        capability=capability,
        at=now,
        ip=getattr(said, "ip", None),
        stage="broadcast" if event.type == "withdrawal.broadcasting" else "request",
        asset=_asset(said),
        amount=getattr(said, "amount", None),
        balance=getattr(said, "balance", None),
        destination=destination,
        destination_known_since=known_since(getattr(said, "known_since", None), destination, state),
    )


def decided_now(state: AccountState, event: Event) -> datetime:
    """The instant at which an event is decided: its own, or the latest at which the account was decided if that is later.
    So a late event changes nothing that was in force before it came.
    """
    return event.time if state.decided_at is None else max(event.time, state.decided_at)


def _asset(said: data.EventData) -> str | None:
    """The asset that would leave or be sold: as named, or by the market and side of an order (`BTC-EUR`, sell: BTC)."""
    if not isinstance(said, data.Order):
        return getattr(said, "asset", None)
    base, _, quote = next((parts for s in "-/_:" if (parts := said.market.partition(s))[1]), ("", "", ""))
    return (quote if said.side.lower() == "buy" else base) or None
