"""What other processes do to a store while a test looks on. Started by `multiprocessing`, so importable by name."""

from multiprocessing.connection import Connection
from pathlib import Path

from msgspec.structs import replace

from habeas.domain.account import new_account
from habeas.domain.ids import AccountId
from habeas.store.sqlite import SqliteStore
from tests.builders import a_decision, an_enriched_event, an_event

ACCOUNT = AccountId("acct-1")


def open_and_tell_key(path: Path, told: Connection) -> None:
    """Open the store, and tell the key that its ids derive from."""
    store = SqliteStore(path)
    told.send(store.identity_key)
    store.close()


def count_up(path: Path, name: str, times: int) -> None:
    """Count in the account's state, one transaction each."""
    store = SqliteStore(path)
    for number in range(times):
        enriched = an_enriched_event(an_event(f"{name}-{number}"))
        with store.transaction() as work:
            state = work.account(ACCOUNT) or new_account(ACCOUNT)
            counted = replace(state, kyc_tier=str(int(state.kyc_tier or 0) + 1))
            work.record(enriched, a_decision(enriched, state=counted), "builtin-1")
    store.close()


def record_until_killed(path: Path, told: Connection) -> None:
    """Record without end, and tell each event once it is durable."""
    store = SqliteStore(path)
    number = 0
    while True:
        enriched = an_enriched_event(an_event(f"ev-{number}"))
        with store.transaction() as work:
            work.record(enriched, a_decision(enriched), "builtin-1")
        told.send(enriched.event.id)
        number += 1
