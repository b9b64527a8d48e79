"""What a person is told of the own data: a closed set, in one form, with nothing in it that must not be told."""

from typing import Any

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import fields, replace

from habeas.disclosure.access import (
    EVENT_FIELDS,
    EVENTS_NOT_TOLD,
    TOLD,
    SubjectFile,
    Telling,
    is_told,
    subject_file,
)
from habeas.disclosure.access_text import access_text, access_words
from habeas.disclosure.catalogue import catalogue
from habeas.disclosure.statement import make_statement
from habeas.domain.account import AccountState
from habeas.domain.actor import Actor, Role
from habeas.domain.case import Case, CaseOutcome, Match, Opinion
from habeas.domain.decision import Outcome
from habeas.domain.document import DocumentRequest
from habeas.domain.document_file import DocumentFile, MediaType
from habeas.domain.event import EVENT_TYPES, OWN_EVENT_TYPES
from habeas.domain.facts import Facts, IpActivity, NameHit
from habeas.domain.ids import AccountId, CaseId, DocumentFileId, EventId, RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.place import Place
from habeas.domain.reason import Disclosure, Reason
from habeas.domain.restriction import Exemption, Restriction, Status
from habeas.domain.signal import Signal
from habeas.service.ports import RecordedEvent
from tests.builders import HOUR, NOON, a_case, a_document_request
from tests.unit.disclosure.helpers import DAY, POLICY, a_limit, a_standing
from tests.unit.disclosure.reading import grade

STAFF = Actor("STAFF-NAME", Role.ANALYST)
ENCODE = msgspec.json.Encoder(decimal_format="string", order="sorted").encode


def an_event(type_: str = "login.succeeded", body: bytes = b"{}", **changes: Any) -> RecordedEvent:
    values: dict[str, Any] = {
        "id": EventId("ev-1"),
        "source": "urn:exchange",
        "type": type_,
        "account": AccountId("acct-1"),
        "time": NOON,
        "received_at": NOON,
        "body": body,
        "facts": Facts(),
        "outcome": Outcome(EventId("ev-1"), AccountId("acct-1")),
        "playbook": "PLAYBOOK",
    }
    return RecordedEvent(**(values | changes))


def a_file(
    *restrictions: Restriction,
    state: AccountState | None = None,
    cases: tuple[Case, ...] = (),
    requests: tuple[DocumentRequest, ...] = (),
    files: tuple[DocumentFile, ...] = (),
    events: tuple[RecordedEvent, ...] = (),
) -> SubjectFile:
    def statement(at: Any) -> Any:
        return make_statement(a_standing(*restrictions), POLICY, at)

    given = [(r, next((e for e in statement(r.starts_at).restrictions if e.id == r.id), None)) for r in restrictions]
    return subject_file(
        state=state or AccountState(account=AccountId("acct-1"), restrictions=restrictions),
        statement=statement(NOON + HOUR),
        restrictions=given,
        cases=cases,
        requests=requests,
        files=files,
        events=events,
        policy=POLICY,
        at=NOON + HOUR,
    )


A_PASSPORT = DocumentFile(
    account=AccountId("acct-1"),
    id=DocumentFileId("df_1"),
    kind="passport",
    received_at=NOON,
    media_type=MediaType.JPEG,
    size=9_000,
    sha256="0badc0ffee",
)


def content(told: SubjectFile) -> str:
    """Every byte that leaves: for machines and for people."""
    return ENCODE(told).decode() + access_text(told, POLICY)


def form(value: Any) -> Any:
    """The shape of a file: its names, whatever is in them."""
    return {name: form(each) for name, each in value.items()} if isinstance(value, dict) else "a value"


# --- a closed set ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("record", TOLD, ids=lambda record: record.__name__)
def test_of_every_field_of_every_record_it_is_said_whether_it_is_told(record: type[Struct]) -> None:
    """A new field is not told until somebody has said in `disclosure.access.TOLD` what becomes of it."""
    assert set(TOLD[record]) == {field.name for field in fields(record)}


