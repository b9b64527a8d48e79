"""The haircut, backwards: whoever sends, sends of all that he has in proportion. One sweep gives every source's share.

What a node's balance is made of changes only when something comes in. Right after a flow of `amount` into a balance that is
then `balance`, the part amount / balance is made like the sender's balance was, and the rest like the receiver's before. So the
weight of a flow goes to two earlier flows; they are taken from the latest to the earliest, each once, with all its weight.
Most of a sweep goes back along the flows into a few busy nodes, so each of these is read as a row (`CoinBook.mixes`).
"""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from heapq import heappop, heappush
from typing import NamedTuple

from habeas.domain.transfer import CoinBook, Mix, TransferSource
from habeas.reference.coins.budget import Budget, Meter
from habeas.reference.coins.standing import Judge, Standing

Weight = float | Fraction

LEAST = 1e-5
"""A weight below this is not followed, nor asked whose it is, but counted: it spares most of the steps, and what is lost of
a deposit in all is far below any threshold (docs/adr/0010-coins.md).
"""


class Share(NamedTuple):
    """How much of the deposit is a source's, and how near it is."""

    share: Weight
    hops: int
    way: "Way"


class Way(NamedTuple):
    """The flows by which a source was first met, the earliest first."""

    book: CoinBook
    flow: int
    onward: "Way | None"


class Shares(NamedTuple):
    """What a sweep found."""

    sources: dict[tuple[str, str], Share]
    """By chain and address."""
    unfollowed: Weight
    """What was left when the budget was used up, or was too little to follow."""


class _Open:
    """A flow to be looked at: the weight of its receiver's balance right after it."""

    __slots__ = ("book", "hops", "mix", "mixes", "way", "weight")

    def __init__(
        self, book: CoinBook, mix: Mix, mixes: Iterator[Mix], weight: Weight, hops: int, way: Way | None
    ) -> None:
        self.book = book
        self.mix = mix
        self.mixes = mixes
        """The flows that came to the same receiver before, the latest first."""
        self.weight = weight
        self.hops = hops
        self.way = way


def sweep_flows(
    ledger: TransferSource,
    judge: Judge,
    book: CoinBook,
    flows: Iterable[int],
    budget: Budget,
    *,
    one: Weight = 1.0,
    least: Weight = LEAST,
) -> Shares:
    """The shares of some flows' coins, taken together. With `one` a Fraction and `least` 0 they are exact."""
    sweep = _Sweep(ledger, judge, budget, least)
    moved = [book.inflow(flow) for flow in flows]
    total = sum(each.amount for each in moved)
    for each in moved:
        sweep.cross(book, each.flow, each.sender, one * each.amount / total, 0, None)
    return sweep.finished()


def sweep_balances(
    ledger: TransferSource,
    judge: Judge,
    book: CoinBook,
    balances: Iterable[tuple[int, int]],
    total: int,
    budget: Budget,
) -> Shares:
    """The shares of what nodes have now: (node, how much of it)."""
    sweep = _Sweep(ledger, judge, budget, LEAST)
    for node, amount in balances:
        flow = book.last_inflow(node)
        if flow is not None:
            sweep.add(book, flow, amount / total, 1, None)  # The way from the node to us is a hop.
    return sweep.finished()


class _Sweep:
    def __init__(self, ledger: TransferSource, judge: Judge, budget: Budget, least: Weight) -> None:
        self.ledger = ledger
        self.judge = judge
        self.meter = Meter(budget)
        self.least = least
        self.sources: dict[tuple[str, str], Share] = {}
        self.unfollowed: Weight = 0
        self._open: dict[tuple[int, str], _Open] = {}
        """By the negative number of the flow and the book's name."""
        self._queue: list[tuple[int, str]] = []
        """The latest flow first, so that it has all its weight when it is taken. Flows of two books have no order, and one
        that a conversion leads to again may be taken twice, without harm.
        """

    def add(self, book: CoinBook, flow: int, weight: Weight, hops: int, way: Way | None) -> None:
        """The receiver's balance right after a flow weighs so much more."""
        if weight < self.least:
            self.unfollowed += weight
            return
        key = (-flow, book.name)
        there = self._open.get(key)
        if there is None:
            mixes = book.mixes(flow)
            self._open[key] = _Open(book, next(mixes), mixes, weight, hops, way)
            heappush(self._queue, key)
        else:
            _join(there, weight, hops, way)

    def cross(self, book: CoinBook, flow: int, sender: int, weight: Weight, hops: int, onward: Way | None) -> None:
        """So much weighs what came by a flow."""
        if sender < 0:
            return
        who = self.judge.who(book, sender)
        if who.address:
            hops += 1
        way = Way(book, flow, onward)
        found = self.judge.of_flow(book, who, flow)
        if found is Standing.SOURCE:
            key = (book.asset.chain, who.address)
            there = self.sources.get(key)
            nearer = there if there is not None and there.hops <= hops else Share(0, hops, way)
            self.sources[key] = nearer._replace(share=weight if there is None else there.share + weight)
            return
        sold = book.sold_for(flow)
        if sold is not None:
            other = self.ledger.book(sold.asset)
            self.cross(other, sold.flow, other.inflow(sold.flow).sender, weight, hops, way)
        elif found is Standing.PASS:
            before = book.sender_before(flow)
            if before is not None:
                self.add(book, before, weight, hops, way)

    def finished(self) -> Shares:
        """All shares, when nothing is open any more or the budget is used up."""
        queue, opened = self._queue, self._open
        while queue and self.meter.left > 0:
            self._look_back(opened.pop(heappop(queue)))
        self.unfollowed += sum(each.weight for each in opened.values())
        return Shares(self.sources, self.unfollowed)

    def _look_back(self, each: _Open) -> None:
        """Along the flows into a node, as long as no other that is open is later."""
        book, mixes, queue, meter = each.book, each.mixes, self._queue, self.meter
        name, least, weight, mix = book.name, self.least, each.weight, each.mix
        while True:
            meter.use(1)
            flow, sender, amount, balance = mix
            part = weight * amount / balance
            if part < least:
                # Whose it is would cost more than all else here, and a source hides as little by one more hop.
                self.unfollowed += part
            elif book.bought_with(flow) is None:
                self.cross(book, flow, sender, part, each.hops, each.way)
            if amount == balance:
                return
            weight = weight * (balance - amount) / balance
            if weight < least:
                self.unfollowed += weight
                return
            mix = next(mixes)
            key = (-mix.flow, name)
            if (queue and key >= queue[0]) or meter.left <= 0:
                break
        there = self._open.get(key)
        if there is not None:
            _join(there, weight, each.hops, each.way)
        else:
            each.weight, each.mix = weight, mix
            self._open[key] = each
            heappush(queue, key)


def _join(there: _Open, weight: Weight, hops: int, way: Way | None) -> None:
    """So much more weighs one that is open, perhaps on a shorter way."""
    there.weight += weight
    if hops < there.hops:
        there.hops, there.way = hops, way
