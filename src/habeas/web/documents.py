"""Documents of users: what was asked for, what came, who looked, what people found."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from habeas.domain.decision import Outcome, Refusal
from habeas.domain.document_file import DocumentFile, MediaType
from habeas.domain.errors import UnknownIdError
from habeas.domain.event_data import AccountName, ExtendAct
from habeas.domain.ids import AccountId, DocumentFileId, DocumentRequestId
from habeas.service.files import Documents, ListedRequest, account_of_request, documents_of
from habeas.web.accounts import account_of
from habeas.web.acts import Token, Why, accepted, do
from habeas.web.backend import Backend
from habeas.web.operation import Call, Reply
from habeas.web.problem import NOT_PERMITTED, Problem, ProblemError

FILE_TYPES = (*(str(each) for each in MediaType), "application/octet-stream")
FILE_BYTES_MAX = 32 * 1024 * 1024
"""Above what any playbook takes: which sentence a user reads is the playbook's."""


class Whose(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose documents."""

    account: Annotated[AccountName, Meta(description="The account.")]


class OfKind(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which document it is."""

    kind: Annotated[Token, Meta(description="As the request names it, such as `passport`.")]


class Taken(Struct, frozen=True):
    """A file that is kept, and how the request that it is for stands now."""

    file: Annotated[DocumentFile, Meta(description="What is kept, without its content.")]
    request: Annotated[ListedRequest, Meta(description="The request that it is for.")]


class Extend(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The user gets more time, once."""

    note: Why


class Look(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why somebody looks into a file. It is on record before anything is shown."""

    note: Why


class Judgement(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person found of a document."""

    note: Why
    kind: Annotated[Token, Meta(description="Which document, such as `passport`.")]
    result: Annotated[Literal["accepted", "rejected"], Meta(description="Whether it is good.")]
    reason: Annotated[
        Annotated[str, Meta(max_length=1024)] | None, Meta(description="What was wrong. Its user reads it.")
    ] = None
    request: Annotated[
        Annotated[str, Meta(max_length=256)] | None,
        Meta(description="The request that it is for; without it, all that ask for it."),
    ] = None


def list_of(backend: Backend, call: Call) -> Documents:
    """What an account was asked for, and what it sent."""
    return documents_of(backend.store, call.query.account)


def show(backend: Backend, call: Call) -> ListedRequest:
    """One request."""
    account, request = _asked(backend, call)
    return _listed(backend, account, request)


def submit(backend: Backend, call: Call) -> Taken:
    """A file for a request: checked, kept sealed, on record."""
    account, request = _asked(backend, call)
    done = backend.files.submit(account, call.query.kind, call.body, request, backend.clock())
    accepted(done.outcome)
    return Taken(done.file, _listed(backend, account, request))


def extend(backend: Backend, call: Call) -> Outcome:
    """More time for a request."""
    account, request = _asked(backend, call)
    return do(backend, call, account, ExtendAct(actor=call.actor, note=call.body.note, request=request))


def look(backend: Backend, call: Call) -> Reply:
    """What is in a file, after it is on record who looked and why."""
    account, file = account_of(call), DocumentFileId(call.path["file"])
    outcome, content = backend.files.open(account, file, call.actor, call.body.note, backend.clock())
    accepted(outcome)
    # It is what a stranger sent: no browser is to take it for a page of ours.
    shown = {"Content-Disposition": "attachment", "Content-Security-Policy": "sandbox"}
    return Reply(content=content, media_type="application/octet-stream", headers=shown)


def judge(backend: Backend, call: Call) -> Outcome:
    """Whether a document is good."""
    body: Judgement = call.body
    outcome = backend.files.decide(
        account_of(call),
        body.kind,
        is_good=body.result == "accepted",
        reason=body.reason,
        request=None if body.request is None else DocumentRequestId(body.request),
        actor=call.actor,
        note=body.note,
        at=backend.clock(),
        id_=call.event_id,
    )
    if isinstance(outcome, Refusal):
        told = Problem(
            type=NOT_PERMITTED.type,
            title=NOT_PERMITTED.title,
            status=NOT_PERMITTED.status,
            detail=outcome.message,
            refusal=outcome,
        )
        raise ProblemError.of(told)
    return accepted(outcome)


def _asked(backend: Backend, call: Call) -> tuple[AccountId, DocumentRequestId]:
    """The account and the request that the address names. To a user's token, those of others are not there."""
    request = DocumentRequestId(call.path["request"])
    account = account_of_request(backend.store, request)
    if call.caller.account not in (None, account):
        raise UnknownIdError(
            f"there is no document request `{request}` here; `habeas document list ACCOUNT` lists an account's"
        )
    return account, request


def _listed(backend: Backend, account: AccountId, request: DocumentRequestId) -> ListedRequest:
    found = documents_of(backend.store, account).requests
    return next(each for each in found if each.id == request)
