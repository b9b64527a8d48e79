"""The gate: what a check takes, how much room the restricted of ten million accounts take, and how soon a change arrives.

Checks are timed in rounds of thousands of different accounts; percentiles are those of rounds, per check.
"""

import gc
import random
import tempfile
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from msgspec.structs import replace

from habeas.bench import engines, workload
from habeas.bench.timing import percentiles
from habeas.domain.capability import Capability, Level
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.limit import AccountLimits, Limit
from habeas.domain.restriction import Scope
from habeas.domain.verdict import Request, evaluate
from habeas.gate.answers import Answers
from habeas.gate.messages import Changed, Fresh, Snapshot
from habeas.gate.replica import Replica
from habeas.gate.stream import EventReader, to_event
from habeas.gateway.gate import Gate
from habeas.playbook.load import shipped_playbook
from habeas.reference.library import ListsBuilder
from habeas.reference.places import BuiltInPlaces
from habeas.service.feed import Feed
from habeas.service.intake import Intake
from habeas.store.open import open_store

RESTRICTED_SHARE, SUB_SHARE = 0.015, 0.02
"""Of all accounts: those with a restriction, and sub-accounts, which a gate must know too."""

ASKED, ROUNDS, CHANGES_MAX = 5_000, 20, 300
_KINDS = (Kind.OUTFLOW_HOLD, Kind.TEMP_RISK, Kind.REGION_LOCK, Kind.WITHDRAW_ONLY, Kind.STEP_UP, Kind.FROZEN)
_COMPARED = Kind.TEMP_RISK, Capability.PLACE_ORDER


