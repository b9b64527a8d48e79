"""`habeas trace` on a ledger that was loaded from a file, and what a deposit leads to from there."""

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.unit.cli.conftest import Run

THIEF, MULE, USER, OTHER = (f"0x{digit * 40}" for digit in "1234")
OWN = f"""
set = "incidents"
origin = "own_incident"
as_of = 2026-01-01

[[tag]]
address = ["{THIEF}"]
chain = "ethereum"
role = "perpetrator"
category = "service_hack"
label = "Our incident 7"
confidence = 90
known_from = 2026-01-01T00:00:00Z
note = "the money left from here"
by = "olga:sanctions_officer"
"""


def tx(number: int) -> str:
    return f"0x{number:064x}"


def a_transfer(number: int, sender: str, receiver: str, amount: str) -> dict[str, object]:
    return {
        "type": "transfer",
        "asset": "ETH:ethereum",
        "height": 100 + number,
        "index": 0,
        "tx": tx(number),
        "at": f"2026-02-01T00:{number:02}:00Z",
        "sender": sender,
        "receiver": receiver,
        "amount": amount,
    }


LINES: list[dict[str, object]] = [
    {"type": "asset", "symbol": "ETH", "network": "ethereum", "decimals": 18},
    {
        "type": "beginning",
        "asset": "ETH:ethereum",
        "height": 100,
        "index": 0,
        "tx": "opening",
        "at": "2026-02-01T00:00:00Z",
        "receiver": THIEF,
        "amount": "3",
        "why": "opening",
    },
    a_transfer(1, THIEF, MULE, "3"),
    a_transfer(2, OTHER, MULE, "7"),
    a_transfer(3, MULE, USER, "4"),
]


@pytest.fixture
def loaded(run: Run, tmp_path: Path) -> Run:
    (tmp_path / "eth.ndjson").write_text("".join(f"{json.dumps(line)}\n" for line in LINES))
    (tmp_path / "own.toml").write_text(OWN)
    code, out, err = run("reference", "load", "eth.ndjson", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {"added": 5, "known": 0, "empty": 0}
    assert run("reference", "load", "own.toml", "--as", "olga:sanctions_officer")[0] == 0
    return run


def test_a_deposit_is_traced_with_its_path_and_what_is_not_known_is_said(loaded: Run, tmp_path: Path) -> None:
    found = json.loads(loaded("trace", "ETH", tx(3), "--json", "--svg", "flow.svg")[1])
    (source,) = found["sources"]
    assert (source["address"], source["fifo"], source["hops"]) == (THIEF, "3", 2)
    assert source["share"] == pytest.approx(0.3)
    assert [hop[0] for hop in source["path"]] == [tx(1), tx(3)]
    assert found["untraced"] == [{"why": "unknown", "amount": "1", "at": OTHER}]
    root = ET.fromstring((tmp_path / "flow.svg").read_text())
    assert root.tag.endswith("svg")
    assert "Our incident 7" in "".join(root.itertext())
    text = loaded("trace", "ETH", tx(3))[1]
    assert "Our incident 7: service_hack, own_incident" in text
    assert "not traced further: 1, unknown" in text


def test_where_coins_went_and_which_deposits_they_taint(loaded: Run, tmp_path: Path) -> None:
    forward = json.loads(loaded("trace", "ETH", THIEF, "--forward", "--json")[1])
    assert {(part["address"], part["why"], part["amount"]) for part in forward["resting"]} == {(USER, "held", "3")}
    ours = OWN.replace("incidents", "ours").replace(THIEF, USER).replace("perpetrator", "service")
    (tmp_path / "ours.toml").write_text(ours.replace("service_hack", "exchange"))
    assert loaded("reference", "load", "ours.toml", "--as", "olga:sanctions_officer")[0] == 0
    affected = json.loads(loaded("trace", "ETH", THIEF, "--affected", "--json")[1])
    assert [(each["tx"], each["tainted"]) for each in affected["arrivals"]] == [(tx(3), "3")]


@pytest.mark.row("A010")
def test_a_deposit_event_holds_the_traced_amount_and_cites_ledger_and_tags(loaded: Run, tmp_path: Path) -> None:
    event = {
        "specversion": "1.0",
        "id": "d-1",
        "source": "urn:exchange",
        "type": "deposit.crypto",
        "subject": "ann",
        "time": "2026-02-02T00:00:00Z",
        "data": {"asset": "ETH", "chain": "ethereum", "amount": "4", "usd": "12000", "tx": tx(3)},
    }
    (tmp_path / "deposit.ndjson").write_text(json.dumps(event))
    outcome = json.loads(loaded("ingest", "deposit.ndjson", "--json")[1])
    assert outcome["disposition"] == "hold"
    (signal,) = outcome["signals"]
    assert (signal["typology"], signal["held"]) == ("tainted_coins", {"asset": "ETH", "amount": "3"})
    assert any(each.startswith("ETH:ethereum@") for each in signal["lists"])
    assert any("incidents" in each for each in signal["lists"])
    account = json.loads(loaded("account", "ann", "--json")[1])
    assert [(each["kind"], each["scope"]) for each in account["restrictions"]] == [("DEPOSIT_HOLD", "amount")]


def test_bad_input_is_refused_in_one_sentence(loaded: Run, tmp_path: Path) -> None:
    code, _, err = loaded("trace", "DOGE", tx(3))
    assert (code, err.count("\n")) == (2, 1)
    assert "it has ETH:ethereum" in err
    (tmp_path / "bad.ndjson").write_text(
        json.dumps(LINES[0]) + "\n" + json.dumps(LINES[2] | {"amount": "1.0.0"}) + "\n"
    )
    code, _, err = loaded("reference", "load", "bad.ndjson")
    assert (code, "bad.ndjson" in err, "2" in err) == (2, True, True)
    (tmp_path / "late.ndjson").write_text(
        json.dumps({"type": "final", "asset": "ETH:ethereum", "height": 103})
        + "\n"
        + json.dumps(a_transfer(1, USER, MULE, "9") | {"index": 5, "tx": tx(9)})
        + "\n"
    )
    code, _, err = loaded("reference", "load", "late.ndjson")
    assert (code, err.count("\n")) == (2, 1)
    assert json.loads(loaded("trace", "ETH", tx(3), "--json")[1])["amount"] == "4"
