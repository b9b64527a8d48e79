"""How a record becomes flows in a book of coins: what it must agree with, and what it moves. The same for every ledger.

A record is taken in order or not at all; one that is there already, word for word, changes nothing. Whoever sends more than the
book knows him to have gets the difference just before, from `unknown`: the book never holds less than nothing.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import Enum
from typing import Protocol

from habeas.domain.errors import BadInputError
from habeas.domain.exposure import Untraceable
from habeas.domain.transfer import (
    AMOUNT_MAX,
    DECIMALS_MAX,
    FEES,
    NODE_OF,
    NUMBER_MAX,
    Asset,
    Beginning,
    CoinBook,
    Conversion,
    Finality,
    Ingested,
    Named,
    Record,
    Reorganisation,
    Transaction,
    Transfer,
    too_large,
)

Place = tuple[int, int, int]
"""(height, index, log)"""

_UNKNOWN = NODE_OF[Untraceable.UNKNOWN]
_BEGINNINGS = (Untraceable.OPENING, Untraceable.ISSUED)


class Became(Enum):
    """What became of one record."""

    ADDED = "added"
    KNOWN = "known"
    EMPTY = "empty"


class WritableBook(CoinBook, Protocol):
    """A book that flows are added to, at its end only."""

    final_height: int
    """Up to here nothing changes any more; -1 if nothing is final."""

    @property
    def last(self) -> Place:
        """The place of the last record; (-1, -1, -1) in an empty book."""

    @property
    def last_at(self) -> datetime | None:
        """When the last record's block was made."""

    def placed(self, tx: str) -> tuple[int, int] | None:
        """Height and index of a transaction that is there."""

    def account(self, address: str) -> int:
        """The node of an account, made if need be."""

    def output(self, tx: str, n: int) -> int | None:
        """The node of an output of a transaction that is there."""

    def strange_output(self, tx: str, n: int, address: str) -> int:
        """The node of an output of a transaction that is not there, made if need be."""

    def totals(self, node: int) -> tuple[int, int]:
        """How much a node received and sent in all."""

    def begin(self, tx: str, height: int, index: int, log: int, at: datetime) -> None:
        """All that is put from now on is of this place."""

    def outputs(self, addresses: tuple[str, ...]) -> int:
        """Make a node for the transaction that has begun and one for each output; returns that of the transaction. Those
        of the outputs follow it, one by one.
        """

    def put(self, sender: int, receiver: int, amount: int, log: int) -> None:
        """Add a flow of more than nothing. Raises BadInputError if a sum becomes too large."""

    def add_plain(self, record: Transfer, /) -> bool:
        """Add a transfer in the shortest way, if it is alone in a new transaction at the end, without a fee, and nothing is
        wrong with it. False, with nothing added, if it has to be looked at, as all may: it is a short cut and no rule.
        """

    def drop(self, height: int) -> None:
        """Forget all from this height on."""


class WritableLedger(Protocol):
    """Several books, and what was converted between them."""

    def assets(self) -> Iterable[Asset]:
        """What is kept a book of."""

    def add_asset(self, asset: Asset) -> None:
        """Begin a book."""

    def writable(self, name: str) -> WritableBook:
        """The book of an asset. Raises BadInputError for one that is not kept."""

    def link(self, sold: tuple[str, int], bought: tuple[str, int]) -> None:
        """Remember that the coins of one flow were given for those of another."""


def take(ledger: WritableLedger, records: Iterable[Record]) -> Ingested:
    """Take records in, in order. Raises BadInputError at the first that cannot be taken; undoing is the ledger's business."""
    counts = dict.fromkeys(Became, 0)
    plain = 0
    books: dict[str, WritableBook] = {}
    for record in records:
        if isinstance(record, Asset):
            became = _asset(ledger, record)
        elif isinstance(record, Conversion):
            became = _conversion(ledger, record)
        else:
            book = books.get(record.asset)
            if book is None:
                book = books[record.asset] = ledger.writable(record.asset)
            if isinstance(record, Transfer) and book.add_plain(record):
                plain += 1
                continue
            became = post(book, record)
        counts[became] += 1
    return Ingested(counts[Became.ADDED] + plain, counts[Became.KNOWN], counts[Became.EMPTY])


