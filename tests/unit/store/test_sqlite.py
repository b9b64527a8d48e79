"""What only a file can get wrong: keys, modes, versions, other processes."""

import multiprocessing
import sqlite3
import stat
from pathlib import Path

import pytest
from msgspec.structs import replace

from habeas.domain.case import CaseStatus, Priority
from habeas.domain.ids import AccountId
from habeas.domain.restriction import Status
from habeas.store.errors import (
    BusyStoreError,
    FailedStoreError,
    LostKeyError,
    NewerSchemaError,
    StoreError,
    WrongKeyError,
)
from habeas.store.migrations import PUBLIC, scripts
from habeas.store.sqlite import SqliteStore
from tests.builders import HOUR, NOON, a_case, a_decision, a_restriction, an_enriched_event, an_event
from tests.unit.store.workers import count_up, open_and_tell_key, record_until_killed

ACCOUNT = AccountId("acct-1")
spawn = multiprocessing.get_context("spawn")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "habeas.db"


def make_store(path: Path, *events: str) -> None:
    store = SqliteStore(path)
    for id_ in events:
        enriched = an_enriched_event(an_event(id_))
        with store.transaction() as work:
            work.record(enriched, a_decision(enriched), "builtin-1")
    store.close()


def alter(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement)
    connection.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_missing_store_is_made_with_its_folder_and_its_key(path: Path) -> None:
    make_store(path)
    assert path.exists()
    assert len((path.parent / "habeas.db.key").read_bytes()) == 32


def test_only_its_owner_may_read_a_store_its_side_files_and_its_key(path: Path) -> None:
    store = SqliteStore(path)
    with store.transaction() as work:
        work.record_playbook("builtin-1", b"text")
    modes = {file.name: mode(file) for file in path.parent.iterdir()}
    store.close()
    assert modes == dict.fromkeys(("habeas.db", "habeas.db-wal", "habeas.db-shm", "habeas.db.key"), 0o600)


def test_what_was_recorded_is_there_when_the_store_is_opened_again(path: Path) -> None:
    make_store(path, "ev-1", "ev-2")
    store = SqliteStore(path)
    with store.reading() as reader:
        assert [event.id for event in reader.events(ACCOUNT)] == ["ev-1", "ev-2"]
        assert list(reader.verify_journal()) == []
    store.close()


def test_ids_derive_from_the_same_key_after_opening_again_and_from_another_in_another_store(tmp_path: Path) -> None:
    keys = []
    for name in ("one.db", "one.db", "two.db"):
        store = SqliteStore(tmp_path / name)
        keys.append(store.identity_key)
        store.close()
    assert keys[0] == keys[1]
    assert keys[0] != keys[2]


def test_a_store_opened_by_a_relative_path_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = SqliteStore(Path("habeas.db"))
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with store.reading() as reader:
        assert list(reader.accounts()) == []
    store.close()
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_commit_is_on_the_disk_before_it_is_acknowledged(path: Path) -> None:
    store = SqliteStore(path)
    assert store._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert store._writer.execute("PRAGMA synchronous").fetchone() == (2,)
    assert store._writer.execute("PRAGMA foreign_keys").fetchone() == (1,)
    store.close()


# --- keys ------------------------------------------------------------------------------------------------------------


def test_a_lost_key_file_is_one_clear_sentence_and_no_new_key_is_made(path: Path) -> None:
    make_store(path, "ev-1")
    (path.parent / "habeas.db.key").unlink()
    with pytest.raises(LostKeyError, match=r"the key file `.*habeas\.db\.key` of the store `.*habeas\.db` is missing"):
        SqliteStore(path)
    assert not (path.parent / "habeas.db.key").exists()


def test_a_key_file_of_another_store_is_one_clear_sentence(path: Path, tmp_path: Path) -> None:
    make_store(path, "ev-1")
    make_store(tmp_path / "other.db")
    (path.parent / "habeas.db.key").write_bytes((tmp_path / "other.db.key").read_bytes())
    with pytest.raises(WrongKeyError, match="does not belong to the store"):
        SqliteStore(path)


