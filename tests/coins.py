"""Ledgers for tests: short ways to write records, and histories drawn by hypothesis, of accounts and of outputs."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from habeas.domain.exposure import Untraceable
from habeas.domain.tag import Tag, TagOrigin, TagRole
from habeas.domain.transfer import (
    Asset,
    Beginning,
    Conversion,
    Deposit,
    Named,
    Output,
    Record,
    Spent,
    Transaction,
    Transfer,
)
from habeas.reference.coins.ledger import MemoryLedger

DAY_ONE = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)

COIN = Asset("COIN", "testnet", "testchain", 0)
OTHER = Asset("OTHER", "othernet", "otherchain", 0)
ETHER = Asset("ETH", "ethereum", "evm", 18)

ROLES = {"thief": TagRole.PERPETRATOR, "robber": TagRole.PERPETRATOR, "exchange": TagRole.SERVICE}
"""What the addresses of drawn histories are; the others are not tagged."""

ADDRESSES = [*ROLES, "ann", "bob", "cas", "dep"]


def at(height: int) -> datetime:
    return DAY_ONE + timedelta(hours=height)


def moved(height: int, sender: str, receiver: str, amount: int, **more: Any) -> Transfer:
    """A transfer that is alone in its block, in transaction `t<height>`."""
    said: dict[str, Any] = {"asset": COIN.name, "index": 0, "tx": f"t{height}", "at": at(height)} | more
    return Transfer(height=height, sender=sender, receiver=receiver, amount=amount, **said)


def began(height: int, receiver: str, amount: int, **more: Any) -> Beginning:
    said: dict[str, Any] = {
        "asset": COIN.name,
        "index": 0,
        "tx": f"t{height}",
        "at": at(height),
        "why": Untraceable.OPENING,
    } | more
    return Beginning(height=height, receiver=receiver, amount=amount, **said)


def paid(height: int, inputs: Sequence[Spent], outputs: Iterable[tuple[str, int]], **more: Any) -> Transaction:
    said: dict[str, Any] = {"asset": COIN.name, "index": 0, "tx": f"t{height}", "at": at(height)} | more
    return Transaction(
        height=height,
        inputs=tuple(inputs),
        outputs=tuple(Output(address, amount) for address, amount in outputs),
        **said,
    )


def a_tag(address: str, role: TagRole = TagRole.PERPETRATOR, **more: Any) -> Tag:
    said: dict[str, Any] = {
        "chain": COIN.chain,
        "category": "any",
        "label": address,
        "confidence": 90,
        "origin": TagOrigin.PUBLISHED,
        "source": "pack@1",
    } | more
    return Tag(address=address, role=role, **said)


def tags_by(*tags: Tag) -> Callable[[str, str], tuple[Tag, ...]]:
    """Answers with those of some tags that are of an address."""
    return lambda chain, address: tuple(tag for tag in tags if tag.address == address)


def of_roles(roles: dict[str, TagRole]) -> Callable[[str, str], tuple[Tag, ...]]:
    """Tags of these addresses, on whatever chain."""
    return tags_by(*(a_tag(address, role) for address, role in roles.items()))


def a_ledger(*records: Record) -> MemoryLedger:
    ledger = MemoryLedger()
    ledger.ingest([COIN, *records])
    return ledger


def a_deposit(tx: str, **more: Any) -> Deposit:
    said: dict[str, Any] = {"asset": "COIN", "at": LATER, "tx": tx} | more
    return Deposit(**said)


@st.composite
def transfers(draw: st.DrawFn, addresses: Sequence[str] = tuple(ADDRESSES), size: int = 25) -> list[Record]:
    """Transfers between accounts, some with a fee, and beginnings. Several may be of one transaction or block."""
    records: list[Record] = []
    height, index, log = 1, 0, 0
    for number in range(draw(st.integers(1, size))):
        step = draw(st.sampled_from(("log", "index", "height")))
        if step == "log" and number:
            log += draw(st.integers(1, 2))
        elif step == "index":
            index, log = index + 1, 0
        else:
            height, index, log = height + 1, 0, 0
        place: dict[str, Any] = {"index": index, "log": log, "tx": f"t{height}.{index}"}
        receiver = draw(st.sampled_from(addresses))
        amount = draw(st.integers(1, 12))
        if draw(st.integers(0, 5)) == 0:
            why = draw(st.sampled_from((Untraceable.OPENING, Untraceable.ISSUED)))
            records.append(began(height, receiver, amount, why=why, **place))
        else:
            fee = draw(st.sampled_from((0, 0, 1)))
            records.append(moved(height, draw(st.sampled_from(addresses)), receiver, amount, fee=fee, **place))
    return records


@st.composite
def transactions(draw: st.DrawFn, size: int = 12) -> list[Record]:
    """Transactions that spend outputs of earlier ones, or of some that nobody has recorded."""
    records: list[Record] = []
    unspent: list[Spent] = []
    count = draw(st.integers(1, size))
    for height in range(1, 1 + count):
        inputs: list[Spent] = []
        several = draw(st.integers(0, 3))
        for _ in range(several):
            if bool(unspent) and draw(st.integers(0, 5)):
                chosen = draw(st.integers(0, len(unspent) - 1))
                inputs.append(unspent.pop(chosen))
            else:
                owner, amount = draw(st.sampled_from(ADDRESSES)), draw(st.integers(1, 12))
                inputs.append(Spent(f"s{height}", len(inputs), owner, amount))
        worth = sum(each.amount for each in inputs) if inputs else draw(st.integers(1, 12))
        outputs: list[tuple[str, int]] = []
        for _ in range(draw(st.integers(1, 3))):
            amount = draw(st.integers(0, worth))
            worth -= amount
            outputs.append((draw(st.sampled_from(ADDRESSES)), amount))
        records.append(paid(height, inputs, outputs))
        unspent += [Spent(f"t{height}", n, *output) for n, output in enumerate(outputs)]
    return records


@dataclass(frozen=True)
class History:
    """Assets, records in order, and the conversions between them."""

    assets: tuple[Asset, ...]
    records: tuple[Record, ...]

    def ledger(self) -> MemoryLedger:
        ledger = MemoryLedger()
        ledger.ingest([*self.assets, *self.records])
        return ledger


def one_asset() -> st.SearchStrategy[History]:
    """Of accounts or of outputs."""
    return st.one_of(transfers(), transactions()).map(lambda records: History((COIN,), tuple(records)))


@st.composite
def two_assets(draw: st.DrawFn) -> History:
    """Two books of transfers, and conversions from some of one to some of the other, forth and back."""
    books = [
        [record for record in draw(transfers(size=12)) if isinstance(record, Transfer)],
        [record for record in draw(transfers(size=12)) if isinstance(record, Transfer)],
    ]
    for asset, book in zip((COIN, OTHER), books, strict=True):
        book[:] = [_in(asset, record) for record in book]
    free = {Named(each.asset, each.tx, each.log): each for book in books for each in book}
    conversions: list[Record] = []
    for _ in range(draw(st.integers(0, 4))):
        names = sorted(free, key=str)
        sold = draw(st.sampled_from(names)) if names else None
        if sold is None:
            break
        later = [name for name in names if name.asset != sold.asset and free[name].height > free[sold].height]
        if later:
            bought = draw(st.sampled_from(later))
            conversions.append(Conversion(sold=sold, bought=bought))
            del free[sold], free[bought]
    return History((COIN, OTHER), (*books[0], *books[1], *conversions))


def _in(asset: Asset, record: Transfer) -> Transfer:
    return moved(
        record.height,
        record.sender,
        record.receiver,
        record.amount,
        asset=asset.name,
        index=record.index,
        log=record.log,
        tx=record.tx,
        fee=record.fee,
    )
