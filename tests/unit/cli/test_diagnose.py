"""`habeas diagnose`: what it prints for an account and for symptoms, and how it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.cli.conftest import Ran, Run

OPENED = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "urn:exchange",
    "type": "account.opened",
    "time": "2026-03-02T12:00:00Z",
}


def a_file(text: str, name: str = "seen") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def opened(run: Run, account: str, residence: str) -> None:
    event = OPENED | {"subject": account, "data": {"residence": residence}}
    run("ingest", a_file(json.dumps(event) + "\n", "day.ndjson"))


def one_value(ran: Ran) -> dict[str, Any]:
    (line,) = ran.out.splitlines()
    value = json.loads(line)
    assert isinstance(value, dict)
    return value


def test_an_account_with_a_limit_reads_its_public_record(run: Run) -> None:
    opened(run, "wei", "CN")

    ran = run("diagnose", "wei")
    value = one_value(run("diagnose", "wei", "--json"))

    assert (ran.code, ran.err) == (0, "")
    assert "your region is Mainland China" in " ".join(ran.out.split())
    assert "It is not a guess." in ran.out
    assert [(c["kind"], c["reasons"], c["weight"]) for c in value["causes"]] == [("REGION_LOCK", ["KYC_REGION"], 1.0)]


def test_an_account_without_a_limit_says_so_and_asks_for_symptoms(run: Run) -> None:
    opened(run, "ana", "DE")

    ran = run("diagnose", "ana")

    assert ran.code == 0
    assert ran.out.startswith("Nothing limits your account.")
    assert "habeas diagnose --symptoms FILE" in ran.out


def test_an_account_is_diagnosed_at_another_instant(run: Run) -> None:
    opened(run, "wei", "CN")
    assert run("diagnose", "wei", "--at", "2026-03-02T11:59:59Z").out.startswith("Nothing limits your account.")


@pytest.mark.parametrize(
    "text", ['{"ips_tried": {"home": "denied", "phone": "ok"}}', '[ips_tried]\nhome = "denied"\nphone = "ok"']
)
@pytest.mark.parametrize("name", ["seen.json", "seen.toml", "seen"])
def test_symptoms_are_read_by_content_whatever_the_file_is_called(run: Run, text: str, name: str) -> None:
    ran = run("diagnose", "--symptoms", a_file(text, name))
    value = one_value(run("diagnose", "--symptoms", name, "--json"))

    assert (ran.code, ran.err) == (0, "")
    assert "This looks like a matter of the network that you use" in ran.out
    assert [c["reasons"] for c in value["causes"]] == [["IP_REGION"], ["IP_REPUTATION"], ["NETWORK_MISIDENTIFIED"]]
    assert sum(c["weight"] for c in value["causes"]) == pytest.approx(1)


def test_symptoms_need_no_store(run: Run, tmp_path: Path) -> None:
    assert run("diagnose", "--symptoms", a_file("prior_ok = true"), "--store", "oracle://x").code == 0
    assert not (tmp_path / "habeas.db").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no symptom"),
        ('{"ip": 1}', "`ip` in `seen` is no symptom"),
        ('{"prior_ok": 1}', "`prior_ok` must be true or false"),
        ('{"recovered_after_h": 30}', "no network was denied"),
        ("no idea", "neither a JSON object nor TOML"),
    ],
)
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_bad_symptoms_are_one_sentence_and_exit_2(run: Run, text: str, words: str, more: tuple[str, ...]) -> None:
    ran = run("diagnose", "--symptoms", a_file(text), *more)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "name either an account or --symptoms FILE"),
        (("wei", "--symptoms", "seen"), "name either an account or --symptoms FILE"),
        (("--symptoms", "nowhere"), "cannot read `nowhere`"),
        (("not an id",), "is no account id"),
        (("wei", "--at", "yesterday"), "is no time"),
    ],
)
def test_bad_usage_is_one_sentence_and_exit_2(run: Run, args: tuple[str, ...], words: str) -> None:
    ran = run("diagnose", *args)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1


def test_help_has_an_example(run: Run) -> None:
    assert "Example: habeas diagnose" in run("diagnose", "--help").out
