"""The feed as server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html, as far as it is used.

Only `fresh` carries an id, so that a connection that is lost in the middle of anything goes on from where all was said.
"""

from collections.abc import Iterator

import msgspec

from habeas.domain.errors import HabeasError
from habeas.gate.messages import Fresh, Message, decode, encode

MEDIA_TYPE = "text/event-stream"
CURSOR_HEADER = "Last-Event-ID"


class UnreadableFeedError(HabeasError):
    """A feed says something that is no message of ours."""

    def __init__(self, line: str) -> None:
        super().__init__(
            f"the feed says `{line[:80]}`, which is no message; check that the URL is that of a Habeas service of this version"
        )


def to_event(message: Message) -> bytes:
    """A message as one server-sent event."""
    cursor = f"id: {message.cursor}\n".encode() if isinstance(message, Fresh) else b""
    return cursor + b"data: " + encode(message) + b"\n\n"


class EventReader:
    """Reads messages from the lines of a stream, which come one after another."""

    def __init__(self) -> None:
        self._data: list[str] = []

    def line(self, line: str) -> Iterator[Message]:
        """The message that ends with this line, if one does. Raises UnreadableFeedError."""
        if not line:
            data, self._data = "\n".join(self._data), []
            if data:
                yield _read(data)
            return
        field, _, value = line.partition(":")
        if field == "data":
            self._data.append(value.removeprefix(" "))


def _read(data: str) -> Message:
    try:
        message: Message = decode(data)
    except (msgspec.ValidationError, msgspec.DecodeError):
        raise UnreadableFeedError(data) from None
    return message
