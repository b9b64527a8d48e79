"""`kill -9` at any instant: what was acknowledged is there, and nothing happened twice."""

import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from habeas.bench import workload
from habeas.domain.event import Event
from habeas.domain.ids import AccountId
from habeas.store.open import open_store

EVENTS = 3000
KILLS = 6


def an_ndjson_file(path: Path, events: list[Event]) -> Path:
    lines = (
        json.dumps(
            {
                "specversion": "1.0",
                "id": e.id,
                "source": e.source,
                "type": e.type,
                "subject": e.account,
                "time": e.time.isoformat(),
                "data": json.loads(e.body),
            }
        )
        for e in events
    )
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def ingest(store: str, file: Path, *, kill_after: float | None = None) -> list[dict[str, Any]]:
    """Run `habeas ingest` and return the outcomes that it acknowledged before it ended or was killed."""
    command = [sys.executable, "-m", "habeas", "ingest", str(file), "--store", store, "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        if kill_after is not None:
            time.sleep(kill_after)
            process.send_signal(signal.SIGKILL)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    if kill_after is None:
        assert process.returncode == 0, err.decode()
    # The last line may be torn: it was not acknowledged.
    return [json.loads(line) for line in out.split(b"\n")[:-1]]


def test_every_acknowledged_event_survives_a_kill_and_no_effect_is_doubled(tmp_path: Path) -> None:
    draw = random.Random(20261122)
    events = list(workload.ordinary_day(EVENTS, accounts=50, restricting=0.2))
    file = an_ndjson_file(tmp_path / "day.ndjson", events)
    store_url = f"sqlite:///{tmp_path / 'habeas.db'}"

    first_answers: dict[str, dict[str, Any]] = {}
    for _ in range(KILLS):
        for outcome in ingest(store_url, file, kill_after=draw.uniform(0.3, 1.2)):
            remembered = first_answers.setdefault(outcome["event"], outcome | {"duplicate": False})
            assert outcome | {"duplicate": False} == remembered
    final = ingest(store_url, file)

    assert [outcome["event"] for outcome in final] == [event.id for event in events]
    for outcome in final:
        if outcome["event"] in first_answers:
            assert outcome["duplicate"]
            assert outcome | {"duplicate": False} == first_answers[outcome["event"]]
    restricting = [event for event in events if event.type == "account.opened"]
    store = open_store(store_url)
    try:
        with store.reading() as reader:
            assert list(reader.verify_journal()) == []
            for event in restricting:
                assert Counter(r.kind for r in reader.restrictions(AccountId(event.account))) == {"REGION_LOCK": 1}
            recorded = sum(len(list(reader.events(account))) for account in reader.accounts())
            assert recorded == EVENTS
            messages = reader.queued_messages(after=0, limit=100_000)
            assert len({m.message.id for m in messages}) == len(messages) == len(restricting)
    finally:
        store.close()


@pytest.mark.parametrize("after", [0.0, 0.05, 0.15])
def test_a_store_killed_while_it_is_created_opens_again(tmp_path: Path, after: float) -> None:
    file = an_ndjson_file(tmp_path / "day.ndjson", list(workload.openings(5)))
    store_url = f"sqlite:///{tmp_path / 'habeas.db'}"

    ingest(store_url, file, kill_after=after)

    assert len(ingest(store_url, file)) == 5
