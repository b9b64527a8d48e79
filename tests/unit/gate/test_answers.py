"""What the gate answers by itself, what it leaves to the reference, and what it says while it cannot know."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import msgspec
import pytest

from habeas.domain.account import Life
from habeas.domain.capability import FLOOR, OUTFLOW, Capability, Level, join
from habeas.domain.errors import BadInputError, UnreadableRecordError
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.kind import LEVELS, Kind
from habeas.domain.limit import AccountLimits, Limit
from habeas.domain.restriction import HeldAmount, Scope
from habeas.domain.verdict import Request, Verdict
from habeas.gate import answers as answers_module
from habeas.gate.answers import HARMLESS, PAST_FOR, Answers, RequestLimits
from habeas.gate.entry import LEVEL_BITS, LEVEL_OF, SHIFTS, mask_of
from habeas.gate.messages import Changed, Fresh, Snapshot
from habeas.gate.replica import Replica
from tests.builders import HOUR, NOON

KIM = AccountId("kim")
STALE_FOR = timedelta(seconds=30)


def limit(kind: Kind, scope: Scope = Scope.ACCOUNT, **changes: Any) -> Limit:
    values: dict[str, Any] = {"from_at": NOON, "until_at": NOON + HOUR}
    return Limit(RestrictionId(f"rs_{kind.lower()}"), kind, scope, **(values | changes))


def a_gate(
    *limits: Limit,
    now: datetime = NOON,
    fresh_at: datetime | None = NOON,
    request_limits: RequestLimits | None = None,
    unknown_outflow: Level = Level.HOLD,
    **account: Any,
) -> Answers:
    """A gate that was told of `kim` at noon and is asked at noon."""
    replica = Replica()
    if fresh_at is not None:
        replica.apply(Snapshot(), now)
        replica.apply(Changed(1, AccountLimits(account=KIM, limits=limits, **account)), now)
        replica.apply(Fresh("1-", fresh_at, STALE_FOR, unknown_outflow), now)
    return Answers(replica, request_limits, lambda: now)


def ask(
    gate: Answers, capability: str, account: str = "kim", at: datetime | None = None, **said: Any
) -> Verdict | None:
    return gate.answer(AccountId(account), capability, at, said)


def level(gate: Answers, capability: str, account: str = "kim", **said: Any) -> Level | None:
    verdict = ask(gate, capability, account, **said)
    return None if verdict is None else verdict.level


# --- masks


@pytest.mark.parametrize("capability", Capability)
def test_a_level_in_a_mask_is_the_level_that_went_in(capability: Capability) -> None:
    for said in Level:
        assert LEVEL_OF[mask_of([(capability, said)]) >> SHIFTS[capability] & LEVEL_BITS] is said


def test_joining_masks_is_joining_levels() -> None:
    for one, other in product(Kind, Kind):
        mask = mask_of(LEVELS[one].items()) | mask_of(LEVELS[other].items())
        for capability in Capability:
            joined = join([LEVELS[one][capability], LEVELS[other][capability]])
            assert LEVEL_OF[mask >> SHIFTS[capability] & LEVEL_BITS] is joined


# --- what it answers


def test_a_limited_account_is_answered_with_why_and_until_when() -> None:
    gate = a_gate(limit(Kind.OUTFLOW_HOLD))
    verdict = ask(gate, "withdraw_crypto")
    assert verdict == Verdict(
        KIM,
        Capability.WITHDRAW_CRYPTO,
        Level.DENY,
        NOON + HOUR,
        (RestrictionId("rs_outflow_hold"),),
        "/v1/accounts/kim/statement",
        NOON,
    )


def test_an_account_that_is_not_held_may_do_what_is_no_outflow() -> None:
    gate = a_gate()
    for capability in set(Capability) - OUTFLOW:
        assert level(gate, capability, "lea") is Level.ALLOW


def test_the_future_is_answered() -> None:
    gate = a_gate(limit(Kind.FROZEN, from_at=NOON + HOUR, until_at=NOON + 2 * HOUR))
    now, later = ask(gate, "login"), ask(gate, "login", at=NOON + HOUR)
    assert now is not None
    assert (now.level, now.until) == (Level.ALLOW, NOON + HOUR)
    assert later is not None
    assert (later.level, later.until) == (Level.DENY, NOON + 2 * HOUR)


def test_a_held_amount_is_compared_with_what_the_request_says() -> None:
    gate = a_gate(limit(Kind.DEPOSIT_HOLD, Scope.AMOUNT, held=HeldAmount("BTC", Decimal(2))))
    said: dict[str, Any] = {"asset": "btc", "balance": Decimal(3)}
    assert level(gate, "withdraw_fiat", **said, amount=Decimal(1)) is Level.ALLOW
    assert level(gate, "withdraw_fiat", **said, amount=Decimal(2)) is Level.HOLD
    assert level(gate, "place_order", asset="ETH") is Level.ALLOW
    assert level(gate, "transfer_own") is Level.HOLD


def test_the_limits_of_a_request_join_those_of_the_account() -> None:
    def refuses(account: AccountId, request: Request) -> tuple[Limit, ...]:
        return (limit(Kind.IP_BLOCK, Scope.REQUEST_IP, from_at=request.at, until_at=None),)

    gate = a_gate(limit(Kind.STEP_UP), request_limits=refuses)
    assert level(gate, "login") is Level.ALLOW
    assert level(gate, "login", ip="203.0.113.9") is Level.DENY
    assert level(gate, "contact_support", ip="203.0.113.9") is Level.ALLOW


# --- what it leaves to the reference


@pytest.mark.parametrize("capability", sorted(OUTFLOW))
def test_outflow_of_an_account_that_may_be_unknown_is_left_to_the_reference(capability: str) -> None:
    assert ask(a_gate(), capability, "lea") is None


def test_nobody_asks_whether_an_account_is_known_where_the_playbook_does_not_care() -> None:
    assert level(a_gate(unknown_outflow=Level.ALLOW), "withdraw_fiat", "lea") is Level.ALLOW


def test_an_account_that_is_held_and_unknown_is_answered_by_the_playbook() -> None:
    assert level(a_gate(limit(Kind.STEP_UP), unknown_outflow=Level.DENY), "p2p") is Level.STEP_UP
    gate = a_gate(limit(Kind.STEP_UP))
    gate.replica.apply(
        Changed(2, AccountLimits(account=KIM, limits=(limit(Kind.STEP_UP),), unknown_outflow=Level.DENY)), NOON
    )
    assert level(gate, "p2p") is Level.DENY


def test_the_past_is_left_to_the_reference() -> None:
    assert ask(a_gate(), "login", at=NOON - PAST_FOR) is not None
    assert ask(a_gate(), "login", at=NOON - PAST_FOR - timedelta(microseconds=1)) is None


def test_an_address_is_left_to_the_reference_where_nobody_here_can_look_it_up() -> None:
    assert ask(a_gate(), "login", ip="203.0.113.9") is None
    gate = a_gate(limit(Kind.STEP_UP))
    assert ask(gate, "withdraw_crypto", destination="bc1q") is None
    assert ask(gate, "withdraw_fiat", destination="DE00") is not None


def test_an_address_is_left_to_the_reference_where_looking_it_up_fails() -> None:
    def fails(account: AccountId, request: Request) -> tuple[Limit, ...]:
        raise UnreadableRecordError("the list", account)

    assert ask(a_gate(request_limits=fails), "login", ip="203.0.113.9") is None


def test_a_destination_is_left_to_the_reference_unless_the_caller_has_known_it_long_enough() -> None:
    gate = a_gate(limit(Kind.OUTFLOW_HOLD, Scope.NEW_DESTINATIONS, cool_off_for=HOUR))
    assert level(gate, "withdraw_fiat") is Level.HOLD
    assert ask(gate, "withdraw_fiat", destination="DE00") is None
    assert ask(gate, "withdraw_fiat", destination="DE00", destination_known_since=NOON) is None
    assert level(gate, "withdraw_fiat", destination="DE00", destination_known_since=NOON - HOUR) is Level.ALLOW


def test_a_withdrawal_that_may_be_permitted_is_left_to_the_reference() -> None:
    gate = a_gate(limit(Kind.FROZEN), permits_until=NOON + HOUR)
    said: dict[str, Any] = {"asset": "EUR", "amount": Decimal(5), "destination": "DE00"}
    assert ask(gate, "withdraw_fiat", **said) is None
    assert level(gate, "withdraw_fiat") is Level.DENY
    assert level(gate, "transfer_out", **said) is Level.DENY


# --- while it cannot know


def test_a_gate_that_knows_nothing_yet_holds_all_but_what_harms_nobody() -> None:
    gate = a_gate(fresh_at=None)
    for capability in Capability:
        assert level(gate, capability) is (Level.ALLOW if capability in HARMLESS else Level.HOLD)
    assert FLOOR <= HARMLESS


def test_a_stale_gate_holds_outflow_and_goes_on_with_what_it_knows() -> None:
    gate = a_gate(limit(Kind.TEMP_RISK), now=NOON + STALE_FOR, fresh_at=NOON)
    for account in ("kim", "lea"):
        for capability in OUTFLOW:
            verdict = ask(gate, capability, account)
            assert verdict is not None
            assert verdict.level >= Level.HOLD
            assert verdict.until is None
        for capability in HARMLESS:
            assert level(gate, capability, account) is Level.ALLOW
    assert level(gate, "place_order") is Level.DENY
    assert level(gate, "place_order", "lea") is Level.ALLOW


def test_a_gate_is_stale_at_the_playbooks_bound_and_not_before() -> None:
    just_before = NOON + STALE_FOR - timedelta(microseconds=1)
    assert level(a_gate(limit(Kind.STEP_UP), now=just_before, fresh_at=NOON), "withdraw_fiat") is Level.STEP_UP
    assert level(a_gate(limit(Kind.STEP_UP), now=NOON + STALE_FOR, fresh_at=NOON), "withdraw_fiat") is Level.HOLD


def test_a_stale_gate_says_what_denies() -> None:
    verdict = ask(a_gate(limit(Kind.FROZEN), now=NOON + STALE_FOR, fresh_at=NOON), "withdraw_fiat")
    assert verdict is not None
    assert (verdict.level, verdict.determining) == (Level.DENY, ("rs_frozen",))


def test_a_service_whose_clock_is_ahead_does_not_make_a_gate_fresher() -> None:
    gate = a_gate(now=NOON, fresh_at=NOON + HOUR)
    assert gate.replica.fresh_as_of == NOON


def test_where_the_reference_cannot_be_asked_outflow_is_held_and_the_rest_is_as_known() -> None:
    gate = a_gate(limit(Kind.TEMP_RISK))
    expected = {"withdraw_fiat": Level.HOLD, "p2p": Level.DENY, "login": Level.ALLOW, "place_order": Level.DENY}
    for capability, said in expected.items():
        assert gate.in_doubt(KIM, Request(Capability(capability), NOON)).level is said
    assert gate.in_doubt(AccountId("lea"), Request(Capability.WITHDRAW_FIAT, NOON)).level is Level.HOLD
    assert gate.in_doubt(KIM, Request(Capability.LOGIN, NOON - HOUR)).level is Level.HOLD
    nothing = a_gate(fresh_at=None)
    assert nothing.in_doubt(KIM, Request(Capability.LOGIN, NOON)).level is Level.HOLD


def test_who_was_found_to_be_known_is_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers_module, "KNOWN_MAX", 2)
    gate, request = a_gate(), Request(Capability.P2P, NOON)
    for name in ("a", "b", "c"):
        account = AccountId(name)
        gate.learn(account, request, Verdict(account, request.capability, Level.ALLOW, None, (), None, None))
    assert level(gate, "p2p", "c") is Level.ALLOW
    assert len(gate._known) <= 2


# --- questions that cannot be asked


@pytest.mark.parametrize(
    ("capability", "at", "said", "named"),
    [
        ("fly", None, {}, "`fly` is no capability"),
        ("login", NOON.replace(tzinfo=None), {"ip": "203.0.113.9"}, "`at`"),
        ("login", NOON.replace(tzinfo=None), {}, "`at`"),
        ("p2p", None, {"destination_known_since": NOON.replace(tzinfo=None)}, "`destination_known_since`"),
        ("login", None, {"ip": "here"}, "`ip`"),
        ("p2p", None, {"color": "red"}, "`color`"),
        ("p2p", None, {"amount": 1.5}, "must be a Decimal"),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused_in_a_sentence(
    capability: str, at: datetime | None, said: dict[str, Any], named: str
) -> None:
    with pytest.raises(BadInputError, match=named):
        ask(a_gate(limit(Kind.STEP_UP)), capability, at=at, **said)


def test_a_question_may_say_all_that_a_request_says() -> None:
    assert set(answers_module._CONTEXT) == {f.name for f in msgspec.structs.fields(Request)} - {"capability", "at"}


def test_a_retained_account_is_answered_by_its_life() -> None:
    gate = a_gate(life=Life.RETAINED)
    assert level(gate, "withdraw_fiat") is Level.HOLD
    assert level(gate, "login") is Level.DENY
