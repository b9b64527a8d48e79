"""What only a server can get wrong: keys, versions, lost connections, and many writers at the same time."""

import multiprocessing
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace

from habeas.bench.cluster import Cluster, program
from habeas.domain.account import new_account
from habeas.domain.errors import ConflictError
from habeas.domain.ids import AccountId, HolderId
from habeas.service.ports import Store
from habeas.store.errors import (
    BusyStoreError,
    FailedStoreError,
    LostKeyError,
    NewerSchemaError,
    NoKeyFileError,
    OvertakenError,
    StoreError,
    UnfitValueError,
    UnreachableStoreError,
    WrongKeyError,
)
from habeas.store.migrations import POSTGRES, scripts
from habeas.store.open import open_store
from habeas.store.postgres import PostgresStore
from habeas.store.postgres_rows import SHARES
from tests.builders import a_decision, a_message, an_enriched_event, an_event
from tests.unit.store.workers import count_up, open_and_tell_key, record_in_any_order, record_until_killed

ACCOUNT, OTHER = AccountId("acct-1"), AccountId("acct-2")
spawn = multiprocessing.get_context("spawn")


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "habeas.key"


@pytest.fixture
def store(database: str, key_file: Path) -> Iterator[PostgresStore]:
    with closing(PostgresStore(database, key_file)) as store:
        yield store


@pytest.fixture
def second(database: str, key_file: Path, store: PostgresStore) -> Iterator[PostgresStore]:
    """The same store as another process has it."""
    with closing(PostgresStore(database, key_file)) as same:
        yield same


def record(store: Store, id_: str = "ev-1", account: str = "acct-1") -> None:
    enriched = an_enriched_event(an_event(id_, account=account))
    with store.transaction({AccountId(account)}) as work:
        work.record(enriched, a_decision(enriched), "builtin-1")


def run(url: str, statement: str) -> list[Any]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def positions(store: Store, after: int = 0) -> list[tuple[int, str]]:
    with store.reading() as reader:
        return [(entry.position, entry.account) for entry in reader.journal_entries(after, reader.journal_end())]