def test_of_every_field_of_an_event_on_record_it_is_said_whether_it_is_told() -> None:
    assert set(EVENT_FIELDS) == {field.name for field in fields(RecordedEvent)}


def test_every_type_of_event_is_in_the_table() -> None:
    assert {kind.shape for kind in EVENT_TYPES.values()} <= TOLD.keys()
    assert EVENTS_NOT_TOLD.keys() <= EVENT_TYPES.keys()
    left_out = {name for name, kind in EVENT_TYPES.items() if kind.shape.__struct_fields__ and not _tells(kind.shape)}
    assert left_out - EVENTS_NOT_TOLD.keys() == {"credential.leaked"}


def _tells(record: type[Struct]) -> bool:
    return Telling.TOLD in TOLD[record].values()


@pytest.mark.parametrize("type_", [*OWN_EVENT_TYPES, *EVENTS_NOT_TOLD])
def test_acts_of_staff_timers_and_what_others_said_are_not_told(type_: str) -> None:
    assert not is_told(type_)
    assert a_file(events=(an_event(type_),)).events == ()


def test_a_person_is_told_which_files_came() -> None:
    told = content(a_file(files=(A_PASSPORT,)))
    assert all(each in told for each in ("df_1", "passport", "image/jpeg", "0badc0ffee", "Files that you sent us"))


# --- one form --------------------------------------------------------------------------------------------------------


def test_every_accounts_file_has_the_same_form() -> None:
    bare = a_file()
    full = a_file(
        a_limit(Reason.KYC_REGION),
        cases=(a_case(restrictions=(a_limit(Reason.KYC_REGION).id,)),),
        requests=(a_document_request(),),
        files=(A_PASSPORT,),
        events=(an_event(),),
        state=AccountState(account=AccountId("acct-1"), name="Ana", residence="DE"),
    )
    assert form(msgspec.to_builtins(bare)) == form(msgspec.to_builtins(full))
    parts = [
        [line for line in access_text(told, POLICY).splitlines() if line.startswith(("# ", "## "))]
        for told in (bare, full)
    ]
    assert parts[0] == parts[1]
    intro = [access_text(told, POLICY).split("\n## ")[0] for told in (bare, full)]
    assert intro[0] == intro[1]


def test_the_words_around_the_data_are_plain() -> None:
    words = access_words("en")
    assert grade(" ".join([words.title, *words.intro])) <= 8
    assert access_words("xx") == words


# --- what must not be told -------------------------------------------------------------------------------------------


def test_what_staff_wrote_and_how_misuse_is_found_is_told_nowhere() -> None:
    secret = {
        "evidence_ids": ("SECRET-evidence",),
        "circumstances": ("SECRET-circumstance",),
        "note": "SECRET note",
        "end_note": "SECRET end",
        "placed_by": STAFF,
        "approved_by": STAFF,
        "ended_by": STAFF,
        "facts": {"SECRET-fact": "SECRET-value"},
    }
    limit = a_limit(Reason.ACCOUNT_TAKEOVER, **secret)
    match = Match("SECRET-list", "1", "SECRET-entry", "SECRET listed", 0.9, "SECRET-pair")
    opinion = Opinion(STAFF, CaseOutcome.FALSE_MATCH, "SECRET opinion", NOON)
    case = a_case(restrictions=(limit.id,), why="SECRET why", queue="SECRET-queue", match=match, opinions=(opinion,))
    hit = NameHit("SECRET-list", "1", "SECRET-entry", "SECRET name", 0.9, (), "SECRET-pair", ("SECRET because",))
    event = an_event(
        body=b'{"ip": "203.0.113.7", "risk": "SECRET-risk"}',
        facts=Facts(names=(hit,), ip_activity=IpActivity(failed_logins=7777), place=Place("DE", 1, 2, 3, "p")),
        outcome=Outcome(
            EventId("ev-1"),
            AccountId("acct-1"),
            signals=(Signal("SECRET-typology", 0.5, "SECRET-detector", {}),),
            cases=(CaseId("SECRET-case"),),
        ),
    )
    state = AccountState(
        account=AccountId("acct-1"),
        exemptions=(Exemption((Kind.FROZEN,), NOON, STAFF, NOON, "SECRET keep-open"),),
        cleared=("SECRET-cleared",),
    )
    told = content(
        a_file(limit, state=state, cases=(case,), requests=(a_document_request(why="SECRET why"),), events=(event,))
    )
    assert "SECRET" not in told
    assert "STAFF-NAME" not in told
    assert "PLAYBOOK" not in told
    assert "7777" not in told
    assert "203.0.113.7" in told
    assert "exempt" not in told


