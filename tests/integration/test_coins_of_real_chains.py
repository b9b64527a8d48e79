"""Real blocks through a ledger: ether by traces (blocks 0 to 15,000,004, some), and a small chain of outputs with the relations
between its addresses that GraphSense computes. Both from graphsense-lib.
"""

import csv
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from habeas.domain.exposure import Untraceable
from habeas.domain.posting import deposit_flows
from habeas.domain.tag import TagRole
from habeas.domain.transfer import Asset, Beginning, Record, Spent, Transfer
from habeas.reference.coins.budget import Budget
from habeas.reference.coins.fifo import trace_flows
from habeas.reference.coins.haircut import sweep_flows
from habeas.reference.coins.ledger import MemoryLedger
from habeas.reference.coins.standing import Judge
from habeas.reference.coins.trace import trace
from habeas.store.ledger import StoredLedger
from habeas.store.sqlite import SqliteStore
from tests.coins import ETHER, LATER, a_deposit, of_roles, paid
from tests.properties.test_coins import check_fifo, made_of, pieces_of
from tests.real_data import FOLDER, needs

FIXTURES = FOLDER / "onchain" / "graphsense-spark-fixtures"
TRACES = FIXTURES / "account_eth_tokens_traces.csv"
TRANSACTIONS = FIXTURES / "account_eth_tokens_transactions.csv"
RELATIONS = FIXTURES / "account_eth_tokens_reference_address_relations.json"
UTXO = FIXTURES / "utxo_test_txs.json"
UTXO_RELATIONS = FIXTURES / "utxo_reference_address_relations.json"

MOVING = ("call", "create", "delegatecall")
"""GraphSense counts the value of a delegated call as well."""


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def ether() -> list[Record]:
    """All traces that move something, with the fees of the transactions of which they are known."""
    transactions = {row["txHash"]: row for row in rows(TRANSACTIONS)}
    times = {row["blockId"]: int(row["blockTimestamp"]) for row in transactions.values()}
    records: list[Record] = []
    first: dict[str, int] = {}
    for row in sorted(rows(TRACES), key=lambda row: (int(row["blockId"]), int(row["traceIndex"]))):
        height, log = int(row["blockId"]), int(row["traceIndex"])
        tx = row["txHash"] or row["traceId"]
        place: dict[str, Any] = {
            "asset": ETHER.name,
            "height": height,
            "log": log,
            "tx": tx,
            "index": first.setdefault(tx, log),
            "at": datetime.fromtimestamp(times.get(row["blockId"], 1_438_269_973 + 13 * height), UTC),
        }
        amount = int(Decimal(row["value"]))
        if not row["fromAddress"]:
            why = Untraceable.OPENING if height == 0 else Untraceable.ISSUED
            records.append(Beginning(receiver=row["toAddress"], amount=amount, why=why, **place))
        elif row["status"] == "1" and row["callType"] in MOVING:
            paying = transactions.pop(tx, None)
            fee = int(paying["gasPrice"]) * int(paying["receiptGasUsed"]) if paying and paying["receiptGasUsed"] else 0
            records.append(
                Transfer(sender=row["fromAddress"], receiver=row["toAddress"], amount=amount, fee=fee, **place)
            )
    return records


@needs(TRACES, TRANSACTIONS)
def test_balances_of_real_accounts_are_what_came_in_without_what_went_out(ether: list[Record], tmp_path: Path) -> None:
    balance: Counter[str] = Counter()
    lowest: Counter[str] = Counter()
    for record in ether:
        if isinstance(record, Transfer):
            balance[record.sender] -= record.amount + record.fee
            lowest[record.sender] = min(lowest[record.sender], balance[record.sender])
        assert isinstance(record, Transfer | Beginning)
        balance[record.receiver] += record.amount
    memory, store = MemoryLedger(), SqliteStore(tmp_path / "habeas.db")
    for ledger in (memory, StoredLedger(store)):
        assert ledger.ingest([ETHER, *ether]).added > 900
        assert ledger.ingest(ether).added == 0
        with ledger.reading() as view:
            book = view.book(ETHER.name)
            for address in balance:
                found = book.nodes(address)
                assert sum(each.received - each.sent for each in found) == balance[address] - lowest[address]
    store.close()


@needs(TRACES, TRANSACTIONS)
def test_every_real_transfer_is_the_sum_of_its_pieces(ether: list[Record]) -> None:
    """As a queue for each account carries them forwards, with the busiest sender as a source, and a service."""
    senders = Counter(record.sender for record in ether if isinstance(record, Transfer))
    (thief, _), (service, _), *_ = senders.most_common(3)
    roles = {thief: TagRole.PERPETRATOR, service: TagRole.SERVICE}
    ledger = MemoryLedger()
    ledger.ingest([ETHER, *ether])
    check_fifo(pieces_of, ledger, ether, roles)
    book = ledger.book(ETHER.name)
    stolen = 0
    for flow in range(len(book)):
        moved = book.movement(flow)
        if flow in deposit_flows(book, moved.tx):
            found = trace(ledger, of_roles(roles), a_deposit(moved.tx, asset="ETH", log=moved.log), LATER)
            parts = [*(each.fifo for each in found.sources), *(each.amount for each in found.untraced)]
            assert sum(map(ETHER.quanta, parts)) == moved.amount
            stolen += bool(found.sources)
    assert stolen > 20


