"""What is written in the ledger of coins, and how it is read: transfers, transactions, where coins begin, what was converted.

Amounts are whole numbers of the asset's smallest unit (its quantum), and exact: nothing is rounded on the way in. A ledger is
kept for each asset in the order (height, index, log): the block, the transaction's place in it, the transfer's place in that.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, NamedTuple, Protocol

from msgspec import Struct

from habeas.domain.errors import BadInputError
from habeas.domain.exposure import Untraceable

AMOUNT_MAX: Final = 2**127 - 1
"""The largest amount, and the largest sum of all that one account ever received, in quanta."""

NUMBER_MAX: Final = 2**32 - 1
"""Heights, indexes and logs are below this."""

DECIMALS_MAX: Final = 36


class Asset(Struct, frozen=True):
    """What is moved, on the network where it is moved: USDT on Tron and USDT on Ethereum are two."""

    symbol: str
    network: str
    """What the network is called, in small letters: `ethereum`, `bitcoin`, `tron`."""
    chain: str
    """The name space of its addresses (`reference.sanctions.wallets`): `evm`, `bitcoin`, `tron`."""
    decimals: int
    """Of the quantum: 8 for bitcoin, 18 for ether."""

    @property
    def name(self) -> str:
        """How records name it: `USDT:tron`."""
        return f"{self.symbol}:{self.network}"

    def quanta(self, amount: str | Decimal) -> int:
        """An amount in quanta. Raises BadInputError for what is no number, negative, too large, or finer than the quantum."""
        whole, _, fraction = str(amount).partition(".")
        if (whole + fraction).isdecimal() and (whole + fraction).isascii() and len(fraction) <= self.decimals:
            number = (
                int(whole + fraction.ljust(self.decimals, "0"))
                if len(whole) <= len(str(AMOUNT_MAX))
                else AMOUNT_MAX + 1
            )
            if number > AMOUNT_MAX:
                raise too_large(f"the amount `{amount}`")
            return number
        try:
            sign, digits, exponent = Decimal(amount).as_tuple()
        except ArithmeticError:
            raise BadInputError(f"`{amount}` is no amount; write one like `1.25`") from None
        if not isinstance(exponent, int):
            raise BadInputError(f"`{amount}` is no amount; write one like `1.25`")
        number = int("".join(map(str, digits)) or "0")
        if sign and number:
            raise BadInputError(f"the amount `{amount}` is negative; name the other side as the sender instead")
        shift = exponent + self.decimals
        if number and len(digits) + shift > len(str(AMOUNT_MAX)):
            raise too_large(f"the amount `{amount}`")
        if shift >= 0:
            number *= int(10**shift)
        else:
            number, rest = divmod(number, 10 ** min(-shift, len(digits) + 1))
            if rest:
                raise BadInputError(
                    f"the amount `{amount}` is finer than {self.name} can be divided ({self.decimals} decimals); "
                    "nothing is rounded, so give it as it was moved"
                )
        if number > AMOUNT_MAX:
            raise too_large(f"the amount `{amount}`")
        return number

    def amount(self, quanta: int) -> Decimal:
        """Quanta as an amount, exactly, without zeros at the end."""
        whole, rest = divmod(quanta, 10**self.decimals)
        fraction = str(rest).zfill(self.decimals).rstrip("0") if rest else ""
        return Decimal(f"{whole}.{fraction}" if fraction else str(whole))


def too_large(what: str) -> BadInputError:
    """The refusal of a number that does not fit."""
    return BadInputError(f"{what} is more than 2^127 - 1 quanta, which is more than the ledger can hold")


class _Placed(Struct, frozen=True, kw_only=True):
    """What every record of something that moved has: the asset, and when and where in its order it happened."""

    asset: str
    """`Asset.name`."""
    height: int
    index: int
    """The place of the transaction in its block."""
    tx: str
    """The transaction's own id. One asset has it once."""
    at: datetime
    """When the block was made."""


class Transfer(_Placed, frozen=True, kw_only=True):
    """So much from one account to another; and the fee that the sender paid beside it, which goes to nobody's account."""

    log: int = 0
    """The place of the transfer in its transaction."""
    sender: str
    receiver: str
    amount: int
    fee: int = 0
    """A transfer of nothing with a fee is a transaction that failed."""


class Beginning(_Placed, frozen=True, kw_only=True):
    """Coins that nobody sent: what was there when the records begin, or was mined or minted."""

    log: int = 0
    receiver: str
    amount: int
    why: Untraceable
    """OPENING or ISSUED."""


class Spent(Struct, frozen=True):
    """An output that a transaction spends. Address and amount are what it was worth, which the ledger may not know."""

    tx: str
    n: int
    address: str
    amount: int


class Output(Struct, frozen=True):
    """What a transaction pays to an address; its place in the transaction is its number `n`."""

    address: str
    amount: int


class Transaction(_Placed, frozen=True, kw_only=True):
    """A transaction of a chain that knows no accounts, but outputs that are spent whole. What is not paid out is the fee."""

    inputs: tuple[Spent, ...] = ()
    """None where coins begin: the reward of a block, or what was unspent when the records begin."""
    outputs: tuple[Output, ...]
    why: Untraceable = Untraceable.ISSUED
    """How coins begin in a transaction without inputs: OPENING or ISSUED."""


