"""The change feed: what gateways may know of limited accounts, all of it to begin with and then each change.

A cursor is the position of the last change that was told, with the beginning of that journal entry's hash. Positions are given
in the order of commits, so nothing can come later below one; and a store that was put back to an older day, or another store,
is known by the hash, and told from the beginning.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from hashlib import sha256
from threading import Event, Lock

from habeas.domain.account import new_account
from habeas.domain.ids import AccountId
from habeas.domain.limit import AccountLimits, limits_on
from habeas.gate.messages import Changed, Fresh, Message, Snapshot
from habeas.playbook.policy import DEFAULT_ENTITY, Playbook
from habeas.service.ports import FIRST, Clock, Reader, Store

PIECE = 500
"""How many accounts are read in one view of the store."""

POLL_FOR = timedelta(milliseconds=20)
"""How often a store is asked whether another process changed anything. That costs microseconds."""

BEAT_FOR = timedelta(seconds=1)
"""How often a follower is told that nothing changed."""

_MARK = 12
"""How much of a hash a cursor carries, in hexadecimal digits."""


class Feed:
    """Reads changes from one store for any number of followers."""

    def __init__(self, store: Store, playbook: Playbook, clock: Clock) -> None:
        self._store = store
        self._playbook = playbook
        self._clock = clock
        self._waiting: set[Callable[[], None]] = set()
        self._lock = Lock()
        self._woken_times = 0
        self._last = 0
        self._looked_at: datetime | None = None

    def wake(self) -> None:
        """Something was committed in this process. May be called from any thread; takes microseconds."""
        with self._lock:
            self._looked_at = None
            self._woken_times += 1
            for wake in self._waiting:
                wake()

    def catch_up(self, cursor: str | None) -> Iterator[Message]:
        """Everything that a follower at a cursor has not been told, up to now. The last message is `fresh`."""
        position = self._position(cursor)
        if position is None:
            yield Snapshot()
            with self._store.reading() as reader:
                position = reader.last_limit_change()
            # What changes while the snapshot is read has a higher position, and is told again behind it, as it is then.
            yield from self._snapshot(position)
        while True:
            at = self._clock()
            with self._store.reading() as reader:
                changes = reader.limit_changes(position, PIECE)
                told = [Changed(change.position, self._limits(reader, change.account)) for change in changes]
                position = changes[-1].position if changes else position
                cursor = _cursor(reader, position)
            yield from told
            if len(changes) < PIECE:
                safety = self._playbook.policies[DEFAULT_ENTITY].safety
                yield Fresh(cursor, at, safety.stale_for, safety.unknown_outflow)
                return

    def has_changed(self, cursor: str) -> bool:
        """Whether there is anything to tell a follower at a cursor of this feed, by a look that all followers share."""
        known = self._recently(cursor)
        if known is not None:
            return known
        now, woken = self._clock(), self._woken_times
        with self._store.reading() as reader:
            last = reader.last_limit_change()
        with self._lock:
            if woken == self._woken_times:  # Else something was committed meanwhile that this look may not have seen.
                self._last, self._looked_at = last, now
        return last != _split(cursor)[0]

    def _recently(self, cursor: str) -> bool | None:
        """The same by the last look; None where that was too long ago, or before the last commit here."""
        with self._lock:
            if self._looked_at is None or self._clock() - self._looked_at >= POLL_FOR:
                return None
            return self._last != _split(cursor)[0]

    def follow(self, cursor: str | None, is_over: Callable[[], bool]) -> Iterator[Message]:
        """Everything there is to tell, and then whatever comes; blocks meanwhile. Ends soon after `is_over` says so."""
        news = Event()
        with self._woken(news.set):
            while not is_over():
                for message in self.catch_up(cursor):
                    yield message
                    cursor = message.cursor if isinstance(message, Fresh) else cursor
                beat_at = self._clock() + BEAT_FOR
                while cursor is not None and not is_over() and self._clock() < beat_at and not self.has_changed(cursor):
                    news.wait(POLL_FOR.total_seconds())
                    news.clear()

    async def follow_async(self, cursor: str | None) -> AsyncIterator[Message]:
        """The same for an event loop; the store is read in threads. Ends when it is closed."""
        news, loop = asyncio.Event(), asyncio.get_running_loop()

        def wake() -> None:
            with suppress(RuntimeError):  # The loop was closed a moment ago.
                loop.call_soon_threadsafe(news.set)

        with self._woken(wake):
            while True:
                told = self.catch_up(cursor)
                while piece := await asyncio.to_thread(_piece, told):
                    for message in piece:
                        yield message
                        cursor = message.cursor if isinstance(message, Fresh) else cursor
                assert cursor is not None
                beat_at = self._clock() + BEAT_FOR
                while self._clock() < beat_at:
                    known = self._recently(cursor)
                    if await asyncio.to_thread(self.has_changed, cursor) if known is None else known:
                        break
                    try:
                        await asyncio.wait_for(news.wait(), POLL_FOR.total_seconds())
                    except TimeoutError:
                        continue
                    news.clear()

    def _snapshot(self, position: int) -> Iterator[Message]:
        after = FIRST
        while True:
            with self._store.reading() as reader:
                accounts = reader.limited_accounts(after, PIECE)
                told = [self._limits(reader, account) for account in accounts]
            yield from (Changed(position, limits) for limits in told if not limits.is_free)
            if len(accounts) < PIECE:
                return
            after = accounts[-1]

    def _limits(self, reader: Reader, account: AccountId) -> AccountLimits:
        state = reader.account(account) or new_account(account)
        return limits_on(state, self._playbook.policy(state.entity).safety.unknown_outflow)

    def _position(self, cursor: str | None) -> int | None:
        """The position of a cursor of this store; None where it is none, or that of another history."""
        if cursor is None:
            return None
        try:
            position, mark = _split(cursor)
        except ValueError:
            return None
        if position and not mark:
            return None
        with self._store.reading() as reader:
            return position if _cursor(reader, position) == cursor else None

    @contextmanager
    def _woken(self, wake: Callable[[], None]) -> Iterator[None]:
        with self._lock:
            self._waiting.add(wake)
        try:
            yield
        finally:
            with self._lock:
                self._waiting.discard(wake)


def position_of(cursor: str) -> int:
    """How far somebody at a cursor has been told."""
    return _split(cursor)[0]


def _piece(messages: Iterator[Message]) -> list[Message]:
    """The next messages, at most `PIECE`."""
    return [message for _, message in zip(range(PIECE), messages, strict=False)]


def _split(cursor: str) -> tuple[int, str]:
    """Raises ValueError for what is no cursor."""
    position, _, mark = cursor.partition("-")
    return int(position), mark


def _cursor(reader: Reader, position: int) -> str:
    entry = next(reader.journal_entries(position - 1, position), None) if position else None
    return f"{position}-{sha256(entry.stored).hexdigest()[:_MARK] if entry is not None else ''}"
