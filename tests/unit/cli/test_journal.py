"""`habeas journal ...` on a real file, with damage planted in it."""

import sqlite3
import stat
from pathlib import Path

import pytest

from habeas import verifier
from tests.unit.cli.conftest import Run
from tests.unit.cli.test_commands import a_file, a_line

KEY_DIGITS = 64


@pytest.fixture
def database(run: Run, tmp_path: Path) -> Path:
    """A store with two accounts under two checkpoints, whose lines are in `kept.ndjson`."""
    kept = tmp_path / "kept.ndjson"
    for batch in (1, 2):
        lines = [a_line(id=f"e-{batch}-{n}", subject=n, data={"residence": "DE"}) for n in ("ana", "bob")]
        assert run("ingest", a_file(tmp_path / f"{batch}.ndjson", *lines)).code == 0
        ran = run("journal", "checkpoint", "--json")
        assert ran.code == 0
        with kept.open("a") as file:
            file.write(ran.out)
    return tmp_path / "habeas.db"


def damage(database: Path, *statements: str) -> None:
    connection = sqlite3.connect(database)
    with connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0
    connection.close()


def test_a_checkpoint_is_taken_once_and_the_signing_key_is_its_owners(run: Run, database: Path) -> None:
    again = run("journal", "checkpoint")
    assert (again.code, again.out, again.err) == (0, "", "nothing came since the last checkpoint\n")
    key = database.with_name("habeas.db.signing-key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    verified = run("journal", "verify", "--against", "kept.ndjson")
    assert (verified.code, verified.err) == (0, "")
    assert verified.out.endswith("entries verify, under 2 checkpoints\n")


def test_the_public_key_is_one_and_is_not_the_secret(run: Run, database: Path, tmp_path: Path) -> None:
    printed = run("journal", "public-key").out
    assert len(printed.strip()) == KEY_DIGITS
    assert bytes.fromhex(printed) != database.with_name("habeas.db.signing-key").read_bytes()
    (tmp_path / "key.pub").write_text(printed)
    assert run("journal", "verify", "--public-key", "key.pub").code == 0
    assert run("journal", "verify", "--public-key", printed.strip()).code == 0
    other = run("journal", "verify", "--public-key", "00" * 32)
    assert other.code == 1
    assert "checkpoint 1: it is not signed with this key" in other.err
    assert run("journal", "verify", "--public-key", "12").code == 2


DAMAGE = {
    "a changed entry": (
        "UPDATE journal SET entry = CAST(substr(entry, 1, length(entry) - 2) || x'0001' AS BLOB) WHERE position = 1",
        "are not the ones that were signed",
    ),
    "a removed entry": ("DELETE FROM journal WHERE position = 2", "that were signed are missing: 2 first"),
    "a truncated journal": (
        "DELETE FROM journal WHERE position = (SELECT max(position) FROM journal)",
        "checkpoint 2: 1 of the entries",
    ),
    "an entry that was moved": (
        "UPDATE journal SET position = 1000 WHERE position = 1",
        "that were signed are missing: 1 first",
    ),
    "a missing first checkpoint": (
        "DELETE FROM checkpoint WHERE number = 1",
        "checkpoint 1: the checkpoint is missing",
    ),
    "a missing last checkpoint": ("DELETE FROM checkpoint WHERE number = 2", "checkpoint 2: the checkpoint is missing"),
    "a changed signature": (
        "UPDATE checkpoint SET signature = zeroblob(64) WHERE number = 1",
        "checkpoint 1: it is not signed with this key",
    ),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_is_found(run: Run, database: Path, what: str) -> None:
    statement, said = DAMAGE[what]
    damage(database, statement)
    ran = run("journal", "verify")
    assert ran.code == 1
    assert said in ran.err


def test_the_last_checkpoint_removed_with_every_trace_is_found_by_whoever_kept_it(run: Run, database: Path) -> None:
    damage(
        database,
        "DELETE FROM checkpoint WHERE number = 2",
        "UPDATE sqlite_sequence SET seq = 1 WHERE name = 'checkpoint'",
    )
    assert run("journal", "verify").code == 0
    ran = run("journal", "verify", "--against", "kept.ndjson")
    assert (ran.code, ran.err) == (1, "checkpoint 2: the checkpoint was kept elsewhere and is missing here\n")


def test_without_the_signing_key_nothing_is_signed_and_the_public_key_still_verifies(run: Run, database: Path) -> None:
    public = run("journal", "public-key").out.strip()
    database.with_name("habeas.db.signing-key").unlink()
    for args in (("journal", "checkpoint"), ("journal", "public-key"), ("journal", "export", "--out", "x")):
        ran = run(*args)
        assert ran.code == 1
        assert "habeas.db.signing-key` of the store" in ran.err
    assert run("journal", "verify").code == 1
    assert run("journal", "verify", "--public-key", public).code == 0


@pytest.mark.parametrize("account", [None, "ana"])
def test_an_export_is_checked_offline_even_after_the_accounts_key_was_shredded(
    run: Run, database: Path, tmp_path: Path, account: str | None
) -> None:
    damage(database, "DELETE FROM account_key WHERE account_id = 'ana'")
    chosen = () if account is None else ("--account", account)
    out = tmp_path / "out.journal"

    ran = run("journal", "export", *chosen, "--out", out)

    assert (ran.code, ran.err) == (0, "")
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    public = run("journal", "public-key").out.strip()
    assert verifier.main([str(out), "--public-key", public]) == 0
    assert run("journal", "verify", "--against", out).code == 0


def test_an_export_says_what_is_not_in_it_and_overwrites_nothing(run: Run, database: Path, tmp_path: Path) -> None:
    run("ingest", a_file(tmp_path / "3.ndjson", a_line(id="e-3", subject="ana", data={"residence": "DE"})))
    ran = run("journal", "export", "--out", "all.journal")
    assert ran.code == 0
    assert "came since the last checkpoint and are not in it" in ran.err
    again = run("journal", "export", "--out", "all.journal")
    assert (again.code, again.out) == (2, "")
    assert "`all.journal` is there already" in again.err
    assert run("journal", "export", "--out", "no/folder/x").code == 2
    assert run("journal", "export", "--account", "nobody", "--out", "n.journal").code == 2
    assert not (tmp_path / "n.journal").exists()


def test_a_journal_without_checkpoints_says_so_where_one_is_needed(run: Run) -> None:
    assert run("journal", "checkpoint").err == "nothing came since the last checkpoint\n"
    ran = run("journal", "export", "--out", "x")
    assert (ran.code, ran.err) == (
        2,
        "habeas: no checkpoint is over any entry; run `habeas journal checkpoint` first\n",
    )


def test_what_was_kept_must_be_checkpoints(run: Run, database: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.ndjson").write_text('{"body": 1}\n')
    ran = run("journal", "verify", "--against", "bad.ndjson")
    assert ran.code == 2
    assert "bad.ndjson, line 1: this is no checkpoint" in ran.err