class Named(Struct, frozen=True):
    """One transfer that is in the ledger already. `log` is the output's number where there are outputs."""

    asset: str
    tx: str
    log: int = 0


class Conversion(Struct, frozen=True, kw_only=True):
    """The coins of `bought` were given for the coins of `sold`: a swap, a bridge. Tracing goes on where they were sold."""

    sold: Named
    bought: Named


class Finality(Struct, frozen=True, kw_only=True):
    """Blocks up to this height do not change any more."""

    asset: str
    height: int


class Reorganisation(Struct, frozen=True, kw_only=True):
    """Blocks from this height on were replaced: all that is recorded of them is void, and others follow."""

    asset: str
    height: int


Record = Asset | Transfer | Beginning | Transaction | Conversion | Finality | Reorganisation
"""All that a ledger takes in."""


class Ingested(Struct, frozen=True):
    """What became of some records."""

    added: int
    known: int
    """They were there already, word for word."""
    empty: int
    """They move nothing."""


class Deposit(Struct, frozen=True, kw_only=True):
    """What is asked about: coins that came in, or would. Named by its transaction, or by its sender alone."""

    asset: str
    """The symbol, as the caller calls it; or `Asset.name`."""
    at: datetime
    """When it came in: the tags of the sender are judged by it where the ledger does not know the transaction."""
    chain: str | None = None
    """The network, as the caller calls it."""
    amount: Decimal | None = None
    """None: all that the transaction moves, or all that the sender has."""
    tx: str = ""
    sender: str = ""
    receiver: str = ""
    log: int | None = None
    """Which transfer, or which output, of the transaction."""


# What the tracer reads. Nodes and flows are numbers that only their own ledger can read; those of what is no account are
# negative. On a chain of outputs each output and each transaction is a node, so that one algorithm serves both.

BEGINS: Final = {-1: Untraceable.UNKNOWN, -2: Untraceable.OPENING, -3: Untraceable.ISSUED}
"""The senders that are no account: here coins begin, for the ledger."""

NODE_OF: Final = {why: node for node, why in BEGINS.items()}

FEES: Final = -4
"""The receiver of fees."""


class Inflow(NamedTuple):
    """One flow into a node: where it lies on what the node received, and on what the sender sent."""

    flow: int
    sender: int
    start: int
    """How much the receiver had received in all before this."""
    amount: int
    out_start: int
    """How much the sender had sent in all before this."""


class Outflow(NamedTuple):
    """One flow out of a node: where it lies on what the node sent, and on what the receiver received."""

    flow: int
    receiver: int
    start: int
    amount: int
    in_start: int


class Mix(NamedTuple):
    """What a flow did to its receiver's balance, for the haircut."""

    flow: int
    sender: int
    amount: int
    balance: int
    """Of the receiver, right after."""


class Holding(NamedTuple):
    """A node of an address, and how much it received and sent in all."""

    node: int
    received: int
    sent: int


class Movement(Struct, frozen=True, kw_only=True):
    """One flow in words. An end that is no address is empty."""

    tx: str
    height: int
    log: int
    at: datetime
    sender: str
    receiver: str
    amount: int


class Link(NamedTuple):
    """A flow of another asset that a conversion leads to."""

    asset: str
    flow: int


class CoinBook(Protocol):
    """The flows of one asset. All ranges are half open, in quanta."""

    asset: Asset
    name: str
    """`Asset.name`."""

    def version(self) -> str:
        """Asset and height, as a decision cites them."""

    def nodes(self, address: str) -> Sequence[Holding]:
        """The nodes of an address, oldest first: its account, or all outputs that were ever paid to it."""

    def flows_of(self, tx: str) -> Sequence[int]:
        """The flows of a transaction, in order; none if it is not known."""

    def inflows(self, node: int, start: int, end: int, limit: int) -> Sequence[Inflow]:
        """The flows into a node that lie on [start, end) of what it received, in order; the first `limit` of them."""

    def outflows(self, node: int, start: int, end: int, limit: int) -> Sequence[Outflow]:
        """The flows out of a node that lie on [start, end) of what it sent, in order; the first `limit` of them."""

    def last_inflow(self, node: int) -> int | None:
        """The flow that last came to a node."""

    def inflow(self, flow: int) -> Inflow:
        """A flow as its receiver sees it."""

    def receiver(self, flow: int) -> int:
        """The node that a flow comes to."""

    def mixes(self, flow: int) -> Iterator[Mix]:
        """What a flow did to its receiver's balance; then the flow that came there last before it, and so on."""

    def sender_before(self, flow: int) -> int | None:
        """The flow that last came to the sender of a flow before it left."""

    def owner(self, node: int) -> str:
        """The address that a node is, or is paid to; empty for a transaction."""

    def moved_at(self, flow: int) -> datetime:
        """When a flow's block was made."""

    def movement(self, flow: int) -> Movement:
        """A flow in words."""

    def sold_for(self, flow: int) -> Link | None:
        """The flow whose coins this one's were given for."""

    def bought_with(self, flow: int) -> Link | None:
        """The flow whose coins were given for this one's."""


class TransferSource(Protocol):
    """A ledger as the tracer reads it: one consistent view of all its books."""

    def assets(self) -> Sequence[Asset]:
        """What it keeps a book of."""

    def book(self, name: str) -> CoinBook:
        """The book of an asset by `Asset.name`. Raises BadInputError for one that is not kept."""
