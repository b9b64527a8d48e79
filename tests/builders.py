"""Domain values for tests: complete and plausible, so that a test names only what it is about."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from habeas.domain.account import AccountState
from habeas.domain.actor import Actor, Role
from habeas.domain.case import Case, Priority
from habeas.domain.decision import Decision, Message, Outcome, Timer, Topic
from habeas.domain.document import DocumentRequest
from habeas.domain.event import Event, make_event
from habeas.domain.evidence import Evidence
from habeas.domain.facts import EnrichedEvent, Facts
from habeas.domain.ids import AccountId, CaseId, DocumentRequestId, EventId, RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.notice import Notice, NoticeTopic
from habeas.domain.reason import Basis, Disclosure, LegalGround, Purpose, Reason, Tier
from habeas.domain.restriction import Restriction, Scope, Status
from habeas.service.ports import ReferenceSet

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


def an_event(
    id_: str = "ev-1",
    *,
    account: str = "acct-1",
    type_: str = "login.succeeded",
    at: datetime = NOON,
    body: bytes = b"{}",
    source: str = "urn:exchange",
) -> Event:
    """A login of `acct-1` at noon, unless told otherwise."""
    return make_event(id_, source, type_, account, at, body)


def an_enriched_event(event: Event | None = None, *, facts: Facts | None = None) -> EnrichedEvent:
    """An event about which nothing was found, received when it happened."""
    event = event or an_event()
    return EnrichedEvent(event=event, facts=facts or Facts(), seed=bytes(16), received_at=event.time)


def a_restriction(id_: str = "rs_1", **changes: Any) -> Restriction:
    """An outflow hold of `acct-1` for a day from noon, placed by a detector because of `ev-1`."""
    values: dict[str, Any] = {
        "id": RestrictionId(id_),
        "account": AccountId("acct-1"),
        "kind": Kind.OUTFLOW_HOLD,
        "reason": Reason.ACCOUNT_TAKEOVER,
        "scope": Scope.ACCOUNT,
        "purpose": Purpose.PROTECT_USER,
        "ground": LegalGround(Basis.CONTRACT, "terms-9", "contract", Tier.LOCAL),
        "evidence": Evidence.E2,
        "evidence_ids": ("ev-1",),
        "disclosure": Disclosure.FULL,
        "placed_by": Actor("takeover/1", Role.DETECTOR),
        "cause": EventId("ev-1"),
        "placed_at": NOON,
        "starts_at": NOON,
        "ends_at": NOON + 24 * HOUR,
        "playbook": "builtin-1",
        "least_restrictive_considered": ("STEP_UP",),
    }
    return Restriction(**(values | changes))


def a_case(id_: str = "cs_1", **changes: Any) -> Case:
    """A case about `acct-1` that takeover analysts should look at within an hour."""
    values: dict[str, Any] = {
        "id": CaseId(id_),
        "account": AccountId("acct-1"),
        "queue": "takeover",
        "reason": Reason.ACCOUNT_TAKEOVER,
        "priority": Priority.HIGH,
        "why": "a reset and a large withdrawal within an hour",
        "cause": EventId("ev-1"),
        "opened_at": NOON,
        "due_at": NOON + HOUR,
    }
    return Case(**(values | changes))


def a_timer(restriction: str = "rs_1", *, generation: int = 0, due_at: datetime = NOON + 24 * HOUR) -> Timer:
    """A timer at the end of `rs_1`."""
    return Timer(RestrictionId(restriction), generation, due_at)


def a_message(
    id_: str = "msg-1", *, account: str = "acct-1", topic: Topic = Topic.RESTRICTION, body: bytes = b""
) -> Message:
    """A message about a restriction of `acct-1`."""
    return Message(id_, AccountId(account), topic, body)


def a_document_request(id_: str = "dr_1", **changes: Any) -> DocumentRequest:
    """A proof of address that `acct-1` is asked for within a fortnight."""
    values: dict[str, Any] = {
        "id": DocumentRequestId(id_),
        "account": AccountId("acct-1"),
        "reason": Reason.RESTRICTED_TRAVEL,
        "documents": ("proof_of_address",),
        "why": "a login from a restricted region",
        "cause": EventId("ev-1"),
        "issued_at": NOON,
        "due_at": NOON + 14 * 24 * HOUR,
    }
    return DocumentRequest(**(values | changes))


def a_failed_login(id_: str = "ev-1", ip: str = "203.0.113.7", **changes: Any) -> EnrichedEvent:
    """A failed login of `acct-1` at noon from one address."""
    body = msgspec.json.encode({"ip": ip})
    return an_enriched_event(an_event(id_, type_="login.failed", body=body, **changes))


def a_declaration(id_: str = "ev-1", number: str = "X1", **changes: Any) -> EnrichedEvent:
    """A profile of `acct-1` at noon that declares a German passport."""
    body = msgspec.json.encode({"document": {"kind": "passport", "number": number, "country": "DE"}})
    return an_enriched_event(an_event(id_, type_="account.profile_changed", body=body, **changes))


def a_dealing(
    id_: str = "ev-1", counterparty: str = "acct-9", type_: str = "p2p.paid", **changes: Any
) -> EnrichedEvent:
    """`acct-1` pays another account at noon."""
    body = msgspec.json.encode({"counterparty": counterparty, "usd": "100"})
    return an_enriched_event(an_event(id_, type_=type_, body=body, **changes))


def a_reference_set(kind: str = "sanctions.OFAC-SDN", version: str = "2024-05-03", **changes: Any) -> ReferenceSet:
    """A sanctions list, loaded at noon."""
    values: dict[str, Any] = {
        "kind": kind,
        "version": version,
        "as_of": date(2024, 5, 3),
        "loaded_at": NOON,
        "sha256": f"digest of {kind} {version}",
        "entries": 1,
        "source": "sdn.csv",
        "by": "jane:sanctions_officer",
    }
    return ReferenceSet(**(values | changes))


def a_decision(enriched: EnrichedEvent | None = None, **changes: Any) -> Decision:
    """What an event led to: nothing, unless told otherwise. The state carries the restrictions that stand."""
    event = (enriched or an_enriched_event()).event
    standing = tuple(r for r in changes.get("restrictions", ()) if r.status in (Status.PROPOSED, Status.ACTIVE))
    values: dict[str, Any] = {
        "state": AccountState(account=event.account, decided_at=event.time, restrictions=standing),
        "outcome": Outcome(event=event.id, account=event.account),
    }
    return Decision(**(values | changes))


def a_notice(id_: str = "ms_1", **changes: Any) -> Notice:
    """What `kim` is told at noon of a limit that began."""
    values: dict[str, Any] = {
        "id": id_,
        "account": AccountId("kim"),
        "topic": NoticeTopic.BEGAN,
        "about": "rs_1",
        "made_at": NOON,
        "locale": "en",
        "subject": "There is a limit on your account",
        "title": "We may not offer all services where you live",
        "what_happened": "We have put a limit on your account.",
        "what_to_do": ("Send us a proof of your address.",),
        "by_when": "There is no deadline for you.",
        "what_next": "We check what you send.",
        "when": "It ends on 24 November 2026, 14:00 UTC.",
        "challenge": "You can appeal.",
        "reference": "3F9A-22C1-08DE",
        "contact": "You can reach support.",
        "never_ask": "We will never ask for your password.",
    }
    return Notice(**(values | changes))
