"""A backup that is taken while events come in is restored, verifies, and answers; of a file and of a server."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from habeas.bench import workload
from habeas.bench.cluster import Cluster, program
from habeas.domain.event import Event, make_event
from habeas.store.open import open_store
from tests.integration.processes import opened

AT = workload.START_AT


def an_opening(number: int) -> Event:
    residence = b'{"residence": "CN"}' if number % 2 else b'{"residence": "DE"}'
    return make_event(f"ev-{number}", "urn:exchange", "account.opened", f"a{number}", AT, residence)


def habeas(*words: str) -> str:
    return subprocess.run([sys.executable, "-m", "habeas", *words], capture_output=True, text=True, check=True).stdout


def doctor(*where: str) -> list[dict[str, str]]:
    command = [sys.executable, "-m", "habeas", "doctor", *where, "--json"]
    said = json.loads(subprocess.run(command, capture_output=True, check=False).stdout)
    return list(said["checks"])


def backed_up_while_writing(url: str, key_file: Path | None, back_up: Callable[[], object]) -> tuple[list[str], int]:
    """The accounts that were acknowledged before the backup began, and how many there were when it had ended."""
    acknowledged: list[str] = []
    is_over = threading.Event()
    is_busy = threading.Event()

    def write() -> None:
        with opened(url, key_file, AT) as (_, intake):
            for number in count():
                acknowledged.append(intake.decide(an_opening(number)).account)
                if number == 200:
                    is_busy.set()
                if is_over.is_set():
                    return

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert is_busy.wait(60)
        before = list(acknowledged)
        back_up()
        during = len(acknowledged)
    finally:
        is_over.set()
        writer.join()
    return before, during


def require_whole(restored: str, key_file: Path, before: list[str], during: int) -> None:
    """The restored store verifies, has what was acknowledged, answers, is judged well and goes on."""
    where = ("--store", restored, "--key-file", str(key_file))
    assert "entries verify" in habeas("journal", "verify", *where)
    assert json.loads(habeas("check", "a1", "place_order", *where, "--json"))["level"] == "DENY"
    assert json.loads(habeas("check", "a0", "place_order", *where, "--json"))["level"] == "ALLOW"
    faults = [check["what"] for check in doctor(*where) if check["finding"] == "fault"]
    assert [what for what in faults if what != "server"] == []  # Servers of tests do not wait for the disk.
    store = open_store(restored, key_file)
    with store.reading() as reader:
        known = set(reader.accounts())
    store.close()
    assert set(before) <= known
    assert len(known) <= during + 1  # One may have been durable and not acknowledged yet.
    with opened(restored, key_file, AT) as (_, intake):
        assert intake.decide(an_opening(1)).duplicate
        assert not intake.decide(an_opening(10_000_001)).duplicate


def test_a_file_is_backed_up_while_it_is_written(tmp_path: Path) -> None:
    path, backup = tmp_path / "habeas.db", tmp_path / "backup.db"
    url = f"sqlite:///{path}"
    before, during = backed_up_while_writing(url, None, lambda: habeas("store", "backup", str(backup), "--store", url))
    assert backup.stat().st_mode & 0o777 == 0o600
    restored = tmp_path / "restored" / "habeas.db"
    restored.parent.mkdir()
    shutil.copy(backup, restored)
    shutil.copy(tmp_path / "habeas.db.key", tmp_path / "restored" / "habeas.db.key")
    require_whole(f"sqlite:///{restored}", tmp_path / "unused.key", before, during)


def test_a_database_is_backed_up_while_it_is_written(cluster: Cluster, own_database: str, tmp_path: Path) -> None:
    key_file, dump = tmp_path / "habeas.key", tmp_path / "habeas.dump"

    def back_up() -> None:
        subprocess.run([program("pg_dump"), "--format=custom", f"--file={dump}", own_database], check=True)

    before, during = backed_up_while_writing(own_database, key_file, back_up)
    cluster.run("CREATE DATABASE restored_busy")
    restored = cluster.socket_url("restored_busy")
    subprocess.run([program("pg_restore"), "--exit-on-error", f"--dbname={restored}", dump], check=True)
    require_whole(restored, key_file, before, during)
    cluster.run("DROP DATABASE restored_busy WITH (FORCE)")


def test_a_backup_is_written_over_nothing_and_is_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "there.db").write_text("mine")
    url = f"sqlite:///{tmp_path / 'habeas.db'}"
    for words, says in (
        (("store", "backup", str(tmp_path / "there.db"), "--store", url), "name a new file"),
        (("store", "backup", str(tmp_path / "new.db"), "--store", "memory:"), "is no file"),
    ):
        with pytest.raises(subprocess.CalledProcessError) as failed:
            habeas(*words)
        assert says in failed.value.stderr
    assert (tmp_path / "there.db").read_text() == "mine"
    assert not (tmp_path / "new.db").exists()
