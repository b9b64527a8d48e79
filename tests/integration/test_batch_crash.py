"""`kill -9` in the middle of a campaign or a bulk act: it goes on from there, and the end is as if nothing had happened."""

import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from habeas.domain.batch import Member
from habeas.domain.bulk import Because, BulkKind, Selection
from habeas.domain.campaign import EndingKind
from habeas.domain.ids import AccountId
from habeas.domain.restriction import Status
from habeas.service.batches import RefusedError
from habeas.service.ports import Reader, Store
from habeas.store.open import open_store
from tests.exits import DAY, HOUR, MO, NL, SUE, Exchange, a_plan

MANY = 400
PATIENCE_S = 60.0
"""After so long without the moment to kill at, the test fails."""


def at_home(folder: Path, now: datetime) -> Exchange:
    """The exchange whose store lies in a folder, with its clock at an instant."""
    exchange = Exchange(open_store(f"sqlite:///{folder / 'habeas.db'}"))
    exchange.now = now
    return exchange


def an_exit(folder: Path, announced_at: datetime) -> Exchange:
    """An approved exit of a population, of which every second account is there, to be announced at an instant."""
    exchange = at_home(folder, announced_at - HOUR)
    exchange.open_many((f"a{n:04d}", {"residence": "DE" if n % 2 else "NL"}) for n in range(2 * MANY))
    exchange.approved(
        a_plan(
            announced_at=announced_at,
            reduce_only_at=announced_at + 25 * DAY,
            withdraw_only_at=announced_at + 31 * DAY,
            residual_at=announced_at + 60 * DAY,
        )
    )
    return exchange


def run(folder: Path, *command: str, kill_when: Callable[[Reader], bool] | None = None) -> bool:
    """Run a command on the store in a folder, and kill it as soon as something is seen in the store; whether it was killed."""
    arguments = [sys.executable, "-m", "habeas", *command, "--store", f"sqlite:///{folder / 'habeas.db'}"]
    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        if kill_when is not None:
            watcher = open_store(f"sqlite:///{folder / 'habeas.db'}")
            try:
                _wait_for(watcher, process, kill_when)
            finally:
                watcher.close()
            process.send_signal(signal.SIGKILL)
        _, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode in (0, -signal.SIGKILL), err.decode()
    return process.returncode == -signal.SIGKILL


