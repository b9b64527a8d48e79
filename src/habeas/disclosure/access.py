"""What a person is told who asks for everything that is kept about an account (GDPR Article 15).

One table says of every field of every record whether it is told; what is not in the table is not told. The form is the same
for every account, and nothing is said of what one account's file leaves out: that would tell it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from habeas.disclosure.entry import Entry
from habeas.disclosure.statement import Statement
from habeas.disclosure.view import as_public
from habeas.domain import event_data as data
from habeas.domain.account import AccountState
from habeas.domain.case import Case
from habeas.domain.decision import Outcome
from habeas.domain.document import DocumentRequest, Item
from habeas.domain.document_file import DocumentFile
from habeas.domain.event import EVENT_TYPES
from habeas.domain.facts import Facts
from habeas.domain.ids import AccountId, EventId, RestrictionId
from habeas.domain.notice import reference
from habeas.domain.place import Place
from habeas.domain.restriction import Restriction, Status
from habeas.domain.verdict import Verdict
from habeas.playbook.policy import Policy


class Telling(StrEnum):
    """What becomes of a field."""

    TOLD = "told"
    IN_WORDS = "told in words"
    """By the statement, at the restriction's disclosure class."""
    ELSEWHERE = "told in its own place"
    """In another section, or by the records that it was made from."""
    STAFF = "the staff's own work"
    DETECTION = "how misuse is found"
    OTHERS = "about other people"
    TECHNICAL = "no personal data"


_T, _W, _E = Telling.TOLD, Telling.IN_WORDS, Telling.ELSEWHERE
_S, _D, _O, _X = Telling.STAFF, Telling.DETECTION, Telling.OTHERS, Telling.TECHNICAL


def _of(told: str = "", *, but: dict[Telling, str] | None = None) -> dict[str, Telling]:
    return dict.fromkeys(told.split(), _T) | {
        name: telling for telling, names in (but or {}).items() for name in names.split()
    }


TOLD: dict[type[Struct], dict[str, Telling]] = {
    AccountState: _of(
        "account entity holder parents life life_since name birth_date residence nationalities document_country kyc_tier "
        "contact traveller_until proved_at",
        but={
            _E: "anchors devices sessions destinations mfa_changed_at restrictions cases requests proofs",
            _S: "exemptions offender_since permits actions",
            _D: "steps automated cleared logins tallies findings warned largest_outflow_usd swept_at",
            _O: "reports reports_upheld reports_rejected payers",
            _X: "version is_known watched_since decided_at unreadable",
        },
    ),
    Restriction: _of(
        "id starts_at ends_at ended_at status held",
        but={
            _W: "kind reason scope purpose ground condition at_end cool_off_for facts because",
            _E: "account origin_account origin",
            _S: "placed_by placed_at least_restrictive_considered approved_by note ended_by end_note",
            _D: "evidence evidence_ids cause circumstances",
            _X: "disclosure playbook batch generation",
        },
    ),
    Case: _of(
        "id opened_at due_at status stage waiting_since decided_at restrictions",
        but={
            _E: "account appeal",
            _S: "queue reason priority why opinions outcome assignee remarks external_ref is_hardship tasks done",
            _D: "cause match about",
            _X: "reminders is_warned is_late counted_from generation",
        },
    ),
    DocumentRequest: _of(
        "id documents optional issued_at due_at status restriction items complete_at is_extended closed_at",
        but={_W: "reason", _E: "account", _S: "why", _D: "cause", _X: "is_reminded generation"},
    ),
    DocumentFile: _of("id kind request received_at media_type size sha256", but={_E: "account"}),
    Item: _of("kind status reason", but={_S: "rejections"}),
    Facts: _of(
        but={
            _E: "place agent restriction case cases requests mains holder siblings holder_restrictions is_own_counterparty "
            "campaigns",
            _O: "ip_activity dealt_with reporter other_party earlier",
            _D: "wallets documents exposure names traits",
            _X: "unavailable",
        }
    ),
    Place: _of("area region region_code latitude longitude radius_km prefix asn tags sources disagrees_with"),
    Outcome: _of(
        "disposition",
        but={
            _E: "event account placed extended lifted requests verdict",
            _S: "cases refusal",
            _D: "signals",
            _X: "duplicate actions quarantined",
        },
    ),
    Verdict: _of("capability level until", but={_E: "account determining", _X: "statement fresh_as_of"}),
    data.Profile: _of("entity holder name birth_date residence nationalities document parent email phone locale"),
    data.Empty: {},
    data.KycDecision: _of("tier result missing"),
    data.DocumentFact: _of("kind request result", but={_S: "reason"}),
    data.Login: _of("ip device user_agent mfa session"),
    data.SessionSeen: _of("session device ip"),
    data.CredentialChanged: _of("what ip device withdraw_right enabled"),
    data.CredentialLeaked: _of(but={_D: "origin"}),
    data.SimChange: _of("at source none_within_days unavailable"),
    data.AddressAdded: _of("chain address"),
    data.Withdrawal: _of("asset chain amount usd address known_since balance balance_usd ip device"),
    data.FiatWithdrawal: _of("asset amount usd bank_account known_since balance balance_usd ip device"),
    data.WithdrawalStage: _of("request asset amount balance address known_since"),
    data.CryptoDeposit: _of("asset chain amount usd tx sender"),
    data.FiatDeposit: _of("amount currency usd payer_name method"),
    data.Counterparty: _of("counterparty usd asset amount balance known_since ip device"),
    data.Order: _of("market side usd"),
    data.Challenge: _of("method device restriction"),
    data.Education: _of("restriction answers"),
    data.Declaration: _of("restriction answers"),
    data.Appeal: _of("restriction text"),
    data.NetworkReport: _of("ip"),
    data.Report: _of(but={_O: "against category reporter"}),
    data.Finding: _of(but={_D: "finding severity evidence"}),
    data.VendorSignal: _of(but={_D: "typology score evidence vendor reference amount asset tx"}),
    data.ActionDone: _of(but={_X: "action request"}),
}
"""Every field of every record that is about an account."""

