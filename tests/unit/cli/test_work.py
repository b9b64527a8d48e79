"""The worker's channels and the inbox, as an operator sees them."""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run

SECRET = "whsec_" + "QUJD" * 8


def opened(path: Path, **data: str) -> Path:
    event = {
        "specversion": "1.0",
        "id": "e1",
        "source": "urn:x",
        "type": "account.opened",
        "subject": "kim",
        "time": "2026-03-01T00:00:00Z",
        "data": {"residence": "CN"} | data,
    }
    path.write_text(json.dumps(event), encoding="utf-8")
    return path


def test_an_inbox_is_shown_as_its_user_reads_it(run: Run, tmp_path: Path) -> None:
    run("ingest", opened(tmp_path / "day.ndjson", locale="fr"))
    assert run("worker", "--once").out == "1 notices written\n"
    shown = " ".join(run("notices", "kim").out.split())
    assert "Il y a une limite sur votre compte" in shown
    assert "Chine continentale" in shown
    (kept,) = run("notices", "kim", "--json").json()
    assert kept["notice"]["locale"] == "fr"
    assert kept["deliveries"] == []


def test_an_inbox_without_a_notice_says_so(run: Run) -> None:
    assert run("notices", "nobody").out == "nothing\n"
    assert run("notices", "nobody", "--json").out == ""


@pytest.mark.parametrize(
    ("arguments", "secret", "says"),
    [
        (("--smtp", "mail.example.com", "--mail-from", "a@example.com"), SECRET, "smtp://mail.example.com:587"),
        (("--smtp", "smtp://u:p@mail.example.com", "--mail-from", "a@example.com"), SECRET, "HABEAS_SMTP_PASSWORD"),
        (("--smtp", "smtp://mail.example.com"), SECRET, "HABEAS_MAIL_FROM"),
        (("--webhook", "http://example.com/hook"), SECRET, "https address"),
        (("--webhook", "https://user@example.com/"), SECRET, "https address"),
        (("--webhook", "https://example.com:99999/"), SECRET, "https address"),
        (("--webhook", "https://example.com/"), "", "HABEAS_WEBHOOK_SECRET"),
        (("--webhook", "https://example.com/"), "whsec_c2hvcnQ=", "HABEAS_WEBHOOK_SECRET"),
        (("--webhook", "https://example.com/"), "QUJD" * 8, "HABEAS_WEBHOOK_SECRET"),
        (("--enable", "pigeon"), SECRET, "known are email, webhook"),
    ],
)
def test_a_channel_that_is_set_up_wrongly_is_refused_in_a_sentence(
    run: Run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], secret: str, says: str
) -> None:
    monkeypatch.setenv("HABEAS_WEBHOOK_SECRET", secret)
    ran = run("worker", "--once", *arguments)
    assert ran.code == 2
    assert says in ran.err
    assert len(ran.err.splitlines()) == 1
    assert not secret or secret not in ran.err


def test_a_channel_that_fails_is_named_by_the_doctor(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HABEAS_WEBHOOK_SECRET", SECRET)
    run("ingest", opened(tmp_path / "day.ndjson"))
    ran = run("worker", "--once", "--json", "--webhook", "http://127.0.0.1:9/")
    assert ran.json()[0]["webhook"] == 0
    assert "not there yet (no answer) after 1 tries, next try" in run("notices", "kim").out
    (said,) = [each for each in run("doctor", "--json").json()[0]["checks"] if each["what"] == "notices by webhook"]
    assert said["finding"] == "notice"
    assert "nothing has arrived since" in said["says"]


def test_statements_and_diagnoses_speak_the_language_that_is_asked_for(run: Run, tmp_path: Path) -> None:
    run("ingest", opened(tmp_path / "day.ndjson"))
    for tag in ("fr", "fr-CA"):
        assert "Ce qui s'est passé" in run("statement", "kim", "--locale", tag).out
        assert "Pourquoi nous le pensons" in run("diagnose", "kim", "--locale", tag).out
    assert "What happened" in run("statement", "kim", "--locale", "xx").out


def test_an_account_whose_key_was_forgotten_keeps_no_other_from_its_notice(run: Run, tmp_path: Path) -> None:
    run("ingest", opened(tmp_path / "day.ndjson"))
    other = json.loads((tmp_path / "day.ndjson").read_text("utf-8")) | {"subject": "lea"}
    (tmp_path / "other.ndjson").write_text(json.dumps(other), encoding="utf-8")
    run("ingest", tmp_path / "other.ndjson")
    with sqlite3.connect(tmp_path / "habeas.db") as connection:
        connection.execute("DELETE FROM account_key WHERE account_id = 'kim'")
    connection.close()
    ran = run("worker", "--once")
    assert ran.code == 1
    assert "of account `kim` cannot be read" in ran.err
    assert len(run("notices", "lea", "--json").json()) == 1
