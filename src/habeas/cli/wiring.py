"""The composition root: what one run of a command works with. Adapters are imported lazily, when a command needs them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import habeas
from habeas.domain.errors import BadInputError
from habeas.domain.region import RegionPolicy
from habeas.playbook.load import read_playbook, shipped_playbook
from habeas.playbook.policy import Playbook

if TYPE_CHECKING:
    from habeas.gateway.gate import Gate
    from habeas.reference.coins.ledger import MemoryLedger
    from habeas.reference.coins.origin import LedgerCoins
    from habeas.reference.library import ListsBuilder, PlacesBuilder, TagsBuilder
    from habeas.service.feed import Feed
    from habeas.service.intake import Intake
    from habeas.service.library import Library
    from habeas.service.ports import Clock, Sender, Store
    from habeas.service.questions import Questions
    from habeas.service.tracing import Tracer
    from habeas.store.ledger import LedgerStore, StoredLedger


def now() -> datetime:
    """The current instant, in UTC."""
    return datetime.now(UTC)


def store_url(given: str | None) -> str:
    """The store to use: as given, else `HABEAS_STORE`, else a file in the user's data directory."""
    return given or os.environ.get("HABEAS_STORE") or f"sqlite:///{data_dir() / 'habeas.db'}"


_given: dict[str, Path] = {}


def use_key_file(path: Path | None) -> Path | None:
    """From now on, until it is called again, this is the key file of stores in a server."""
    _given.clear()
    if path is not None:
        _given["key_file"] = path
    return path


def key_file() -> Path | None:
    """The key file of a store in a server: as given, else `HABEAS_KEY_FILE`."""
    named = os.environ.get("HABEAS_KEY_FILE")
    return _given.get("key_file") or (Path(named) if named else None)


def data_dir() -> Path:
    """Where Habeas keeps its files for this user."""
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "habeas"


def cache_dir() -> Path:
    """Where databases of places are kept as files, to be mapped into memory. It can be deleted at any time."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "habeas"


@contextmanager
def opened_store(url: str | None) -> "Iterator[Store]":
    """The store, created and migrated on first use, closed at the end."""
    from habeas.store.open import open_store

    store = open_store(store_url(url), key_file())
    try:
        yield store
    finally:
        store.close()


@contextmanager
def opened_intake(
    store: "Store",
    clock: "Clock" = now,
    looked_up: "Library | None" = None,
    batch_max: int | None = None,
    tracer: "Tracer | None" = None,
) -> "Iterator[Intake]":
    """An intake over the store, with the playbook in use; it looks up in the store's reference sets, or in what is given."""
    from habeas.service.intake import BATCH_MAX, Intake

    looked_up = looked_up or library(store)
    traced = coins(store, looked_up)
    with Intake(store, playbook(), looked_up, looked_up, clock, traced, batch_max or BATCH_MAX, tracer) as intake:
        yield intake


@contextmanager
def opened_tracer() -> "Iterator[Tracer | None]":
    """Who is told what takes how long: the collector that the environment names, None without one. Raises BadInputError."""
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        yield None
        return
    try:
        from habeas.telemetry.otel import OtelTracer
    except ImportError:
        raise BadInputError(
            "OTEL_EXPORTER_OTLP_ENDPOINT asks for traces and OpenTelemetry is not installed; install `habeas[otel]`, or "
            "unset it"
        ) from None
    tracer = OtelTracer(habeas.__version__)
    try:
        yield tracer
    finally:
        tracer.close()


def coins(store: "Store", looked_up: "Library") -> "LedgerCoins":
    """Where deposits came from, by the store's ledger and the tags that are current."""
    from habeas.reference.coins.origin import LedgerCoins

    return LedgerCoins(ledger(store).reading, lambda: looked_up.tags().of)


def ledger(store: "Store") -> "StoredLedger | MemoryLedger":
    """The store's ledger of transfers. That of a store in memory is empty, and gone with the process."""
    from habeas.reference.coins.ledger import MemoryLedger
    from habeas.store.ledger import StoredLedger
    from habeas.store.memory import MemoryStore

    return MemoryLedger() if isinstance(store, MemoryStore) else StoredLedger(cast("LedgerStore", store))


def questions(store: "Store") -> "Questions":
    """Answers from the store, with the playbook in use and the store's reference sets."""
    from habeas.service.questions import Questions

    looked_up = library(store)
    return Questions(store, playbook(), looked_up, looked_up)


@contextmanager
def opened_gate(store: "Store", feed: "Feed | None" = None) -> "Iterator[Gate]":
    """A gate beside the store, with the playbook in use and the store's reference sets."""
    from habeas.gateway.gate import Gate

    looked_up = library(store)
    with Gate.from_store(store, playbook(), looked_up, looked_up, feed=feed) as gate:
        yield gate


def library(store: "Store") -> "Library":
    """Places, lists and tags as the store has them, or as they come with Habeas; made when they are first asked for."""
    from habeas.service.library import Library

    places, lists, tags = builders(store)
    return Library(store, places, lists, tags=tags)


def builders(store: "Store") -> "tuple[PlacesBuilder, ListsBuilder, TagsBuilder]":
    """What makes places, lists and tags from the store's reference sets."""
    from habeas.reference.library import ListsBuilder, PlacesBuilder, TagsBuilder

    areas = frozenset(area for policy in playbook().policies.values() for area in _divided(policy.regions))
    return PlacesBuilder(cache_dir(), areas, now), ListsBuilder(store.identity_key, cache_dir()), TagsBuilder()


def _divided(regions: RegionPolicy) -> Iterator[str]:
    """The countries of which parts are judged apart."""
    for territory in regions.territories:
        yield from (code[:2] for code in territory.codes)
        yield from (country for country, _ in territory.labels)
    yield from (rule.area[:2] for rule in regions.rules if rule.area[2:3] == "-")


def senders(smtp: str | None, mail_from: str | None, webhook: str | None) -> "list[Sender]":
    """The channels that are configured, by options or else by the environment; what is secret comes from there only."""
    from habeas.channels.email import EmailSender, mail_server
    from habeas.channels.webhook import WebhookSender

    found: list[Sender] = []
    server, hook = smtp or os.environ.get("HABEAS_SMTP"), webhook or os.environ.get("HABEAS_WEBHOOK")
    if server:
        sender = mail_from or os.environ.get("HABEAS_MAIL_FROM", "")
        user, password = os.environ.get("HABEAS_SMTP_USER", ""), _secret("HABEAS_SMTP_PASSWORD")
        found.append(EmailSender(mail_server(server, sender, user, password)))
    if hook:
        found.append(WebhookSender(hook, _secret("HABEAS_WEBHOOK_SECRET")))
    return found


def _secret(name: str) -> str:
    """A secret as the environment has it: itself, or in `<name>_FILE` the file that it is in. Raises BadInputError."""
    path = os.environ.get(f"{name}_FILE")
    return read_input(Path(path)).decode().strip() if path else os.environ.get(name, "")


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
