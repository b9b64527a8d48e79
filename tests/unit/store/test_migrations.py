import sqlite3
from itertools import takewhile
from pathlib import Path

import pytest

from habeas.store.errors import NewerSchemaError
from habeas.store.migrations import PUBLIC, migrate, scripts, statements

DATABASE = Path("habeas.db")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "0001_initial.sql").write_text("CREATE TABLE one (x INTEGER);\nINSERT INTO one VALUES (1);\n")
    return tmp_path


@pytest.fixture
def connection(tmp_path: Path) -> sqlite3.Connection:
    return sqlite3.connect(":memory:", isolation_level=None)


def version(connection: sqlite3.Connection) -> int:
    number: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return number


def test_the_migrations_of_the_public_store_run_up_from_empty(connection: sqlite3.Connection) -> None:
    migrate(connection, DATABASE)
    assert version(connection) == len(scripts(PUBLIC))
    connection.close()


def test_every_table_is_strict_and_has_the_account_first_in_its_key(connection: sqlite3.Connection) -> None:
    migrate(connection, DATABASE)
    tables = {row[1]: row[5] for row in connection.execute("PRAGMA table_list") if not row[1].startswith("sqlite_")}
    first_of_key = {
        table: next(row[1] for row in connection.execute(f"PRAGMA table_info({table})") if row[5] == 1)
        for table in tables
    }
    connection.close()
    assert set(tables.values()) == {1}
    assert {table for table, column in first_of_key.items() if column != "account_id"} == {
        "outbox",
        "batch",
        "batch_member",
        "playbook",
        "api_key",
        "meta",
        "failed_login",
        "refused_ip",
        "declared_document",
        "dealing",
        "reference_set",
        "login_count",
        "journal",
        "checkpoint",
        "coin_asset",
        "coin_tx",
        "coin_node",
        "coin_strange_output",
        "coin_flow",
        "coin_conversion",
        "channel",
    }


def test_each_migration_is_applied_once(connection: sqlite3.Connection, folder: Path) -> None:
    migrate(connection, DATABASE, folder)
    migrate(connection, DATABASE, folder)
    (folder / "0002_more.sql").write_text("INSERT INTO one VALUES (2);")
    migrate(connection, DATABASE, folder)
    assert connection.execute("SELECT x FROM one").fetchall() == [(1,), (2,)]
    assert version(connection) == 2
    connection.close()


def test_nothing_of_what_is_missing_is_applied_if_any_of_it_fails(connection: sqlite3.Connection, folder: Path) -> None:
    migrate(connection, DATABASE, folder)
    (folder / "0002_more.sql").write_text("CREATE TABLE two (x INTEGER);")
    (folder / "0003_broken.sql").write_text("CREATE TABLE three (x INTEGER);\nINSERT INTO nowhere VALUES (1);")
    with pytest.raises(sqlite3.OperationalError, match="no such table: nowhere"):
        migrate(connection, DATABASE, folder)
    assert version(connection) == 1
    assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == [("one",)]
    assert not connection.in_transaction
    connection.close()


def test_a_later_schema_is_left_alone(connection: sqlite3.Connection, folder: Path) -> None:
    connection.execute("PRAGMA user_version = 2")
    with pytest.raises(
        NewerSchemaError, match=r"`habeas\.db` has schema 2, and this release of Habeas knows schemas up to 1"
    ):
        migrate(connection, DATABASE, folder)
    connection.close()


def test_entries_from_before_there_were_positions_keep_their_order(
    connection: sqlite3.Connection, tmp_path: Path
) -> None:
    for path in takewhile(lambda path: not path.name.endswith("_journal_checkpoints.sql"), scripts(PUBLIC)):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    migrate(connection, DATABASE, tmp_path)
    written = [("b", 1, b"one"), ("a", 1, b"two"), ("b", 2, b"three")]
    connection.executemany("INSERT INTO journal VALUES (?, ?, ?)", written)
    migrate(connection, DATABASE)
    connection.execute("INSERT INTO journal (account_id, sequence, entry) VALUES ('a', 2, x'00')")
    rows = connection.execute("SELECT account_id, sequence, entry, position FROM journal ORDER BY position").fetchall()
    assert rows == [(*row, position) for position, row in enumerate([*written, ("a", 2, b"\0")], start=1)]
    connection.close()


def test_what_stood_before_there_were_gates_is_told_to_them(connection: sqlite3.Connection, tmp_path: Path) -> None:
    for path in takewhile(lambda path: not path.name.endswith("_limit_changes.sql"), scripts(PUBLIC)):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    migrate(connection, DATABASE, tmp_path)
    accounts = {
        "free": (None, "active"),
        "held": (None, "active"),
        "sub": ("held", "active"),
        "left": (None, "retained"),
    }
    for account, (parent, life) in accounts.items():
        connection.execute(
            "INSERT INTO account VALUES (?, 1, x'', 1, x'', 'main', NULL, ?, ?)", (account, parent, life)
        )
        connection.execute("INSERT INTO journal (account_id, sequence, entry) VALUES (?, 1, x'')", (account,))
    for account, status in {"free": "lifted", "held": "active"}.items():
        connection.execute(
            "INSERT INTO restriction VALUES (?, 'rs', 'FROZEN', 'R', 'account', ?, 0, NULL, NULL, 1, x'', NULL)",
            (account, status),
        )
    migrate(connection, DATABASE)
    rows = connection.execute("SELECT account_id, position, is_limited FROM limit_change ORDER BY position").fetchall()
    assert rows == [("held", 2, 1), ("sub", 3, 1), ("left", 4, 1)]
    connection.close()


def test_nothing_is_written_to_a_store_that_is_up_to_date(folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "habeas.db"
    first, second = (sqlite3.connect(path, isolation_level=None, timeout=0) for _ in range(2))
    migrate(first, path, folder)
    first.execute("BEGIN IMMEDIATE")
    migrate(second, path, folder)
    first.close()
    second.close()


def test_a_gap_in_the_numbers_is_a_programming_error(folder: Path) -> None:
    (folder / "0003_more.sql").write_text("")
    with pytest.raises(AssertionError, match=r"`0003_more.sql` should be number 0002"):
        scripts(folder)


def test_a_script_is_split_where_statements_end() -> None:
    script = (
        "-- first; really\nCREATE TABLE a (x TEXT DEFAULT ';');\nCREATE TABLE b (\n  x INTEGER -- why\n);\n-- the end\n"
    )
    assert [statement.split("(")[0].split()[-1] for statement in statements(script)] == ["a", "b"]


def test_a_script_that_ends_inside_a_statement_is_a_programming_error() -> None:
    with pytest.raises(AssertionError, match="ends inside a statement: CREATE TABLE b"):
        list(statements("CREATE TABLE a (x);\nCREATE TABLE b (x)"))