def post(book: WritableBook, record: Transfer | Beginning | Transaction | Finality | Reorganisation) -> Became:
    """Write one record in its book. Raises BadInputError, with nothing written but what earlier records left."""
    match record:
        case Transfer():
            return _transfer(book, record)
        case Transaction():
            return _transaction(book, record)
        case Beginning():
            return _beginning(book, record)
        case Finality():
            return _final(book, record)
        case Reorganisation():
            return _reorganisation(book, record)


def _asset(ledger: WritableLedger, asset: Asset) -> Became:
    known = next((each for each in ledger.assets() if each.name == asset.name), None)
    if known == asset:
        return Became.KNOWN
    if known is not None:
        raise BadInputError(
            f"asset `{asset.name}` is kept with {known.decimals} decimals on `{known.chain}` already; "
            "give what is different another symbol or network"
        )
    if not 0 <= asset.decimals <= DECIMALS_MAX:
        raise BadInputError(f"asset `{asset.name}` has {asset.decimals} decimals; 0 to {DECIMALS_MAX} can be kept")
    if not (asset.symbol and asset.network and asset.chain):
        raise BadInputError(f"asset `{asset.name}` needs a symbol, a network and a chain of addresses")
    ledger.add_asset(asset)
    return Became.ADDED


def _transfer(book: WritableBook, record: Transfer) -> Became:
    amount, fee = record.amount, record.fee
    if amount < 0 or fee < 0:
        raise BadInputError(f"{_where(record)}: the amount is negative; name the other side as the sender instead")
    if not amount and not fee:
        return Became.EMPTY
    if not record.sender or (amount and not record.receiver):
        raise BadInputError(
            f"{_where(record)}: it needs a sender and a receiver; coins that nobody sent are a beginning"
        )
    if _is_known(book, record, record.log):
        moved = [(record.sender, record.receiver, amount)] * bool(amount) + [(record.sender, "", fee)] * bool(fee)
        _agrees(book, record, record.log, moved)
        return Became.KNOWN
    if amount + fee > AMOUNT_MAX:
        raise too_large(f"{_where(record)}: the amount")
    sender = book.account(record.sender)
    received, sent = book.totals(sender)
    missing = amount + fee - received + sent
    if missing > 0:
        book.put(_UNKNOWN, sender, missing, record.log)
    if amount:
        book.put(sender, book.account(record.receiver), amount, record.log)
    if fee:
        book.put(sender, FEES, fee, record.log)
    return Became.ADDED


def _beginning(book: WritableBook, record: Beginning) -> Became:
    if record.amount < 0:
        raise BadInputError(f"{_where(record)}: the amount is negative; nothing begins with less than nothing")
    if not record.amount:
        return Became.EMPTY
    if not record.receiver or record.why not in _BEGINNINGS:
        raise BadInputError(f"{_where(record)}: it needs a receiver, and opening or issued as the reason why it begins")
    if _is_known(book, record, record.log):
        _agrees(book, record, record.log, [("", record.receiver, record.amount)])
        return Became.KNOWN
    if record.amount > AMOUNT_MAX:
        raise too_large(f"{_where(record)}: the amount")
    book.put(NODE_OF[record.why], book.account(record.receiver), record.amount, record.log)
    return Became.ADDED


