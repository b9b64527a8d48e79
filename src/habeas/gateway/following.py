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


class Following:
    """A thread that follows a feed."""

    def __init__(self, follow: Follow, replica: Replica, clock: Clock) -> None:
        self.problem: str | None = None
        """Why the feed cannot be followed, in a sentence; None while it can."""
        self._follow = follow
        self._replica = replica
        self._clock = clock
        self._over = Event()
        self._thread = Thread(target=self._run, name="habeas-gate", daemon=True)
        self._thread.start()

    def close(self, timeout_s: float = 5.0) -> None:
        """Stop."""
        self._over.set()
        self._thread.join(timeout_s)

    def _run(self) -> None:
        delay_s = RETRY_FIRST_S
        while not self._over.is_set():
            try:
                for message in self._follow(self._replica.cursor, self._over.is_set):
                    self._replica.apply(message, self._clock())
                    if isinstance(message, Fresh):
                        delay_s, self.problem = RETRY_FIRST_S, None
            except HabeasError as exc:
                self.problem = str(exc)
            self._over.wait(_spread(delay_s))
            delay_s = min(2 * delay_s, RETRY_MAX_S)


async def follow_for_ever(follow: FollowAsync, replica: Replica, clock: Clock) -> None:
    """The same as a task of an event loop; ends when it is cancelled."""
    delay_s = RETRY_FIRST_S
    while True:
        try:
            async for message in follow(replica.cursor):
                replica.apply(message, clock())
                if isinstance(message, Fresh):
                    delay_s = RETRY_FIRST_S
        except HabeasError:
            pass  # The replica grows stale, which says it to everybody who asks.
        await asyncio.sleep(_spread(delay_s))
        delay_s = min(2 * delay_s, RETRY_MAX_S)


def _spread(delay_s: float) -> float:
    """Between half of it and all of it, so that gateways that were cut off together do not come back together."""
    return delay_s * random.uniform(0.5, 1.0)  # noqa: S311 - nothing secret
