"""The bounded state of one account: what it knows, and what becomes of bytes that cannot be read."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from habeas.decision.standing import standing_of
from habeas.domain.account import (
    STATE_VERSION,
    AccountState,
    AutomatedPlacement,
    Destination,
    Device,
    Life,
    Step,
    StepName,
    decode_state,
    encode_state,
    new_account,
)
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import FLOOR, Capability, Level
from habeas.domain.ids import AccountId, fingerprint
from habeas.domain.kind import Kind
from habeas.domain.restriction import Exemption
from habeas.domain.verdict import effective_levels
from tests.builders import HOUR, NOON, a_restriction
from tests.stories import a_settled_state, span, the_policy

ACCOUNT = AccountId("acct-1")


def a_full_state() -> AccountState:
    """Something of everything."""
    return replace(
        a_settled_state(),
        parents=(AccountId("main-1"),),
        residence="CN",
        nationalities=("CN", "US"),
        document_country="CN",
        kyc_tier="2",
        proved_at=NOON,
        mfa_changed_at=NOON,
        steps=(Step(NOON, StepName.NEW_DEVICE, on_new_device=True, is_anonymised=True),),
        destinations=(Destination(fingerprint("bc1q"), NOON),),
        automated=(AutomatedPlacement(Kind.TEMP_RISK, NOON),),
        restrictions=(a_restriction("rs_1"), a_restriction("rs_2", kind=Kind.STEP_UP)),
        exemptions=(Exemption((Kind.TEMP_RISK,), NOON + HOUR, Actor("sue", Role.COUNSEL), NOON, "travels"),),
    )


def with_garbled_restriction(state: AccountState, index: int, **garbled: Any) -> bytes:
    """The stored bytes, with some fields of one restriction replaced by what this version cannot read."""
    fields = msgspec.msgpack.decode(encode_state(state))
    fields["restrictions"][index] |= garbled
    return msgspec.msgpack.encode(fields)


# --- reading and writing


def test_a_state_survives_its_storage() -> None:
    state = a_full_state()
    assert decode_state(ACCOUNT, encode_state(state)) == state


def test_a_new_account_survives_its_storage() -> None:
    assert decode_state(ACCOUNT, encode_state(new_account(ACCOUNT))) == new_account(ACCOUNT)


def test_the_same_state_has_the_same_bytes() -> None:
    assert encode_state(a_full_state()) == encode_state(a_full_state())


def test_a_restriction_of_an_unknown_kind_is_set_aside_and_the_rest_is_read() -> None:
    stored = with_garbled_restriction(a_full_state(), 0, kind="TIME_OUT")
    read = decode_state(ACCOUNT, stored)
    assert [r.id for r in read.restrictions] == ["rs_2"]
    assert len(read.unreadable) == 1
    assert replace(read, unreadable=(), restrictions=()) == replace(a_full_state(), restrictions=())


@pytest.mark.parametrize(
    "garbled",
    [{"kind": "TIME_OUT"}, {"scope": 7}, {"starts_at": "noon"}, {"at_end": {"ending": "explode"}}, {"evidence": None}],
)
def test_what_cannot_be_read_denies_everything_but_the_floor(garbled: dict[str, Any]) -> None:
    read = decode_state(ACCOUNT, with_garbled_restriction(a_full_state(), 1, **garbled))
    levels = effective_levels(standing_of(read, the_policy()), NOON)
    assert {capability for capability, level in levels.items() if level < Level.DENY} == FLOOR


def test_the_bytes_that_cannot_be_read_are_kept_when_the_state_is_written_again() -> None:
    read = decode_state(ACCOUNT, with_garbled_restriction(a_full_state(), 0, kind="TIME_OUT"))
    again = decode_state(ACCOUNT, encode_state(read))
    assert again == read
    assert msgspec.msgpack.decode(again.unreadable[0])["kind"] == "TIME_OUT"


def test_several_unreadable_restrictions_are_all_kept() -> None:
    fields = msgspec.msgpack.decode(with_garbled_restriction(a_full_state(), 0, kind="TIME_OUT"))
    fields["restrictions"][1] = "not even a map"
    read = decode_state(ACCOUNT, msgspec.msgpack.encode(fields))
    assert read.restrictions == ()
    assert len(read.unreadable) == 2


def test_a_state_of_a_later_version_is_unreadable_as_a_whole_and_kept() -> None:
    fields = msgspec.msgpack.decode(encode_state(a_full_state()))
    stored = msgspec.msgpack.encode(fields | {"version": STATE_VERSION + 1})
    assert decode_state(ACCOUNT, stored) == AccountState(account=ACCOUNT, unreadable=(stored,))


def test_a_later_version_with_another_shape_is_kept_too() -> None:
    stored = msgspec.msgpack.encode({"version": 9, "account": "acct-1", "restrictions": {"by": "kind"}})
    assert decode_state(ACCOUNT, stored).unreadable == (stored,)


@pytest.mark.parametrize(
    "stored",
    [
        b"",
        b"\xc1",
        b"garbage",
        b"\x81\xa7account\xa2\xff\xfe",  # a text that is no UTF-8
        b"\x81\xacrestrictions\x91\x81\xa2\xff\xfe\x01",
        b"\x91" * 5_000,  # lists in lists in lists
        msgspec.msgpack.encode([1, 2, 3]),
        msgspec.msgpack.encode({"account": "acct-1", "restrictions": "none"}),
        msgspec.msgpack.encode({"account": 7, "restrictions": []}),
    ],
    ids=["empty", "no msgpack", "text", "bad text", "bad name", "deep", "a list", "wrong list", "wrong account"],
)
def test_reading_never_fails_and_what_it_cannot_read_denies(stored: bytes) -> None:
    read = decode_state(ACCOUNT, stored)
    assert (read.account, read.unreadable) == (ACCOUNT, (stored,))
    assert effective_levels(standing_of(read, the_policy()), NOON)[Capability.LOGIN] is Level.DENY


# --- what it knows


def test_a_device_seen_since_less_than_a_day_is_new() -> None:
    state = replace(a_settled_state(), devices=(Device("d", NOON, NOON),))
    assert state.is_new_device("d", NOON + span("1439m"))
    assert not state.is_new_device("d", NOON + span("24h"))


def test_every_device_of_an_account_watched_since_today_says_nothing() -> None:
    state = replace(a_settled_state(), watched_since=NOON - span("23h"), devices=(Device("d", NOON, NOON),))
    assert not state.is_new_device("d", NOON)


def test_a_request_without_a_device_is_not_from_a_new_one() -> None:
    assert not a_settled_state().is_new_device("", NOON)


def test_a_destination_is_known_by_its_address() -> None:
    state = a_full_state()
    assert state.destination_known_since("bc1q") == NOON
    assert state.destination_known_since("bc1q-other") is None


def test_in_force_is_what_limits_at_that_instant() -> None:
    state = a_full_state()
    assert [r.id for r in state.in_force(NOON)] == ["rs_1", "rs_2"]
    assert state.in_force(NOON + 24 * HOUR) == ()


def test_an_account_without_a_holder_stands_for_itself() -> None:
    assert new_account(ACCOUNT).holder_or_self == "acct-1"


def test_an_account_begins_active() -> None:
    assert new_account(ACCOUNT).life is Life.ACTIVE
