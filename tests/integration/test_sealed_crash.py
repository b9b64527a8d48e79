"""The two-step commit of the sealed desk: a real process is killed at every step, and everything happens once (model 5.5)."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from habeas.domain.ids import AccountId
from habeas.sealed.order import Order, State, TargetStatus
from habeas.sealed.store import SealedStore
from habeas.store.open import open_store
from tests.desks import ORDERED, a_letter, an_office
from tests.dying_desk import STEPS

ACCOUNTS = ("alice", "bob")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    stores = ["--store", f"sqlite:///{folder / 'habeas.db'}", "--sealed-store", f"sqlite:///{folder / 'sealed.db'}"]
    command = [sys.executable, "-m", "habeas", *arguments, *stores]
    return subprocess.run(command, capture_output=True, timeout=60, check=True)


@pytest.mark.parametrize("gag", [{}, ORDERED], ids=["told", "gagged"])
@pytest.mark.parametrize("step", STEPS)
def test_a_killed_desk_does_everything_once(step: str, gag: dict[str, object], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'habeas.db'}"
    public = open_store(url)
    with an_office(tmp_path, public=public) as office:
        order = office.scoped(a_letter("freeze", *ACCOUNTS, gag=gag))
    public.close()

    died = subprocess.run([sys.executable, "-m", "tests.dying_desk", step, str(tmp_path), order.id], check=False)
    assert died.returncode == -9

    public, sealed = open_store(url), SealedStore(tmp_path / "sealed.db")
    with sealed.reading() as reader:
        was_recorded = reader.get(Order, order.id).state is not State.SCOPED
    assert was_recorded == (STEPS[step][1] not in ("keep", "put"))
    public.close()
    sealed.close()

    if not was_recorded:
        run(tmp_path, "order", "execute", order.id, "--as", "lena:le_desk")
    run(tmp_path, "worker", "--once")
    assert json.loads(run(tmp_path, "order", "sweep", "--json").stdout) == {"done": 0}

    public, sealed = open_store(url), SealedStore(tmp_path / "sealed.db")
    try:
        with sealed.reading() as reader:
            after = reader.get(Order, order.id)
            assert list(reader.verify()) == []
        assert (after.state, {t.status for t in after.targets}) == (State.EXECUTED, {TargetStatus.HELD})
        with public.reading() as readable:
            assert list(readable.verify_journal()) == []
            for account in ACCOUNTS:
                placed = readable.restrictions(AccountId(account))
                assert Counter(r.status for r in placed) == {"active": 1}
                assert [r.id for r in placed] == [t.restriction for t in after.targets if t.account == account]
    finally:
        public.close()
        sealed.close()


def test_a_command_whose_answer_was_lost_is_answered_as_the_first_time(tmp_path: Path) -> None:
    public = open_store(f"sqlite:///{tmp_path / 'habeas.db'}")
    with an_office(tmp_path, public=public) as office:
        order = office.executed(a_letter())
        with office.sealed.transaction() as work:
            work._run("UPDATE command SET applied_at = NULL")  # the crash between answer and mark
        before = office.order(order.id)
        assert office.submission.run() == 1
        assert office.order(order.id).targets == before.targets
        assert len(office.restrictions()) == 1
    public.close()
