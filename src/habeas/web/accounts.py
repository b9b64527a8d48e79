"""Accounts: what staff see, what the user sees, which restrictions there are, and everything that is known to its user."""

from datetime import datetime
from typing import Annotated, Any

from msgspec import Meta, Struct

from habeas.disclosure.access import SubjectFile
from habeas.disclosure.diagnosis import Diagnosis
from habeas.disclosure.statement import Statement
from habeas.domain.errors import UnknownIdError
from habeas.domain.ids import AccountId
from habeas.domain.notice import Delivery, Notice
from habeas.domain.restriction import Restriction
from habeas.service.questions import AccountView
from habeas.service.subject import subject_of
from habeas.web.backend import Backend
from habeas.web.operation import Call
from habeas.web.pages import LIMIT, After, Limit, Page, Pieces, page_of

At = Annotated[Annotated[datetime, Meta(tz=True)] | None, Meta(description="As of an instant; without it, now.")]
Locale = Annotated[
    str, Meta(pattern=r"^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8}){0,3}\Z", description="A language, such as `en`.")
]


class AsOf(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As of when."""

    at: At = None


class InWords(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As of when, in which language."""

    at: At = None
    locale: Locale = "en"


class InLanguage(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """In which language."""

    locale: Locale = "en"


class PiecesAsOf(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which piece of a list, as of when."""

    at: At = None
    after: After = None
    limit: Limit = LIMIT


class ToldNotice(Struct, frozen=True):
    """A notice, and how far it got."""

    notice: Annotated[Notice, Meta(description="What the user was told.")]
    deliveries: Annotated[tuple[Delivery, ...], Meta(description="How far it got on each channel.")]


def show(backend: Backend, call: Call) -> AccountView:
    """What staff see."""
    return _view(backend, call, call.query.at)


def statement(backend: Backend, call: Call) -> Statement:
    """What the user sees."""
    asked: InWords = call.query
    return backend.questions.statement(account_of(call), asked.at or backend.clock(), asked.locale)


def diagnosis(backend: Backend, call: Call) -> Diagnosis:
    """Which kind of limit the user has."""
    asked: InWords = call.query
    return backend.questions.diagnosis(account_of(call), asked.at or backend.clock(), asked.locale)


def restrictions(backend: Backend, call: Call) -> Page[Restriction]:
    """All that the account ever had, oldest first."""
    asked: PiecesAsOf = call.query
    found = _view(backend, call, asked.at).restrictions
    at = None if asked.at is None else asked.at.isoformat()
    path = f"/v1/accounts/{account_of(call)}/restrictions"
    return page_of(path, found, _id, Pieces(after=asked.after, limit=asked.limit), at=at)


def notices(backend: Backend, call: Call) -> Page[ToldNotice]:
    """What the user has been told, oldest first."""
    account = account_of(call)
    with backend.store.reading() as reader:
        told, deliveries = reader.notices(account), reader.deliveries(account)
    found = [ToldNotice(each, tuple(d for d in deliveries if d.notice == each.id)) for each in told]
    return page_of(f"/v1/accounts/{account}/notices", found, lambda each: each.notice.id, call.query)


def export(backend: Backend, call: Call) -> SubjectFile:
    """Everything that the person behind the account may be told about it."""
    return subject_of(backend.questions, account_of(call), backend.clock(), call.query.locale)


def account_of(call: Call) -> AccountId:
    """The account that the address names."""
    return AccountId(call.path["account"])


def _view(backend: Backend, call: Call, until: datetime | None) -> AccountView:
    view = backend.questions.account(account_of(call), until)
    if view.state is None:
        raise UnknownIdError(f"account `{view.account}` is unknown here; check the id")
    return view


def _id(each: Any) -> str:
    return str(each.id)
