"""Coins: how fast transfers are taken in and traced, in memory and in a store, and whether attacks stay within the budget.

Microseconds by the clock, and of the processor (`cpu`), which other work on the machine disturbs less.
"""

import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from time import perf_counter, thread_time
from typing import Any, TypeVar

import msgspec

from habeas.bench.timing import percentiles
from habeas.domain.exposure import Untraceable
from habeas.domain.posting import deposit_flows
from habeas.domain.tag import Tag, TagOrigin, TagRole
from habeas.domain.transfer import Asset, CoinBook, Deposit, Transfer, TransferSource
from habeas.reference.coins.budget import Budget
from habeas.reference.coins.fifo import trace_flows
from habeas.reference.coins.file import read_records
from habeas.reference.coins.forward import affected
from habeas.reference.coins.haircut import sweep_flows
from habeas.reference.coins.ledger import MemoryLedger
from habeas.reference.coins.standing import Judge
from habeas.reference.coins.trace import trace
from habeas.store.ledger import StoredLedger
from habeas.store.sqlite import SqliteStore

ASSET = Asset("COIN", "bench", "evm", 8)
START_AT = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2030, 1, 1, tzinfo=UTC)

TRANSFERS_AN_ADDRESS = 5
SKEW = 4
"""The address is the N * u^SKEW-th for an even u: a thousandth of all has 18 % of the transfers at each end."""

TRIES = 10
"""So often somebody who has something is looked for to send; else somebody sends what the ledger does not know him to have."""

SERVICES = 1_000
"""One of so many addresses is a service: the busiest ones."""

SOURCES = 1_000
"""One of so many others is a source, wherever it is."""

ASKED = 2_000
"""So many deposits of the later half of all are traced."""

OURS = 7
"""One of so many addresses is one of ours."""

STORE_MAX = 1_000_000
"""Of more transfers, the store gets this many only."""

_BATCH = 10_000
_UNTIL = 10**30
_T = TypeVar("_T")