def _wait_for(watcher: Store, process: "subprocess.Popen[bytes]", seen: Callable[[Reader], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while process.poll() is None and time.monotonic() < until:
        with watcher.reading() as reader:
            if seen(reader):
                return


def placed(status: Status, count: int) -> Callable[[Reader], bool]:
    return lambda reader: reader.placed_counts(NL).get(status, 0) >= count


def result(exchange: Exchange) -> dict[str, list[tuple[Any, ...]]]:
    """What a campaign came to on every account, times aside."""
    return {a: [(r.id, r.kind, r.status, r.ends_at) for r in exchange.placed(a)] for a in exchange.accounts()}


def test_an_announcement_that_is_killed_again_and_again_ends_as_if_it_had_not_been(tmp_path: Path) -> None:
    killed, calm, now = tmp_path / "killed", tmp_path / "calm", datetime.now(UTC)
    killed.mkdir()
    an_exit(killed, now - HOUR).close()
    shutil.copytree(killed, calm)
    control = at_home(calm, now)
    control.run.advance(NL)
    wanted = result(control)
    control.close()

    moments = [
        lambda reader: reader.member_count(NL) > 0,
        placed(Status.ACTIVE, 1),
        placed(Status.ACTIVE, MANY // 4),
        placed(Status.ACTIVE, 2 * MANY // 3),
    ]
    assert [run(killed, "campaign", "run", NL, kill_when=moment) for moment in moments] == [True] * 4
    assert not run(killed, "campaign", "run", NL)

    exchange = at_home(killed, datetime.now(UTC))
    try:
        assert result(exchange) == wanted
        assert Counter(len(found) for found in wanted.values()) == {1: MANY, 0: MANY}
        steps = exchange.campaign().steps
        assert (steps["population"].done, steps["announced"].done) == (2 * MANY, MANY)
        assert exchange.journal_faults() == []
        exchange.notices.write()
        assert Counter(tuple(exchange.topics(a)) for a in exchange.accounts()) == {
            ("restriction.began",): MANY,
            (): MANY,
        }
    finally:
        exchange.close()


def test_reminders_and_an_end_that_are_killed_reach_everybody_once(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    exchange = an_exit(tmp_path, now - 20 * DAY)
    exchange.now = now - 20 * DAY
    exchange.run.advance(NL)
    exchange.notices.write()
    there = [account for account in exchange.accounts() if exchange.placed(account)]
    exchange.close()

    def some_are_reminded(reader: Reader) -> bool:
        return len(reader.notices(there[40])) > 1

    assert run(tmp_path, "campaign", "run", NL, kill_when=some_are_reminded)
    assert not run(tmp_path, "campaign", "run", NL)
    exchange = at_home(tmp_path, now)
    assert {tuple(exchange.topics(a)) for a in there} == {("restriction.began", "exit.soon")}
    exchange.end(EndingKind.REINSTATE)
    exchange.close()

    for moment in (placed(Status.LIFTED, 1), placed(Status.LIFTED, MANY // 2)):
        assert run(tmp_path, "campaign", "run", NL, kill_when=moment)
    assert not run(tmp_path, "campaign", "run", NL)
    exchange = at_home(tmp_path, datetime.now(UTC))
    try:
        exchange.notices.write()
        assert exchange.campaigns.state(NL).placed == {Status.LIFTED: MANY}
        wanted = ("restriction.began", "exit.soon", "restriction.ended")
        assert {tuple(exchange.topics(a)) for a in there} == {wanted}
        assert exchange.journal_faults() == []
    finally:
        exchange.close()


def test_a_bulk_lift_that_is_killed_goes_on_and_lifts_each_once(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    exchange = an_exit(tmp_path, now - HOUR)
    exchange.now = now
    exchange.run.advance(NL)
    bulk = exchange.bulks.propose(
        exchange.bulks.draft(BulkKind.LIFT, Selection(batch=NL), Because.REVIEWED, SUE, "seen again")
    )
    exchange.bulks.sign(bulk.id, MO, "yes")
    exchange.close()

    assert run(tmp_path, "bulk", "run", bulk.id, kill_when=placed(Status.LIFTED, 50))
    assert not run(tmp_path, "bulk", "run", bulk.id)
    exchange = at_home(tmp_path, datetime.now(UTC))
    try:
        assert exchange.campaigns.state(NL).placed == {Status.LIFTED: MANY}
        (kept,) = exchange.bulks.all()
        assert kept.step is not None
        assert (kept.is_done, kept.step.done, kept.step.refused) == (True, MANY, 0)
        with exchange.store.reading() as reader:
            for each in reader.members(bulk.id, Member(AccountId("")), MANY):
                types = [recorded.type for recorded in reader.events(each.account)]
                assert types == ["account.opened", "habeas.campaign.met", "habeas.restriction.lift"]
        assert exchange.journal_faults() == []
    finally:
        exchange.close()


def test_a_selection_that_was_not_written_down_to_its_end_is_declined_and_never_signed(tmp_path: Path) -> None:
    exchange = at_home(tmp_path, datetime.now(UTC))
    try:
        bulk = exchange.bulks.draft(BulkKind.LIFT, Selection(batch=NL), Because.REVIEWED, SUE, "seen again")
        with exchange.store.transaction() as work:
            work.set_batch(bulk)
            work.add_members(bulk.id, [Member(AccountId("a0001"), "rs_1")])
        with pytest.raises(RefusedError, match="was not written down to its end; propose it again"):
            exchange.bulks.sign(bulk.id, MO, "yes")
        assert exchange.bulks.sign(bulk.id, MO, "no", decline=True).is_done
    finally:
        exchange.close()
