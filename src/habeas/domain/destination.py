"""Where something goes to, and since when the account has known it."""

from datetime import datetime

from habeas.domain.account import AccountState
from habeas.domain.event import Event


def destination_of(event: Event) -> str | None:
    """Where an event says that something goes to: an address, a bank account, another account."""
    names = ("address", "bank_account", "counterparty")
    return next((getattr(event.data, name) for name in names if hasattr(event.data, name)), None)


def known_since(stated: datetime | None, destination: str | None, state: AccountState) -> datetime | None:
    """Since when a destination is known: to the caller or to us, whichever is longer ago."""
    remembered = state.destination_known_since(destination) if destination else None
    return min((at for at in (stated, remembered) if at is not None), default=None)
