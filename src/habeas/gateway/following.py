"""Keeping a replica up to date, whatever happens to the feed: tries again, a little later each time, from the last cursor."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Iterator
from threading import Event, Thread

from habeas.domain.errors import HabeasError
from habeas.gate.messages import Fresh, Message
from habeas.gate.replica import Replica
from habeas.service.ports import Clock

RETRY_FIRST_S = 0.05
RETRY_MAX_S = 5.0

Follow = Callable[[str | None, Callable[[], bool]], Iterator[Message]]
"""What a feed says from a cursor on, until something is over."""
FollowAsync = Callable[[str | None], AsyncIterator[Message]]


class _Connection:
    """How it goes with a feed. `problem` says in a sentence why it cannot be followed; None while it can."""

    def __init__(self, replica: Replica, clock: Clock) -> None:
        self.problem: str | None = None
        self._replica = replica
        self._clock = clock
        self._delay_s = RETRY_FIRST_S

    def begin(self) -> str | None:
        """A new connection; says from which cursor on."""
        self._replica.reconnect()
        return self._replica.cursor

    def take(self, message: Message) -> None:
        """The feed said something."""
        self._replica.apply(message, self._clock())
        if isinstance(message, Fresh):
            self._delay_s, self.problem = RETRY_FIRST_S, None

    def fail(self, problem: Exception) -> None:
        """It broke. What is not ours is told with its name."""
        self.problem = str(problem) if isinstance(problem, HabeasError) else f"{type(problem).__name__}: {problem}"

    def pause_s(self) -> float:
        """How long to wait before the next try: between half of a time that doubles and all of it, so that gateways that
        were cut off together do not come back together.
        """
        pause = self._delay_s * random.uniform(0.5, 1.0)  # noqa: S311 - nothing secret
        self._delay_s = min(2 * self._delay_s, RETRY_MAX_S)
        return pause


class Following:
    """A thread that follows a feed."""

    def __init__(self, follow: Follow, replica: Replica, clock: Clock) -> None:
        self.connection = _Connection(replica, clock)
        self._follow = follow
        self._over = Event()
        self._thread = Thread(target=self._run, name="habeas-gate", daemon=True)
        self._thread.start()

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop."""
        self._over.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        connection = self.connection
        while not self._over.is_set():
            try:
                for message in self._follow(connection.begin(), self._over.is_set):
                    connection.take(message)
            except Exception as exc:  # noqa: BLE001 - whatever it is, a gate that stopped to follow would not say so
                connection.fail(exc)
            self._over.wait(connection.pause_s())


class AsyncFollowing:
    """The same as a task of an event loop."""

    def __init__(self, follow: FollowAsync, replica: Replica, clock: Clock) -> None:
        self.connection = _Connection(replica, clock)
        self._follow = follow

    async def run(self) -> None:
        """Follow until the task is cancelled."""
        connection = self.connection
        while True:
            try:
                async for message in self._follow(connection.begin()):
                    connection.take(message)
            except Exception as exc:  # noqa: BLE001 - as in a thread
                connection.fail(exc)
            await asyncio.sleep(connection.pause_s())
