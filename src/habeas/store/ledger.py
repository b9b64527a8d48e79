"""The ledger of coins in the store's tables (`domain.transfer.TransferSource`). Readers see one consistent view of it.

What is taken in is gathered and written in one go at the end of a batch, or before something is read that it may change.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Any, Protocol

from habeas.domain.errors import BadInputError
from habeas.domain.posting import Place, take
from habeas.domain.transfer import (
    AMOUNT_MAX,
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
from habeas.store.ledger_tables import Found, LedgerTables
from habeas.store.ledger_tables import number as _number
from habeas.store.rows import from_column, to_column

_PIECE_MAX = 1_000
"""Flows that are read at once on the way back along those into one node: few at first, since most ways back are short."""

_ASSETS = "SELECT * FROM coin_asset ORDER BY asset_id"
_ADD_ASSET = """
    INSERT INTO coin_asset SELECT coalesce(max(asset_id), 0) + 1, ?, ?, ?, ?, -1, -1, -1, -1, NULL FROM coin_asset
"""
_CHANGE_ASSET = """
    UPDATE coin_asset SET final_height = ?, last_height = ?, last_index = ?, last_log = ?, last_at = ? WHERE asset_id = ?
"""
_NODES = "SELECT node_id, received, sent FROM coin_node WHERE asset_id = ? AND owner = ? ORDER BY node_id"
_ACCOUNT = "SELECT node_id FROM coin_node WHERE asset_id = ? AND owner = ? AND is_account = 1"
_TOTALS = "SELECT received, sent FROM coin_node WHERE node_id = ?"
_OWNER = "SELECT owner FROM coin_node WHERE node_id = ?"
_LAST_NODE = "SELECT coalesce(max(node_id), 0) FROM coin_node"
_SET_NODE = """
    INSERT INTO coin_node VALUES (?, ?, ?, ?, ?, ?)
    ON CONFLICT (node_id) DO UPDATE SET received = excluded.received, sent = excluded.sent
"""
_SET_TOTALS = "UPDATE coin_node SET received = ?, sent = ? WHERE node_id = ?"
_TX = "SELECT tx_id, height, place, node_id, outputs FROM coin_tx WHERE asset_id = ? AND name = ?"
_LAST_TX = "SELECT coalesce(max(tx_id), 0) FROM coin_tx"
_ADD_TX = "INSERT INTO coin_tx VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_FLOWS_OF = """
    SELECT flow_id FROM coin_flow WHERE tx_id = (SELECT tx_id FROM coin_tx WHERE asset_id = ? AND name = ?) ORDER BY flow_id
"""
_LAST_FLOW = "SELECT coalesce(max(flow_id), 0) FROM coin_flow"
_ADD_FLOW = "INSERT INTO coin_flow VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INFLOWS = """
    SELECT flow_id, sender, in_start, amount, out_start FROM coin_flow
    WHERE receiver = ?1 AND in_start < ?3
        AND in_start >= coalesce((SELECT max(in_start) FROM coin_flow WHERE receiver = ?1 AND in_start <= ?2), 0)
    ORDER BY in_start LIMIT ?4
"""
_OUTFLOWS = """
    SELECT flow_id, receiver, out_start, amount, in_start FROM coin_flow
    WHERE sender = ?1 AND out_start < ?3
        AND out_start >= coalesce((SELECT max(out_start) FROM coin_flow WHERE sender = ?1 AND out_start <= ?2), 0)
    ORDER BY out_start LIMIT ?4
"""
_LAST_INFLOW = "SELECT flow_id FROM coin_flow WHERE receiver = ? ORDER BY in_start DESC LIMIT 1"
_SENDER_BEFORE = """
    SELECT i.flow_id FROM coin_flow f JOIN coin_flow i ON i.receiver = f.sender AND i.in_start < f.sender_in
    WHERE f.flow_id = ? ORDER BY i.in_start DESC LIMIT 1