EVENT_FIELDS: dict[str, Telling] = _of(
    "id source type time",
    but={_E: "account body facts outcome", _X: "received_at playbook"},
)
"""Every field of an event as the journal keeps it (`service.ports.RecordedEvent`)."""

EVENTS_NOT_TOLD: dict[str, Telling] = {
    "report.filed": Telling.OTHERS,
    "conduct.found": Telling.DETECTION,
    "signal.received": Telling.DETECTION,
    "action.done": Telling.TECHNICAL,
}
"""Types of event that are left out whole. What Habeas reports to itself (timers, acts of staff) is left out as well; what it
led to stands in the other sections.
"""


class KeptEvent(Protocol):
    """What is asked of an event as the journal keeps it."""

    @property
    def id(self) -> EventId: ...
    @property
    def source(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def time(self) -> datetime: ...
    @property
    def body(self) -> bytes: ...
    @property
    def facts(self) -> Facts: ...
    @property
    def outcome(self) -> Outcome: ...


class ToldEvent(Struct, frozen=True, kw_only=True):
    """Something that happened: what was said of it, where it came from as looked up, and what was answered."""

    event: dict[str, Any]
    said: dict[str, Any]
    place: dict[str, Any]
    answer: dict[str, Any]


class ToldRestriction(Struct, frozen=True, kw_only=True):
    """A restriction that was in force: its dates, its reference, and the statement of reasons as it began."""

    restriction: dict[str, Any]
    reference: str
    reasons: Entry


class SubjectFile(Struct, frozen=True, kw_only=True):
    """Everything that the person behind an account is told about it. Every account's file has the same parts."""

    account: AccountId
    made_at: datetime
    profile: dict[str, Any]
    now: Statement
    restrictions: tuple[ToldRestriction, ...]
    cases: tuple[dict[str, Any], ...]
    requests: tuple[dict[str, Any], ...]
    files: tuple[dict[str, Any], ...]
    """What came. The documents themselves are not in it: the person sent them, and has them."""
    events: tuple[ToldEvent, ...]


def subject_file(
    *,
    state: AccountState,
    statement: Statement,
    restrictions: Iterable[tuple[Restriction, Entry | None]],
    cases: Iterable[Case],
    requests: Iterable[DocumentRequest],
    files: Iterable[DocumentFile],
    events: Iterable[KeptEvent],
    policy: Policy,
    at: datetime,
) -> SubjectFile:
    """The file, from the public record.

    Each restriction comes with its entry in the statement of the instant at which it began: None where it was never told.
    """
    told = tuple(_told_restrictions(restrictions, policy))
    ids = frozenset(RestrictionId(each.restriction["id"]) for each in told)
    return SubjectFile(
        account=state.account,
        made_at=at,
        profile=_fields(state),
        now=statement,
        restrictions=told,
        cases=tuple(_fields(case) | {"restrictions": _among(case.restrictions, ids)} for case in _public(cases, ids)),
        requests=tuple(_fields(r) | {"restriction": r.restriction if r.restriction in ids else None} for r in requests),
        files=tuple(_fields(file) for file in files),
        events=tuple(_told_event(event) for event in events if is_told(event.type)),
    )


def is_told(type_: str) -> bool:
    """Whether events of a type are told."""
    return type_ in EVENT_TYPES and type_ not in EVENTS_NOT_TOLD


def _told_restrictions(
    restrictions: Iterable[tuple[Restriction, Entry | None]], policy: Policy
) -> Iterator[ToldRestriction]:
    for restriction, entry in restrictions:
        if entry is None or restriction.status in (Status.PROPOSED, Status.DECLINED):
            continue
        public = as_public(restriction, policy)
        yield ToldRestriction(restriction=_fields(public), reference=reference(public.id), reasons=entry)


def _public(cases: Iterable[Case], told: frozenset[RestrictionId]) -> Iterator[Case]:
    """The first case about each restriction that was told. Others, and how many there are, are nobody's business: a case
    without a restriction may be a suspicion that must not be told.
    """
    left = set(told)
    for case in cases:
        if left.intersection(case.restrictions):
            left.difference_update(case.restrictions)
            yield case


def _among(restrictions: tuple[RestrictionId, ...], told: frozenset[RestrictionId]) -> tuple[RestrictionId, ...]:
    return tuple(each for each in restrictions if each in told)


def _told_event(event: KeptEvent) -> ToldEvent:
    verdict, place = event.outcome.verdict, event.facts.place
    return ToldEvent(
        event={name: getattr(event, name) for name, telling in EVENT_FIELDS.items() if telling is Telling.TOLD},
        said=_said(event),
        place={} if place is None else _fields(place),
        answer=_fields(event.outcome) | ({} if verdict is None else _fields(verdict)),
    )


def _said(event: KeptEvent) -> dict[str, Any]:
    """What the event said, as far as it is known what its fields mean: a sender may have sent more than is told here."""
    try:
        return _fields(msgspec.json.decode(event.body, type=EVENT_TYPES[event.type].shape))
    except msgspec.MsgspecError:
        return {}


def _fields(record: Struct) -> dict[str, Any]:
    table = TOLD[type(record)]
    told = ((name, getattr(record, name)) for name in record.__struct_fields__ if table.get(name) is Telling.TOLD)
    return {name: _items(value) if name == "items" else value for name, value in told}


def _items(items: Iterable[Item]) -> list[dict[str, Any]]:
    return [_fields(item) for item in items]
