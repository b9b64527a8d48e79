"""First in, first out, forwards: where the coins of an address are now, and which deposits they became.

The mirror of `fifo`: the coins on [i, i + a) of what a node received are the coins on [i, i + a) of what it sent. It stops
where the trace back from there would stop, so both give the same answers: coins that leave a service are everybody's, and
those that leave another source are that source's.
"""

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import partial
from math import ceil, floor
from typing import NamedTuple

from msgspec import Struct

from habeas.domain.transfer import FEES, CoinBook, TransferSource
from habeas.reference.coins.assets import spelled
from habeas.reference.coins.budget import Budget, Meter
from habeas.reference.coins.fifo import Number
from habeas.reference.coins.standing import Judge, Standing, TagsOf

_PIECE = 1_000


class Rest(StrEnum):
    """Why coins are not followed further."""

    HELD = "held"
    """They are still there."""
    SERVICE = "service"
    """They went into a service, and from there who knows where."""
    SOURCE = "source"
    """They came to an address that is a source itself; what leaves it is its own."""
    EXCHANGED = "exchanged"
    """They were paid out in a conversion, for coins of somebody else's."""
    FEE = "fee"
    """They were paid as fees."""
    TRUNCATED = "truncated"
    """The budget was used up."""


class Resting(Struct, frozen=True, kw_only=True):
    """Where some of the coins are."""

    why: Rest
    address: str
    """Empty for fees, and where the budget ended."""
    asset: str
    """`Asset.name` of what they are there."""
    amount: Decimal
    """In the asset that was asked about."""


class Arrival(Struct, frozen=True, kw_only=True):
    """A transfer to one of our addresses that brought some of the coins."""

    asset: str
    """`Asset.name`."""
    tx: str
    log: int
    at: datetime
    receiver: str
    amount: Decimal
    """The whole transfer, in its asset."""
    tainted: Decimal
    """How much of it is of these coins, in its asset."""
    hops: int
    """On the shortest way: 1 is direct."""


class Whereabouts(Struct, frozen=True, kw_only=True):
    """Where the coins of an address went. The amounts of `resting` are `amount`."""

    asset: str
    amount: Decimal
    resting: tuple[Resting, ...]
    """The largest first."""
    arrivals: tuple[Arrival, ...]
    """In the order of their books."""
    versions: tuple[str, ...]


class _Coins(NamedTuple):
    """Coins that a node received."""

    book: CoinBook
    node: int
    start: Number
    """On what the node received."""
    end: Number
    at: Number
    """Where they lie on the coins that are asked about."""
    scale: Number
    """Quanta of the asset that is asked about a quantum of these."""
    hops: int


class _Arrived:
    def __init__(self, hops: int) -> None:
        self.parts: list[tuple[Number, Number]] = []
        self.hops = hops


def whereabouts(
    ledger: TransferSource,
    tags_of: TagsOf,
    asset: str,
    address: str,
    since: datetime,
    known_at: datetime,
    is_ours: Callable[[str, str], bool] | None = None,
    budget: Budget | None = None,
) -> Whereabouts:
    """Where the coins are that an address sent since an instant, and those that it still has: where a theft is now.

    `asset` is `Asset.name`. `is_ours(chain, address)` says which addresses deposits come in at.
    """
    following = _Following(ledger, Judge(tags_of, known_at), is_ours, budget or Budget())
    book = ledger.book(asset)
    first = spelled(book.asset, address)
    following.source = (book.asset.chain, first)
    for node, received, sent in book.nodes(first):
        following.send(book, node, sent, lambda flow: book.moved_at(flow) >= since)
        following.rest(Rest.HELD, book, first, received - sent)
    return following.told(book)


def affected(
    ledger: TransferSource,
    tags_of: TagsOf,
    asset: str,
    address: str,
    known_at: datetime,
    is_ours: Callable[[str, str], bool],
    budget: Budget | None = None,
) -> Whereabouts:
    """The deposits that came from a source, by the tags of it that were known at an instant. For each of them, `tainted` is
    what `trace` gives as the source's `fifo`.
    """
    judge = Judge(tags_of, known_at)
    following = _Following(ledger, judge, is_ours, budget or Budget())
    book = ledger.book(asset)
    first = spelled(book.asset, address)
    for node, _, sent in book.nodes(first):
        following.send(book, node, sent, partial(_is_of_source, judge, book, node))
    return following.told(book)


def _is_of_source(judge: Judge, book: CoinBook, node: int, flow: int) -> bool:
    return judge.of_flow(book, judge.who(book, node), flow) is Standing.SOURCE


