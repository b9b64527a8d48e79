"""Bulk acts: what one would do, a proposal, the second signature of somebody else, and how far it got."""

from datetime import datetime
from itertools import islice
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from habeas.domain.batch import Member
from habeas.domain.bulk import Because, Bulk, BulkKind, Selection
from habeas.domain.event_data import AccountName
from habeas.domain.evidence import Evidence
from habeas.domain.ids import AccountId, BatchId
from habeas.service.bulk import Bulks, Foreseen, Left
from habeas.web.acts import Why
from habeas.web.backend import Backend
from habeas.web.operation import Call
from habeas.web.pages import Page, Pieces, page, page_of

RUN_AT_ONCE = 512
"""So many restrictions are gone through in one request; the worker does the rest, or the next request."""

ACCOUNTS_MAX = 10_000
BODY_BYTES_MAX = 2 * 1024 * 1024

SENT = "sent with the proposal"
"""Where the accounts come from, where a request names them."""


class Proposal(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Many restrictions to end or to prolong, for one reason that each user is told."""

    note: Why
    kind: Annotated[BulkKind, Meta(description="`lift` or `extend`.")]
    because: Annotated[Because, Meta(description="What each user is told.")]
    selection: Annotated[Selection, Meta(description="Which restrictions are meant; at least one thing must be named.")]
    accounts: Annotated[
        Annotated[tuple[AccountName, ...], Meta(min_length=1, max_length=ACCOUNTS_MAX)] | None,
        Meta(description="Only these accounts."),
    ] = None
    ends_at: Annotated[Annotated[datetime, Meta(tz=True)] | None, Meta(description="To extend: when they end.")] = None
    evidence: Annotated[Evidence | None, Meta(description="To extend: how well it is proved now.")] = None


class OnBulk(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step of one person on a bulk act."""

    note: Why


def list_all(backend: Backend, call: Call) -> Page[Bulk]:
    """All bulk acts, by id."""
    return page_of("/v1/bulk-acts", _bulks(backend).all(), lambda each: each.id, call.query)


def show(backend: Backend, call: Call) -> Bulk:
    """One bulk act."""
    return _bulks(backend).one(_id(call))


def left(backend: Backend, call: Call) -> Page[Left]:
    """What it left as it was, by account."""
    asked: Pieces = call.query
    account, _, about = (asked.after or "").partition("/")
    found = _bulks(backend).left(_id(call), Member(AccountId(account), about))
    path = f"/v1/bulk-acts/{_id(call)}/left"
    return page(path, list(islice(found, asked.limit + 1)), lambda e: f"{e.account}/{e.restriction}", asked.limit)


def plan(backend: Backend, call: Call) -> Foreseen:
    """What it would do. Changes nothing."""
    bulks = _bulks(backend)
    return bulks.foresee(_drafted(bulks, call), call.body.accounts)


def propose(backend: Backend, call: Call) -> Bulk:
    """Record it with what it selects now."""
    bulks = _bulks(backend)
    return bulks.propose(_drafted(bulks, call), call.body.accounts)


def sign(backend: Backend, call: Call) -> Bulk:
    """Sign it."""
    return _bulks(backend).sign(_id(call), call.actor, call.body.note)


def decline(backend: Backend, call: Call) -> Bulk:
    """Do not sign it."""
    return _bulks(backend).sign(_id(call), call.actor, call.body.note, decline=True)


def run(backend: Backend, call: Call) -> Bulk:
    """Go on with what was signed."""
    bulks = _bulks(backend)
    bulks.run(_id(call), limit=RUN_AT_ONCE)
    return bulks.one(_id(call))


def _drafted(bulks: Bulks, call: Call) -> Bulk:
    body: Proposal = call.body
    selection = replace(
        body.selection, country=body.selection.country.upper(), accounts=SENT if body.accounts is not None else ""
    )
    return bulks.draft(body.kind, selection, body.because, call.actor, body.note, body.ends_at, body.evidence)


def _id(call: Call) -> BatchId:
    return BatchId(call.path["bulk"])


def _bulks(backend: Backend) -> Bulks:
    return Bulks(backend.store, backend.intake, backend.clock)