def _transaction(book: WritableBook, record: Transaction) -> Became:
    spent, paid = sum(each.amount for each in record.inputs), sum(each.amount for each in record.outputs)
    if any(each.amount < 0 for each in record.inputs) or any(each.amount < 0 for each in record.outputs):
        raise BadInputError(
            f"{_where(record)}: an amount is negative; every input and output is worth something or nothing"
        )
    if not record.outputs:
        raise BadInputError(f"{_where(record)}: it pays nobody; a transaction has outputs")
    if record.inputs and paid > spent:
        raise BadInputError(
            f"{_where(record)}: it pays {paid} quanta and spends {spent}; an input or its amount is missing"
        )
    if record.why not in _BEGINNINGS:
        raise BadInputError(f"{_where(record)}: coins without inputs are opening or issued, not {record.why}")
    if not all(each.address or not each.amount for each in record.outputs):
        raise BadInputError(f"{_where(record)}: an output that is worth something has no address")
    if max(spent, paid) > AMOUNT_MAX:
        raise too_large(f"{_where(record)}: the amount")
    if not spent and not paid:
        return Became.EMPTY
    if _is_known(book, record):
        said = [(each.address, each.amount) for each in record.outputs if each.amount]
        if said != [(moved.receiver, moved.amount) for moved in map(book.movement, _paid(book, record.tx))]:
            raise _otherwise(record)
        return Became.KNOWN
    inputs = [(_spent(book, record, number), each.amount) for number, each in enumerate(record.inputs)]
    transaction = book.outputs(tuple(each.address for each in record.outputs))
    for number, (node, amount) in enumerate(inputs):
        if amount:
            book.put(node, transaction, amount, number)
    if not inputs and paid:
        book.put(NODE_OF[record.why], transaction, paid, 0)
    for n, output in enumerate(record.outputs):
        if output.amount:
            book.put(transaction, transaction + 1 + n, output.amount, n)
    return Became.ADDED


def _spent(book: WritableBook, record: Transaction, number: int) -> int:
    """The node of an input, which has what it is worth."""
    each = record.inputs[number]
    where = f"{_where(record)}: output {each.n} of `{each.tx}`"
    if any((each.tx, each.n) == (other.tx, other.n) for other in record.inputs[:number]):
        raise BadInputError(f"{where} is spent twice in it")
    node = book.output(each.tx, each.n)
    if node is not None:
        received, sent = book.totals(node)
        if sent:
            raise BadInputError(f"{where} is spent already; look for the transaction that spent it")
        if (received, book.owner(node)) != (each.amount, each.address):
            raise BadInputError(
                f"{where} is {received} quanta of `{book.owner(node)}` and not {each.amount} of `{each.address}`"
            )
        return node
    if book.placed(each.tx) is not None:
        raise BadInputError(f"{where} does not exist; look at its number")
    node = book.strange_output(each.tx, each.n, each.address)
    if book.totals(node)[1]:
        raise BadInputError(f"{where} is spent already; look for the transaction that spent it")
    if each.amount:
        book.put(_UNKNOWN, node, each.amount, number)
    return node


def _final(book: WritableBook, record: Finality) -> Became:
    if record.height <= book.final_height:
        return Became.KNOWN
    book.final_height = record.height
    return Became.ADDED


def _reorganisation(book: WritableBook, record: Reorganisation) -> Became:
    if record.height <= book.final_height:
        raise BadInputError(
            f"{record.asset}: blocks up to {book.final_height} are final, so those from {record.height} on cannot be replaced"
        )
    book.drop(record.height)
    return Became.ADDED


def _conversion(ledger: WritableLedger, record: Conversion) -> Became:
    books = [ledger.writable(each.asset) for each in (record.sold, record.bought)]
    sold, bought = (named_flow(book, each) for book, each in zip(books, (record.sold, record.bought), strict=True))
    link, back = books[0].bought_with(sold), books[1].sold_for(bought)
    if link == (record.bought.asset, bought) and back == (record.sold.asset, sold):
        return Became.KNOWN
    what = f"the conversion of `{record.sold.tx}` into `{record.bought.tx}`"
    if any(each is not None for each in (link, back, books[0].sold_for(sold), books[1].bought_with(bought))):
        raise BadInputError(f"{what}: one of the two belongs to another conversion already")
    if books[0].moved_at(sold) > books[1].moved_at(bought) or (books[0] is books[1] and sold >= bought):
        raise BadInputError(f"{what}: what was bought moved before what was sold; exchange the two")
    ledger.link((record.sold.asset, sold), (record.bought.asset, bought))
    return Became.ADDED


