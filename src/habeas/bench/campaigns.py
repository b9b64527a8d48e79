"""A region exit: everybody limited, noticed and journaled, reminded and freed again, while other accounts' decisions go on."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event as Signal
from threading import Thread
from time import perf_counter, sleep
from typing import Any

import msgspec

from habeas.bench.timing import percentiles
from habeas.domain.actor import Actor, Role
from habeas.domain.campaign import CampaignPlan, Cause, EndingKind
from habeas.domain.event import Event, make_event
from habeas.domain.ids import BatchId
from habeas.domain.notice import Channel
from habeas.playbook.load import shipped_playbook
from habeas.reference.library import ListsBuilder
from habeas.reference.places import BuiltInPlaces
from habeas.service.batches import submit_all
from habeas.service.campaign_run import CampaignRun
from habeas.service.campaigns import Campaigns
from habeas.service.intake import Intake
from habeas.service.notices import Notices
from habeas.service.ports import Store
from habeas.store.open import open_store

ANNOUNCED_AT = datetime.fromisoformat("2026-06-16T00:00:00Z")
OTHERS = 1_000
OTHERS_PER_SECOND = 50

_PLAN = CampaignPlan(
    id="cp_bench",
    title="An exit",
    areas=("NL",),
    cause=Cause.REGULATION,
    announcement="https://www.example.com/nl",
    announced_at=ANNOUNCED_AT,
    reduce_only_at=ANNOUNCED_AT + timedelta(days=15),
    withdraw_only_at=ANNOUNCED_AT + timedelta(days=31),
)
_MANAGER = Actor("mia", Role.CAMPAIGN_MANAGER)
_SIGNERS = (Actor("cora", Role.COUNSEL), Actor("max", Role.MLRO))


def bench_campaigns(size: int) -> dict[str, Any]:
    """An exit of `size` accounts on SQLite, with 50 decisions a second about accounts elsewhere. Seconds; milliseconds for
    those decisions.
    """
    clock = _Clock()
    playbook = shipped_playbook()
    with tempfile.TemporaryDirectory(prefix="habeas-bench-") as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'bench.db'}")
        try:
            with Intake(store, playbook, BuiltInPlaces(), ListsBuilder(bytes(32))(()), clock) as intake:
                opening = _timed(lambda: sum(1 for _ in submit_all(intake, _openings(size))))
                campaigns = Campaigns(store, playbook, clock)
                notices = Notices(store, playbook, clock, (Channel.EMAIL,))
                run = CampaignRun(store, intake, notices, playbook, clock)
                id_ = BatchId(campaigns.draft(_PLAN, _MANAGER, "to measure").id)
                for signer in _SIGNERS:
                    campaigns.sign(id_, signer, "to measure")
                planning = _timed(lambda: campaigns.plan(_PLAN).looked_at)
                clock.now = ANNOUNCED_AT
                figures = {
                    "opening": opening,
                    "planning": planning,
                    "announcing": _beside(intake, clock, lambda: run.advance(id_)),
                    "inboxes": _beside(intake, clock, notices.write),
                }
                clock.now = ANNOUNCED_AT + timedelta(days=24)
                figures["reminding"] = _beside(intake, clock, lambda: run.advance(id_))
                campaigns.propose_end(id_, EndingKind.REINSTATE, _MANAGER, "to measure")
                campaigns.sign(id_, _SIGNERS[0], "to measure")
                figures["freeing"] = _beside(intake, clock, lambda: run.advance(id_))
            placed = _placed(store, id_)
        finally:
            store.close()
        written = sum(file.stat().st_size for file in Path(folder).iterdir())
    return {"accounts": size, "placed": placed, **figures, "bytes_on_disk": written}


class _Clock:
    """Stands where it is put."""

    def __init__(self) -> None:
        self.now = ANNOUNCED_AT - timedelta(days=1)

    def __call__(self) -> datetime:
        return self.now


def _timed(do: Callable[[], int]) -> dict[str, Any]:
    start = perf_counter()
    done = do()
    seconds = perf_counter() - start
    return {"done": done, "seconds": round(seconds, 2), "per_second": round(done / seconds)}


def _beside(intake: Intake, clock: _Clock, do: Callable[[], int]) -> dict[str, Any]:
    """How long something takes while others' decisions go on, and how long those take."""
    with _others(intake, clock) as durations:
        figures = _timed(do)
    return figures | {"others": len(durations), "others_ms": percentiles(durations, 1e3) if durations else None}


@contextmanager
def _others(intake: Intake, clock: _Clock) -> Iterator[list[float]]:
    """Logins of other accounts at an even rate, each waited for; the list grows by the time that each took."""
    durations: list[float] = []
    over = Signal()

    def go_on() -> None:
        start, count = perf_counter(), 0
        while not over.is_set():
            sleep(max(0.0, start + count / OTHERS_PER_SECOND - perf_counter()))
            count += 1
            sent = perf_counter()
            intake.decide(_login(f"{clock.now:%d}-{sent}", count % OTHERS, clock.now))
            durations.append(perf_counter() - sent)

    thread = Thread(target=go_on, name="others", daemon=True)
    thread.start()
    try:
        yield durations
    finally:
        over.set()
        thread.join()


def _login(id_: str, number: int, at: datetime) -> Event:
    body = {"ip": f"85.214.{number % 250}.{number % 199}", "device": f"d{number}", "mfa": "totp"}
    return make_event(id_, "urn:bench", "login.succeeded", f"other-{number}", at, msgspec.json.encode(body))


def _openings(size: int) -> Iterator[Event]:
    for number in range(size):
        body = {"entity": "main", "residence": "NL", "email": f"u{number}@mail.example"}
        yield _opening(f"u{number:08}", body)
    for number in range(OTHERS):
        yield _opening(f"other-{number}", {"entity": "main", "residence": "DE"})


def _opening(account: str, body: dict[str, str]) -> Event:
    at = ANNOUNCED_AT - timedelta(days=400)
    return make_event(f"open-{account}", "urn:bench", "account.opened", account, at, msgspec.json.encode(body))


def _placed(store: Store, campaign: BatchId) -> dict[str, int]:
    with store.reading() as reader:
        return {str(status): count for status, count in reader.placed_counts(campaign).items()}
