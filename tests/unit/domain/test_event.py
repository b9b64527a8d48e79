"""Events as they arrive: the closed set of types, what each asks for, and what is refused in one clear sentence."""

import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from habeas.domain.errors import EventRejectedError
from habeas.domain.event import EVENT_TYPES, MAX_EVENT_BYTES, OWN_EVENT_TYPES, Event, read_event

# Interface, section 2: every type, and the capability it asks for.
ASKS = {
    "account.opened": "open_account",
    "account.profile_changed": None,
    "account.deactivated": "deactivate",
    "kyc.decided": "upgrade_kyc",
    "document.received": "submit_documents",
    "document.decided": None,
    "document.expired": None,
    "login.succeeded": "login",
    "login.failed": "login",
    "session.seen": None,
    "credential.changed": "change_security",
    "credential.leaked": None,
    "phone.sim_changed": None,
    "address.added": "change_security",
    "withdrawal.requested": "withdraw_crypto",
    "withdrawal.fiat_requested": "withdraw_fiat",
    "deposit.crypto": None,
    "deposit.fiat": "deposit_fiat",
    "p2p.opened": "p2p",
    "p2p.paid": "p2p",
    "transfer.requested": "transfer_out",
    "order.placed": "place_order",
    "order.cancelled": "cancel_order",
    "report.filed": None,
    "conduct.found": None,
    "signal.received": None,
    "withdrawal.broadcasting": "withdraw_crypto",
    "withdrawal.recalled": None,
    "challenge.passed": None,
    "challenge.failed": None,
    "education.completed": None,
    "declaration.made": None,
    "appeal.filed": "file_appeal",
    "network.reported": None,
    "action.done": None,
}

WITHDRAWAL = {"asset": "BTC", "chain": "bitcoin", "amount": "0.5", "usd": "30000", "address": "bc1q"}


def a_line(**changes: Any) -> bytes:
    """A login as a CloudEvent; a field set to None is left out."""
    envelope: dict[str, Any] = {
        "specversion": "1.0",
        "id": "ev-1",
        "source": "urn:exchange",
        "type": "login.succeeded",
        "subject": "acct-1",
        "time": "2026-03-02T12:00:00Z",
        "data": {"ip": "203.0.113.7", "device": "phone"},
    } | changes
    return json.dumps({name: value for name, value in envelope.items() if value is not None}).encode()


def read(type_: str, **data: Any) -> Event:
    return read_event(a_line(type=type_, data=data))


def refused(line: bytes) -> str:
    """The sentence with which a line is refused."""
    with pytest.raises(EventRejectedError) as caught:
        read_event(line)
    return str(caught.value)


# --- the table of types


def test_the_outside_may_send_exactly_the_types_of_the_interface() -> None:
    assert {name: kind.asks and str(kind.asks) for name, kind in EVENT_TYPES.items()} == ASKS


