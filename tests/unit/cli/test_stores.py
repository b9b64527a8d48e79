"""`habeas store copy`, and commands on a store in a server."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, cast

import psycopg
import pytest

from habeas.service.ports import Store
from habeas.store.copying import LEFT
from habeas.store.ledger import LedgerStore, StoredLedger
from habeas.store.open import open_store
from tests.coins import COIN, began, moved
from tests.unit.cli.conftest import Run


@pytest.fixture
def demo(run: Run, tmp_path: Path) -> str:
    """The URL of the store that the demo makes, with two checkpoints."""
    assert run("demo", "--no-serve", "--dir", tmp_path / "demo").code == 0
    url = f"sqlite:///{tmp_path / 'demo' / 'habeas-demo.db'}"
    assert run("journal", "checkpoint", "--store", url).code == 0
    assert (
        run(
            "restrict", "sofia", "--reason", "TOS_ABUSE", "--note", "again", "--as", "jane:analyst", "--store", url
        ).code
        == 0
    )
    assert run("journal", "checkpoint", "--store", url).code == 0
    with closing(open_store(url)) as store:
        StoredLedger(cast("LedgerStore", store)).ingest([COIN, began(1, "ann", 2**70), moved(2, "ann", "bob", 3)])
    return url


def everything(store: Store) -> list[Any]:
    with store.reading() as reader:
        return [
            list(reader.journal_entries(0, reader.journal_end())),
            list(reader.checkpoints()),
            reader.last_checkpoint(),
            [
                (account, reader.account(account), reader.restrictions(account), reader.cases(account),
                 reader.notices(account), list(reader.account_entries(account)))
                for account in reader.accounts()
            ],
            reader.queued_messages(0, 10_000),
            list(reader.verify_journal()),
            holdings(store),
        ]  # fmt: skip


def holdings(store: Store) -> list[Any]:
    with StoredLedger(cast("LedgerStore", store)).reading() as books:
        return [books.book(COIN.name).nodes(address) for address in ("ann", "bob")]


def test_a_store_goes_from_a_file_into_a_server_and_back_to_the_byte(
    run: Run, demo: str, own_database: str, tmp_path: Path
) -> None:
    key_file = tmp_path / "keys" / "habeas.key"
    back = f"sqlite:///{tmp_path / 'back.db'}"
    copied = run("store", "copy", "--store", demo, "--to", own_database, "--key-file", key_file)
    assert (copied.code, copied.err.strip()) == (0, "")
    assert "rows are the same in both" in copied.out
    assert "the journal verifies" in copied.out
    assert f"the key file of the new store is {key_file}" in copied.out
    assert run("store", "copy", "--store", own_database, "--to", back, "--key-file", key_file).code == 0
    with (
        closing(open_store(demo)) as ours,
        closing(open_store(own_database, key_file)) as theirs,
        closing(open_store(back)) as again,
    ):
        assert everything(ours) == everything(theirs) == everything(again)
        assert ours.public_key() == theirs.public_key() == again.public_key()
        assert ours.identity_key == theirs.identity_key == again.identity_key


def test_a_copy_goes_on_where_the_store_was(run: Run, demo: str, own_database: str, tmp_path: Path) -> None:
    there = ("--store", own_database, "--key-file", tmp_path / "habeas.key")
    assert run("store", "copy", "--store", demo, "--to", own_database, *there[2:]).code == 0
    (before,) = run("journal", "verify", "--json", *there).json()
    assert (
        run("restrict", "sofia", "--reason", "TOS_ABUSE", "--note", "again", "--as", "jane:analyst", *there).code == 0
    )
    assert run("journal", "checkpoint", *there).code == 0
    assert run("worker", "--once", *there).code == 0
    (after,) = run("journal", "verify", "--json", *there).json()
    assert after["entries"] > before["entries"]
    assert after["checkpoints"] == before["checkpoints"] + 1
    assert after["faults"] == after["checkpoint_faults"] == []


def test_a_store_that_has_records_is_not_copied_into(run: Run, demo: str, database: str, tmp_path: Path) -> None:
    key = ("--key-file", tmp_path / "habeas.key")
    assert run("store", "copy", "--store", demo, "--to", database, *key).code == 0
    again = run("store", "copy", "--store", demo, "--to", database, *key)
    assert again.code == 1
    assert "is not empty: it has `account`; copy into a new one" in again.err


def test_a_key_file_that_holds_another_key_is_left_alone(run: Run, demo: str, database: str, tmp_path: Path) -> None:
    key_file = tmp_path / "habeas.key"
    key_file.write_bytes(bytes(32))
    refused = run("store", "copy", "--store", demo, "--to", database, "--key-file", key_file)
    assert refused.code == 1
    assert "holds another key than" in refused.err
    assert key_file.read_bytes() == bytes(32)


def test_a_store_is_not_copied_onto_itself_or_into_memory(run: Run, demo: str) -> None:
    assert run("store", "copy", "--store", demo, "--to", demo).code == 2
    assert "is not kept anywhere" in run("store", "copy", "--store", demo, "--to", "memory:").err


def test_a_copy_that_differs_is_not_kept(
    run: Run, demo: str, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from habeas.store import copying

    class Careless(copying.PostgresTables):
        def add(self, table: str, columns: Any, rows: Any) -> None:
            rows = list(rows)
            super().add(table, columns, rows[:-1] if table == "journal" else rows)

    monkeypatch.setattr(copying, "PostgresTables", Careless)
    refused = run("store", "copy", "--store", demo, "--to", database, "--key-file", tmp_path / "habeas.key")
    assert refused.code == 1
    assert "the copy of `journal` is not what was copied; nothing is kept of it" in refused.err
    with psycopg.connect(database) as connection:
        assert connection.execute("SELECT count(*) FROM account").fetchone() == (0,)


def test_every_table_of_a_file_has_a_place_in_the_server(run: Run, demo: str, database: str) -> None:
    from habeas.store.copying import PostgresTables, SqliteTables

    with sqlite3.connect(demo.removeprefix("sqlite:///")) as ours, psycopg.connect(database) as theirs:
        here, there = SqliteTables(ours).columns(), PostgresTables(theirs).columns()
    ours.close()
    assert here == there
    assert not LEFT & here.keys()


# --- commands on a store in a server ---------------------------------------------------------------------------------


def test_doctor_says_what_serves_the_store_and_which_settings_are_unsafe(
    run: Run, database: str, tmp_path: Path
) -> None:
    said = run("doctor", "--store", database, "--key-file", tmp_path / "habeas.key")
    assert said.code == 1
    assert "store: postgresql://habeas@/tmp/" in said.out
    assert ", schema 3" in said.out
    assert "server: PostgreSQL 1" in said.out
    assert "server: fsync and full_page_writes off: what was acknowledged can be lost" in said.out
    assert f"key file: {tmp_path / 'habeas.key'}, mode 0600" in said.out


def test_the_key_file_comes_from_the_environment(
    run: Run, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HABEAS_STORE", database)
    refused = run("journal", "verify")
    assert refused.code == 2
    assert "needs a key file; name it with --key-file or HABEAS_KEY_FILE" in refused.err
    monkeypatch.setenv("HABEAS_KEY_FILE", os.fspath(tmp_path / "habeas.key"))
    assert run("journal", "verify").out == "0 entries verify, under 0 checkpoints\n"


def test_every_command_on_a_store_takes_a_key_file(run: Run) -> None:
    for command in (("check",), ("case", "list"), ("store", "copy"), ("evaluate", "errors")):
        assert "--key-file" in run(*command, "--help").out
    assert "--key-file" not in run("bench", "--help").out
