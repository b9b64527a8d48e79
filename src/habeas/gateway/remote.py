"""A Habeas service as a gateway sees it over HTTP: its change feed, and its verdicts where the gate leaves them to it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
from msgspec import Struct

from habeas.domain.capability import Level
from habeas.domain.errors import HabeasError
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.verdict import Request, Verdict
from habeas.gate.messages import Message
from habeas.gate.stream import CURSOR_HEADER, MEDIA_TYPE, EventReader

FEED = "/v1/feed"
EVALUATION = "/access/v1/evaluation"

SILENT_FOR = timedelta(seconds=10)
"""A feed that says nothing for so long is asked again on a new connection; it says something every second."""

ANSWER_FOR = timedelta(seconds=2)
"""How long a question waits for its answer."""


class UnreachableServiceError(HabeasError):
    """The service does not answer, or not with what was asked for."""

    def __init__(self, url: str, problem: str) -> None:
        super().__init__(f"no answer from `{url}`: {problem}; check the URL, the key and the service")


class _Context(Struct, frozen=True):
    level: Level
    until: datetime | None = None
    determining: tuple[RestrictionId, ...] = ()
    statement: str | None = None
    fresh_as_of: datetime | None = None


class _Evaluation(Struct, frozen=True):
    decision: bool
    context: _Context


_decode = msgspec.json.Decoder(_Evaluation).decode


class Remote:
    """The service for a gate in threads."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._client = httpx.Client(**_settings(url, key))

    def follow(self, cursor: str | None, is_over: Callable[[], bool]) -> Iterator[Message]:
        """What the feed says from a cursor on, for as long as the connection holds. Raises HabeasError."""
        reader = EventReader()
        with _translated(self._url), self._client.stream("GET", FEED, **_feed(cursor)) as response:
            response.raise_for_status()
            for line in response.iter_lines():
                yield from reader.line(line)
                if is_over():
                    return

    def check(self, account: AccountId, request: Request) -> Verdict:
        """The reference's verdict. Raises UnreachableServiceError."""
        with _translated(self._url):
            response = self._client.post(EVALUATION, json=_question(account, request))
            return _verdict(account, request, response.raise_for_status().content)

    def close(self) -> None:
        """End all connections."""
        self._client.close()


class AsyncRemote:
    """The service for a gate in an event loop."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._client = httpx.AsyncClient(**_settings(url, key))

    async def follow(self, cursor: str | None) -> AsyncIterator[Message]:
        """What the feed says from a cursor on, for as long as the connection holds. Raises HabeasError."""
        reader = EventReader()
        async with _translated_async(self._url), self._client.stream("GET", FEED, **_feed(cursor)) as response:
            response.raise_for_status()
            async for line in response.aiter_lines():
                for message in reader.line(line):
                    yield message

    async def check(self, account: AccountId, request: Request) -> Verdict:
        """The reference's verdict. Raises UnreachableServiceError."""
        async with _translated_async(self._url):
            response = await self._client.post(EVALUATION, json=_question(account, request))
            return _verdict(account, request, response.raise_for_status().content)

    async def close(self) -> None:
        """End all connections."""
        await self._client.aclose()


def _settings(url: str, key: str) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}"}
    return {"base_url": url, "headers": headers, "timeout": ANSWER_FOR.total_seconds()}


def _feed(cursor: str | None) -> dict[str, Any]:
    headers = {"Accept": MEDIA_TYPE} | ({CURSOR_HEADER: cursor} if cursor is not None else {})
    timeout = httpx.Timeout(ANSWER_FOR.total_seconds(), read=SILENT_FOR.total_seconds())
    return {"headers": headers, "timeout": timeout}


def _question(account: AccountId, request: Request) -> dict[str, Any]:
    said: dict[str, Any] = msgspec.to_builtins(request)
    context = {name: value for name, value in said.items() if name not in ("capability", "at")}
    return {
        "subject": {"type": "account", "id": account},
        "action": {"name": request.capability.value},
        "resource": {"type": "exchange", "id": "*"},
        "context": context | {"time": said["at"]},
    }


def _verdict(account: AccountId, request: Request, body: bytes) -> Verdict:
    said = _decode(body).context
    return Verdict(
        account, request.capability, said.level, said.until, said.determining, said.statement, said.fresh_as_of
    )


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """Errors of the client become ours."""
    try:
        yield
    except httpx.HTTPStatusError as exc:
        raise UnreachableServiceError(url, f"it answers {exc.response.status_code}") from None
    except (httpx.HTTPError, httpx.StreamError, msgspec.MsgspecError) as exc:
        raise UnreachableServiceError(url, str(exc) or type(exc).__name__) from None


@asynccontextmanager
async def _translated_async(url: str) -> AsyncIterator[None]:
    with _translated(url):
        yield