def test_own_types_are_not_among_those_of_the_outside() -> None:
    assert not set(OWN_EVENT_TYPES) & set(EVENT_TYPES)
    assert all(name.startswith("habeas.") for name in OWN_EVENT_TYPES)


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        (
            "account.opened",
            {
                "entity": "main",
                "holder": "h-1",
                "name": "Li Wei",
                "birth_date": "1990-05-01",
                "residence": "CN",
                "nationalities": ["CN"],
                "document": {"kind": "passport", "number": "E1", "country": "CN"},
                "parent": "acct-0",
                "email": "a@example.org",
                "phone": "+861",
            },
        ),
        ("account.profile_changed", {"residence": "UA-43"}),
        ("account.deactivated", {}),
        ("kyc.decided", {"tier": 2, "result": "accepted"}),
        ("kyc.decided", {"tier": "plus", "result": "accepted"}),
        ("document.received", {"kind": "poa", "request": "dr-1"}),
        ("document.decided", {"kind": "poa", "result": "rejected", "reason": "blurred"}),
        ("document.expired", {"kind": "poa"}),
        (
            "login.succeeded",
            {"ip": "2001:db8::1", "device": "d", "user_agent": "Firefox", "mfa": "passkey", "session": "s"},
        ),
        ("login.failed", {"ip": "203.0.113.7"}),
        ("session.seen", {"session": "s", "device": "d", "ip": "203.0.113.7"}),
        ("credential.changed", {"what": "allowlist", "ip": "203.0.113.7", "device": "d"}),
        ("credential.changed", {"what": "api_key", "withdraw_right": True}),
        ("credential.leaked", {"origin": "breach corpus"}),
        ("phone.sim_changed", {"at": "2026-03-02T11:00:00Z", "source": "camara"}),
        ("phone.sim_changed", {"none_within_days": 10}),
        ("phone.sim_changed", {"unavailable": True}),
        ("address.added", {"chain": "bitcoin", "address": "bc1q"}),
        ("withdrawal.requested", WITHDRAWAL | {"balance_usd": "31000", "ip": "203.0.113.7", "device": "d"}),
        ("withdrawal.fiat_requested", {"amount": "10", "usd": "10", "bank_account": "DE89", "balance_usd": "10"}),
        ("deposit.crypto", {"asset": "BTC", "chain": "bitcoin", "amount": "1", "usd": "1", "tx": "t", "from": "bc1q"}),
        ("deposit.fiat", {"amount": "1", "currency": "EUR", "usd": "1", "payer_name": "Li", "method": "sepa"}),
        ("p2p.opened", {"counterparty": "acct-2", "usd": "5"}),
        ("p2p.paid", {"counterparty": "acct-2", "usd": "5"}),
        ("transfer.requested", {"counterparty": "acct-2", "usd": "5"}),
        ("order.placed", {"market": "BTC-USD", "side": "buy", "usd": "5"}),
        ("order.cancelled", {"market": "BTC-USD", "side": "buy", "usd": "5"}),
        ("report.filed", {"against": "acct-2", "category": "scam", "reporter": "acct-1"}),
        ("conduct.found", {"finding": "fake_document", "severity": "severe", "evidence": "report 5"}),
        ("signal.received", {"typology": "vendor.x", "score": 0.5, "evidence": {"a": "b"}, "vendor": "v"}),
        ("withdrawal.broadcasting", {"request": "w-1"}),
        ("withdrawal.recalled", {"request": "w-1"}),
        ("challenge.passed", {"method": "totp", "device": "d", "restriction": "rs_1"}),
        ("challenge.failed", {"method": "liveness"}),
        ("education.completed", {"restriction": "rs_1", "answers": {"q": "a"}}),
        ("declaration.made", {"restriction": "rs_1", "answers": {"us_person": "no"}}),
        ("appeal.filed", {"restriction": "rs_1", "text": "it was me"}),
        ("network.reported", {"ip": "203.0.113.7"}),
        ("action.done", {"action": "recall_withdrawals", "request": "ac_1"}),
    ],
)
def test_every_type_is_read_with_the_fields_of_the_interface(type_: str, data: dict[str, Any]) -> None:
    event = read(type_, **data)
    assert event.type == type_
    assert event.asks == ASKS[type_]
    assert json.loads(event.body) == data


def test_an_event_says_what_the_line_says() -> None:
    event = read_event(a_line())
    assert (event.id, event.source, event.account) == ("ev-1", "urn:exchange", "acct-1")
    assert event.time == datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def test_fields_that_no_detector_knows_are_kept_in_the_body() -> None:
    event = read("login.succeeded", ip="203.0.113.7", carrier_pigeon={"name": "Cher Ami"})
    assert json.loads(event.body)["carrier_pigeon"] == {"name": "Cher Ami"}


def test_extension_attributes_of_the_envelope_are_allowed() -> None:
    assert read_event(a_line(traceparent="00-1", datacontenttype="application/json")).id == "ev-1"


def test_an_event_without_data_is_one_with_empty_data() -> None:
    assert read_event(a_line(type="account.deactivated", data=None)).body == b"{}"


# --- what is refused


SECRETS_OF_THE_PROGRAM = re.compile(
    r"Traceback|Struct|msgspec|NoneType|dataclass|Annotated|_Envelope|EventData|Error\b|<class|File \"|\n",
    re.IGNORECASE,
)


def is_one_clear_sentence(said: str) -> bool:
    begins_small_like_our_messages = said[:1].islower() and not said[:1].isspace()
    return begins_small_like_our_messages and not SECRETS_OF_THE_PROGRAM.search(said) and not said.endswith(".")