def test_a_key_file_of_the_wrong_length_is_one_clear_sentence(path: Path) -> None:
    make_store(path)
    (path.parent / "habeas.db.key").write_bytes(b"short")
    with pytest.raises(StoreError, match="holds 5 bytes where a key has 32; put back the right file"):
        SqliteStore(path)


def test_a_store_whose_making_was_interrupted_is_made_to_its_end_with_the_key_that_is_there(path: Path) -> None:
    make_store(path)
    key = (path.parent / "habeas.db.key").read_bytes()
    alter(path, "DELETE FROM meta")
    make_store(path, "ev-1")
    assert (path.parent / "habeas.db.key").read_bytes() == key


# --- schema ----------------------------------------------------------------------------------------------------------


def test_a_store_of_a_later_release_is_one_clear_sentence(path: Path) -> None:
    make_store(path)
    alter(path, "PRAGMA user_version = 99")
    with pytest.raises(
        NewerSchemaError, match=f"has schema 99, and this release of Habeas knows schemas up to {len(scripts(PUBLIC))}"
    ):
        SqliteStore(path)


def test_a_file_that_is_no_database_is_one_clear_sentence(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"certainly not a database, although it is long enough to look like one" * 20)
    with pytest.raises(FailedStoreError, match="cannot be used: file is not a database"):
        SqliteStore(path)