"""
_INFLOW = "SELECT flow_id, sender, in_start, amount, out_start FROM coin_flow WHERE flow_id = ?"
_RECEIVER = "SELECT receiver FROM coin_flow WHERE flow_id = ?"
_MIX = "SELECT flow_id, sender, amount, balance, receiver, in_start FROM coin_flow WHERE flow_id = ?"
_MIXES_BEFORE = """
    SELECT flow_id, sender, amount, balance, receiver, in_start FROM coin_flow
    WHERE receiver = ? AND in_start < ? ORDER BY in_start DESC LIMIT ?
"""
_MOVED_AT = "SELECT t.at FROM coin_flow f JOIN coin_tx t ON t.tx_id = f.tx_id WHERE f.flow_id = ?"
_MOVEMENT = """
    SELECT t.name, t.height, f.log, t.at, f.sender, f.receiver, f.amount FROM coin_flow f
    JOIN coin_tx t ON t.tx_id = f.tx_id WHERE f.flow_id = ?
"""
_OTHER_END = """
    SELECT a.symbol || ':' || a.network, f.flow_id FROM coin_conversion c
    JOIN coin_flow f ON f.flow_id = c.{there} JOIN coin_tx t ON t.tx_id = f.tx_id
    JOIN coin_asset a ON a.asset_id = t.asset_id WHERE c.{here} = ?
"""
_SOLD_FOR = _OTHER_END.format(here="bought", there="sold")
_BOUGHT_WITH = _OTHER_END.format(here="sold", there="bought")
_ANY_CONVERSION = "SELECT EXISTS (SELECT 1 FROM coin_conversion)"
_ADD_CONVERSION = "INSERT INTO coin_conversion (bought, sold) VALUES (?, ?)"
_STRANGE = "SELECT node_id FROM coin_strange_output WHERE asset_id = ? AND tx = ? AND n = ?"
_ADD_STRANGE = "INSERT INTO coin_strange_output VALUES (?, ?, ?, ?)"
_FLOWS_FROM = """
    SELECT f.flow_id, f.sender, f.receiver, f.amount FROM coin_tx t JOIN coin_flow f ON f.tx_id = t.tx_id
    WHERE t.asset_id = ? AND t.height >= ?
"""
_DROP_CONVERSIONS = "DELETE FROM coin_conversion WHERE bought = ?1 OR sold = ?1"
_DROP_FLOW = "DELETE FROM coin_flow WHERE flow_id = ?"
_DROP_NODES = """
    DELETE FROM coin_node WHERE node_id IN (
        SELECT n.node_id FROM coin_tx t JOIN coin_node n ON n.node_id BETWEEN t.node_id AND t.node_id + t.outputs
        WHERE t.asset_id = ? AND t.height >= ?
    )
"""
_DROP_TXS = "DELETE FROM coin_tx WHERE asset_id = ? AND height >= ?"
_LAST_PLACE = """
    SELECT t.height, t.place, f.log, t.at FROM coin_tx t JOIN coin_flow f ON f.tx_id = t.tx_id
    WHERE t.asset_id = ? ORDER BY t.height DESC, t.tx_id DESC, f.flow_id DESC LIMIT 1
