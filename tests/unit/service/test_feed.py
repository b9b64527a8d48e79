"""What the change feed tells, from where on, and what it never tells."""

import asyncio
import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typing_extensions import override

from habeas.domain.account import AccountState, Life
from habeas.domain.actor import Actor, Role
from habeas.domain.ids import AccountId
from habeas.domain.kind import Kind
from habeas.domain.limit import AccountLimits, limits_on
from habeas.gate.messages import Changed, Fresh, Message, Snapshot
from habeas.gate.replica import Replica
from habeas.gate.stream import to_event
from habeas.playbook.load import shipped_playbook
from habeas.service import feed as feeds
from habeas.service.feed import Feed
from habeas.service.ports import Store
from habeas.store.memory import MemoryStore
from habeas.store.sqlite import SqliteStore
from habeas.store.unit_of_work import StoredReader
from tests.builders import NOON, a_decision, a_restriction, an_enriched_event, an_event

UNKNOWN = shipped_playbook().policies[next(iter(shipped_playbook().policies))].safety.unknown_outflow


def now() -> datetime:
    return datetime.now(UTC)


def state(account: str, *kinds: Kind, **changes: Any) -> AccountState:
    held = tuple(a_restriction(f"rs_{account}_{kind}", account=account, kind=kind) for kind in kinds)
    return AccountState(account=AccountId(account), is_known=True, restrictions=held, decided_at=NOON, **changes)


def record(store: Store, after: AccountState, id_: str = "ev-1") -> None:
    enriched = an_enriched_event(an_event(id_, account=after.account))
    with store.transaction() as work:
        work.record(enriched, a_decision(enriched, state=after, restrictions=after.restrictions), "builtin-1")


def limits(after: AccountState) -> AccountLimits:
    return limits_on(after, UNKNOWN)


def told(messages: list[Message]) -> dict[str, AccountLimits]:
    return {message.account.account: message.account for message in messages if isinstance(message, Changed)}


def cursor(messages: list[Message]) -> str:
    assert isinstance(messages[-1], Fresh)
    return messages[-1].cursor


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def feed(store: MemoryStore) -> Feed:
    return Feed(store, shipped_playbook(), now)


def test_a_new_follower_is_told_of_every_account_that_is_not_free(store: MemoryStore, feed: Feed) -> None:
    kim, lea, max_ = state("kim", Kind.STEP_UP), state("lea", life=Life.RETAINED), state("max", parents=("kim",))
    for after in (kim, lea, max_, state("ann")):
        record(store, after)
    messages = list(feed.catch_up(None))
    assert isinstance(messages[0], Snapshot)
    assert told(messages) == {"kim": limits(kim), "lea": limits(lea), "max": limits(max_)}
    assert isinstance(messages[-1], Fresh)


def test_a_follower_that_comes_back_is_told_what_changed_and_no_more(store: MemoryStore, feed: Feed) -> None:
    record(store, state("kim", Kind.STEP_UP))
    record(store, state("lea", Kind.STEP_UP))
    known = cursor(list(feed.catch_up(None)))
    assert [type(message) for message in feed.catch_up(known)] == [Fresh]
    assert not feed.has_changed(known)
    record(store, state("kim"), "ev-2")
    feed.wake()
    assert feed.has_changed(known)
    messages = list(feed.catch_up(known))
    assert told(messages) == {"kim": limits(state("kim"))}
    assert not any(isinstance(message, Snapshot) for message in messages)


def test_more_changes_than_are_read_at_once_are_told_all(
    store: MemoryStore, feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "PIECE", 3)
    known = cursor(list(feed.catch_up(None)))
    for number in range(8):
        record(store, state(f"a{number}", Kind.STEP_UP))
    assert len(told(list(feed.catch_up(known)))) == 8
    assert len(told(list(feed.catch_up(None)))) == 8


@pytest.mark.parametrize("strange", ["", "x", "7", "7-", "-1-ab", "1-000000000000", "99-000000000000"])
def test_a_cursor_that_is_not_of_this_history_begins_anew(store: MemoryStore, feed: Feed, strange: str) -> None:
    record(store, state("kim", Kind.STEP_UP))
    assert isinstance(next(feed.catch_up(strange)), Snapshot)


def test_a_store_that_was_put_back_is_told_from_the_beginning(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "habeas.db")
    record(store, state("kim", Kind.STEP_UP))
    store.close()
    for file in ("habeas.db", "habeas.db.key"):
        shutil.copy(tmp_path / file, tmp_path / f"old-{file}")
    shutil.move(tmp_path / "old-habeas.db.key", tmp_path / "old.db.key")
    shutil.move(tmp_path / "old-habeas.db", tmp_path / "old.db")
    store = SqliteStore(tmp_path / "habeas.db")
    record(store, state("lea", Kind.STEP_UP))
    known = cursor(list(Feed(store, shipped_playbook(), now).catch_up(None)))
    store.close()
    restored = SqliteStore(tmp_path / "old.db")
    # As many entries as before, and other ones.
    record(restored, state("max", Kind.STEP_UP))
    messages = list(Feed(restored, shipped_playbook(), now).catch_up(known))
    restored.close()
    assert isinstance(messages[0], Snapshot)
    assert set(told(messages)) == {"kim", "max"}


