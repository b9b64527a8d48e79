"""The gate for Python services: "may this account do this?", answered in this process, a microsecond each.

    with Gate.follow("https://habeas.internal", key) as gate:
        if gate.check("acct-1", "place_order").level is Level.ALLOW: ...

`AsyncGate` is the same for an event loop.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Self

from habeas.domain.errors import BadInputError, HabeasError
from habeas.domain.ids import AccountId
from habeas.domain.verdict import Request, Verdict
from habeas.gate.answers import Answers, RequestLimits, utc_now
from habeas.gate.replica import Replica
from habeas.gateway.following import AsyncFollowing, Follow, FollowAsync, Following
from habeas.gateway.remote import AsyncRemote, Remote
from habeas.playbook.policy import Playbook
from habeas.service.feed import Feed
from habeas.service.ports import Clock, Lists, Places, Store
from habeas.service.questions import Questions

READY_FOR = timedelta(seconds=30)
"""How long a new gate waits until it knows all limited accounts. One that does not know them holds all but what is harmless."""

Reference = Callable[[AccountId, Request], Verdict]
AsyncReference = Callable[[AccountId, Request], Awaitable[Verdict]]


class Gate:
    """Answers in this process, for threads. Use as a context manager, or `close` it."""

    def __init__(
        self,
        follow: Follow,
        reference: Reference,
        request_limits: RequestLimits | None = None,
        *,
        clock: Clock = utc_now,
        ready_for: timedelta = READY_FOR,
        release: Callable[[], None] | None = None,
    ) -> None:
        """A gate over any feed; `from_store` and `follow` make the usual ones. `release` is called at the end."""
        self.replica = Replica()
        self._answers = Answers(self.replica, request_limits, clock)
        self._answer = self._answers.answer
        self._reference = reference
        self._release = release
        self._following = Following(follow, self.replica, clock)
        self.replica.wait_until(None, ready_for.total_seconds())

    @classmethod
    def from_store(
        cls,
        store: Store,
        playbook: Playbook,
        places: Places,
        lists: Lists,
        *,
        feed: Feed | None = None,
        clock: Clock = utc_now,
    ) -> Self:
        """A gate beside a store that this process may read. `feed` is one that is woken after commits; without it a change
        is seen within 20 ms. The store is not closed with the gate.
        """
        questions = Questions(store, playbook, places, lists)
        feed = feed or Feed(store, playbook, clock)
        return cls(feed.follow, questions.check, questions.request_limits, clock=clock)

    @classmethod
    def follow(cls, url: str, key: str, *, ready_for: timedelta = READY_FOR) -> Self:
        """A gate that follows the feed of a Habeas service. Questions that it leaves to the reference go there too."""
        remote = Remote(url, key)
        return cls(remote.follow, remote.check, ready_for=ready_for, release=remote.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def fresh_as_of(self) -> datetime | None:
        """Everything that was durable then is known here; None before the first snapshot is whole."""
        return self.replica.fresh_as_of

    @property
    def problem(self) -> str | None:
        """Why the feed cannot be followed, in a sentence; None while it can."""
        return self._following.connection.problem

    def check(self, account: str, capability: str, at: datetime | None = None, **context: Any) -> Verdict:
        """May this account do this, now or at an instant? The context is what a request says of itself: ip, channel, stage,
        asset, amount, balance (decimals), destination, destination_known_since. Raises BadInputError.
        """
        # Naming the type costs a tenth of a check, so it is not done before it must be.
        verdict = self._answer(account, capability, at, context)  # type: ignore[arg-type]
        if verdict is not None:
            return verdict
        account_id = AccountId(account)
        request = self._answers.request(capability, at, context)
        try:
            verdict = self._reference(account_id, request)
        except BadInputError:
            raise
        except HabeasError:
            return self._answers.in_doubt(account_id, request)
        self._answers.learn(account_id, request, verdict)
        return verdict

    def wait_until(self, fresh_as_of: datetime, for_: timedelta) -> bool:
        """Wait until everything is known that was durable at an instant; says whether that came to be in time."""
        return self.replica.wait_until(fresh_as_of, for_.total_seconds())

    def close(self) -> None:
        """Follow no longer. What is asked from then on is answered until that is stale."""
        if self._release is not None:
            self._release()
        self._following.close()


class AsyncGate:
    """The same for an event loop. Use with `async with`, which waits until the gate knows all limited accounts."""

    def __init__(
        self,
        follow: FollowAsync,
        reference: AsyncReference,
        request_limits: RequestLimits | None = None,
        *,
        clock: Clock = utc_now,
        ready_for: timedelta = READY_FOR,
        release: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.replica = Replica()
        self._answers = Answers(self.replica, request_limits, clock)
        self._following = AsyncFollowing(follow, self.replica, clock)
        self._reference = reference
        self._release = release
        self._ready_for = ready_for
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def from_store(
        cls,
        store: Store,
        playbook: Playbook,
        places: Places,
        lists: Lists,
        *,
        feed: Feed | None = None,
        clock: Clock = utc_now,
    ) -> Self:
        """As `Gate.from_store`. What is left to the reference is read in a thread."""
        questions = Questions(store, playbook, places, lists)
        feed = feed or Feed(store, playbook, clock)

        async def reference(account: AccountId, request: Request) -> Verdict:
            return await asyncio.to_thread(questions.check, account, request)

        return cls(feed.follow_async, reference, questions.request_limits, clock=clock)

    @classmethod
    def follow(cls, url: str, key: str, *, ready_for: timedelta = READY_FOR) -> Self:
        """As `Gate.follow`."""
        remote = AsyncRemote(url, key)
        return cls(remote.follow, remote.check, ready_for=ready_for, release=remote.close)

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._following.run())
        await asyncio.to_thread(self.replica.wait_until, None, self._ready_for.total_seconds())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._release is not None:
            await self._release()

    @property
    def fresh_as_of(self) -> datetime | None:
        """Everything that was durable then is known here; None before the first snapshot is whole."""
        return self.replica.fresh_as_of

    @property
    def problem(self) -> str | None:
        """Why the feed cannot be followed, in a sentence; None while it can."""
        return self._following.connection.problem

    async def check(self, account: str, capability: str, at: datetime | None = None, **context: Any) -> Verdict:
        """As `Gate.check`. It awaits nothing but the reference, where that is needed."""
        account_id = AccountId(account)
        verdict = self._answers.answer(account_id, capability, at, context)
        if verdict is not None:
            return verdict
        request = self._answers.request(capability, at, context)
        try:
            verdict = await self._reference(account_id, request)
        except BadInputError:
            raise
        except HabeasError:
            return self._answers.in_doubt(account_id, request)
        self._answers.learn(account_id, request, verdict)
        return verdict

    async def wait_until(self, fresh_as_of: datetime, for_: timedelta) -> bool:
        """Wait until everything is known that was durable at an instant; says whether that came to be in time."""
        return await asyncio.to_thread(self.replica.wait_until, fresh_as_of, for_.total_seconds())