"""


class LedgerStore(Protocol):
    """A store with tables for a ledger."""

    def reading_ledger(self) -> AbstractContextManager[LedgerTables]:
        """One consistent view."""

    def writing_ledger(self) -> AbstractContextManager[LedgerTables]:
        """Alone, durable when the block ends."""


class _Books:
    """All books on a connection that has begun a transaction."""

    def __init__(self, connection: LedgerTables) -> None:
        self._connection = connection
        self._books: dict[str, StoredBook] = {}
        self._numbers: dict[str, int] = {}
        self.has_conversions = bool(connection.execute(_ANY_CONVERSION).fetchone()[0])
        self._load()

    def assets(self) -> Sequence[Asset]:
        return [book.asset for book in self._books.values()]

    def book(self, name: str) -> "StoredBook":
        """The book of an asset. Raises BadInputError for one that is not kept."""
        try:
            return self._books[name]
        except KeyError:
            raise BadInputError(
                f"the ledger has no asset `{name}`; it has {', '.join(self._books) or 'none'}, and a record adds one"
            ) from None

    def writable(self, name: str) -> "StoredBook":
        """The book of an asset. Raises BadInputError for one that is not kept."""
        return self.book(name)

    def add_asset(self, asset: Asset) -> None:
        self._connection.execute(_ADD_ASSET, (asset.symbol, asset.network, asset.chain, asset.decimals))
        self._load()

    def link(self, sold: tuple[str, int], bought: tuple[str, int]) -> None:
        self.flush()
        self._connection.execute(_ADD_CONVERSION, (bought[1], sold[1]))
        self.has_conversions = True

    def number(self, last: str) -> int:
        """The next number of a table that all books share, by the query for the last one."""
        if last not in self._numbers:
            self._numbers[last] = self._connection.execute(last).fetchone()[0]
        self._numbers[last] += 1
        return self._numbers[last]

    def flush(self) -> None:
        """Write all that was gathered."""
        for book in self._books.values():
            book.flush()

    def _load(self) -> None:
        for asset_id, symbol, network, chain, decimals, *state in self._connection.execute(_ASSETS).fetchall():
            asset = Asset(symbol, network, chain, decimals)
            if asset.name not in self._books:
                self._books[asset.name] = StoredBook(self, self._connection, asset_id, asset, *state)


class StoredBook:
    """The book of one asset (`domain.transfer.CoinBook`, `domain.posting.WritableBook`)."""

    def __init__(
        self,
        books: _Books,
        connection: LedgerTables,
        asset_id: int,
        asset: Asset,
        final_height: int,
        last_height: int,
        last_index: int,
        last_log: int,
        last_at: int | None,
    ) -> None:
        self.asset = asset
        self.name = asset.name
        self.final_height = final_height
        self.last: Place = (last_height, last_index, last_log)
        self.last_at = None if last_at is None else from_column(last_at)
        self._books = books
        self._connection = connection
        self._run = connection.execute
        self._id = asset_id
        self._was = (final_height, self.last)
        self._tx = 0
        self._current = ""
        # What was gathered, or read while gathering.
        self._accounts: dict[str, int] = {}
        self._totals: dict[int, list[int]] = {}
        self._changed: set[int] = set()
        self._new_nodes: dict[int, tuple[str | None, int]] = {}
        self._new_txs: dict[str, list[Any]] = {}
        self._new_flows: list[tuple[Any, ...]] = []

    # Reading.

    def version(self) -> str:
        return f"{self.name}@{self.last[0]}"

    def nodes(self, address: str) -> Sequence[Holding]:
        self.flush()
        rows = self._run(_NODES, (self._id, address))
        return [Holding(node, _number(received), _number(sent)) for node, received, sent in rows]

    def flows_of(self, tx: str) -> Sequence[int]:
        self.flush()
        return [flow for (flow,) in self._run(_FLOWS_OF, (self._id, tx))]

    def inflows(self, node: int, start: int, end: int, limit: int) -> Sequence[Inflow]:
        return [Inflow(*row) for row in self._range(_INFLOWS, node, start, end, limit)]

    def outflows(self, node: int, start: int, end: int, limit: int) -> Sequence[Outflow]:
        return [Outflow(*row) for row in self._range(_OUTFLOWS, node, start, end, limit)]

    def _range(
        self, query: str, node: int, start: int, end: int, limit: int
    ) -> Iterator[tuple[int, int, int, int, int]]:
        self.flush()
        # One more, since the first may end where the range starts.
        count = 0
        for flow, other, begin, amount, there in self._run(
            query, (node, self._connection.amount(start), self._connection.amount(end), limit + 1)
        ):
            first, size = _number(begin), _number(amount)
            if first + size > start and count < limit:
                count += 1
                yield flow, other, first, size, _number(there)

    def last_inflow(self, node: int) -> int | None:
        self.flush()
        return _first(self._run(_LAST_INFLOW, (node,)))

    def inflow(self, flow: int) -> Inflow:
        self.flush()
        number, sender, start, amount, out_start = self._run(_INFLOW, (flow,)).fetchone()
        return Inflow(number, sender, _number(start), _number(amount), _number(out_start))

    def receiver(self, flow: int) -> int:
        self.flush()
        receiver: int = self._run(_RECEIVER, (flow,)).fetchone()[0]
        return receiver

    def mixes(self, flow: int) -> Iterator[Mix]:
        self.flush()
        rows = self._run(_MIX, (flow,)).fetchall()
        piece = 1
        while rows:
            for number, sender, amount, balance, *_ in rows:
                yield Mix(number, sender, _number(amount), _number(balance))
            rows = self._run(_MIXES_BEFORE, (*rows[-1][4:], piece)).fetchall()
            piece = min(2 * piece, _PIECE_MAX)

    def sender_before(self, flow: int) -> int | None:
        self.flush()
        return _first(self._run(_SENDER_BEFORE, (flow,)))

    def owner(self, node: int) -> str:
        if node < 0:
            return ""
        if node in self._new_nodes:
            return self._new_nodes[node][0] or ""
        owner: str | None = self._run(_OWNER, (node,)).fetchone()[0]
        return owner or ""

    def moved_at(self, flow: int) -> datetime:
        self.flush()
        return from_column(self._run(_MOVED_AT, (flow,)).fetchone()[0])

    def movement(self, flow: int) -> Movement:
        self.flush()
        tx, height, log, at, sender, receiver, amount = self._run(_MOVEMENT, (flow,)).fetchone()
        return Movement(
            tx=tx,
            height=height,
            log=log,
            at=from_column(at),
            sender=self.owner(sender),
            receiver=self.owner(receiver),
            amount=_number(amount),
        )

    def sold_for(self, flow: int) -> Link | None:
        return self._link(_SOLD_FOR, flow)

    def bought_with(self, flow: int) -> Link | None:
        return self._link(_BOUGHT_WITH, flow)

    def _link(self, query: str, flow: int) -> Link | None:
        if not self._books.has_conversions:
            return None
        self._books.flush()
        row = self._run(query, (flow,)).fetchone()
        return None if row is None else Link._make(row)

    # Writing.

    def placed(self, tx: str) -> tuple[int, int] | None:
        row = self._placed_tx(tx)
        return None if row is None else (row[1], row[2])

    def account(self, address: str) -> int:
        node = self._accounts.get(address)
        if node is None:
            node = _first(self._run(_ACCOUNT, (self._id, address)))
            if node is None:
                node = self._new_node(address, is_account=1)
            self._accounts[address] = node
        return node

    def output(self, tx: str, n: int) -> int | None:
        row = self._placed_tx(tx)
        if row is None or row[3] is None:
            return None
        return row[3] + 1 + n if 0 <= n < row[4] else None

    def strange_output(self, tx: str, n: int, address: str) -> int:
        node = _first(self._run(_STRANGE, (self._id, tx, n)))
        if node is None:
            node = self._new_node(address)
            self._run(_ADD_STRANGE, (self._id, tx, n, node))
        return node

    def totals(self, node: int) -> tuple[int, int]:
        received, sent = self._of_node(node)
        return received, sent

    def begin(self, tx: str, height: int, index: int, log: int, at: datetime) -> None:
        self.last, self.last_at = (height, index, log), at
        row = self._placed_tx(tx)
        if row is None:
            row = [self._books.number(_LAST_TX), height, index, None, 0, self._id, tx, to_column(at)]
            self._new_txs[tx] = row
        self._tx = row[0]
        self._current = tx

    def outputs(self, addresses: tuple[str, ...]) -> int:
        node = self._new_node(None)
        for address in addresses:
            self._new_node(address)
        self._new_txs[self._current][3:5] = node, len(addresses)
        return node

    def put(self, sender: int, receiver: int, amount: int, log: int) -> None:
        in_start = out_start = sender_in = balance = 0
        if sender >= 0:
            totals = self._of_node(sender)
            sender_in, out_start = totals
            totals[1] += amount
            self._changed.add(sender)
        if receiver >= 0:
            totals = self._of_node(receiver)
            in_start = totals[0]
            if in_start + amount > AMOUNT_MAX:
                raise too_large(f"{self.name}: all that `{self.owner(receiver)}` received")
            totals[0] += amount
            balance = totals[0] - totals[1]
            self._changed.add(receiver)
        flow = self._books.number(_LAST_FLOW)
        numbers = map(self._connection.amount, (amount, in_start, out_start, sender_in, balance))
        self._new_flows.append((flow, self._tx, log, sender, receiver, *numbers))

    def add_plain(self, _record: Transfer, /) -> bool:
        return False  # What takes its time here is writing.

    def drop(self, height: int) -> None:
        self.flush()
        for flow, sender, receiver, amount in self._run(_FLOWS_FROM, (self._id, height)).fetchall():
            if sender >= 0:
                self._of_node(sender)[1] -= _number(amount)
                self._changed.add(sender)
            if receiver >= 0:
                self._of_node(receiver)[0] -= _number(amount)
                self._changed.add(receiver)
            self._run(_DROP_CONVERSIONS, (flow,))
            self._run(_DROP_FLOW, (flow,))
        self._write_totals()
        self._run(_DROP_NODES, (self._id, height))
        self._run(_DROP_TXS, (self._id, height))
        self._forget()
        row = self._run(_LAST_PLACE, (self._id,)).fetchone()
        self.last, self.last_at = (-1, -1, -1), None
        if row is not None:
            self.last, self.last_at = row[:3], from_column(row[3])

    def flush(self) -> None:
        """Write all that was gathered."""
        if self._new_txs or self._new_flows or self._new_nodes:
            many = self._connection.executemany
            many(
                _ADD_TX,
                [
                    (tx, asset, name, height, index, at, node, outputs)
                    for tx, height, index, node, outputs, asset, name, at in self._new_txs.values()
                ],
            )
            many(
                _SET_NODE,
                [
                    (node, self._id, owner, is_account, *map(self._connection.amount, self._totals[node]))
                    for node, (owner, is_account) in self._new_nodes.items()
                ],
            )
            self._changed -= self._new_nodes.keys()
            self._write_totals()
            many(_ADD_FLOW, self._new_flows)
            self._forget()
        if (self.final_height, self.last) != self._was:
            self._was = (self.final_height, self.last)
            at = None if self.last_at is None else to_column(self.last_at)
            self._run(_CHANGE_ASSET, (self.final_height, *self.last, at, self._id))

    def _write_totals(self) -> None:
        self._connection.executemany(
            _SET_TOTALS, [(*map(self._connection.amount, self._totals[node]), node) for node in self._changed]
        )
        self._changed.clear()

    def _forget(self) -> None:
        for gathered in (self._accounts, self._totals, self._new_nodes, self._new_txs):
            gathered.clear()
        self._new_flows.clear()

    def _placed_tx(self, tx: str) -> Any:
        return self._new_txs.get(tx) or self._run(_TX, (self._id, tx)).fetchone()

    def _new_node(self, owner: str | None, is_account: int = 0) -> int:
        node = self._books.number(_LAST_NODE)
        self._new_nodes[node] = (owner, is_account)
        self._totals[node] = [0, 0]
        return node

    def _of_node(self, node: int) -> list[int]:
        """Received and sent, to be changed."""
        totals = self._totals.get(node)
        if totals is None:
            totals = self._totals[node] = [_number(each) for each in self._run(_TOTALS, (node,)).fetchone()]
        return totals


class StoredLedger:
    """Books in the tables of a store."""

    def __init__(self, store: LedgerStore) -> None:
        self._store = store

    def ingest(self, records: Iterable[Record]) -> Ingested:
        """Take records in, all or none, durably. Raises BadInputError at the first that cannot be taken.

        Nobody else writes to the store meanwhile; so bring very many in batches.
        """
        with self._store.writing_ledger() as connection:
            books = _Books(connection)
            done = take(books, records)
            books.flush()
        return done

    @contextmanager
    def reading(self) -> Iterator[_Books]:
        """One consistent view, a `TransferSource`."""
        with self._store.reading_ledger() as connection:
            yield _Books(connection)


def _first(cursor: Found) -> int | None:
    row = cursor.fetchone()
    return None if row is None else row[0]
