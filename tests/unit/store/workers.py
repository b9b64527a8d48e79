"""What other processes do to a store while a test looks on. Started by `multiprocessing`, so importable by name."""

import random
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from msgspec.structs import replace

from habeas.domain.account import new_account
from habeas.domain.ids import AccountId
from habeas.service.ports import Store
from habeas.store.open import open_store
from tests.builders import a_decision, an_enriched_event, an_event

ACCOUNT = AccountId("acct-1")


def open_and_tell_key(url: str, key_file: Path | None, told: Connection) -> None:
    """Open the store, and tell the key that its ids derive from."""
    store = open_store(url, key_file)
    told.send(store.identity_key)
    store.close()


def count_up(url: str, key_file: Path | None, name: str, times: int) -> None:
    """Count in the account's state, one transaction each."""
    store = open_store(url, key_file)
    for number in range(times):
        enriched = an_enriched_event(an_event(f"{name}-{number}"))
        with store.transaction({ACCOUNT}) as work:
            state = work.account(ACCOUNT) or new_account(ACCOUNT)
            counted = replace(state, kyc_tier=str(int(state.kyc_tier or 0) + 1))
            work.record(enriched, a_decision(enriched, state=counted), "builtin-1")
    store.close()


def record_until_killed(url: str, key_file: Path | None, told: Connection) -> None:
    """Record without end, and tell each event once it is durable."""
    store = open_store(url, key_file)
    number = 0
    while True:
        enriched = an_enriched_event(an_event(f"ev-{number}"))
        with store.transaction() as work:
            work.record(enriched, a_decision(enriched), "builtin-1")
        told.send(enriched.event.id)
        number += 1


def record_in_any_order(url: str, key_file: Path, seed: int, times: int) -> None:
    """Batches of a few accounts of five, as they are drawn; some are undone, and each process has its own order."""
    draw = random.Random(seed)
    store = open_store(url, key_file)
    for number in range(times):
        accounts = draw.sample([AccountId(f"acct-{n}") for n in range(5)], 3)
        is_undone = draw.random() < 0.2
        with suppress(InterruptedError):
            _record_batch(store, accounts, f"{seed}-{number}", is_undone)
    store.close()


def _record_batch(store: Store, accounts: list[AccountId], id_: str, is_undone: bool) -> None:
    with store.transaction(accounts) as work:
        for account in accounts:
            enriched = an_enriched_event(an_event(id_, account=account))
            work.record(enriched, a_decision(enriched), "builtin-1")
        if is_undone:
            raise InterruptedError