def test_a_country_is_told_of_a_limit_under_full_disclosure_and_not_under_limited() -> None:
    facts = {"country": "CN"}
    full = a_file(a_limit(Reason.SANCTIONED_TRAVEL, facts=facts))
    limited = a_file(a_limit(Reason.SANCTIONED_TRAVEL, facts=facts, disclosure=Disclosure.LIMITED))
    country = catalogue("en").areas["CN"]
    assert country in content(full)
    assert country not in content(limited)


def test_proposals_and_what_never_took_effect_are_not_told() -> None:
    proposed = a_limit(Reason.KYC_REGION, id_="rs_proposed", status=Status.PROPOSED)
    declined = a_limit(Reason.KYC_REGION, id_="rs_declined", status=Status.DECLINED)
    void = a_limit(Reason.KYC_REGION, id_="rs_void", status=Status.ANNULLED, ended_at=NOON)
    told = a_file(proposed, declined, void, cases=(a_case(restrictions=(proposed.id,)),))
    assert told.restrictions == ()
    assert told.cases == ()
    assert "rs_" not in content(told)


def test_a_case_is_told_only_as_the_first_one_about_a_limit_that_was_told() -> None:
    limit = a_limit(Reason.KYC_REGION)
    hidden = RestrictionId("rs_hidden")
    told = a_file(
        limit,
        cases=(
            a_case("cs_suspicion"),
            a_case("cs_first", restrictions=(limit.id, hidden)),
            a_case("cs_second", restrictions=(limit.id,)),
        ),
    )
    assert [(case["id"], case["restrictions"]) for case in told.cases] == [("cs_first", (limit.id,))]


@pytest.mark.parametrize("disclosure", [Disclosure.GAGGED, Disclosure.STATUTORY])
def test_a_gagged_limit_is_told_like_an_ordinary_review_to_the_byte(disclosure: Disclosure) -> None:
    older = a_limit(Reason.MISSING_DOCUMENT, starts_at=NOON - DAY, placed_at=NOON - DAY)
    review = a_limit(
        Reason.TERMS_REVIEW, id_="rs_review", kind=Kind.FROZEN, placed_by=STAFF, disclosure=Disclosure.LIMITED
    )
    gagged = replace(review, reason=Reason.LEGAL_ORDER, disclosure=disclosure, facts={"authority": "the police"})
    ended = {"status": Status.LIFTED, "ended_at": NOON + HOUR / 2, "ended_by": STAFF}
    for one, other in ((review, gagged), (replace(review, **ended), replace(gagged, **ended))):
        cases = (a_case(restrictions=(one.id,)),)
        assert content(a_file(older, one, cases=cases)) == content(a_file(older, other, cases=cases))


def test_what_comes_from_outside_is_no_markup() -> None:
    body = msgspec.json.encode({"user_agent": "<img src=x> | [here](http://x) `a`\n# Title"})
    text = access_text(a_file(events=(an_event(body=body),)), POLICY)
    assert r"\<img src=x\> \| \[here\]\(http://x\) \`a\` \# Title" in text