def bench_gate(size: int) -> dict[str, Any]:
    """Checks in this process, the memory of a replica, other engines beside it, and the time from a commit to the gate."""
    replica, memory = _filled(size)
    answers = Answers(replica)
    free, restricted = _names(size, "n"), _names(round(size * RESTRICTED_SHARE), "r")
    ask = Gate.check, _AnyGate(answers)
    checks = {
        "free_ns": _per_check(ask, free, Capability.PLACE_ORDER),
        "restricted_first_ns": _per_check(ask, restricted, Capability.PLACE_ORDER, rounds=1),
        "restricted_ns": _per_check(ask, restricted, Capability.PLACE_ORDER),
        "restricted_outflow_ns": _per_check(ask, restricted, Capability.WITHDRAW_FIAT),
        "restricted_by_the_reference_ns": _reference(answers, restricted),
    }
    one = next(name for name in restricted if _kind(name) is _COMPARED[0])
    level = answers.answer(AccountId(one), _COMPARED[1], None, {})
    assert level is not None
    return {
        "accounts": size,
        "check": checks,
        "memory": memory,
        "same_request": {"gate_us": _same(ask, one), **engines.beside(*_COMPARED, level.level)},
        **_changes(min(CHANGES_MAX, max(10, size // 1_000))),
    }


class _AnyGate:
    """What `Gate.check` needs of a gate whose feed is not followed."""

    def __init__(self, answers: Answers) -> None:
        self._answer = answers.answer


def _filled(size: int) -> tuple[Replica, dict[str, Any]]:
    """A replica that was told of everybody through the bytes of the feed, and what it takes."""
    replica, reader, now = Replica(), EventReader(), datetime.now(UTC)
    gc.collect()
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    started = perf_counter()
    for message in _messages(size, now):
        for line in to_event(message).decode().split("\n"):
            for read in reader.line(line):
                replica.apply(read, now)
    seconds = perf_counter() - started
    gc.collect()
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Nothing is told while it is measured, which would be stale after thirty seconds.
    replica.stale_at = now + timedelta(days=1)
    taken = after - before
    return replica, {
        "restricted": round(size * RESTRICTED_SHARE),
        "sub_accounts": round(size * SUB_SHARE),
        "mb": round(taken / 1e6, 1),
        "bytes_an_account_held": round(taken / len(replica)),
        "told_in_s": round(seconds, 1),
    }


def _messages(size: int, now: datetime) -> Iterator[Snapshot | Changed | Fresh]:
    yield Snapshot()
    draw = random.Random(1)
    for number in range(round(size * RESTRICTED_SHARE)):
        account = AccountId(f"r{number:09}")
        kind = _kind(account)
        id_ = RestrictionId(f"rs_{draw.getrandbits(80):016x}"[:19])
        from_at = now - timedelta(seconds=draw.randrange(10**6))
        until_at = None if kind is Kind.REGION_LOCK else now + timedelta(seconds=3600 + draw.randrange(10**6))
        yield Changed(1, AccountLimits(account=account, limits=(Limit(id_, kind, Scope.ACCOUNT, from_at, until_at),)))
    for number in range(round(size * SUB_SHARE)):
        yield Changed(1, AccountLimits(account=AccountId(f"s{number:09}"), parents=(AccountId(f"n{number // 4:09}"),)))
    yield Fresh("1-", now, timedelta(seconds=30), Level.HOLD)


def _kind(account: str) -> Kind:
    return _KINDS[int(account[1:]) % len(_KINDS)]


def _names(count: int, prefix: str) -> list[str]:
    """Some of so many accounts, as a gateway has them: strings of its own."""
    draw = random.Random(2)
    return [f"{prefix}{draw.randrange(max(1, count)):09}" for _ in range(ASKED)]


def _per_check(
    ask: tuple[Any, Any], names: list[str], capability: Capability, rounds: int = ROUNDS
) -> dict[str, float]:
    check, gate = ask
    durations = []
    for _ in range(rounds):
        fresh = [f"{name}" for name in names]
        started = perf_counter()
        for name in fresh:
            check(gate, name, capability)
        durations.append((perf_counter() - started) / len(fresh))
    return percentiles(durations, 1e9)


def _same(ask: tuple[Any, Any], name: str) -> dict[str, float]:
    in_ns = _per_check(ask, [name] * ASKED, _COMPARED[1])
    return {point: round(value / 1e3, 3) for point, value in in_ns.items()}


def _reference(answers: Answers, names: list[str]) -> dict[str, float]:
    """The same questions by the reference composition, which is handed what stands."""
    now = datetime.now(UTC)
    request = Request(Capability.PLACE_ORDER, now)
    durations = []
    for name in names:
        standing = replace(answers.replica.entry(AccountId(name)).standing, account=AccountId(name))
        started = perf_counter()
        evaluate(standing, request)
        durations.append(perf_counter() - started)
    return percentiles(durations, 1e9)


def _changes(count: int) -> dict[str, Any]:
    """From a durable commit to the gate that answers by it, woken by the intake, and by looking every 20 ms; and what an
    account in a snapshot takes to be read from the store.
    """
    now = partial(datetime.now, UTC)
    playbook, places, lists = shipped_playbook(), BuiltInPlaces(), ListsBuilder(bytes(32))(())
    with tempfile.TemporaryDirectory(prefix="habeas-bench-") as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'bench.db'}")
        woken, polled = (Feed(store, playbook, now) for _ in range(2))
        try:
            with Intake(store, playbook, places, lists, now) as intake:
                beside = partial(Gate.from_store, store, playbook, places, lists)
                latency = {
                    "woken": _measured(intake, beside(feed=woken), woken, count, 11),
                    "polled": _measured(intake, beside(feed=polled), None, count, 12),
                }
            started = perf_counter()
            told = [to_event(message) for message in polled.catch_up(None)]
            return {
                "commit_to_gate_ms": latency,
                "snapshot_us_an_account": round((perf_counter() - started) / len(told) * 1e6, 1),
            }
        finally:
            store.close()


def _measured(intake: Intake, gate: Gate, woken: Feed | None, count: int, seed: int) -> dict[str, float]:
    committed: list[tuple[float, datetime]] = []
    is_measured = True

    def note() -> None:
        if is_measured:
            committed.append((perf_counter(), datetime.now(UTC)))
            if woken is not None:
                woken.wake()

    intake.after_commit(note)
    durations = []
    with gate:
        for event in workload.everything_restricts(count, seed=seed):
            intake.decide(event)
            at, durable_at = committed[-1]
            assert gate.wait_until(durable_at, timedelta(seconds=10)), "a change did not arrive"
            verdict = gate.check(event.account, Capability.PLACE_ORDER)
            durations.append(perf_counter() - at)
            assert verdict.level is Level.DENY
    is_measured = False
    return percentiles(durations, 1e3)
