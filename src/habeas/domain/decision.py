"""Everything that one event leads to: the new state, what changed, what must go out, and the outcome that callers see."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from habeas.domain.account import AccountState
from habeas.domain.case import Case
from habeas.domain.disposition import Disposition
from habeas.domain.document import DocumentRequest
from habeas.domain.ids import AccountId, CaseId, DocumentRequestId, EventId, RestrictionId
from habeas.domain.restriction import Restriction, Scope, Status
from habeas.domain.signal import Signal
from habeas.domain.verdict import Verdict


class ActionName(StrEnum):
    """What the exchange must do and acknowledge with `action.done`."""

    RECALL_WITHDRAWALS = "recall_withdrawals"
    CANCEL_RISK_ORDERS = "cancel_risk_orders"
    REVOKE_SESSIONS = "revoke_sessions"


class Action(Struct, frozen=True):
    """One thing for the exchange to do; `request` identifies it in the acknowledgement."""

    action: ActionName
    request: str


class Refusal(Struct, frozen=True):
    """An act that was not carried out: a code for machines, a sentence for staff."""

    code: str
    message: str


class RestrictionBrief(Struct, frozen=True, omit_defaults=True):
    """A restriction as an outcome names it."""

    id: RestrictionId
    kind: str
    reason: str
    scope: Scope
    status: Status
    ends_at: datetime | None = None
    recheck_at: datetime | None = None


def brief(restriction: Restriction) -> RestrictionBrief:
    """The short form of a restriction."""
    return RestrictionBrief(
        id=restriction.id,
        kind=restriction.kind,
        reason=restriction.reason,
        scope=restriction.scope,
        status=restriction.status,
        ends_at=restriction.ends_at,
        recheck_at=restriction.condition.recheck_at if restriction.condition else None,
    )


class Outcome(Struct, frozen=True):
    """What the sender of an event is told (interface, section 2). A duplicate gets the first answer again."""

    event: EventId
    account: AccountId
    duplicate: bool = False
    signals: tuple[Signal, ...] = ()
    placed: tuple[RestrictionBrief, ...] = ()
    extended: tuple[RestrictionBrief, ...] = ()
    lifted: tuple[RestrictionBrief, ...] = ()
    cases: tuple[CaseId, ...] = ()
    requests: tuple[DocumentRequestId, ...] = ()
    """Documents that the user was asked for."""
    disposition: Disposition | None = None
    """For a deposit: what happens to the coins."""
    actions: tuple[Action, ...] = ()
    verdict: Verdict | None = None
    refusal: Refusal | None = None
    quarantined: bool = False


class Timer(Struct, frozen=True):
    """When to look at a restriction, a case or a document request again. A later generation of it makes a timer stale."""

    about: str
    """The id of what is to be looked at."""
    generation: int
    due_at: datetime


class Topic(StrEnum):
    """What an outgoing message is about."""

    EFFECT = "effect"
    """An event for another account, recorded there by the worker."""
    RESTRICTION = "restriction"
    """A restriction began, changed or ended: for the user's notice, gateways and webhooks."""
    ACTION = "action"
    """Something the exchange must do."""
    DOCUMENTS = "documents"
    """Documents are asked for: for the user's notice."""
    PAGE = "page"
    """A person is called now."""


class Message(Struct, frozen=True):
    """One outgoing message, in the outbox until it is delivered. `id` derives from its cause, so receivers can tell
    a repeat; `body` is msgpack.
    """

    id: str
    account: AccountId
    topic: Topic
    body: bytes


class IpRefusal(Struct, frozen=True):
    """From now until then, requests from an IP address are refused."""

    ip: str
    until_at: datetime


class Decision(Struct, frozen=True):
    """All that one transaction must write. `restrictions` are those that began, changed or ended, with their reasons."""

    state: AccountState
    outcome: Outcome
    restrictions: tuple[Restriction, ...] = ()
    cases: tuple[Case, ...] = ()
    timers: tuple[Timer, ...] = ()
    messages: tuple[Message, ...] = ()
    requests: tuple[DocumentRequest, ...] = ()
    refused_ips: tuple[IpRefusal, ...] = ()
    is_purge: bool = False
    """The account's key is forgotten with this."""