@pytest.mark.parametrize(
    ("line", "about"),
    [
        (b"", "truncated"),
        (b"not json", "malformed"),
        (b"{", "truncated"),
        (b"[]", "expected `object`"),
        (b"null", "expected `object`"),
        (b"\xff\xfe", "malformed"),
        (a_line(id=None), "`id`"),
        (a_line(id=""), "$.id"),
        (a_line(id=7), "$.id"),
        (a_line(id="x" * 257), "$.id"),
        (a_line(subject=None), "`subject`"),
        (a_line(subject=""), "$.subject"),
        (a_line(subject="two words"), "$.subject"),
        (a_line(subject="-dash first"), "$.subject"),
        (a_line(subject="../../etc/passwd"), "$.subject"),
        (a_line(subject="x" * 129), "$.subject"),
        (a_line(subject="x" * 1_000_000), "bytes long"),
        (a_line(specversion="0.3"), "$.specversion"),
        (a_line(time=None), "`time`"),
        (a_line(time="2026-03-02T12:00:00"), "without a time zone"),
        (a_line(time="yesterday"), "$.time"),
        (a_line(time=1772452800), "$.time"),
        (a_line(type="login.perfected"), "`login.perfected` is unknown"),
        (a_line(type="habeas.timer.due", data={"restriction": "rs_1", "generation": 0}), "unknown"),
        (a_line(source="habeas:timer"), "`habeas:timer` is reserved"),
        (a_line(source="habeas:staff", type="habeas.restriction.lift"), "reserved"),
        (a_line(data=[]), "expected `object`, got `array`"),
        (a_line(data="x"), "expected `object`, got `str`"),
        (a_line(data={"ip": "999.1.1.1"}), "999.1.1.1"),
        (a_line(data={"ip": "localhost"}), "localhost"),
        (a_line(data={"ip": 7}), "$.ip"),
        (a_line(data={"mfa": "carrier pigeon"}), "carrier pigeon"),
        (a_line(data={"device": ""}), "$.device"),
        (a_line(type="withdrawal.requested", data=WITHDRAWAL | {"amount": "-1"}), "`amount` is `-1`"),
        (a_line(type="withdrawal.requested", data=WITHDRAWAL | {"amount": "NaN"}), "`amount` is `NaN`"),
        (a_line(type="withdrawal.requested", data=WITHDRAWAL | {"usd": "Infinity"}), "`usd` is `Infinity`"),
        (a_line(type="withdrawal.requested", data=WITHDRAWAL | {"balance_usd": "-0.01"}), "`balance_usd`"),
        (a_line(type="withdrawal.requested", data=WITHDRAWAL | {"amount": "a lot"}), "$.amount"),
        (a_line(type="withdrawal.requested", data=WITHDRAWAL | {"amount": True}), "$.amount"),
        (a_line(type="withdrawal.requested", data={"asset": "BTC"}), "`amount`"),
        (a_line(type="account.opened", data={"residence": "China"}), "$.residence"),
        (a_line(type="account.opened", data={"nationalities": "CN"}), "$.nationalities"),
        (a_line(type="account.opened", data={"birth_date": "1.5.1990"}), "$.birth_date"),
        (a_line(type="account.opened", data={"document": {"kind": "passport"}}), "`number`"),
        (a_line(type="phone.sim_changed", data={}), "exactly one of"),
        (a_line(type="phone.sim_changed", data={"unavailable": True, "none_within_days": 3}), "exactly one of"),
        (a_line(type="phone.sim_changed", data={"at": "2026-03-02T12:00:00"}), "time zone"),
        (a_line(type="signal.received", data={"typology": "t", "score": 1.5}), "$.score"),
        (a_line(type="appeal.filed", data={"restriction": "rs_1", "text": ""}), "$.text"),
        (a_line(type="credential.changed", data={"what": "shoes"}), "shoes"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence_that_says_where(line: bytes, about: str) -> None:
    said = refused(line)
    assert about in said
    assert is_one_clear_sentence(said)


def test_malformed_json_is_called_json() -> None:
    assert "jSON" not in refused(b"not json")


@pytest.mark.parametrize("field", ["balance", "amount", "usd", "balance_usd"])
@pytest.mark.parametrize("value", ["-1", "NaN", "Infinity"])
def test_no_amount_of_a_withdrawal_is_negative_or_no_number(field: str, value: str) -> None:
    assert field in refused(a_line(type="withdrawal.requested", data=WITHDRAWAL | {field: value}))


def test_an_amount_of_more_digits_than_anything_has_is_refused() -> None:
    # The share of the balance is reckoned with it later, which would overflow.
    refused(a_line(type="withdrawal.requested", data=WITHDRAWAL | {"balance_usd": "1e99999999"}))


@pytest.mark.parametrize(
    ("type_", "data"),
    [
        ("withdrawal.requested", WITHDRAWAL),
        ("withdrawal.fiat_requested", {"amount": "1", "usd": "1", "bank_account": "DE89"}),
        ("transfer.requested", {"counterparty": "acct-2", "usd": "5"}),
        ("withdrawal.broadcasting", {"request": "w-1", "address": "bc1q"}),
    ],
)
def test_since_when_a_destination_is_known_needs_a_time_zone(type_: str, data: dict[str, Any]) -> None:
    # Compared with our own times later; a time without a zone cannot be.
    assert "time zone" in refused(a_line(type=type_, data=data | {"known_since": "2026-03-01T12:00:00"}))


def test_the_name_of_an_account_does_not_end_in_a_line_break() -> None:
    refused(a_line(subject="acct-1\n"))


def test_a_country_does_not_end_in_a_line_break() -> None:
    refused(a_line(type="account.opened", data={"residence": "CN\n"}))


def test_json_nested_too_deep_is_refused_like_any_other_bad_input() -> None:
    deep = a_line(data={"x": "HERE"}).replace(b'"HERE"', b"[" * 50_000 + b"]" * 50_000)
    assert is_one_clear_sentence(refused(deep))


def test_a_line_of_exactly_the_limit_is_read_and_one_byte_more_is_not() -> None:
    filled = a_line(data={"x": ""})
    padding = MAX_EVENT_BYTES - len(filled)
    assert read_event(a_line(data={"x": "y" * padding})).id == "ev-1"
    assert "262145 bytes" in refused(a_line(data={"x": "y" * (padding + 1)}))


# --- identity of the body


def test_the_digest_does_not_depend_on_key_order_or_white_space() -> None:
    tight = b'{"specversion":"1.0","id":"e","source":"s","type":"login.succeeded","subject":"a","time":"2026-03-02T12:00:00Z","data":{"ip":"203.0.113.7","x":{"a":1,"b":2}}}'  # noqa: E501 - one line of JSON
    loose = b'{ "data": {"x": {"b": 2, "a": 1}, "ip" : "203.0.113.7"},\n "time":"2026-03-02T12:00:00Z", "subject":"a", "type":"login.succeeded", "source":"s", "id":"e", "specversion":"1.0"}'  # noqa: E501 - one line of JSON
    assert read_event(tight).digest == read_event(loose).digest


def test_the_digest_does_not_depend_on_how_the_same_instant_is_written() -> None:
    assert read_event(a_line()).digest == read_event(a_line(time="2026-03-02T13:00:00+01:00")).digest


@pytest.mark.parametrize(
    "changes",
    [
        {"data": {"ip": "203.0.113.8", "device": "phone"}},
        {"data": {"ip": "203.0.113.7", "device": "phone", "extra": 1}},
        {"data": {"ip": "203.0.113.7"}},
        {"time": "2026-03-02T12:00:00.000001Z"},
        {"type": "login.failed"},
    ],
)
def test_another_body_has_another_digest(changes: dict[str, Any]) -> None:
    assert read_event(a_line()).digest != read_event(a_line(**changes)).digest


def test_the_order_of_a_list_is_part_of_the_body() -> None:
    one = read("account.opened", nationalities=["CN", "US"])
    other = read("account.opened", nationalities=["US", "CN"])
    assert one.digest != other.digest


def test_the_same_instant_in_another_zone_is_the_same_time_for_everything_that_follows() -> None:
    # Region rules compare dates: an event decided again from the journal must fall on the same day.
    there = read_event(a_line(time="2026-03-02T23:30:00-08:00"))
    assert there.time.date() == datetime(2026, 3, 3, tzinfo=UTC).date()
