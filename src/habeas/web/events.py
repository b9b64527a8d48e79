"""Facts come in: CloudEvents 1.0 over HTTP, structured (one or a batch) or binary (attributes in `ce-` headers)."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec
from anyio import to_thread
from msgspec import Raw

from habeas.domain.decision import Outcome
from habeas.domain.errors import EventRejectedError, HabeasError
from habeas.domain.event import MAX_EVENT_BYTES, Event, read_event
from habeas.domain.event_data import CryptoDeposit, Profile
from habeas.web.backend import Backend
from habeas.web.operation import JSON, Call, Reply, encode
from habeas.web.problem import MEDIA, TOO_LARGE, TOO_MANY, Problem, ProblemError, problem_of

SINGLE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
BATCH_MAX = 1_000
"""Events of one batch."""
BATCH_BYTES_MAX = 8 * 1024 * 1024

_ATTRIBUTES = ("specversion", "id", "source", "type", "subject", "time")
_LOOKED_UP_LONG = (Profile, CryptoDeposit)
"""Events of which names are screened or coins are traced before they are queued: milliseconds, and not on the event loop."""

_decode_batch = msgspec.json.Decoder(list[Raw]).decode


class BatchItem(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of one event of a batch that was not taken."""

    problem: Problem
    """Why it was not taken. The others of the batch are not touched by it."""


async def take(backend: Backend, call: Call) -> Any:
    """One event, or a batch of them; answered when what is answered is durable."""
    type_ = media_type(call.headers)
    if type_ == BATCH:
        return await _take_batch(backend, call)
    if type_ == SINGLE:
        return await _decide(backend, read_event(call.body))
    if "ce-specversion" not in call.headers:
        raise ProblemError(MEDIA, f"send {SINGLE}, {BATCH}, or {JSON} with the attributes in `ce-` headers")
    return await _decide(backend, read_event(_structured(call.headers, call.body)))


async def _take_batch(backend: Backend, call: Call) -> Reply:
    try:
        lines = _decode_batch(call.body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise EventRejectedError("the batch is no JSON array of events; nothing of it was stored") from None
    if len(lines) > BATCH_MAX:
        raise ProblemError(TOO_LARGE, f"the batch has {len(lines)} events; send at most {BATCH_MAX} at once")
    wait_s = backend.buckets.take(call.caller.id, call.caller.rate_per_s or backend.settings.rate_per_s, len(lines))
    if wait_s:
        raise ProblemError(TOO_MANY, "", {"Retry-After": str(max(1, round(wait_s)))})
    answers = await to_thread.run_sync(_submit_all, backend, lines)
    told = await asyncio.gather(*(_outcome(answer) for answer in answers))
    return Reply(content=encode(told))


def _submit_all(backend: Backend, lines: list[Raw]) -> list["asyncio.Future[Outcome] | BatchItem"]:
    return [_submit(backend, bytes(line)) for line in lines]


def _submit(backend: Backend, line: bytes) -> Any:
    try:
        return backend.intake.submit(read_event(line))
    except HabeasError as exc:
        return BatchItem(problem_of(exc, _id_of(line)))


async def _outcome(answer: Any) -> Outcome | BatchItem:
    if isinstance(answer, BatchItem):
        return answer
    try:
        outcome: Outcome = await asyncio.wrap_future(answer)
    except HabeasError as exc:
        return BatchItem(problem_of(exc))
    return outcome


async def _decide(backend: Backend, event: Event) -> Outcome:
    if isinstance(event.data, _LOOKED_UP_LONG):
        future = await to_thread.run_sync(backend.intake.submit, event)
    else:
        future = backend.intake.submit(event)
    return await asyncio.wrap_future(future)


def media_type(headers: Mapping[str, str]) -> str:
    """The content type without its parameters."""
    return headers.get("content-type", "").partition(";")[0].strip().lower()


def _structured(headers: Mapping[str, str], body: bytes) -> bytes:
    """The event of a binary request as one JSON object."""
    if media_type(headers) not in (JSON, ""):
        raise ProblemError(MEDIA, f"the data of an event is {JSON}")
    if len(body) > MAX_EVENT_BYTES:
        raise EventRejectedError(f"the event is {len(body)} bytes long; send at most {MAX_EVENT_BYTES}")
    said: dict[str, Any] = {name: _plain(headers[f"ce-{name}"]) for name in _ATTRIBUTES if f"ce-{name}" in headers}
    if body:
        try:
            msgspec.json.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise EventRejectedError("the data of the event is no JSON") from None
        said["data"] = Raw(body)
    return msgspec.json.encode(said)


def _plain(text: str) -> str:
    """A header's value: percent-encoded where it is not plain ASCII (CloudEvents, HTTP binding, 3.1.3.2)."""
    return unquote(text.strip().strip('"'))


class _Named(msgspec.Struct):
    id: str | None = None


_decode_name = msgspec.json.Decoder(_Named).decode


def _id_of(line: bytes) -> str | None:
    """Which event of a batch was meant, if that can be told."""
    try:
        return _decode_name(line).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