@needs(TRACES, TRANSACTIONS, RELATIONS)
def test_what_moved_between_real_accounts_is_what_graphsense_says(ether: list[Record]) -> None:
    ledger = MemoryLedger()
    ledger.ingest([ETHER, *ether])
    book = ledger.book(ETHER.name)
    between: Counter[tuple[str, str]] = Counter()
    for flow in range(len(book)):
        moved = book.movement(flow)
        if moved.sender and moved.receiver:
            between[moved.sender, moved.receiver] += moved.amount
    said = [json.loads(line, parse_float=Decimal)["value"]["value"] for line in RELATIONS.read_text().splitlines()]
    assert Counter(between.values()) == Counter(int(value) for value in said if value)


SATOSHI = Asset("BTC", "bitcoin", "bitcoin", 8)


def utxo() -> Iterator[Record]:
    """The transactions, with the outputs that they spend: those of that address and worth. One input has a slip of the pen in
    its worth, so that it spends an output that nobody knows.
    """
    unspent: dict[tuple[str, int], list[Spent]] = defaultdict(list)
    place: Counter[int] = Counter()
    for line in UTXO.read_text().splitlines():
        said = json.loads(line)
        inputs: list[Spent] = []
        for each in said["inputs"]:
            found = unspent["+".join(each["address"]), each["value"]]
            inputs.append(
                found.pop(0) if found else Spent("unknown", len(inputs), "+".join(each["address"]), each["value"])
            )
        outputs = [("+".join(each["address"]), each["value"]) for each in said["outputs"]]
        height = said["blockId"]
        yield paid(
            height,
            inputs,
            outputs,
            asset=SATOSHI.name,
            tx=said["txHash"],
            index=place[height],
            at=datetime.fromtimestamp(said["timestamp"], UTC),
        )
        place[height] += 1
        for n, (address, amount) in enumerate(outputs):
            unspent[address, amount].append(Spent(said["txHash"], n, address, amount))


RELATED = [
    "coinbase", "138cWsiAGpW9yqfjMVCCsFcnaiSHyoWMnJ", "1HxbaBMF2jXBVnagoHvaA6rLxmaYL8gb8T",
    "1FDCgJ8m2xDyVmYuankk13XReVC2Zvs5cz", "1FAkhqm95YnV5Mi7Q5j2Wb8CkbK7Z9zpyB", "3Kawbc5pkpQPfmaoGCBiaw5t2uK6WBoVVe",
    "12751KvnaTTPMJbHbbercdTV48kL81BjX8", "1231PgW8KbpwKkvACPhp13fcL6fM5sKGvy", "1Fufjpf9RM2aQsGedhSpbSCGRHrmLMJ7yY",
    "1iYSYHTpr2wMShaXTTNUzMohkpuV5p5ep", "3Fkx2TFdcHoab4xGgSjhAVh5YBPvbBWjNL", "1CjPR7Z5ZSyWk6WtXvSFgkptmpoi4UM9BC",
    "1AGMAXWELLayCyS1vkLXEszESHEcB3LWqa", "3JX79i9xSSmLEDZ8WrUFsy3WqrpvPoQmPv", "1Fm1rJe1CtGuTKxWjQ4MyU7GEwrgkHYn5k",
]  # fmt: skip
"""The addresses by the number that the relations give them: each new one in the order in which it comes."""

ESTIMATED_OTHERWISE = "1AGMAXWELLayCyS1vkLXEszESHEcB3LWqa", "3JX79i9xSSmLEDZ8WrUFsy3WqrpvPoQmPv"
"""GraphSense leaves the input of two addresses out of what these two got; here it counts, as nobody's that is known."""


@needs(UTXO, UTXO_RELATIONS)
def test_what_moved_between_addresses_of_outputs_is_what_graphsense_estimates() -> None:
    """Its estimate is a haircut in one transaction: the share of each input in what is put in, of each output."""
    ledger = MemoryLedger()
    ledger.ingest([SATOSHI, *utxo()])
    book = ledger.book(SATOSHI.name)
    everybody = of_roles(dict.fromkeys(RELATED, TagRole.PERPETRATOR))
    shares: Counter[tuple[str, str]] = Counter()
    for flow in range(len(book)):
        moved = book.movement(flow)
        if flow not in deposit_flows(book, moved.tx):
            continue
        found = sweep_flows(ledger, Judge(everybody, LATER), book, [flow], Budget())
        for (_, sender), share in found.sources.items():
            if sender != moved.receiver:  # The relations leave change out.
                shares[sender, moved.receiver] += int(share.share * moved.amount)
    said = {}
    for line in UTXO_RELATIONS.read_text().splitlines():
        relation = json.loads(line)
        ends = RELATED[relation["srcAddressId"]], RELATED[relation["dstAddressId"]]
        if ends[0] != "coinbase" and ends[1] not in ESTIMATED_OTHERWISE:
            said[ends] = relation["estimatedValue"]["value"]
    assert len(said) > 10
    assert {ends: shares[ends] for ends in said} == pytest.approx(said, abs=1)


@needs(UTXO)
def test_fees_of_outputs_and_their_coins_add_up() -> None:
    records = list(utxo())
    ledger = MemoryLedger()
    ledger.ingest([SATOSHI, *records])
    check_fifo(pieces_of, ledger, records, {})
    book = ledger.book(SATOSHI.name)
    flow = deposit_flows(book, "ab403d5d27987d2a3dfc724e359870c6644b40e497bdc0589a033220fe15429d")[0]
    made = made_of(trace_flows(ledger, Judge(of_roles({}), LATER), book, [flow], Budget()))
    assert made == {("issued", ""): 1_400_000}
