"""What whoever traces the service is told: how long things took, and nothing of whom they are about.

Traces are read by people who must not learn what is sealed, and by other companies' tools. So a span has one of four names
and attributes of a closed set, none of which can hold an account, a kind, a reason or anything that somebody sent.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol


class SpanName(StrEnum):
    """What took time."""

    REQUEST = "habeas.request"
    """A request over HTTP was answered."""
    DECISION = "habeas.decision"
    """An event was decided, in a transaction that is not durable yet."""
    COMMIT = "habeas.commit"
    """Events were decided in one transaction, which was made durable."""
    PART = "habeas.worker.part"
    """A part of a worker's round was done."""


class Attribute(StrEnum):
    """What may be said of it. The first four are named by OpenTelemetry's semantic conventions."""

    METHOD = "http.request.method"
    ROUTE = "http.route"
    """As the description has it, such as `/v1/accounts/{account}`; never the address that was asked for."""
    STATUS = "http.response.status_code"
    ERROR = "error.type"
    """The name of an exception; never its message."""
    ANSWER = "habeas.answer"
    """An `Answered`."""
    EVENTS = "habeas.events"
    """How many events shared a transaction."""
    PART = "habeas.worker.part"
    DONE = "habeas.worker.done"
    """How many things a part did."""


class Answered(StrEnum):
    """What became of an event, as far as a trace tells."""

    DECIDED = "decided"
    DUPLICATE = "duplicate"
    REFUSED = "refused"


class Span(Protocol):
    """Something that takes time, until its block ends."""

    def tell(self, attribute: Attribute, value: str | int) -> None:
        """Say something of it."""


class Tracer(Protocol):
    """Whoever is told. An exception that leaves a span's block is told by its type."""

    def span(
        self, name: SpanName, attributes: Mapping[Attribute, str | int], within: object | None = None
    ) -> AbstractContextManager[Span]:
        """A span for the length of the block: within what `here` or `from_caller` gave, else within the one around it."""

    def here(self) -> object:
        """Where this thread or task is, for spans of other threads."""

    def from_caller(self, traceparent: str | None) -> object | None:
        """Where a caller is by its `traceparent` (W3C Trace Context); None where it does not say."""