class BusyStore(MemoryStore):
    """Something is committed behind every view."""

    def __init__(self) -> None:
        super().__init__()
        self.left: list[Callable[[], None]] = []

    @override
    def reading(self) -> Any:
        view = super().reading()
        entered = view.__enter__()
        view.__exit__(None, None, None)
        if self.left:
            self.left.pop(0)()

        class Old:
            def __enter__(self) -> Any:
                return entered

            def __exit__(self, *_: object) -> None: ...

        return Old()


def test_what_changes_while_a_snapshot_is_read_is_told_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "PIECE", 2)
    store = BusyStore()
    for name in "abcdef":
        record(store, state(name, Kind.STEP_UP))
    freed, placed = (lambda: record(store, state("a"), "ev-2")), (lambda: record(store, state("aa", Kind.FROZEN)))
    store.left = [lambda: None, lambda: None, freed, placed]
    replica = Replica()
    for message in Feed(store, shipped_playbook(), now).catch_up(None):
        replica.apply(message, now())
    assert not store.left
    assert replica.entry(AccountId("a")).standing.limits == ()
    assert replica.entry(AccountId("aa")).standing.limits[0].kind is Kind.FROZEN
    assert len(replica) == 6


def test_nothing_is_told_that_a_gateway_may_not_know(store: MemoryStore, feed: Feed) -> None:
    private = {
        "reason": "SCAM_OFFENDER",
        "evidence_ids": ("secret-evidence",),
        "placed_by": Actor("secret-jane", Role.ANALYST),
        "note": "secret-note",
        "facts": {"country": "secret-land"},
        "circumstances": ("secret_circumstance",),
        "because": "secret-because",
        "cause": "secret-cause",
    }
    held = a_restriction("rs_1", account="kim", kind=Kind.FROZEN, **private)
    after = state("kim", name="Secret Name", residence="SS", kyc_tier="secret-tier")
    record(store, msgspec.structs.replace(after, restrictions=(held,)))
    said = b"".join(to_event(message) for message in feed.catch_up(None)).lower()
    assert b"rs_1" in said
    assert b"frozen" in said
    assert b"secret" not in said
    assert b"scam" not in said
    changed = next(message for message in feed.catch_up(None) if isinstance(message, Changed))
    names = set(msgspec.to_builtins(changed.account)) | set(msgspec.to_builtins(changed.account.limits[0]))
    assert names == {"account", "limits", "id", "kind", "scope", "from_at", "until_at"}


def test_a_follower_is_woken_by_a_commit(store: MemoryStore, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    # Nobody polls and nothing beats in this test: without being woken it would not end.
    monkeypatch.setattr(feeds, "POLL_FOR", msgspec.convert("PT600S", type=type(feeds.POLL_FOR)))
    monkeypatch.setattr(feeds, "BEAT_FOR", msgspec.convert("PT1200S", type=type(feeds.BEAT_FOR)))
    heard: list[Message] = []
    is_there, is_over = threading.Event(), threading.Event()

    def listen() -> None:
        for message in feed.follow(None, is_over.is_set):
            heard.append(message)
            if isinstance(message, Fresh):
                is_there.set()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    assert is_there.wait(30)
    is_there.clear()
    record(store, state("kim", Kind.STEP_UP))
    feed.wake()
    assert is_there.wait(30)
    assert set(told(heard)) == {"kim"}
    is_over.set()
    feed.wake()
    thread.join(30)
    assert not thread.is_alive()


def test_an_event_loop_follows_too(store: MemoryStore, feed: Feed) -> None:
    async def listen() -> list[Message]:
        heard: list[Message] = []
        messages = feed.follow_async(None)
        async for message in messages:
            heard.append(message)
            if isinstance(message, Fresh):
                if told(heard):
                    break
                await asyncio.to_thread(record, store, state("kim", Kind.STEP_UP))
                feed.wake()
        await messages.aclose()  # type: ignore[attr-defined]
        return heard

    assert set(told(asyncio.run(listen()))) == {"kim"}


def test_followers_share_the_look_for_changes(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    look = StoredReader.last_limit_change

    def counted(reader: StoredReader) -> int:
        looks.append(1)
        return look(reader)

    monkeypatch.setattr(StoredReader, "last_limit_change", counted)
    monkeypatch.setattr(feeds, "POLL_FOR", msgspec.convert("PT600S", type=type(feeds.POLL_FOR)))
    for _ in range(5):
        assert not feed.has_changed("0-")
    assert len(looks) == 1
    feed.wake()
    assert not feed.has_changed("0-")
    assert len(looks) == 2


def test_a_follower_hears_that_nothing_changed(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds, "BEAT_FOR", feeds.POLL_FOR)

    def some() -> Iterator[Message]:
        for number, message in enumerate(feed.follow(None, lambda: False)):
            yield message
            if number == 4:
                return

    assert [type(message) for message in some()] == [Snapshot, Fresh, Fresh, Fresh, Fresh]
