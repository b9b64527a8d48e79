import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habeas.domain.errors import BadInputError
from habeas.domain.exposure import Untraceable
from habeas.domain.transfer import (
    AMOUNT_MAX,
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
from habeas.reference.coins.file import is_records, read_records
from habeas.reference.coins.ledger import MemoryLedger
from tests.coins import ETHER, at

BITCOIN = Asset("BTC", "bitcoin", "bitcoin", 8)
ALICE = "0x" + "aB" * 20
BOB = "0x" + "cd" * 20
TX = "0x" + "AB" * 32

ASSET = {"type": "asset", "symbol": "ETH", "network": "Ethereum", "decimals": 18}
TRANSFER = {
    "type": "transfer",
    "asset": "ETH:ethereum",
    "height": 1,
    "index": 2,
    "log": 3,
    "tx": TX,
    "at": "2026-01-01T01:00:00Z",
    "sender": ALICE,
    "receiver": BOB,
    "amount": "1.5",
    "fee": "0.000000000000000001",
}


def read(*lines: dict[str, Any], assets: tuple[Asset, ...] = ()) -> list[Record]:
    return list(read_records([json.dumps(line).encode() for line in lines], "coins.ndjson", assets))


def test_an_asset_and_a_transfer() -> None:
    asset, transfer = read(ASSET, TRANSFER)
    assert asset == ETHER
    assert transfer == Transfer(
        asset="ETH:ethereum",
        height=1,
        index=2,
        log=3,
        tx=TX.lower(),
        at=at(1),
        sender=ALICE.lower(),
        receiver=BOB,
        amount=15 * 10**17,
        fee=1,
    )


def test_an_opening_balance() -> None:
    line = {key: TRANSFER[key] for key in ("asset", "height", "index", "log", "tx", "at", "receiver", "amount")}
    (beginning,) = read(line | {"type": "beginning", "why": "opening"}, assets=(ETHER,))
    assert isinstance(beginning, Beginning)
    assert (beginning.receiver, beginning.amount, beginning.why) == (BOB, 15 * 10**17, Untraceable.OPENING)


def test_a_transaction_of_outputs() -> None:
    (transaction,) = read(
        {
            "type": "transaction",
            "asset": "BTC:bitcoin",
            "height": 1,
            "index": 0,
            "tx": "AB" * 32,
            "at": "2026-01-01T01:00:00Z",
            "inputs": [
                {"tx": "CD" * 32, "n": 1, "address": "BC1QAR0SRRR7XFKVY5L643LYDNW9RE59GTZZWF5MDQ", "amount": "1"}
            ],
            "outputs": [{"address": "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "amount": "0.99999999"}, {"amount": "0"}],
        },
        assets=(BITCOIN,),
    )
    assert transaction == Transaction(
        asset="BTC:bitcoin",
        height=1,
        index=0,
        tx="ab" * 32,
        at=at(1),
        inputs=(Spent("cd" * 32, 1, "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", 10**8),),
        outputs=(Output("1BoatSLRHtKNngkdXEeobR76b53LETtpyT", 99_999_999), Output("", 0)),
    )


def test_what_is_said_of_blocks_and_of_conversions() -> None:
    ends = {"sold": {"asset": "BTC:bitcoin", "tx": "AB" * 32, "log": 1}, "bought": {"asset": "ETH:ethereum", "tx": TX}}
    assert read(
        {"type": "final", "asset": "BTC:bitcoin", "height": 5},
        {"type": "reorganisation", "asset": "BTC:bitcoin", "height": 6},
        {"type": "conversion"} | ends,
        assets=(BITCOIN, ETHER),
    ) == [
        Finality(asset="BTC:bitcoin", height=5),
        Reorganisation(asset="BTC:bitcoin", height=6),
        Conversion(sold=Named("BTC:bitcoin", "ab" * 32, 1), bought=Named("ETH:ethereum", TX.lower(), 0)),
    ]


HEADER = "asset,height,index,log,tx,at,sender,receiver,amount,fee,why"


def read_csv(*rows: str) -> list[Record]:
    return list(read_records([row.encode() for row in rows], "coins.csv", (ETHER,)))


def test_a_table_of_transfers_and_beginnings() -> None:
    transfer, beginning = read_csv(
        HEADER,
        f"ETH:ethereum,1,2,3,{TX},2026-01-01T01:00:00Z,{ALICE},{BOB},1.5,0.000000000000000001,",
        "",
        f"ETH:ethereum,2,0,0,t2,2026-01-01T02:00:00Z,,{BOB},7,,issued",
    )
    assert transfer == read(TRANSFER, assets=(ETHER,))[0]
    assert isinstance(beginning, Beginning)
    assert (beginning.amount, beginning.why, beginning.at) == (7 * 10**18, Untraceable.ISSUED, at(2))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (TRANSFER | {"amount": "1.0000000000000000001"}, "line 2: the amount `1.0000000000000000001` is finer than"),
        (TRANSFER | {"amount": "-1"}, "line 2: the amount `-1` is negative"),
        (TRANSFER | {"amount": "1e60"}, "line 2: the amount `1e60` is more than 2^127"),
        (TRANSFER | {"amount": "9" * 60}, "is more than 2^127"),
        (TRANSFER | {"amount": "much"}, "line 2: `much` is no amount"),
        (TRANSFER | {"amount": "NaN"}, "line 2: `NaN` is no amount"),
        (TRANSFER | {"amount": 1.5}, "line 2: Expected `str`"),
        (TRANSFER | {"asset": "GOLD"}, "line 2: asset `GOLD` is not known; write a line of type `asset`"),
        (TRANSFER | {"at": "2026-01-01T01:00:00"}, "line 2: `at` needs a time zone"),
        (TRANSFER | {"tx": " "}, "line 2: `tx` is empty"),
        (TRANSFER | {"colour": "red"}, "line 2: Object contains unknown field `colour`"),
        (TRANSFER | {"type": "gift"}, "line 2: Invalid value 'gift'"),
        (ASSET | {"network": "nowhere"}, "line 2: `nowhere` is no chain whose addresses are known"),
        (ASSET | {"symbol": "E:H"}, "line 2: `symbol` and `network` are names without a colon"),
    ],
)
def test_a_record_that_cannot_be_read_is_refused_with_its_line(line: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read(ASSET, line)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((), "has no records"),
        (("colour,size",), "line 1: it is neither a record in JSON nor a header"),
        ((HEADER, "ETH:ethereum,1"), "line 2: it has 2 values for 11 columns"),
        ((HEADER, f"ETH:ethereum,x,0,0,t,2026-01-01T02:00:00Z,a,{BOB},7,,"), "line 2: Expected `int`"),
        ((HEADER, f"ETH:ethereum,1,0,0,t,2026-01-01T02:00:00Z,a,{BOB},7,,issued"), "leave sender and fee empty"),
        ((HEADER, f"ETH:ethereum,1,0,0,t,2026-01-01T02:00:00Z,,{BOB},7,,"), "missing required field `sender`"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(rows: tuple[str, ...], said: str) -> None:
    with pytest.raises(BadInputError) as caught:
        read_csv(*rows)
    assert said in str(caught.value)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(BadInputError, match="line 1: it is not text in UTF-8"):
        list(read_records([b"\x1f\x8b\xff"], "coins.gz"))


def test_files_of_records_are_recognised() -> None:
    assert is_records(json.dumps(TRANSFER) + "\n")
    assert is_records("\ufeff" + HEADER + "\n")
    assert not is_records('{"type": "cidr", "list": []}')
    assert not is_records("address,category\n")


@given(st.integers(0, AMOUNT_MAX), st.integers(0, 36))
def test_amounts_are_exact_both_ways(number: int, decimals: int) -> None:
    asset = Asset("A", "b", "c", decimals)
    amount = asset.amount(number)
    padded = f"{amount:f}" + ("000" if "." in f"{amount:f}" else ".000")
    assert asset.quanta(amount) == asset.quanta(str(amount)) == asset.quanta(padded) == number
    assert Fraction(amount) == Fraction(number, 10**decimals)


def test_the_example_in_the_documentation_is_taken_in() -> None:
    page = (Path(__file__).parents[4] / "docs" / "coins.md").read_text(encoding="utf-8")
    example = page[page.index("```json\n") + 8 :].split("```")[0]
    ledger = MemoryLedger()
    assert ledger.ingest(read_records(example.encode().splitlines(), "docs/coins.md")).added == 4
    assert ledger.book("ETH:ethereum").final_height == 101
