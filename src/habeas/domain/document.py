"""A document request: which documents, why, by when, and how each of them stands.

`issued -> checking -> accepted`, or `expired`, or `withdrawn` when nothing rests on it any more. A rejected document is asked
for again, with what was wrong with it.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from habeas.domain.ids import AccountId, DocumentRequestId, EventId, RestrictionId


class ItemStatus(StrEnum):
    """How one document stands."""

    AWAITED = "awaited"
    CHECKING = "checking"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    """Awaited again; the reason says what was wrong."""


class RequestStatus(StrEnum):
    """How a request stands."""

    ISSUED = "issued"
    CHECKING = "checking"
    """All that is needed has come, and the waiting is on our side."""
    ACCEPTED = "accepted"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    """What it was asked for is over."""


_OPEN = frozenset({RequestStatus.ISSUED, RequestStatus.CHECKING})


class Item(Struct, frozen=True, array_like=True):
    """One document of a request, such as `proof_of_address`."""

    kind: str
    status: ItemStatus = ItemStatus.AWAITED
    rejections: int = 0
    reason: str = ""
    """What was wrong with the last one, in the checker's words."""


class DocumentRequest(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What a user is asked for. `documents` are all needed; `optional` ones help."""

    id: DocumentRequestId
    account: AccountId
    reason: str
    documents: tuple[str, ...]
    optional: tuple[str, ...] = ()
    why: str
    cause: EventId
    issued_at: datetime
    due_at: datetime
    restriction: RestrictionId | None = None
    status: RequestStatus = RequestStatus.ISSUED
    items: tuple[Item, ...] = ()
    """Those that have moved; a document without one is awaited."""
    complete_at: datetime | None = None
    """When the last needed document came: from then on the clock is ours."""
    is_extended: bool = False
    is_reminded: bool = False
    closed_at: datetime | None = None
    generation: int = 0
    """Makes earlier timers of it stale."""

    @property
    def is_open(self) -> bool:
        return self.status in _OPEN

    @property
    def asked(self) -> tuple[str, ...]:
        """Everything that may be sent for it."""
        return self.documents + self.optional

    def item(self, kind: str) -> Item:
        """How one document stands."""
        return next((item for item in self.items if item.kind == kind), Item(kind))


def asking_for(
    requests: Iterable[DocumentRequest], kind: str, named: DocumentRequestId | str | None
) -> list[DocumentRequest]:
    """The open requests that a document is for: the one that it names, or all that ask for its kind."""
    return [r for r in requests if r.is_open and kind in r.asked and named in (None, r.id)]


def why_not_asked(
    requests: Sequence[DocumentRequest], account: AccountId, kind: str, named: DocumentRequestId | str | None
) -> tuple[str, str] | None:
    """Why a document does not fit the request that it names, as a code and in words; None if it fits, or names none."""
    if named is None or asking_for(requests, kind, named):
        return None
    request = next((r for r in requests if r.id == named), None)
    if request is None:
        return "not_asked", f"account `{account}` has no document request `{named}`"
    if not request.is_open:
        return f"request_{request.status}", f"document request `{request.id}` is {request.status}; ask for a new one"
    wanted = ", ".join(request.asked)
    return "wrong_document", f"document request `{request.id}` asks for {wanted}, not for `{kind}`"


def received(request: DocumentRequest, kind: str, at: datetime) -> DocumentRequest:
    """A document has come."""
    assert request.is_open
    assert kind in request.asked
    if request.item(kind).status is ItemStatus.ACCEPTED:
        return request
    return _settled(_with(request, replace(request.item(kind), status=ItemStatus.CHECKING)), at)


def accepted(request: DocumentRequest, kind: str, at: datetime) -> DocumentRequest:
    """A document is good. With the last one the request is."""
    assert request.is_open
    return _settled(_with(request, replace(request.item(kind), status=ItemStatus.ACCEPTED, reason="")), at)


def rejected(request: DocumentRequest, kind: str, reason: str, at: datetime) -> DocumentRequest:
    """A document is not good: it is awaited again, and the user hears why."""
    assert request.is_open
    before = request.item(kind)
    item = replace(before, status=ItemStatus.REJECTED, rejections=before.rejections + 1, reason=reason)
    return _settled(_with(request, item), at)


def extended(request: DocumentRequest, length: timedelta) -> DocumentRequest:
    """More time, once."""
    assert request.is_open
    assert not request.is_extended
    return replace(
        request,
        due_at=request.due_at + length,
        is_extended=True,
        is_reminded=False,
        generation=request.generation + 1,
    )


def closed(request: DocumentRequest, status: RequestStatus, at: datetime) -> DocumentRequest:
    """The request is over."""
    assert request.is_open
    return replace(request, status=status, closed_at=at, generation=request.generation + 1)


def why_not_extend(request: DocumentRequest) -> str | None:
    """Why there is no more time; None if there is."""
    if not request.is_open:
        return f"request `{request.id}` is {request.status}"
    if request.is_extended:
        return f"request `{request.id}` was extended already, to {request.due_at.isoformat()}; once is what there is"
    return None


def next_look(
    request: DocumentRequest, now: datetime, remind_before_for: timedelta, check_for: timedelta
) -> datetime | None:
    """When somebody must look at a request again: to remind, to end it, or because checking takes too long."""
    if not request.is_open:
        return None
    if request.complete_at is not None:
        look_at = request.complete_at + check_for
        return look_at if look_at > now else now + check_for
    remind_at = request.due_at - remind_before_for
    return request.due_at if request.is_reminded or remind_at <= now else remind_at


def _with(request: DocumentRequest, item: Item) -> DocumentRequest:
    others = tuple(other for other in request.items if other.kind != item.kind)
    return replace(request, items=(*others, item))


def _settled(request: DocumentRequest, at: datetime) -> DocumentRequest:
    """The status that follows from the items."""
    needed = [request.item(kind).status for kind in request.documents]
    if all(status is ItemStatus.ACCEPTED for status in needed):
        return closed(request, RequestStatus.ACCEPTED, at)
    if all(status in (ItemStatus.ACCEPTED, ItemStatus.CHECKING) for status in needed):
        if request.status is RequestStatus.CHECKING:
            return request
        return replace(request, status=RequestStatus.CHECKING, complete_at=at, generation=request.generation + 1)
    if request.status is RequestStatus.ISSUED:
        return request
    # The time that checking took is not the user's.
    assert request.complete_at is not None
    due_at = request.due_at + (at - request.complete_at)
    return replace(
        request, status=RequestStatus.ISSUED, due_at=due_at, complete_at=None, generation=request.generation + 1
    )
