"""`kill -9` in the middle of an import: the same command goes on, and what stands is as if nothing had happened."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from habeas.domain.ids import AccountId, BatchId
from habeas.domain.restriction import Restriction, Status
from habeas.service.ports import Store
from habeas.store.open import open_store

ROWS = 12_000
DEADLINE_S = 60
MAP = """
[column]
account = "id"
status = "state"
since = "since"
[status]
active = "none"
region = { kind = "REGION_LOCK", reason = "KYC_REGION" }
person = { kind = "WITHDRAW_ONLY", reason = "TOS_ABUSE", scope = "holder" }
"""


def a_file(path: Path) -> Path:
    status = ("region", "person", "active")
    lines = [f"u{(n * 7_919) % 1_000_003:07d},{status[n % 3]},2021-03-04" for n in range(ROWS)]
    path.write_text("id,state,since\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def command(url: str, *args: str) -> list[str]:
    people = ("--as", "jane:analyst", "--signed-by", "joe:counsel")
    return [sys.executable, "-m", "habeas", "import", *args, *people, "--store", url, "--json"]


def finished(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    out, err = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0, err.decode()
    said: dict[str, Any] = json.loads(out.splitlines()[-1])
    return said


def run(args: list[str]) -> dict[str, Any]:
    return finished(subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE))


def count_of(url: str, status: Status) -> int:
    store = open_store(url)
    try:
        with store.reading() as reader:
            return sum(reader.placed_counts(batch.id).get(status, 0) for batch in reader.batches())
    finally:
        store.close()


def killed_when(args: list[str], url: str, status: Status, some: int) -> int:
    """Start a command, and kill it as soon as it has written so many; returns how many there are."""
    process = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + DEADLINE_S
    try:
        while count_of(url, status) < some:
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.communicate()
    return count_of(url, status)


def life(store: Store) -> dict[AccountId, list[tuple[Any, ...]]]:
    """What stands and stood on every account, without what differs from one store to the next."""
    with store.reading() as reader:
        return {account: [_plain(r) for r in reader.restrictions(account)] for account in reader.accounts()}


def _plain(r: Restriction) -> tuple[Any, ...]:
    return r.kind, r.reason, r.scope, r.starts_at, r.ends_at, r.status, r.note, r.batch


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path / 'habeas.db'}"
    open_store(url).close()
    return url


def test_an_import_that_was_killed_goes_on_and_doubles_nothing(tmp_path: Path, url: str) -> None:
    file, map_ = a_file(tmp_path / "users.csv"), tmp_path / "map.toml"
    map_.write_text(MAP, encoding="utf-8")
    bring_in = command(url, "restrictions", str(file), "--map", str(map_))
    whole = f"sqlite:///{tmp_path / 'whole.db'}"
    undisturbed = run(command(whole, "restrictions", str(file), "--map", str(map_)))

    placed = [killed_when(bring_in, url, Status.ACTIVE, some) for some in (1, 2_000, 4_000)]
    assert placed == sorted(placed)
    assert placed[0] > 0
    assert placed[-1] < 2 * ROWS // 3
    done = run(bring_in)
    again = run(bring_in)

    assert again == done
    assert done["restrictions"] == undisturbed["restrictions"] == {"active": 2 * ROWS // 3}
    assert done["import"]["step"]["done"] == undisturbed["import"]["step"]["done"]
    assert done["import"]["id"] == undisturbed["import"]["id"]
    store, other = open_store(url), open_store(whole)
    try:
        assert life(store) == life(other)
        with store.reading() as reader:
            assert list(reader.verify_journal()) == []
            assert reader.queued_messages(0, 1) == ()
            assert all(len(list(reader.events(account))) == 1 for account in list(reader.accounts())[:500])
    finally:
        store.close()
        other.close()


def test_taking_back_that_was_killed_goes_on(tmp_path: Path, url: str) -> None:
    file, map_ = a_file(tmp_path / "users.csv"), tmp_path / "map.toml"
    map_.write_text(MAP, encoding="utf-8")
    done = run(command(url, "restrictions", str(file), "--map", str(map_)))
    undo = command(url, "undo", done["import"]["id"], "--note", "the wrong column")

    lifted = killed_when(undo, url, Status.LIFTED, 1_000)
    assert lifted < 2 * ROWS // 3
    after = run(undo)

    assert after["restrictions"] == {"lifted": 2 * ROWS // 3}
    # What was ended before the first run could write down how far it had got is not gone through again.
    assert after["import"]["undo_step"]["done"] <= 2 * ROWS // 3
    assert after["import"]["undo_step"]["finished_at"] is not None
    store = open_store(url)
    try:
        with store.reading() as reader:
            assert reader.placed_counts(BatchId(done["import"]["id"])) == {Status.LIFTED: 2 * ROWS // 3}
            assert reader.queued_messages(0, 1) == ()
    finally:
        store.close()
