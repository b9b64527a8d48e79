"""The change feed as server-sent events: everything to begin with, then each change, and a beat every second (docs/gate.md)."""

import time
from collections.abc import AsyncIterator

from habeas.gate.messages import Fresh
from habeas.gate.stream import CURSOR_HEADER, MEDIA_TYPE, to_event
from habeas.web.backend import Backend
from habeas.web.operation import Call, Reply


async def follow(backend: Backend, call: Call) -> Reply:
    """What there is to tell from the cursor in `Last-Event-ID` on; from the beginning where there is none."""
    return Reply(stream=_events(backend, call.headers.get(CURSOR_HEADER.lower())), media_type=MEDIA_TYPE)


async def _events(backend: Backend, cursor: str | None) -> AsyncIterator[bytes]:
    # A stream ends now and then, so that nobody follows for longer than that with a key that was revoked. Whoever
    # follows comes back with a cursor, and misses nothing.
    ends_at = time.monotonic() + backend.settings.feed_for_s
    with backend.metrics.followers.track_inprogress():
        async for message in backend.feed.follow_async(cursor):
            yield to_event(message)
            if isinstance(message, Fresh) and time.monotonic() >= ends_at:
                return