def named_flow(book: CoinBook, named: Named) -> int:
    """The flow that a name means. Raises BadInputError if there is none."""
    for flow in (*_paid(book, named.tx), *_moved(book, named.tx)):
        if book.movement(flow).log == named.log:
            return flow
    raise BadInputError(f"{named.asset}: the ledger has no transfer {named.log} of `{named.tx}`; load it first")


def _paid(book: CoinBook, tx: str) -> list[int]:
    """The flows of a transaction to its outputs."""
    return [flow for flow, sender in _from_nodes(book, tx) if not book.owner(sender)]


def _moved(book: CoinBook, tx: str) -> list[int]:
    """The flows of a transaction from an account to an account."""
    return [flow for flow, sender in _from_nodes(book, tx) if book.owner(sender) and book.movement(flow).receiver]


def _from_nodes(book: CoinBook, tx: str) -> list[tuple[int, int]]:
    return [(flow, sender) for flow in book.flows_of(tx) if (sender := book.inflow(flow).sender) >= 0]


def deposit_flows(book: CoinBook, tx: str) -> list[int]:
    """The flows of a transaction that arrive at somebody's, in order: what a deposit can be."""
    return sorted((*_paid(book, tx), *_moved(book, tx)))


def _is_known(book: WritableBook, record: Transfer | Beginning | Transaction, log: int | None = None) -> bool:
    """Whether it is there already; if it is not, the book is made ready for it. Raises BadInputError out of order."""
    place = (record.height, record.index, log or 0)
    last = book.last
    if place > last:
        is_here = record.height == last[0] and record.index == last[1]
        if book.placed(record.tx) != (last[:2] if is_here else None):
            raise BadInputError(
                f"{_where(record)}: a transaction has one place, and a place one transaction; see `{record.tx}`"
            )
        if record.height == last[0] and book.last_at != record.at:
            raise BadInputError(f"{_where(record)}: its time is not that of the others in its block")
        if not (0 <= place[0] < NUMBER_MAX and 0 <= place[1] < NUMBER_MAX and 0 <= place[2] < NUMBER_MAX):
            raise BadInputError(f"{_where(record)}: height, index and log are numbers from 0 to 2^32 - 2")
        if record.height <= book.final_height:
            raise BadInputError(
                f"{_where(record)}: blocks up to {book.final_height} are final, nothing is added to them"
            )
        book.begin(record.tx, *place, record.at)
        return False
    if book.placed(record.tx) == place[:2] and (
        log is None or any(book.movement(flow).log == log for flow in book.flows_of(record.tx))
    ):
        return True
    raise BadInputError(
        f"{_where(record)}: the book is at block {last[0]}, index {last[1]}, log {last[2]} already and takes records in "
        "order; what replaces blocks that are not final needs a reorganisation before it"
    )


def _agrees(book: WritableBook, record: Transfer | Beginning, log: int, moved: list[tuple[str, str, int]]) -> None:
    """Whether what is there is what is said. Raises BadInputError."""
    found = [
        (there.sender, there.receiver, there.amount)
        for flow in book.flows_of(record.tx)
        if (there := book.movement(flow)).log == log and book.inflow(flow).sender != _UNKNOWN
    ]
    if found != moved:
        raise _otherwise(record)


def _otherwise(record: Transfer | Beginning | Transaction) -> BadInputError:
    return BadInputError(
        f"{_where(record)}: it is in the ledger already, with another content; find out which is right"
    )


def _where(record: Transfer | Beginning | Transaction) -> str:
    return f"{record.asset}, block {record.height}, transaction `{record.tx}`"