def await_lock(url: str) -> None:
    """Until somebody waits for a lock."""
    deadline = time.monotonic() + 30
    while not run(url, "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
        assert time.monotonic() < deadline
        time.sleep(0.01)


# --- opening ---------------------------------------------------------------------------------------------------------


def test_a_store_is_opened_by_its_url(database: str, key_file: Path) -> None:
    with closing(open_store(database, key_file)) as store:
        assert isinstance(store, PostgresStore)
        assert store.facts().schema == len(scripts(POSTGRES))


def test_a_store_in_a_server_needs_a_key_file(database: str) -> None:
    with pytest.raises(NoKeyFileError, match="needs a key file; name it with --key-file or HABEAS_KEY_FILE"):
        open_store(database)


def test_a_server_that_does_not_answer_is_one_clear_sentence(key_file: Path) -> None:
    with pytest.raises(
        UnreachableStoreError, match=r"the store `postgresql://127\.0\.0\.1:1/habeas` cannot be reached"
    ):
        open_store("postgresql://127.0.0.1:1/habeas", key_file)


def test_a_database_that_is_not_there_is_one_clear_sentence(cluster: Cluster, key_file: Path) -> None:
    with pytest.raises(UnreachableStoreError, match='database "nowhere" does not exist'):
        open_store(cluster.socket_url("nowhere"), key_file)


def test_no_password_is_told(cluster: Cluster, key_file: Path) -> None:
    with pytest.raises(UnreachableStoreError) as told:
        open_store(cluster.port_url("postgres", "a-secret"), key_file)
    assert "password authentication failed" in str(told.value)
    assert "a-secret" not in str(told.value)


def test_a_store_is_opened_over_the_network_with_a_password(
    cluster: Cluster, database: str, key_file: Path, store: PostgresStore
) -> None:
    url = cluster.port_url(database.partition("@/")[2].partition("?")[0])
    with closing(PostgresStore(url, key_file)) as over_network:
        assert over_network.identity_key == store.identity_key
        assert cluster.password not in over_network.where


@pytest.mark.parametrize("url", ["postgresql://[::1/habeas", "postgresql://host/habeas?colour=red"])
def test_a_url_that_cannot_be_read_is_one_clear_sentence(url: str, key_file: Path) -> None:
    with pytest.raises(StoreError, match="the store URL cannot be read"):
        open_store(url, key_file)


def test_a_server_that_is_too_old_is_one_clear_sentence(
    database: str, key_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("habeas.store.postgres.SERVER_MIN", 99)
    with pytest.raises(StoreError, match=r"is in PostgreSQL 1\d.*; it needs 99 or later"):
        PostgresStore(database, key_file)


def test_a_database_that_does_not_keep_all_letters_is_one_clear_sentence(cluster: Cluster, key_file: Path) -> None:
    cluster.run("CREATE DATABASE letters ENCODING 'SQL_ASCII' TEMPLATE template0")
    with pytest.raises(StoreError, match="has the encoding SQL_ASCII; make one with UTF8"):
        PostgresStore(cluster.socket_url("letters"), key_file)
    cluster.run("DROP DATABASE letters")


def test_a_lost_key_file_is_one_clear_sentence_and_no_new_key_is_made(
    database: str, key_file: Path, store: PostgresStore
) -> None:
    key_file.unlink()
    with pytest.raises(LostKeyError, match=r"the key file `.*habeas\.key` of the store `postgresql://.*` is missing"):
        PostgresStore(database, key_file)
    assert not key_file.exists()


def test_a_key_file_of_another_store_is_one_clear_sentence(database: str, key_file: Path, store: PostgresStore) -> None:
    key_file.write_bytes(bytes(32))
    with pytest.raises(WrongKeyError, match="does not belong to the store"):
        PostgresStore(database, key_file)


def test_a_key_file_that_cannot_be_made_is_one_clear_sentence(database: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be made: No such file or directory"):
        PostgresStore(database, tmp_path / "nowhere" / "habeas.key")


def test_only_its_owner_may_read_the_keys(store: PostgresStore, key_file: Path) -> None:
    store.signer()
    assert {path.name: path.stat().st_mode & 0o777 for path in key_file.parent.iterdir()} == {
        "habeas.key": 0o600,
        "habeas.signing-key": 0o600,
    }


def test_a_store_of_a_later_release_is_one_clear_sentence(own_database: str, key_file: Path) -> None:
    run(own_database, "UPDATE habeas_schema SET version = 99")
    with pytest.raises(NewerSchemaError, match="has schema 99, and this release of Habeas knows schemas up to"):
        PostgresStore(own_database, key_file)


def test_processes_that_make_the_same_store_at_once_agree_on_its_key(cluster: Cluster, key_file: Path) -> None:
    cluster.run("CREATE DATABASE made_at_once")
    url = cluster.socket_url("made_at_once")
    hearing, telling = spawn.Pipe(duplex=False)
    processes = [spawn.Process(target=open_and_tell_key, args=(url, key_file, telling)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert len({hearing.recv() for _ in processes}) == 1
    hearing.close()
    telling.close()
    cluster.run("DROP DATABASE made_at_once")


def test_what_is_about_an_account_has_it_first_in_its_key_and_lies_in_hash_partitions(database: str) -> None:
    partitioned = run(
        database,
        "SELECT partrelid::regclass::text, pg_get_partkeydef(partrelid), count(inhrelid) FROM pg_partitioned_table "
        "JOIN pg_inherits ON inhparent = partrelid GROUP BY partrelid",
    )
    first = dict[object, object](
        run(
            database,
            "SELECT indrelid::regclass::text, attname FROM pg_index JOIN pg_attribute "
            "ON attrelid = indrelid AND attnum = indkey[0] WHERE indisprimary",
        )
    )
    about_an_account = {table for table, column in first.items() if column == "account_id" and str(table)[-2:-1] != "_"}
    assert {(table, *rest) for table, *rest in partitioned} == {
        (table, "HASH (account_id)", 8) for table in about_an_account
    }
    assert len(about_an_account) == 13


def test_a_role_with_the_rights_of_the_operating_guide_does_everything_but_change_tables(
    cluster: Cluster, own_database: str, key_file: Path
) -> None:
    PostgresStore(own_database, key_file).close()
    guide = (Path(__file__).parents[3] / "docs" / "operating.md").read_text("utf-8")
    grants = guide.partition("```sql\n")[2].partition("```")[0]
    run(own_database, "CREATE ROLE habeas_service LOGIN PASSWORD 'service'")
    run(own_database, grants)
    name = own_database.partition("@/")[2].partition("?")[0]
    url = f"postgresql://habeas_service:service@127.0.0.1:{cluster.port}/{name}"
    with closing(PostgresStore(url, key_file)) as store:
        enriched = an_enriched_event()
        with store.transaction({ACCOUNT}) as work:
            work.record(enriched, a_decision(enriched, messages=(a_message("msg-1"),)), "builtin-1")
        with store.transaction() as work:
            work.record_playbook("builtin-1", b"text")
        with store.shares("notices") as shares:
            assert len(list(shares)) == SHARES
        with store.writing_ledger() as tables:
            assert tables.execute("SELECT count(*) FROM coin_flow").fetchone() == (0,)
        assert store.facts().schema == len(scripts(POSTGRES))
        with pytest.raises(FailedStoreError, match="must be owner"), store.writing_rows() as connection:
            connection.execute("DROP TABLE account")
    run(own_database, "DROP OWNED BY habeas_service; DROP ROLE habeas_service")


# --- connections -----------------------------------------------------------------------------------------------------


def test_a_store_goes_on_after_the_server_ended_its_connections(database: str, store: PostgresStore) -> None:
    record(store, "ev-1")
    with store.reading() as reader:
        assert list(reader.accounts()) == [ACCOUNT]
    run(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'habeas'")
    with store.reading() as reader:
        assert list(reader.accounts()) == [ACCOUNT]
    record(store, "ev-2")
    assert len(positions(store)) == 2


def test_a_connection_that_ends_inside_a_transaction_undoes_it(database: str, store: PostgresStore) -> None:
    enriched = an_enriched_event()
    with pytest.raises(FailedStoreError), store.transaction({ACCOUNT}) as work:  # noqa: PT012
        work.record(enriched, a_decision(enriched), "builtin-1")
        run(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'habeas'")
    assert positions(store) == []
    record(store)
    assert positions(store) == [(1, ACCOUNT)]


def test_readers_use_few_connections_however_many_threads_read(database: str, store: PostgresStore) -> None:
    most: list[int] = []

    def read() -> None:
        for _ in range(5):
            with store.reading():
                (count,) = run(database, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'habeas'")[0]
                most.append(int(str(count)))

    threads = [threading.Thread(target=read) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) <= 17


def test_a_value_that_cannot_be_kept_is_one_clear_sentence(store: PostgresStore) -> None:
    with pytest.raises(UnfitValueError, match=r"cannot keep a value as it is: .*0x00"):
        record(store, "zero\0byte")
    record(store)


def test_an_error_of_the_driver_is_an_error_of_the_store(own_database: str, key_file: Path) -> None:
    with closing(PostgresStore(own_database, key_file)) as store:
        run(own_database, "DROP TABLE outbox")
        with pytest.raises(FailedStoreError, match='relation "outbox" does not exist'), store.reading() as reader:
            reader.queued_messages(0, 1)


# --- many writers ----------------------------------------------------------------------------------------------------


def test_two_writers_are_at_work_on_different_accounts_at_the_same_time(
    store: PostgresStore, second: PostgresStore
) -> None:
    with store.transaction({ACCOUNT}) as ours:
        record(second, "ev-1", "acct-2")
        assert ours.account(ACCOUNT) is None
    assert positions(store) == [(1, OTHER)]


def test_two_writers_of_one_account_take_turns(database: str, store: PostgresStore, second: PostgresStore) -> None:
    with ThreadPoolExecutor(1) as thread, store.transaction({ACCOUNT}) as ours:
        theirs = thread.submit(record, second, "theirs")
        await_lock(database)
        enriched = an_enriched_event(an_event("ours"))
        ours.record(enriched, a_decision(enriched), "builtin-1")
        assert not theirs.done()
    theirs.result()
    with store.reading() as reader:
        assert [event.id for event in reader.events(ACCOUNT)] == ["ours", "theirs"]
        assert list(reader.verify_journal()) == []


def test_whoever_wants_all_accounts_waits_for_whoever_has_one(
    database: str, store: PostgresStore, second: PostgresStore
) -> None:
    def everything() -> None:
        with second.transaction() as work:
            work.record_playbook("builtin-1", b"text")

    with ThreadPoolExecutor(1) as thread, store.transaction({ACCOUNT}) as ours:
        theirs = thread.submit(everything)
        await_lock(database)
        assert ours.playbook_text("builtin-1") is None
    theirs.result()
    with store.reading() as reader:
        assert reader.playbook_text("builtin-1") == b"text"


def test_a_writer_that_waits_too_long_says_so(database: str, key_file: Path, store: PostgresStore) -> None:
    with closing(PostgresStore(database, key_file, busy_for_s=0.05)) as impatient, store.transaction({ACCOUNT}):
        with pytest.raises(BusyStoreError, match=r"for more than 0\.05 s; try again"), impatient.transaction({ACCOUNT}):
            pass
        record(impatient, "ev-1", "acct-2")


def test_an_account_that_was_not_named_cannot_be_recorded_on(store: PostgresStore) -> None:
    enriched = an_enriched_event(an_event(account="acct-2"))
    with (
        pytest.raises(AssertionError, match="`acct-2` is not among the accounts"),
        store.transaction({ACCOUNT}) as work,
    ):
        work.record(enriched, a_decision(enriched), "builtin-1")


def test_processes_that_write_the_same_account_lose_no_update(
    database: str, key_file: Path, store: PostgresStore
) -> None:
    processes = [spawn.Process(target=count_up, args=(database, key_file, f"process-{n}", 40)) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0, 0]
    with store.reading() as reader:
        state = reader.account(ACCOUNT)
        assert state is not None
        assert state.kyc_tier == "120"
        assert list(reader.verify_journal()) == []


def test_a_process_that_is_killed_loses_nothing_that_it_acknowledged(
    database: str, key_file: Path, store: PostgresStore
) -> None:
    hearing, telling = spawn.Pipe(duplex=False)
    process = spawn.Process(target=record_until_killed, args=(database, key_file, telling))
    process.start()
    telling.close()
    acknowledged = [hearing.recv() for _ in range(50)]
    process.kill()
    process.join()
    hearing.close()
    with store.reading() as reader:
        assert [event.id for event in reader.events(ACCOUNT)][:50] == acknowledged
        assert list(reader.verify_journal()) == []
    record(store, "after")


@pytest.mark.parametrize("changed", ["state", "holder"])
def test_a_decision_that_rested_on_what_was_changed_meanwhile_is_not_written(
    store: PostgresStore, second: PostgresStore, changed: str
) -> None:
    """Ours reads another account or the holder's accounts, theirs changes that: one after the other, both would be seen."""
    ours, theirs = an_enriched_event(an_event("ours")), an_enriched_event(an_event("theirs", account="acct-2"))
    with pytest.raises(OvertakenError) as told, store.transaction({ACCOUNT}) as work:  # noqa: PT012
        assert (work.account(OTHER) if changed == "state" else work.holder_accounts(HolderId("h"))) in (None, ())
        with second.transaction({OTHER}) as their_work:
            state = replace(new_account(OTHER), holder=HolderId("h"))
            their_work.record(theirs, a_decision(theirs, state=state), "builtin-1")
        work.record(ours, a_decision(ours), "builtin-1")
    assert isinstance(told.value, ConflictError)
    assert positions(store) == [(1, OTHER)]


def test_a_decision_that_rested_on_what_stayed_as_it_was_is_written(
    store: PostgresStore, second: PostgresStore
) -> None:
    ours = an_enriched_event(an_event("ours"))
    with store.transaction({ACCOUNT}) as work:
        assert work.holder_accounts(HolderId("h")) == ()
        record(second, "theirs", "acct-2")
        state = replace(new_account(ACCOUNT), holder=HolderId("h"))
        work.record(ours, a_decision(ours, state=state), "builtin-1")
        assert work.holder_accounts(HolderId("h")) == (ACCOUNT,)
    assert positions(store) == [(1, OTHER), (2, ACCOUNT)]


# --- positions -------------------------------------------------------------------------------------------------------


def test_a_sequence_loses_rows_that_commit_out_of_order_for_whoever_reads_on_behind_the_last(own_database: str) -> None:
    """What positions must not be: the naive way, on the real thing."""
    run(own_database, "CREATE TABLE naive (position BIGSERIAL PRIMARY KEY, who TEXT)")
    seen: list[str] = []
    last = 0

    def read_on() -> None:
        nonlocal last
        for position, who in run(own_database, f"SELECT * FROM naive WHERE position > {last} ORDER BY position"):
            seen.append(str(who))
            last = int(str(position))

    with psycopg.connect(own_database) as slow:
        slow.execute("INSERT INTO naive (who) VALUES ('slow')")
        run(own_database, "INSERT INTO naive (who) VALUES ('fast')")
        read_on()
        slow.commit()
    read_on()
    assert seen == ["fast"]
    assert len(run(own_database, "SELECT * FROM naive")) == 2


def test_a_transaction_that_commits_late_gets_a_later_position(store: PostgresStore, second: PostgresStore) -> None:
    enriched = an_enriched_event()
    with store.transaction({ACCOUNT}) as slow:
        slow.record(enriched, a_decision(enriched), "builtin-1")
        record(second, "fast", "acct-2")
        seen = positions(second)
    assert seen == [(1, OTHER)]
    assert positions(second, after=1) == [(2, ACCOUNT)]


def test_whoever_has_a_position_commits_before_anybody_else_gets_one(
    database: str, store: PostgresStore, second: PostgresStore
) -> None:
    enriched = an_enriched_event()
    with ThreadPoolExecutor(1) as thread, store.transaction({ACCOUNT}) as slow:
        slow.record(enriched, a_decision(enriched), "builtin-1")
        assert slow.journal_end() == 1
        fast = thread.submit(record, second, "fast", "acct-2")
        await_lock(database)
        assert positions(second) == []
    fast.result()
    assert positions(store) == [(1, ACCOUNT), (2, OTHER)]


def test_a_transaction_that_is_undone_leaves_no_gap(store: PostgresStore) -> None:
    enriched = an_enriched_event()
    with pytest.raises(ZeroDivisionError), store.transaction({ACCOUNT}) as work:  # noqa: PT012
        work.record(enriched, a_decision(enriched), "builtin-1")
        assert work.journal_end() == 1
        raise ZeroDivisionError
    record(store, "ev-2")
    assert positions(store) == [(1, ACCOUNT)]


def test_whoever_follows_the_journal_of_many_writers_misses_nothing(
    database: str, key_file: Path, store: PostgresStore
) -> None:
    """Each process writes the same accounts, in orders of its own, and undoes now and then."""
    processes = [spawn.Process(target=record_in_any_order, args=(database, key_file, seed, 40)) for seed in range(3)]
    for process in processes:
        process.start()
    followed: list[int] = []
    is_last = False
    while not is_last:
        is_last = not any(process.is_alive() for process in processes)
        followed += [position for position, _ in positions(store, after=len(followed))]
        assert followed == list(range(1, len(followed) + 1))
    assert [process.exitcode for process in processes] == [0, 0, 0]
    with store.reading() as reader:
        assert reader.journal_length() == reader.journal_end() == len(followed) > 100
        assert list(reader.verify_journal()) == []


# --- shares ----------------------------------------------------------------------------------------------------------


def test_a_share_that_somebody_has_in_hand_is_not_given_to_another(store: PostgresStore, second: PostgresStore) -> None:
    with store.shares("timers") as ours:
        next(ours)
        with second.shares("timers") as theirs:
            assert len(list(theirs)) == SHARES - 1
        with second.shares("effects") as others:
            assert len(list(others)) == SHARES
    with second.shares("timers") as theirs:
        assert len(list(theirs)) == SHARES


def test_all_shares_together_are_all_of_the_work_and_none_of_it_twice(store: PostgresStore) -> None:
    for number in range(40):
        enriched = an_enriched_event(an_event("ev-1", account=f"acct-{number}"))
        message = a_message(f"msg-{number}", account=f"acct-{number}")
        with store.transaction() as work:
            work.record(enriched, a_decision(enriched, messages=(message,)), "builtin-1")
    found = []
    with store.shares("notices") as shares:
        for share in shares:
            with share.reading() as reader:
                found.append([queued.message.id for queued in reader.queued_messages(0, 99)])
    assert sorted(id_ for ids in found for id_ in ids) == sorted(f"msg-{number}" for number in range(40))
    assert sum(map(bool, found)) > 1


# --- backup ----------------------------------------------------------------------------------------------------------


def test_a_backup_is_restored_into_another_database(
    cluster: Cluster, database: str, key_file: Path, store: PostgresStore, tmp_path: Path
) -> None:
    for number in range(20):
        record(store, f"ev-{number}", f"acct-{number % 5}")
    backup = tmp_path / "habeas.dump"
    subprocess.run([program("pg_dump"), "--format=custom", f"--file={backup}", database], check=True)
    record(store, "after the backup")
    cluster.run("CREATE DATABASE restored")
    restored_url = cluster.socket_url("restored")
    subprocess.run([program("pg_restore"), "--exit-on-error", f"--dbname={restored_url}", backup], check=True)
    with closing(PostgresStore(restored_url, key_file)) as restored:
        with restored.reading() as reader:
            assert list(reader.verify_journal()) == []
            assert [event.id for event in reader.events(ACCOUNT)] == ["ev-1", "ev-6", "ev-11", "ev-16"]
        assert positions(restored) == positions(store)[:20]
        record(restored, "goes on")
        assert positions(restored, after=20) == [(21, ACCOUNT)]
    cluster.run("DROP DATABASE restored")
