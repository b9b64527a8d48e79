"""The ledger of coins in memory: arrays, some 40 bytes a flow (56 where amounts need more than 64 bits), names apart.

It is read by many threads, or written by one while nobody reads.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from habeas.domain.errors import BadInputError
from habeas.domain.exposure import Untraceable
from habeas.domain.posting import Place, take
from habeas.domain.transfer import (
    AMOUNT_MAX,
    NODE_OF,
    NUMBER_MAX,
    Asset,
    Holding,
    Inflow,
    Ingested,
    Link,
    Mix,
    Movement,
    Outflow,
    Record,
    Transfer,
    too_large,
)
from habeas.reference.coins.flow_index import FlowIndex
from habeas.reference.coins.names import Names
from habeas.reference.coins.numbers import Numbers

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ABSENT = 2**32 - 1
_NONE = -1
_UNKNOWN = NODE_OF[Untraceable.UNKNOWN]
_RECENT = 50_000
"""So many accounts are found at once, since a few of them take part in most transfers."""

Links = dict[tuple[str, int], tuple[str, int]]


class _Dropped(NamedTuple):
    """A flow that can be put back."""

    sender: int
    receiver: int
    amount: int
    log: int
    tx: str
    place: tuple[int, int]
    at: datetime
    nodes: int


class MemoryBook:
    """The book of one asset (`domain.transfer.CoinBook`, `domain.posting.WritableBook`)."""

    def __init__(self, asset: Asset, sold: Links, bought: Links) -> None:
        self.asset = asset
        self.name = asset.name
        self.final_height = -1
        self.last: Place = (-1, -1, -1)
        self.last_at: datetime | None = None
        self._sold, self._bought = sold, bought
        # By address.
        self._addresses = Names()
        self._account = array("i")
        self._newest = array("i")  # the latest of its nodes
        self._recent: dict[str, int] = {}
        # By node.
        self._owner = array("i")
        self._older = array("i")  # the node of the same address before it; of a transaction, the number of its outputs
        self._received = Numbers()
        self._sent = Numbers()
        # By transaction. One that is gone keeps its name.
        self._txs = Names()
        self._tx_block = array("I")
        self._tx_index = array("I")
        self._tx_first = array("I")
        self._tx_nodes = array("i")
        self._strange = Names()
        self._strange_nodes = array("i")
        # By block.
        self._heights = array("Q")
        self._ats = array("q")
        # By flow.
        self._sender = array("i")
        self._receiver = array("i")
        self._in_start = Numbers()
        self._out_start = Numbers()
        self._tx = array("I")
        self._log = array("I")
        self._ins = FlowIndex(self._receiver, self._owner.__len__)
        self._outs = FlowIndex(self._sender, self._owner.__len__)
        self._current = _NONE
        self._mark: tuple[int, int] | None = None
        self._dropped: list[_Dropped] = []

    def __len__(self) -> int:
        """How many flows there are."""
        return len(self._tx)

    def nbytes(self) -> dict[str, int]:
        """What it takes in memory."""
        arrays = (self._sender, self._receiver, self._tx, self._log)
        nodes = (self._owner, self._older)
        txs = (self._tx_block, self._tx_index, self._tx_first, self._tx_nodes)
        return {
            "flows": sum(map(_bytes, arrays)) + self._in_start.nbytes + self._out_start.nbytes,
            "indexes": self._ins.nbytes + self._outs.nbytes,
            "nodes": sum(map(_bytes, nodes)) + self._received.nbytes + self._sent.nbytes,
            "transactions": sum(map(_bytes, txs)) + _bytes(self._heights) + _bytes(self._ats),
            "names": self._addresses.nbytes
            + self._txs.nbytes
            + self._strange.nbytes
            + _bytes(self._account)
            + _bytes(self._newest),
        }

    # Reading.

    def version(self) -> str:
        return f"{self.name}@{self.last[0]}"

    def nodes(self, address: str) -> Sequence[Holding]:
        number = self._addresses.find(address)
        found = []
        node = _NONE if number is None else self._newest[number]
        while node != _NONE:
            found.append(Holding(node, self._received.at(node), self._sent.at(node)))
            node = self._older[node]
        return found[::-1]

    def flows_of(self, tx: str) -> Sequence[int]:
        number = self._txs.find(tx)
        if number is None or self._tx_block[number] == _ABSENT:
            return ()
        first = flow = self._tx_first[number]
        while flow < len(self._tx) and self._tx[flow] == number:
            flow += 1
        return range(first, flow)

    def inflows(self, node: int, start: int, end: int, limit: int) -> Sequence[Inflow]:
        flows, first, last = self._ins.span(node)
        begins, leaves, senders = self._in_start.at, self._out_start.at, self._sender
        position = max(first, bisect_right(flows, start, first, last, key=begins) - 1)
        found: list[Inflow] = []
        if position == last:
            return found
        flow = flows[position]
        begin = begins(flow)
        while begin < end and len(found) < limit:
            position += 1
            following = flows[position] if position < last else _NONE
            finish = self._received.at(node) if following == _NONE else begins(following)
            if finish > start:
                found.append(Inflow(flow, senders[flow], begin, finish - begin, leaves(flow)))
            if following == _NONE:
                break
            flow, begin = following, finish
        return found

    def outflows(self, node: int, start: int, end: int, limit: int) -> Sequence[Outflow]:
        flows, first, last = self._outs.span(node)
        leaves = self._out_start.at
        position = max(first, bisect_right(flows, start, first, last, key=leaves) - 1)
        found: list[Outflow] = []
        if position == last:
            return found
        flow = flows[position]
        begin = leaves(flow)
        while begin < end and len(found) < limit:
            position += 1
            following = flows[position] if position < last else _NONE
            finish = self._sent.at(node) if following == _NONE else leaves(following)
            if finish > start:
                found.append(Outflow(flow, self._receiver[flow], begin, finish - begin, self._in_start.at(flow)))
            if following == _NONE:
                break
            flow, begin = following, finish
        return found

    def last_inflow(self, node: int) -> int | None:
        flows, first, last = self._ins.span(node)
        return flows[last - 1] if last > first else None

    def inflow(self, flow: int) -> Inflow:
        return Inflow(flow, self._sender[flow], self._in_start.at(flow), self._amount(flow), self._out_start.at(flow))

    def receiver(self, flow: int) -> int:
        return self._receiver[flow]

    def mixes(self, flow: int) -> Iterator[Mix]:
        receiver, senders = self._receiver[flow], self._sender
        begins, leaves = self._in_start.at, self._out_start.at
        flows, first, last = self._ins.span(receiver)
        position = bisect_left(flows, flow, first, last)
        finish = begins(flows[position + 1]) if position + 1 < last else self._received.at(receiver)
        outs, first_out, last_out = self._outs.span(receiver)
        # The first flow that left after this one came, and what had left before it.
        left = bisect_right(outs, flow, first_out, last_out)
        sent = leaves(outs[left]) if left < last_out else self._sent.at(receiver)
        while True:
            begin = begins(flow)
            yield Mix(flow, senders[flow], finish - begin, finish - sent)
            if position == first:
                return
            position -= 1
            flow, finish = flows[position], begin
            if left > first_out and outs[left - 1] > flow:
                left = bisect_right(outs, flow, first_out, left - 1)
                sent = leaves(outs[left])

    def sender_before(self, flow: int) -> int | None:
        sender = self._sender[flow]
        if sender < 0:
            return None
        flows, first, last = self._ins.span(sender)
        position = bisect_left(flows, flow, first, last)
        return flows[position - 1] if position > first else None

    def owner(self, node: int) -> str:
        number = self._owner[node] if node >= 0 else _NONE
        return "" if number == _NONE else self._addresses.name(number)

    def moved_at(self, flow: int) -> datetime:
        return _EPOCH + self._ats[self._tx_block[self._tx[flow]]] * _MICROSECOND

    def movement(self, flow: int) -> Movement:
        tx = self._tx[flow]
        block = self._tx_block[tx]
        return Movement(
            tx=self._txs.name(tx),
            height=self._heights[block],
            log=self._log[flow],
            at=_EPOCH + self._ats[block] * _MICROSECOND,
            sender=self.owner(self._sender[flow]),
            receiver=self.owner(self._receiver[flow]),
            amount=self._amount(flow),
        )

    def sold_for(self, flow: int) -> Link | None:
        found = self._sold.get((self.name, flow)) if self._sold else None
        return None if found is None else Link._make(found)

    def bought_with(self, flow: int) -> Link | None:
        found = self._bought.get((self.name, flow)) if self._bought else None
        return None if found is None else Link._make(found)

    def _amount(self, flow: int) -> int:
        """It is not kept: the next flow begins where this one ends."""
        receiver = self._receiver[flow]
        ends, starts, total = self._ins, self._in_start, self._received
        if receiver < 0:
            receiver = self._sender[flow]
            ends, starts, total = self._outs, self._out_start, self._sent
        flows, first, last = ends.span(receiver)
        position = bisect_left(flows, flow, first, last) + 1
        return (starts.at(flows[position]) if position < last else total.at(receiver)) - starts.at(flow)

    # Writing.

    def placed(self, tx: str) -> tuple[int, int] | None:
        number = self._txs.find(tx)
        if number is None:
            return None
        block = self._tx_block[number]
        return None if block == _ABSENT else (self._heights[block], self._tx_index[number])

    def account(self, address: str) -> int:
        node = self._recent.get(address)
        if node is None:
            number = self._address(address)
            node = self._account[number]
            if node == _NONE:
                node = self._account[number] = self._node(number)
            if len(self._recent) >= _RECENT:
                self._recent.clear()
            self._recent[address] = node
        return node

    def output(self, tx: str, n: int) -> int | None:
        number = self._txs.find(tx)
        if number is None or self._tx_block[number] == _ABSENT or self._tx_nodes[number] == _NONE:
            return None
        node = self._tx_nodes[number]
        return node + 1 + n if 0 <= n < self._older[node] else None

    def strange_output(self, tx: str, n: int, address: str) -> int:
        number = self._strange.number(f"{tx}:{n}")
        if number == len(self._strange_nodes):
            self._strange_nodes.append(self._node(self._address(address) if address else _NONE))
        return self._strange_nodes[number]

    def totals(self, node: int) -> tuple[int, int]:
        return self._received.at(node), self._sent.at(node)

    def begin(self, tx: str, height: int, index: int, log: int, at: datetime) -> None:
        self.last, self.last_at = (height, index, log), at
        number = self._current = self._txs.number(tx)
        if number == len(self._tx_block):
            self._place(height, index, at)
        elif self._tx_block[number] == _ABSENT:
            self._place(height, index, at)
            for column in (self._tx_block, self._tx_index, self._tx_first, self._tx_nodes):
                column[number] = column.pop()

    def _place(self, height: int, index: int, at: datetime) -> None:
        """One more transaction, of which nothing is known but its place."""
        if not self._heights or self._heights[-1] != height:
            self._heights.append(height)
            self._ats.append((at - _EPOCH) // _MICROSECOND)
        self._tx_block.append(len(self._heights) - 1)
        self._tx_index.append(index)
        self._tx_first.append(len(self._tx))
        self._tx_nodes.append(_NONE)

    def add_plain(self, record: Transfer) -> bool:
        height, index, log, amount = record.height, record.index, record.log, record.amount
        last_height, last_index, _ = self.last
        is_next = height > last_height or (height == last_height and index > last_index and record.at == self.last_at)
        if not (
            is_next
            and self.final_height < height < NUMBER_MAX
            and 0 <= index < NUMBER_MAX
            and 0 <= log < NUMBER_MAX
            and 0 < amount <= AMOUNT_MAX
            and not record.fee
            and record.sender
            and record.receiver
        ):
            return False
        number = self._txs.number(record.tx)
        if number != len(self._tx_block):
            return False
        self.last, self.last_at = (height, index, log), record.at
        self._current = number
        self._place(height, index, record.at)
        sender = self.account(record.sender)
        missing = amount - self._received.at(sender) + self._sent.at(sender)
        if missing > 0:
            self.put(_UNKNOWN, sender, missing, log)
        self.put(sender, self.account(record.receiver), amount, log)
        return True

    def outputs(self, addresses: tuple[str, ...]) -> int:
        node = self._tx_nodes[self._current] = self._node(_NONE)
        self._older[node] = len(addresses)
        for address in addresses:
            self._node(self._address(address))
        return node

    def put(self, sender: int, receiver: int, amount: int, log: int) -> None:
        out_start = self._sent.at(sender) if sender >= 0 else 0
        in_start = self._received.at(receiver) if receiver >= 0 else 0
        # Before anything is written: what is refused here leaves no flow behind by which it could be undone.
        if receiver >= 0 and in_start + amount > AMOUNT_MAX:
            raise too_large(f"{self.name}: all that `{self.owner(receiver)}` received")
        if sender >= 0:
            self._sent.set(sender, out_start + amount)
        if receiver >= 0:
            self._received.set(receiver, in_start + amount)
        self._sender.append(sender)
        self._receiver.append(receiver)
        self._in_start.append(in_start)
        self._out_start.append(out_start)
        self._tx.append(self._current)
        self._log.append(log)

    def drop(self, height: int) -> None:
        count = len(self)
        while count and self._heights[self._tx_block[self._tx[count - 1]]] >= height:
            count -= 1
        self._cut(count)

    def _address(self, address: str) -> int:
        number = self._addresses.number(address)
        if number == len(self._account):
            self._account.append(_NONE)
            self._newest.append(_NONE)
        return number

    def _node(self, owner: int) -> int:
        node = len(self._owner)
        self._owner.append(owner)
        self._older.append(_NONE)
        if owner != _NONE:
            self._older[node] = self._newest[owner]
            self._newest[owner] = node
        self._received.append(0)
        self._sent.append(0)
        return node

    # Undoing.

    def mark(self) -> None:
        """From here on everything can be undone."""
        self._mark = (len(self), self.final_height)
        self._dropped = []

    def undo(self) -> None:
        """Be again as it was at the mark, but for names and empty nodes."""
        assert self._mark is not None
        dropped, (count, self.final_height) = self._dropped, self._mark
        self._cut(count - len(dropped))
        for each in dropped:
            self.begin(each.tx, *each.place, each.log, each.at)
            self._tx_nodes[self._current] = each.nodes
            self.put(each.sender, each.receiver, each.amount, each.log)

    def _cut(self, count: int) -> None:
        """Forget the flows from this one on."""
        marked = self._mark[0] - len(self._dropped) if self._mark is not None else 0
        gone: list[_Dropped] = []
        for flow in range(count, len(self)):
            tx, moved = self._tx[flow], self.movement(flow)
            gone.append(
                _Dropped(
                    self._sender[flow],
                    self._receiver[flow],
                    moved.amount,
                    moved.log,
                    moved.tx,
                    (moved.height, self._tx_index[tx]),
                    moved.at,
                    self._tx_nodes[tx],
                )
            )
        for flow, each in zip(range(count, len(self)), gone, strict=True):
            if each.sender >= 0:
                self._sent.set(each.sender, self._sent.at(each.sender) - each.amount)
            if each.receiver >= 0:
                self._received.set(each.receiver, self._received.at(each.receiver) - each.amount)
            self._forget_links(flow)
        for flow in range(count, len(self)):
            if self._tx_first[self._tx[flow]] >= count:
                self._tx_block[self._tx[flow]] = _ABSENT
        if self._current != _NONE and self._tx_first[self._current] >= count:
            self._tx_block[self._current] = _ABSENT  # One that had no flows yet.
        self._dropped = gone[: max(0, marked - count)] + self._dropped
        for ends in (self._sender, self._receiver, self._tx, self._log):
            del ends[count:]
        for starts in (self._in_start, self._out_start):
            starts.cut(count)
        for index in (self._ins, self._outs):
            index.cut(count)
        blocks = self._tx_block[self._tx[-1]] + 1 if count else 0
        del self._heights[blocks:], self._ats[blocks:]
        self.last, self.last_at = (-1, -1, -1), None
        if count:
            self.last = (self._heights[-1], self._tx_index[self._tx[-1]], self._log[-1])
            self.last_at = self.moved_at(count - 1)

    def _forget_links(self, flow: int) -> None:
        here = (self.name, flow)
        for one, other in ((self._sold, self._bought), (self._bought, self._sold)):
            there = one.pop(here, None)
            if there is not None:
                del other[there]


class MemoryLedger:
    """Books in memory (`domain.transfer.TransferSource`)."""

    def __init__(self) -> None:
        self._books: dict[str, MemoryBook] = {}
        self._sold: Links = {}
        """From a flow that was bought to the one that was sold for it."""
        self._bought: Links = {}

    def assets(self) -> Sequence[Asset]:
        return [book.asset for book in self._books.values()]

    def book(self, name: str) -> MemoryBook:
        """The book of an asset. Raises BadInputError for one that is not kept."""
        try:
            return self._books[name]
        except KeyError:
            raise BadInputError(
                f"the ledger has no asset `{name}`; it has {', '.join(self._books) or 'none'}, and a record adds one"
            ) from None

    @contextmanager
    def reading(self) -> "Iterator[MemoryLedger]":
        """Itself, as a `TransferSource`."""
        yield self

    def ingest(self, records: Iterable[Record]) -> Ingested:
        """Take records in, all or none. Raises BadInputError at the first that cannot be taken."""
        names, links = list(self._books), (dict(self._sold), dict(self._bought))
        for book in self._books.values():
            book.mark()
        try:
            return take(self, records)
        except BaseException:
            self._books = {name: self._books[name] for name in names}
            for book in self._books.values():
                book.undo()
            for kept, before in zip((self._sold, self._bought), links, strict=True):
                kept.clear()
                kept.update(before)
            raise

    def add_asset(self, asset: Asset) -> None:
        self._books[asset.name] = MemoryBook(asset, self._sold, self._bought)

    writable = book

    def link(self, sold: tuple[str, int], bought: tuple[str, int]) -> None:
        self._sold[bought] = sold
        self._bought[sold] = bought


def _bytes(numbers: "array[int]") -> int:
    return len(numbers) * numbers.itemsize
