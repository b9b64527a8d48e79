"""The composition root: what one run of a command works with. Adapters are imported lazily, when a command needs them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from habeas.domain.errors import BadInputError
from habeas.playbook.load import read_playbook, shipped_playbook
from habeas.playbook.policy import Playbook

if TYPE_CHECKING:
    from habeas.service.intake import Intake
    from habeas.service.ports import Clock, Places, Store

_builtin_places: "Places | None" = None


def now() -> datetime:
    """The current instant, in UTC."""
    return datetime.now(UTC)


def store_url(given: str | None) -> str:
    """The store to use: as given, else `HABEAS_STORE`, else a file in the user's data directory."""
    return given or os.environ.get("HABEAS_STORE") or f"sqlite:///{data_dir() / 'habeas.db'}"


def data_dir() -> Path:
    """Where Habeas keeps its files for this user."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "habeas"


@contextmanager
def opened_store(url: str | None) -> "Iterator[Store]":
    """The store, created and migrated on first use, closed at the end."""
    from habeas.store.open import open_store

    store = open_store(store_url(url))
    try:
        yield store
    finally:
        store.close()


@contextmanager
def opened_intake(store: "Store", clock: "Clock" = now) -> "Iterator[Intake]":
    """An intake over the store, with the playbook in use and the built-in places."""
    from habeas.service.intake import Intake

    with Intake(store, playbook(), places(), clock) as intake:
        yield intake


def playbook() -> Playbook:
    """The playbook in use: the file that `HABEAS_PLAYBOOK` names, else the shipped one."""
    path = os.environ.get("HABEAS_PLAYBOOK")
    return playbook_file(Path(path)) if path else shipped_playbook()


def playbook_file(path: Path) -> Playbook:
    """The playbook in a file. Raises BadInputError if it cannot be opened, PlaybookError if it cannot be used."""
    return read_playbook(read_input(path), str(path))


def read_input(path: Path) -> bytes:
    """The bytes of an input file. Raises BadInputError in one sentence if it cannot be opened."""
    try:
        return path.read_bytes()
    except OSError as exc:
        raise BadInputError(f"cannot read `{path}`: {exc.strerror}; check the path and its permissions") from None


def places() -> "Places":
    """Where IP addresses are, by the built-in country database (loaded once)."""
    global _builtin_places  # noqa: PLW0603 - 30 ms to load, wanted once in a process
    if _builtin_places is None:
        from habeas.reference.places import BuiltInPlaces

        _builtin_places = BuiltInPlaces()
    return _builtin_places
