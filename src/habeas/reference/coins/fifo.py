"""First in, first out, backwards: the coins on [o, o + a) of what a node sent are the coins on [o, o + a) of what it received.

So each step back is one range read, exact, and no label is in the index. Only a conversion needs fractions: intervals are
scaled to the other asset, and rounded once at the end, by where they lie on the deposit, so that pieces still add up.
"""

from collections import deque
from collections.abc import Iterable
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from habeas.domain.exposure import Untraceable
from habeas.domain.transfer import BEGINS, CoinBook, TransferSource
from habeas.reference.coins.budget import Budget, Meter
from habeas.reference.coins.standing import Judge, Standing

Number = int | Fraction

_PIECE = 1_000
"""Flows of one node that are read at once."""


class Trail(NamedTuple):
    """The flows that a piece came by, the last one first: which book, which flow, how much of the deposit, and the rest."""

    book: CoinBook
    flow: int
    amount: Number
    onward: "Trail | None"


class Piece(NamedTuple):
    """A part of the deposit and where it comes from: a source (`why` is None), or where it stops."""

    start: Number
    """On the deposit."""
    end: Number
    why: Untraceable | None
    address: str
    hops: int
    trail: Trail | None


class Claim(NamedTuple):
    """Coins that a node sent, and which part of the deposit they became."""

    book: CoinBook
    node: int
    start: Number
    """On what the node sent."""
    end: Number
    at: Number
    """Where it begins on the deposit."""
    scale: Number
    """Quanta of the deposit a quantum of these."""
    hops: int
    trail: Trail | None


class _Crossing(NamedTuple):
    """A part of one flow that became a part of the deposit."""

    book: CoinBook
    flow: int
    sender: int
    start: Number
    """On what the sender sent."""
    end: Number
    at: Number
    scale: Number
    hops: int
    onward: Trail | None


def trace_flows(
    ledger: TransferSource, judge: Judge, book: CoinBook, flows: Iterable[int], budget: Budget
) -> list[Piece]:
    """Where the coins of some flows come from. Their amounts, one after another, are the deposit."""
    tracing = _Tracing(ledger, judge, budget)
    at = 0
    for flow in flows:
        moved = book.inflow(flow)
        start = moved.out_start
        tracing.cross(_Crossing(book, flow, moved.sender, start, start + moved.amount, at, 1, 0, None))
        at += moved.amount
    return tracing.finished()


def trace_claims(ledger: TransferSource, judge: Judge, claims: Iterable[Claim], budget: Budget) -> list[Piece]:
    """Where coins come from that nodes sent, or would send."""
    tracing = _Tracing(ledger, judge, budget)
    tracing.waiting.extend(claims)
    return tracing.finished()


class _Tracing:
    def __init__(self, ledger: TransferSource, judge: Judge, budget: Budget) -> None:
        self.ledger = ledger
        self.judge = judge
        self.meter = Meter(budget)
        self.waiting: deque[Claim] = deque()
        self.pieces: list[Piece] = []

    def finished(self) -> list[Piece]:
        """All pieces, when nothing waits any more or the budget is used up. They make up the whole."""
        waiting = self.waiting
        while waiting:
            self._look_back(waiting.popleft())
        return self.pieces

    def _look_back(self, claim: Claim) -> None:
        """The inflows of a node that a claim consists of."""
        book, node, start, end, at, scale, hops, trail = claim
        until = ceil(end)
        while start < end and self.meter.left > 0:
            limit = min(_PIECE, self.meter.left)
            inflows = book.inflows(node, floor(start), until, limit)
            self.meter.use(len(inflows))
            for flow, sender, begin, amount, out_start in inflows:
                first = max(start, begin)
                last = min(end, begin + amount)
                here = at + (first - start) * scale
                if sender < 0:
                    self._stop(here, here + (last - first) * scale, BEGINS[sender], book.owner(node), hops)
                elif book.bought_with(flow) is not None:
                    # What was given for these coins went to where they were converted; those here are everybody's.
                    self._stop(here, here + (last - first) * scale, Untraceable.SERVICE, book.owner(node), hops)
                else:
                    shift = out_start - begin
                    self.cross(_Crossing(book, flow, sender, first + shift, last + shift, here, scale, hops, trail))
            if inflows:
                # Inflows leave no gap: what nobody sent is an inflow of its own.
                reached = min(end, inflows[-1].start + inflows[-1].amount)
                at += (reached - start) * scale
                start = reached
            if len(inflows) < limit:
                break
        if start < end:
            # What a node would send beyond what it has is nobody's that we know.
            is_all = self.meter.left > 0
            why, address = (Untraceable.UNKNOWN, book.owner(node)) if is_all else (Untraceable.TRUNCATED, "")
            self._stop(at, at + (end - start) * scale, why, address, hops)

    def cross(self, crossing: _Crossing) -> None:
        """Go back through a flow to its sender, or stop there."""
        book, flow, sender, start, end, at, scale, hops, onward = crossing
        size = (end - start) * scale
        if sender < 0:
            self._stop(at, at + size, BEGINS[sender], "", hops)
            return
        who = self.judge.who(book, sender)
        if who.address:
            hops += 1
        trail = Trail(book, flow, size, onward)
        found = self.judge.of_flow(book, who, flow)
        if found is Standing.SOURCE:
            self.pieces.append(Piece(at, at + size, None, who.address, hops, trail))
            return
        sold = book.sold_for(flow)
        if sold is not None:
            self.cross(_converted(crossing, self.ledger.book(sold.asset), sold.flow, hops, trail))
        elif found is Standing.SERVICE:
            self._stop(at, at + size, Untraceable.SERVICE, who.address, hops)
        else:
            self.waiting.append(Claim(book, sender, start, end, at, scale, hops, trail))

    def _stop(self, start: Number, end: Number, why: Untraceable, address: str, hops: int) -> None:
        self.pieces.append(Piece(start, end, why, address, hops, None))


def _converted(crossing: _Crossing, book: CoinBook, flow: int, hops: int, trail: Trail) -> _Crossing:
    """The same coins where they were sold for those of the crossing."""
    bought, sold = crossing.book.inflow(crossing.flow), book.inflow(flow)
    ratio = Fraction(sold.amount, bought.amount)
    start = sold.out_start + (crossing.start - bought.out_start) * ratio
    end = sold.out_start + (crossing.end - bought.out_start) * ratio
    return _Crossing(book, flow, sold.sender, start, end, crossing.at, crossing.scale / ratio, hops, trail)
