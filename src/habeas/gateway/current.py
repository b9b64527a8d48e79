"""A gate beside a store in a server whose answers are never older than the question.

Asking such a store takes a millisecond that a gate does not take, and a gate may be some milliseconds behind. So the store is
asked only how far its changes have come; one look, begun after they were asked, serves all questions that wait for it. Where
the gate has come as far it answers, and the reference answers everything else.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from anyio import to_thread
from msgspec.structs import fields

from habeas.domain.ids import AccountId
from habeas.domain.verdict import Request, Verdict
from habeas.gate.answers import Answers, is_limited_apart
from habeas.gate.replica import Replica
from habeas.gateway.following import Following
from habeas.service.feed import Feed, position_of
from habeas.service.ports import Clock, Store
from habeas.service.questions import Questions

JUST_NOW_FOR = timedelta(milliseconds=100)
"""A question about an instant that lies further back is about the past."""

_SAID = tuple(field for field in fields(Request) if field.name not in ("capability", "at"))


class CurrentGate:
    """Answers on an event loop. What it leaves to the reference is read in threads."""

    def __init__(self, store: Store, feed: Feed, questions: Questions, clock: Clock) -> None:
        self._store = store
        self._feed = feed
        self._questions = questions
        self._clock = clock
        self._replica = Replica()
        self._answers = Answers(self._replica, clock=clock)
        self._looking: asyncio.Task[int] | None = None
        self._next: asyncio.Task[int] | None = None

    @asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Follow the feed until the block ends. Until the first snapshot is whole, the reference answers."""
        following = Following(self._feed.follow, self._replica, self._clock)
        try:
            yield
        finally:
            await to_thread.run_sync(following.close)

    async def check(self, account: AccountId, request: Request) -> Verdict:
        """What the reference would answer now, by the gate where it can tell: `fresh_as_of` is then the gate's own. Raises
        BadInputError and StoreError.
        """
        # What limits one request is looked up in the store anyway, and of what has ended only the record knows.
        is_past = request.at < self._clock() - JUST_NOW_FOR
        if not is_past and not is_limited_apart(request) and await self._is_current():
            verdict = self._answers.answer(account, request.capability, request.at, _said(request))
            if verdict is not None:
                return verdict
        verdict = await to_thread.run_sync(self._questions.check, account, request)
        self._answers.learn(account, request, verdict)
        return verdict

    async def _is_current(self) -> bool:
        """Whether everything is known here that was durable when this was asked."""
        if self._replica.cursor is None or self._clock() >= self._replica.stale_at:
            return False
        last = await self._last_change()
        # Only now is the cursor read: the gate may have come on while the store was asked.
        return last == position_of(self._replica.cursor)

    async def _last_change(self) -> int:
        """The position of the last change, by a look that begins after this was called."""
        if self._next is None:
            self._next = asyncio.create_task(self._look(self._looking))
        return await asyncio.shield(self._next)

    async def _look(self, before: "asyncio.Task[int] | None") -> int:
        if before is not None:
            await asyncio.wait([before])
        self._looking, self._next = self._next, None
        return await to_thread.run_sync(self._read)

    def _read(self) -> int:
        with self._store.reading() as reader:
            return reader.last_limit_change()


def _said(request: Request) -> dict[str, Any]:
    """What a request says of itself that is not as it would be anyway."""
    said = ((field.name, getattr(request, field.name), field.default) for field in _SAID)
    return {name: value for name, value, default in said if value != default}
