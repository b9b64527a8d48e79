"""What other processes do to a store while a test looks on. Started by `multiprocessing`, so importable by name."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from habeas.domain.event import Event
from habeas.playbook.load import shipped_playbook
from habeas.reference.library import ListsBuilder
from habeas.reference.places import BuiltInPlaces
from habeas.service.intake import Intake
from habeas.service.notices import Notices
from habeas.service.outbox import deliver_effects
from habeas.service.ports import Store
from habeas.service.timers import fire_due_timers
from habeas.store.open import open_store


@contextmanager
def opened(url: str, key_file: Path | None, at: datetime) -> Iterator[tuple[Store, Intake]]:
    """A store and an intake, as each process has its own."""
    with closing(open_store(url, key_file)) as store:
        lists = ListsBuilder(bytes(32))(())
        with Intake(store, shipped_playbook(), BuiltInPlaces(), lists, lambda: at) as intake:
            yield store, intake


def decide_all(url: str, key_file: Path | None, events: Sequence[Event]) -> None:
    """Submit events and wait for all answers."""
    with opened(url, key_file, max(event.time for event in events)) as (_, intake):
        for future in [intake.submit(event) for event in events]:
            future.result()


def work_until_done(url: str, key_file: Path | None, at: datetime, restricted: int = 0) -> None:
    """Be a worker at an instant until nothing waits, and so many accounts were restricted."""
    with opened(url, key_file, at) as (store, intake):
        notices = Notices(store, shipped_playbook(), lambda: at)
        while True:
            fire_due_timers(store, intake, lambda: at)
            deliver_effects(store, intake)
            notices.write()
            with store.reading() as reader:
                is_idle = not reader.due_timers(at, 1) and not reader.queued_messages(0, 1)
                count = sum(bool(reader.restrictions(account)) for account in reader.accounts())
            if is_idle and count >= restricted:
                return