def test_a_folder_in_the_place_of_the_file_is_one_clear_sentence(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(FailedStoreError, match="cannot be used"):
        SqliteStore(path)


@pytest.mark.parametrize(
    ("statement", "index"),
    [
        ("SELECT 1 FROM outbox WHERE delivered_at IS NULL AND position > 1 ORDER BY position", "outbox_waiting"),
        (
            "SELECT 1 FROM outbox WHERE delivered_at IS NULL AND topic = 'effect' AND position > 1 ORDER BY position",
            "outbox_waiting_by_topic",
        ),
        ("SELECT 1 FROM timer WHERE due_at <= 1 ORDER BY due_at, account_id, about", "timer_by_due_at"),
        ("SELECT 1 FROM restriction WHERE id = 'rs_1' ORDER BY account_id", "restriction_by_id"),
        ("SELECT 1 FROM account WHERE holder = 'h-1' ORDER BY account_id", "account_by_holder"),
    ],
)
def test_what_is_asked_often_is_answered_from_an_index_in_its_order(path: Path, statement: str, index: str) -> None:
    store = SqliteStore(path)
    plan = [row[3] for row in store._writer.execute(f"EXPLAIN QUERY PLAN {statement}")]
    store.close()
    assert len(plan) == 1
    assert index in plan[0]


def test_a_restriction_is_found_by_what_it_is_now(path: Path) -> None:
    store = SqliteStore(path)
    placed = a_restriction("rs_1")
    changed = replace(placed, status=Status.LIFTED, ends_at=NOON + HOUR, ended_at=NOON + 2 * HOUR)
    for id_, restriction in (("ev-1", placed), ("ev-2", changed)):
        enriched = an_enriched_event(an_event(id_))
        with store.transaction() as work:
            work.record(enriched, a_decision(enriched, restrictions=(restriction,)), "builtin-1")
    rows = store._writer.execute("SELECT kind, reason, scope, status, starts_at, ends_at, ended_at FROM restriction")
    noon = 1_772_452_800_000_000  # microseconds; an hour is 3,600,000,000 of them
    assert rows.fetchall() == [
        ("OUTFLOW_HOLD", "ACCOUNT_TAKEOVER", "account", "lifted", noon, noon + 3_600_000_000, noon + 7_200_000_000)
    ]
    store.close()


def test_a_case_is_found_by_what_it_is_now(path: Path) -> None:
    store = SqliteStore(path)
    changed = replace(
        a_case("cs_1"), queue="kyc", priority=Priority.PAGE, status=CaseStatus.DECIDED, due_at=NOON + 2 * HOUR
    )
    for id_, case in (("ev-1", a_case("cs_1")), ("ev-2", changed)):
        enriched = an_enriched_event(an_event(id_))
        with store.transaction() as work:
            work.record(enriched, a_decision(enriched, cases=(case,)), "builtin-1")
    rows = store._writer.execute("SELECT queue, priority, status, opened_at, due_at FROM case_file")
    noon = 1_772_452_800_000_000
    assert rows.fetchall() == [("kyc", "page", "decided", noon, noon + 7_200_000_000)]
    store.close()


# --- other processes -------------------------------------------------------------------------------------------------


def test_processes_that_make_the_same_store_at_once_agree_on_its_key(path: Path) -> None:
    hearing, telling = spawn.Pipe(duplex=False)
    processes = [spawn.Process(target=open_and_tell_key, args=(f"sqlite:///{path}", None, telling)) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0, 0]
    assert len({hearing.recv() for _ in processes}) == 1
    hearing.close()
    telling.close()


def test_processes_that_write_the_same_account_lose_no_update(path: Path) -> None:
    make_store(path)
    processes = [spawn.Process(target=count_up, args=(f"sqlite:///{path}", None, f"process-{n}", 40)) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    store = SqliteStore(path)
    with store.reading() as reader:
        state = reader.account(ACCOUNT)
        assert state is not None
        assert state.kyc_tier == "120"
        assert list(reader.verify_journal()) == []
    store.close()


def test_a_store_that_is_opened_again_in_one_process_keeps_its_log_when_another_process_leaves(path: Path) -> None:
    """Whoever leaves last takes the log away; an open store must be seen by those who leave."""
    store = SqliteStore(path)
    with store.transaction() as work:
        work.record_playbook("builtin-1", b"text")
    SqliteStore(path).close()
    log = path.with_name("habeas.db-wal")
    before = log.stat().st_ino
    process = spawn.Process(target=count_up, args=(f"sqlite:///{path}", None, "other", 1))
    process.start()
    process.join()
    assert log.exists()
    assert log.stat().st_ino == before
    with store.reading() as reader:
        assert list(reader.accounts()) == [ACCOUNT]
    store.close()


def test_a_process_that_is_killed_loses_nothing_that_it_acknowledged(path: Path) -> None:
    hearing, telling = spawn.Pipe(duplex=False)
    process = spawn.Process(target=record_until_killed, args=(f"sqlite:///{path}", None, telling))
    process.start()
    telling.close()
    acknowledged = [hearing.recv() for _ in range(50)]
    process.kill()
    process.join()
    hearing.close()
    store = SqliteStore(path)
    with store.reading() as reader:
        assert [event.id for event in reader.events(ACCOUNT)][:50] == acknowledged
        assert list(reader.verify_journal()) == []
    store.close()


def test_a_writer_that_waits_too_long_for_another_process_says_so(path: Path) -> None:
    make_store(path)
    store = SqliteStore(path, busy_for_s=0.05)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    told = r"another process has been writing .* for more than 0\.05 s; try again"
    with pytest.raises(BusyStoreError, match=told), store.transaction():
        pass
    with store.reading() as reader:
        assert list(reader.accounts()) == []
    other.execute("ROLLBACK")
    with store.transaction() as work:
        work.record(an_enriched_event(), a_decision(), "builtin-1")
    other.close()
    store.close()


def test_an_error_of_the_driver_is_an_error_of_the_store(path: Path) -> None:
    store = SqliteStore(path)
    alter(path, "DROP TABLE outbox")
    with pytest.raises(FailedStoreError, match="no such table: outbox"), store.reading() as reader:
        reader.queued_messages(0, 1)
    store.close()


def test_a_journal_without_its_account_is_found(path: Path) -> None:
    make_store(path, "ev-1")
    alter(path, "DELETE FROM account")
    store = SqliteStore(path)
    with store.reading() as reader:
        faults = [(fault.account, fault.what) for fault in reader.verify_journal()]
    store.close()
    assert faults == [("acct-1", "there is a journal of this account, and no account")]


def test_a_reader_that_is_left_in_the_middle_of_a_list_does_not_keep_its_view(path: Path) -> None:
    make_store(path, "ev-1")
    store = SqliteStore(path)
    with store.reading() as reader:
        next(reader.events(ACCOUNT))
    second = an_enriched_event(an_event("ev-2"))
    with store.transaction() as work:
        work.record(second, a_decision(second), "builtin-1")
    with store.reading() as reader:
        assert [event.id for event in reader.events(ACCOUNT)] == ["ev-1", "ev-2"]
    store.close()