class _Following:
    def __init__(
        self, ledger: TransferSource, judge: Judge, is_ours: Callable[[str, str], bool] | None, budget: Budget
    ) -> None:
        self._ledger = ledger
        self._judge = judge
        self._is_ours = is_ours
        self._meter = Meter(budget)
        self._waiting: deque[_Coins] = deque()
        self._resting: dict[tuple[Rest, str, str], list[tuple[Number, Number]]] = {}
        self._arrived: dict[tuple[str, int], _Arrived] = {}
        self._at: int = 0
        self.source: tuple[str, str] | None = None
        """An address that counts as a source, whatever its tags say."""

    def send(self, book: CoinBook, node: int, sent: int, is_meant: Callable[[int], bool]) -> None:
        """Follow what a node sent, as far as it is meant."""
        start = 0
        while start < sent and self._meter.left > 0:
            outflows = book.outflows(node, start, sent, min(_PIECE, self._meter.left))
            self._meter.use(len(outflows))
            for flow, receiver, begin, amount, in_start in outflows:
                if is_meant(flow):
                    self._cross(book, flow, receiver, in_start, in_start + amount, self._at, 1, 0, node)
                    self._at += amount
                start = begin + amount
        if start < sent:
            self.rest(Rest.TRUNCATED, book, "", sent - start)

    def rest(self, why: Rest, book: CoinBook, address: str, amount: int) -> None:
        """So much more of what is asked about lies there."""
        if amount:
            self._rest(why, book, address, self._at, self._at + amount)
            self._at += amount

    def told(self, book: CoinBook) -> Whereabouts:
        """All of it, when nothing waits any more or the budget is used up."""
        while self._waiting:
            self._follow(self._waiting.popleft())
        resting = [
            Resting(why=why, address=address, asset=name, amount=book.asset.amount(amount))
            for (why, address, name), parts in self._resting.items()
            if (amount := _size(parts))
        ]
        return Whereabouts(
            asset=book.name,
            amount=book.asset.amount(self._at),
            resting=tuple(sorted(resting, key=lambda each: (-each.amount, each.why, each.address))),
            arrivals=tuple(
                self._arrival(name, flow, found)
                for (name, flow), found in sorted(self._arrived.items(), key=lambda each: each[0])
            ),
            versions=tuple(self._ledger.book(name).version() for name in self._judge.books(book.name)),
        )

    def _follow(self, coins: _Coins) -> None:
        """The outflows of a node that some of what it received became."""
        book, node, start, end, at, scale, hops = coins
        until = ceil(end)
        who = self._judge.who(book, node)
        if (book.asset.chain, who.address) == self.source:
            self._rest(Rest.SOURCE, book, who.address, at, at + (end - start) * scale)
            return
        while start < end and self._meter.left > 0:
            limit = min(_PIECE, self._meter.left)
            outflows = book.outflows(node, floor(start), until, limit)
            self._meter.use(max(1, len(outflows)))
            for flow, receiver, begin, amount, in_start in outflows:
                last = min(end, begin + amount)
                found = self._judge.of_flow(book, who, flow)
                if found is Standing.PASS and book.sold_for(flow) is not None:
                    # What is paid out in a conversion is, from then on, the coins that were given for it.
                    self._rest(Rest.EXCHANGED, book, who.address, at, at + (last - start) * scale)
                elif found is Standing.PASS:
                    shift = in_start - begin
                    self._cross(book, flow, receiver, start + shift, last + shift, at, scale, hops, node)
                else:
                    why = Rest.SOURCE if found is Standing.SOURCE else Rest.SERVICE
                    self._rest(why, book, who.address, at, at + (last - start) * scale)
                at += (last - start) * scale
                start = last
            if len(outflows) < limit:
                break
        if start < end:
            why = Rest.TRUNCATED
            if self._meter.left > 0:
                # What a transaction did not pay out is its fee.
                why = Rest.HELD if who.address else Rest.FEE
            self._rest(why, book, who.address if why is Rest.HELD else "", at, at + (end - start) * scale)

    def _cross(
        self,
        book: CoinBook,
        flow: int,
        receiver: int,
        start: Number,
        end: Number,
        at: Number,
        scale: Number,
        hops: int,
        sender: int,
    ) -> None:
        """Go on through a flow to its receiver: [start, end) lies on what the receiver received."""
        finish = at + (end - start) * scale
        if receiver == FEES:
            self._rest(Rest.FEE, book, "", at, finish)
            return
        if self._judge.who(book, sender).address:
            hops += 1
        self._arrive(book, flow, receiver, start, end, hops)
        bought = book.bought_with(flow)
        if bought is None:
            self._waiting.append(_Coins(book, receiver, start, end, at, scale, hops))
            return
        other = self._ledger.book(bought.asset)
        sold, given = book.inflow(flow), other.inflow(bought.flow)
        pool = self._judge.who(other, given.sender)
        if self._judge.of_flow(other, pool, bought.flow) is Standing.SOURCE:
            self._rest(Rest.SOURCE, other, pool.address, at, finish)
            return
        ratio = Fraction(given.amount, sold.amount)
        start, end = given.start + (start - sold.start) * ratio, given.start + (end - sold.start) * ratio
        self._cross(other, bought.flow, other.receiver(bought.flow), start, end, at, scale / ratio, hops, given.sender)

    def _arrive(self, book: CoinBook, flow: int, receiver: int, start: Number, end: Number, hops: int) -> None:
        if self._is_ours is None:
            return
        address = self._judge.who(book, receiver).address
        if address and self._is_ours(book.asset.chain, address):
            arrived = self._arrived.setdefault((book.name, flow), _Arrived(hops))
            arrived.parts.append((start, end))
            arrived.hops = min(arrived.hops, hops)

    def _rest(self, why: Rest, book: CoinBook, address: str, start: Number, end: Number) -> None:
        self._resting.setdefault((why, address, book.name), []).append((start, end))

    def _arrival(self, name: str, flow: int, arrived: _Arrived) -> Arrival:
        book = self._ledger.book(name)
        moved = book.movement(flow)
        return Arrival(
            asset=name,
            tx=moved.tx,
            log=moved.log,
            at=moved.at,
            receiver=moved.receiver,
            amount=book.asset.amount(moved.amount),
            tainted=book.asset.amount(_size(arrived.parts)),
            hops=arrived.hops,
        )


def _size(parts: Iterable[tuple[Number, Number]]) -> int:
    """Parts that meet are rounded where they meet, so that nothing is lost between them."""
    return sum(floor(end) - floor(start) for start, end in parts)
