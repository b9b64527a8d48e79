"""Every error as problem details (RFC 9457): one table says what each kind of error is to a client."""

from http import HTTPStatus
from typing import Annotated

from msgspec import Meta, Struct

from habeas.domain.decision import Outcome, Refusal
from habeas.domain.errors import (
    BadInputError,
    EventRejectedError,
    HabeasError,
    IdentityReusedError,
    JournalBrokenError,
    MissingStatementError,
    PlaybookError,
    UnknownIdError,
    UnreadableRecordError,
)
from habeas.service.batches import RefusedError
from habeas.service.library import UnavailableError

MEDIA_TYPE = "application/problem+json"


class ProblemKind(Struct, frozen=True):
    """One kind of problem. `is_told`: whether the error's own sentence is for the client; else `title` has to do."""

    status: int
    name: str
    title: str
    is_told: bool = True
    retry_after_s: int | None = None

    @property
    def type(self) -> str:
        return f"urn:habeas:problem:{self.name}"


BAD_INPUT = ProblemKind(400, "bad-input", "Something in the request cannot be used")
EVENT_REJECTED = ProblemKind(400, "event-rejected", "The event cannot be used, and nothing of it was stored")
UNAUTHENTICATED = ProblemKind(401, "unauthenticated", "The request carries no credential that is good now")
FORBIDDEN = ProblemKind(403, "forbidden", "The credential does not open this")
NOT_PERMITTED = ProblemKind(403, "not-permitted", "The role may not carry out this act")
NOT_FOUND = ProblemKind(404, "not-found", "Nothing here has this address or this id")
METHOD = ProblemKind(405, "method-not-allowed", "This address does not take this method")
IDENTITY_REUSED = ProblemKind(409, "identity-reused", "This identity or key was used for something else")
REFUSED = ProblemKind(409, "refused", "The act was refused, and the refusal is on record")
TOO_LARGE = ProblemKind(413, "too-large", "The request is larger than what is taken here")
MEDIA = ProblemKind(415, "unsupported-media-type", "The request's content type is not taken here")
TOO_MANY = ProblemKind(429, "too-many-requests", "More requests than the credential or the address may make")
FAILED = ProblemKind(500, "failed", "Something failed on our side; it is on record", is_told=False)
UNREADABLE = ProblemKind(500, "unreadable-record", "A record cannot be read; it is kept as it is", is_told=False)
UNAVAILABLE = ProblemKind(503, "unavailable", "This cannot be answered now; try again", is_told=False, retry_after_s=5)
TOO_SLOW = ProblemKind(503, "too-slow", "The answer took too long; try again", is_told=False, retry_after_s=5)

KINDS: tuple[ProblemKind, ...] = (
    BAD_INPUT,
    EVENT_REJECTED,
    UNAUTHENTICATED,
    FORBIDDEN,
    NOT_PERMITTED,
    NOT_FOUND,
    METHOD,
    IDENTITY_REUSED,
    REFUSED,
    TOO_LARGE,
    MEDIA,
    TOO_MANY,
    FAILED,
    UNREADABLE,
    UNAVAILABLE,
    TOO_SLOW,
)

OF_ERROR: dict[type[HabeasError], ProblemKind] = {
    IdentityReusedError: IDENTITY_REUSED,
    EventRejectedError: EVENT_REJECTED,
    UnknownIdError: NOT_FOUND,
    PlaybookError: FAILED,
    BadInputError: BAD_INPUT,
    MissingStatementError: FAILED,
    JournalBrokenError: FAILED,
    UnreadableRecordError: UNREADABLE,
    RefusedError: REFUSED,
    UnavailableError: UNAVAILABLE,
    # What a store raises, which this room does not know by name.
    HabeasError: UNAVAILABLE,
}
"""What an error is to a client: the row of the nearest class that it is of."""

OF_STATUS: dict[int, ProblemKind] = {
    kind.status: kind for kind in (BAD_INPUT, UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, METHOD, TOO_LARGE, MEDIA, FAILED)
}
"""What a status of the framework is to a client."""


class Problem(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What is wrong, as RFC 9457 writes it."""

    type: Annotated[str, Meta(description="Which kind of problem it is: one of the URNs in docs/http.md.")]
    title: Annotated[str, Meta(description="The kind of problem in words; always the same for one type.")]
    status: Annotated[int, Meta(description="The HTTP status, once more.", ge=400, le=599)]
    detail: Annotated[str, Meta(description="What is wrong here, where, and what to do.")] = ""
    event: Annotated[str | None, Meta(description="The id of the event that it is about.")] = None
    refusal: Annotated[Refusal | None, Meta(description="Why an act was refused.")] = None


class ProblemError(Exception):
    """What ends a request with a problem, where no error of the rooms below says it."""

    def __init__(self, kind: ProblemKind, detail: str = "", headers: dict[str, str] | None = None) -> None:
        super().__init__(detail or kind.title)
        self.kind = kind
        self.problem = Problem(type=kind.type, title=kind.title, status=kind.status, detail=detail)
        self.headers = headers or {}

    @classmethod
    def of(cls, problem: Problem) -> "ProblemError":
        """With a problem that is made already."""
        made = cls(next(kind for kind in KINDS if kind.type == problem.type), problem.detail)
        made.problem = problem
        return made


def kind_of(exc: HabeasError) -> ProblemKind:
    """The row of the table for an error."""
    return next(OF_ERROR[class_] for class_ in type(exc).__mro__ if class_ in OF_ERROR)


def problem_of(exc: HabeasError, event: str | None = None) -> Problem:
    """An error as a client is told it."""
    kind = kind_of(exc)
    detail = str(exc) if kind.is_told else ""
    return Problem(type=kind.type, title=kind.title, status=kind.status, detail=detail, event=event)


def refusal_problem(outcome: Outcome) -> Problem:
    """An act that was not carried out."""
    assert outcome.refusal is not None
    kind = NOT_PERMITTED if outcome.refusal.code == "not_permitted" else REFUSED
    return Problem(
        type=kind.type,
        title=kind.title,
        status=kind.status,
        detail=outcome.refusal.message,
        event=outcome.event,
        refusal=outcome.refusal,
    )


def reason_phrase(status: int) -> str:
    """What HTTP calls a status."""
    return HTTPStatus(status).phrase