def bench_coins(size: int) -> dict[str, Any]:
    """All of it, for so many transfers."""
    return {
        "transfers": size,
        "memory": _memory(size),
        "store": _store(min(size, STORE_MAX)),
        "file_lines_per_second": _file(min(size, 50_000)),
        "attacks": {"fan_in": _fan_in(min(size, 200_000)), "layers": _layers(100, max(2, min(20, size // 10_000)))},
    }


def address(number: int) -> str:
    """Addresses look like real ones, since their length is part of the work."""
    return f"0x{number * 0x9E3779B97F4A7C15F39CC0605CEDC8341082276B & (1 << 160) - 1:040x}"


def transfers(size: int, seed: int = 7) -> Iterator[Transfer]:
    """Power-law transfers in order: who is busy sends and receives, and sends what he has where he has something."""
    draw = random.Random(seed)
    count = max(10, size // TRANSFERS_AN_ADDRESS)
    balance: dict[int, int] = {}
    for number in range(size):
        sender = 0
        for _ in range(TRIES):
            sender = int(count * draw.random() ** SKEW)
            if sender in balance:
                break
        receiver = int(count * draw.random() ** SKEW)
        amount = int(1_000_000 * draw.paretovariate(1.2))
        has = balance.get(sender, 0)
        if has:
            amount = min(amount, has)
        balance[sender] = has - amount
        if balance[sender] <= 0:
            del balance[sender]
        balance[receiver] = balance.get(receiver, 0) + amount
        height, index = divmod(number, 200)
        yield Transfer(
            asset=ASSET.name,
            height=height,
            index=index,
            tx=f"0x{number * 0x9E3779B97F4A7C15 << 190 | number:064x}",
            at=START_AT + timedelta(seconds=12 * height),
            sender=address(sender),
            receiver=address(receiver),
            amount=amount,
        )


def tags(size: int) -> Callable[[str, str], tuple[Tag, ...]]:
    """The busiest are services; some of the others are sources."""
    count = max(10, size // TRANSFERS_AN_ADDRESS)
    roles = {address(number): TagRole.SERVICE for number in range(count // SERVICES)}
    roles |= {address(number): TagRole.PERPETRATOR for number in sources(size)}
    table = {
        name: (
            Tag(
                chain="evm",
                address=name,
                role=role,
                category="any",
                label="any",
                confidence=90,
                origin=TagOrigin.PUBLISHED,
                source="bench",
            ),
        )
        for name, role in roles.items()
    }
    return lambda _, name: table.get(name, ())


def sources(size: int) -> list[int]:
    """Which addresses are sources."""
    count = max(10, size // TRANSFERS_AN_ADDRESS)
    return sorted(random.Random(11).sample(range(count // SERVICES, count), max(1, count // SOURCES)))


def _memory(size: int) -> dict[str, Any]:
    ledger = MemoryLedger()
    ledger.ingest([ASSET])
    ingested = _ingested(ledger.ingest, size)
    book = ledger.book(ASSET.name)
    start = perf_counter()
    for node in range(2):  # Once before all answers, as after a restart.
        book.inflows(node, 0, 1, 1)
        book.outflows(node, 0, 1, 1)
    sorted_s = perf_counter() - start
    taken = {name: round(number / size, 1) for name, number in book.nbytes().items()}
    flows = _asked(book, [], len(book))
    return {
        "flows": len(book),
        **ingested,
        "sort_s": round(sorted_s, 2),
        "bytes_a_transfer": taken | {"without_names": round(sum(taken.values()) - taken["names"], 1)},
        **_traced(ledger, book, flows, size),
    }


def _store(size: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="habeas-bench-") as folder:
        store = SqliteStore(Path(folder) / "bench.db")
        try:
            ledger = StoredLedger(store)
            ledger.ingest([ASSET])
            ingested = _ingested(ledger.ingest, size)
            with ledger.reading() as view:
                book = view.book(ASSET.name)
                names = [each.tx for each in islice(transfers(size), size // 2, None, max(1, size // 2 // ASKED))]
                flows = _asked(book, names, 0)
                for flow in flows:  # Once, so that what is asked for is in memory.
                    trace_flows(view, Judge(tags(size), LATER), book, [flow], Budget())
                figures = _traced(view, book, flows, size)
            written = sum(file.stat().st_size for file in Path(folder).iterdir())
            return {
                "transfers": size,
                **ingested,
                "bytes_a_transfer": round(written / size, 1),
                **figures,
            }
        finally:
            store.close()


def _ingested(ingest: Callable[[Iterable[Transfer]], Any], size: int) -> dict[str, int]:
    """Transfers a second, by the clock and of the processor, not counting how long it takes to draw them."""
    drawn, seconds, processor = transfers(size), 0.0, 0.0
    while batch := list(islice(drawn, _BATCH)):
        start, used = perf_counter(), thread_time()
        ingest(batch)
        processor += thread_time() - used
        seconds += perf_counter() - start
    return {"ingest_per_second": round(size / seconds), "ingest_per_cpu_second": round(size / processor)}


def _asked(book: CoinBook, names: Sequence[str], count: int) -> list[int]:
    """Some deposits: those of these transactions, or any of the later half of so many flows."""
    if names:
        return [deposit_flows(book, name)[0] for name in names]
    draw = random.Random(5)
    found = (draw.randrange(count // 2, count) for _ in range(3 * ASKED))
    return list(islice((flow for flow in found if book.inflow(flow).sender >= 0), ASKED))


def _traced(view: TransferSource, book: CoinBook, flows: Sequence[int], size: int) -> dict[str, Any]:
    said = tags(size)
    count = max(10, size // TRANSFERS_AN_ADDRESS)
    ours = {address(number) for number in range(0, count, OURS)}
    pieces: list[int] = []
    lost: list[float] = []

    def fifo(flow: int) -> None:
        pieces.append(len(trace_flows(view, Judge(said, LATER), book, [flow], Budget())))

    def haircut(flow: int) -> None:
        lost.append(float(sweep_flows(view, Judge(said, LATER), book, [flow], Budget()).unfollowed))

    def whole(deposit: Deposit) -> None:
        trace(view, said, deposit, LATER)

    arrivals: list[int] = []

    def forward(source: int) -> None:
        found = affected(view, said, ASSET.name, address(source), LATER, lambda _, each: each in ours)
        arrivals.append(len(found.arrivals))

    deposits = [
        Deposit(asset=ASSET.symbol, tx=moved.tx, log=moved.log, at=moved.at) for moved in map(book.movement, flows)
    ]
    return {
        "fifo": _timed(fifo, flows) | {"pieces": percentiles(pieces, 1)},
        "haircut": _timed(haircut, flows) | {"unfollowed": percentiles(lost, 1)},
        "trace": _timed(whole, deposits),
        "affected": _timed(forward, sources(size)[:500]) | {"deposits": percentiles(arrivals, 1)},
    }


def _timed(call: Callable[[_T], None], items: Sequence[_T]) -> dict[str, Any]:
    wall, processor = [], []
    for item in items:
        start, used = perf_counter(), thread_time()
        call(item)
        processor.append(thread_time() - used)
        wall.append(perf_counter() - start)
    return {"us": percentiles(wall), "cpu_us": percentiles(processor)}


def _file(size: int) -> int:
    """Lines a second of NDJSON, read but not taken in."""
    lines = [
        msgspec.json.encode(
            {
                "type": "transfer",
                "asset": each.asset,
                "height": each.height,
                "index": each.index,
                "tx": each.tx,
                "at": each.at,
                "sender": each.sender,
                "receiver": each.receiver,
                "amount": str(ASSET.amount(each.amount)),
            }
        )
        for each in transfers(size)
    ]
    start = perf_counter()
    for _ in read_records(lines, "bench", (ASSET,)):
        pass
    return round(size / (perf_counter() - start))


def _fan_in(width: int) -> dict[str, Any]:
    """Very many senders to one address, and all of it on to a deposit."""
    records = [_moved(number, f"s{number}", "hub", 1) for number in range(width)]
    return _attacked([*records, _moved(width, "hub", "deposit", width)])


def _layers(width: int, depth: int) -> dict[str, Any]:
    """Layers of addresses, each of which sends to all of the next: the number of ways grows with every layer."""
    records: list[Transfer] = []
    for layer in range(depth):
        for sender in range(width):
            for receiver in range(width):
                records.append(_moved(len(records), f"{layer}.{sender}", f"{layer + 1}.{receiver}", 1 + sender % 7))
    for sender in range(width):
        records.append(_moved(len(records), f"{depth}.{sender}", "hub", width))
    return _attacked([*records, _moved(len(records), "hub", "deposit", width * width)])


def _moved(number: int, sender: str, receiver: str, amount: int) -> Transfer:
    return Transfer(
        asset=ASSET.name,
        height=number,
        index=0,
        tx=f"t{number}",
        at=START_AT,
        sender=sender,
        receiver=receiver,
        amount=amount,
    )


def _attacked(records: Sequence[Transfer]) -> dict[str, Any]:
    ledger = MemoryLedger()
    ledger.ingest([ASSET, *records])
    book = ledger.book(ASSET.name)
    book.inflows(0, 0, _UNTIL, 1)
    book.outflows(0, 0, _UNTIL, 1)
    flow = deposit_flows(book, records[-1].tx)[0]
    start = thread_time()
    pieces = trace_flows(ledger, Judge(lambda *_: (), LATER), book, [flow], Budget())
    fifo_s = thread_time() - start
    start = thread_time()
    shares = sweep_flows(ledger, Judge(lambda *_: (), LATER), book, [flow], Budget())
    haircut_s = thread_time() - start
    truncated = sum(piece.end - piece.start for piece in pieces if piece.why is Untraceable.TRUNCATED)
    return {
        "transfers": len(records),
        "fifo_cpu_ms": round(fifo_s * 1e3, 1),
        "pieces": len(pieces),
        "truncated": round(float(truncated / records[-1].amount), 3),
        "haircut_cpu_ms": round(haircut_s * 1e3, 1),
        "unfollowed": round(float(shares.unfollowed), 3),
    }
