"""Records of coins from files: NDJSON, one record a line, and CSV with a header. docs/coins.md says how they look.

Amounts are decimal strings in the asset's own unit (`1.25`), and exact. Addresses and transactions are spelled in the one way
in which they are looked up. A record that cannot be read is refused with its line; whether it fits the ledger, the ledger says.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from habeas.domain.errors import BadInputError
from habeas.domain.exposure import Untraceable
from habeas.domain.transfer import (
    Asset,
    Beginning,
    Conversion,
    Finality,
    Named,
    Output,
    Record,
    Reorganisation,
    Spent,
    Transaction,
    Transfer,
)
from habeas.reference.coins.assets import spelled, spelled_tx
from habeas.reference.sanctions.wallets import CHAINS, chain_named


class _Line(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    pass


class _AssetLine(_Line, frozen=True, kw_only=True, tag="asset"):
    symbol: str
    network: str
    decimals: int
    chain: str = ""


class _Placed(_Line, frozen=True, kw_only=True):
    asset: str
    height: int
    index: int
    tx: str
    at: datetime


class _TransferLine(_Placed, frozen=True, kw_only=True, tag="transfer"):
    sender: str
    receiver: str = ""
    amount: str
    fee: str = "0"
    log: int = 0


class _BeginningLine(_Placed, frozen=True, kw_only=True, tag="beginning"):
    receiver: str
    amount: str
    why: Literal["opening", "issued"]
    log: int = 0


class _SpentLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    tx: str
    n: int
    address: str
    amount: str


class _OutputLine(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    address: str = ""
    amount: str


class _TransactionLine(_Placed, frozen=True, kw_only=True, tag="transaction"):
    inputs: tuple[_SpentLine, ...] = ()
    outputs: tuple[_OutputLine, ...]
    why: Literal["opening", "issued"] = "issued"


class _ConversionLine(_Line, frozen=True, kw_only=True, tag="conversion"):
    sold: Named
    bought: Named


class _FinalLine(_Line, frozen=True, kw_only=True, tag="final"):
    asset: str
    height: int


class _ReorganisationLine(_Line, frozen=True, kw_only=True, tag="reorganisation"):
    asset: str
    height: int


_AnyLine = (
    _AssetLine | _TransferLine | _BeginningLine | _TransactionLine | _ConversionLine | _FinalLine | _ReorganisationLine
)

_COLUMNS = ("asset", "height", "index", "log", "tx", "at", "sender", "receiver", "amount")
_MORE_COLUMNS = ("fee", "why")


def is_records(text: str) -> bool:
    """Whether a file looks like records of coins, by its first line."""
    first = text.lstrip("\ufeff \r\n\t").partition("\n")[0].strip()
    if first.startswith("{"):
        try:
            msgspec.json.decode(first, type=_AnyLine)
        except msgspec.DecodeError:
            return False
        return True
    return set(_COLUMNS) <= set(first.split(","))


def read_records(lines: Iterable[bytes], source: str, assets: Sequence[Asset] = ()) -> Iterator[Record]:
    """The records of a file, as it is read; `assets` are those that the ledger has already, beside those in the file.

    Raises BadInputError, naming file and line, at the first line that cannot be read.
    """
    known = {asset.name: asset for asset in assets}
    numbered = _texts(lines, source)
    first = next(numbered, None)
    if first is None:
        raise BadInputError(f"`{source}` has no records; it is empty")
    read = _rows(first[1], source) if not first[1].startswith("{") else _json
    if read is _json:
        yield from _records(first, read, source, known)
    for line in numbered:
        yield from _records(line, read, source, known)


def _texts(lines: Iterable[bytes], source: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, 1):
        try:
            text = line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError:
            raise BadInputError(
                f"`{source}`, line {number}: it is not text in UTF-8; is the file compressed?"
            ) from None
        if text:
            yield number, text


def _records(
    line: tuple[int, str], read: Callable[[str], _AnyLine], source: str, known: dict[str, Asset]
) -> Iterator[Record]:
    number, text = line
    try:
        yield _record(read(text), known)
    except BadInputError as exc:
        raise BadInputError(f"`{source}`, line {number}: {exc}") from None
    except (msgspec.DecodeError, csv.Error) as exc:
        raise BadInputError(f"`{source}`, line {number}: {exc}") from None


def _json(text: str) -> _AnyLine:
    return _DECODER.decode(text)


_DECODER: msgspec.json.Decoder[_AnyLine] = msgspec.json.Decoder(_AnyLine)


def _rows(header: str, source: str) -> Callable[[str], _AnyLine]:
    """A reader of the lines below a header."""
    columns = next(csv.reader([header]))
    missing = [name for name in _COLUMNS if name not in columns]
    strange = [name for name in columns if name not in (*_COLUMNS, *_MORE_COLUMNS)]
    if missing or strange or len(set(columns)) < len(columns):
        raise BadInputError(
            f"`{source}`, line 1: it is neither a record in JSON nor a header of the columns {', '.join(_COLUMNS)}, "
            "and perhaps fee and why"
        )

    def row(text: str) -> _AnyLine:
        values = next(csv.reader([text]))
        if len(values) != len(columns):
            raise BadInputError(f"it has {len(values)} values for {len(columns)} columns")
        said = {name: value for name, value in zip(columns, values, strict=True) if value}
        if "why" not in said:
            return msgspec.convert({"type": "transfer", **said}, _TransferLine, strict=False)
        if said.keys() & {"sender", "fee"}:
            raise BadInputError("what has a `why` is a beginning, which nobody sent; leave sender and fee empty")
        return msgspec.convert({"type": "beginning", **said}, _BeginningLine, strict=False)

    return row


def _record(line: _AnyLine, known: dict[str, Asset]) -> Record:
    match line:
        case _AssetLine():
            asset = _asset(line)
            known[asset.name] = asset
            return asset
        case _ConversionLine():
            return Conversion(sold=_named(line.sold, known), bought=_named(line.bought, known))
        case _FinalLine():
            return Finality(asset=_known(line.asset, known).name, height=line.height)
        case _ReorganisationLine():
            return Reorganisation(asset=_known(line.asset, known).name, height=line.height)
        case _:
            return _placed(line, known)


def _placed(line: _TransferLine | _BeginningLine | _TransactionLine, known: dict[str, Asset]) -> Record:
    if line.at.tzinfo is None:
        raise BadInputError(f"`at` needs a time zone, as in `{line.at.isoformat()}Z`")
    if not line.tx.strip():
        raise BadInputError("`tx` is empty; every record names its transaction, if need be by block and number")
    asset = _known(line.asset, known)
    tx = spelled_tx(line.tx)
    match line:
        case _TransferLine():
            return Transfer(
                asset=asset.name,
                height=line.height,
                index=line.index,
                log=line.log,
                tx=tx,
                at=line.at,
                sender=spelled(asset, line.sender),
                receiver=spelled(asset, line.receiver),
                amount=asset.quanta(line.amount),
                fee=asset.quanta(line.fee),
            )
        case _BeginningLine():
            return Beginning(
                asset=asset.name,
                height=line.height,
                index=line.index,
                log=line.log,
                tx=tx,
                at=line.at,
                receiver=spelled(asset, line.receiver),
                amount=asset.quanta(line.amount),
                why=Untraceable(line.why),
            )
        case _TransactionLine():
            return Transaction(
                asset=asset.name,
                height=line.height,
                index=line.index,
                tx=tx,
                at=line.at,
                inputs=tuple(
                    Spent(spelled_tx(each.tx), each.n, spelled(asset, each.address), asset.quanta(each.amount))
                    for each in line.inputs
                ),
                outputs=tuple(Output(spelled(asset, each.address), asset.quanta(each.amount)) for each in line.outputs),
                why=Untraceable(line.why),
            )


def _asset(line: _AssetLine) -> Asset:
    network = line.network.strip().lower()
    chain = line.chain or chain_named(network) or ""
    if chain not in CHAINS:
        raise BadInputError(
            f"`{chain or network}` is no chain whose addresses are known; give `chain`, one of {', '.join(CHAINS)}"
        )
    if ":" in line.symbol or ":" in network or not line.symbol.strip() or not network:
        raise BadInputError("`symbol` and `network` are names without a colon, such as USDT and tron")
    return Asset(line.symbol.strip(), network, chain, line.decimals)


def _known(name: str, known: dict[str, Asset]) -> Asset:
    asset = known.get(name)
    if asset is None:
        raise BadInputError(
            f"asset `{name}` is not known; write a line of type `asset` before it, or one of {', '.join(known) or 'none'}"
        )
    return asset


def _named(named: Named, known: dict[str, Asset]) -> Named:
    return Named(_known(named.asset, known).name, spelled_tx(named.tx), named.log)
