"""May this account do this now? Scopes, sub-accounts, safety rules, and until when an answer holds."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from habeas.domain.account import Life
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import ACCOUNT_CAPABILITIES, FLOOR, OUTFLOW, Capability, Level
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.restriction import AtEnd, Condition, Ending, HeldAmount, Restriction, Scope, Status, annul, lift
from habeas.domain.verdict import Request, Standing, Verdict, effective_levels, evaluate, level_at, life_level
from tests.builders import HOUR, NOON, a_restriction
from tests.stories import span

ANN = Actor("ann", Role.ANALYST)


def standing(*restrictions: Restriction, **changes: Any) -> Standing:
    return Standing(account=AccountId("acct-1"), restrictions=restrictions, **changes)


def verdict(
    capability: str, *restrictions: Restriction, at: datetime = NOON, said: dict[str, Any] | None = None, **changes: Any
) -> Verdict:
    request = Request(Capability(capability), at, **(said or {}))
    return evaluate(standing(*restrictions, **changes), request)


def level(capability: str, *restrictions: Restriction, **changes: Any) -> Level:
    return verdict(capability, *restrictions, **changes).level


def new_destinations(cool_off: str = "24h", **changes: Any) -> Restriction:
    """Holds what leaves to new destinations, for a day from noon."""
    return a_restriction(scope=Scope.NEW_DESTINATIONS, cool_off_for=span(cool_off), **changes)


# --- what stands


def test_an_account_without_restrictions_may_do_everything() -> None:
    assert set(effective_levels(standing(), NOON).values()) == {Level.ALLOW}


def test_an_answer_of_permission_names_no_restriction_and_no_statement() -> None:
    said = verdict("view", a_restriction())
    assert (said.level, said.determining, said.statement) == (Level.ALLOW, (), None)


def test_an_answer_that_limits_names_the_restriction_and_where_the_words_are() -> None:
    said = verdict("withdraw_crypto", a_restriction("rs_9"))
    assert (said.level, said.determining) == (Level.DENY, ("rs_9",))
    assert said.statement == "/v1/accounts/acct-1/statement"


@pytest.mark.row("A002")
def test_several_restrictions_stand_at_once_and_the_one_that_limits_most_is_named() -> None:
    takeover = a_restriction("rs_1", reason="ACCOUNT_TAKEOVER")
    region = a_restriction("rs_2", kind=Kind.REGION_LOCK, reason="KYC_REGION")
    assert verdict("withdraw_crypto", takeover, region).determining == ("rs_1",)
    assert verdict("deposit_crypto", takeover, region).determining == ("rs_2",)


def test_all_restrictions_that_set_the_level_are_named() -> None:
    both = (a_restriction("rs_1"), a_restriction("rs_2", kind=Kind.FROZEN))
    assert verdict("withdraw_fiat", *both).determining == ("rs_1", "rs_2")


@pytest.mark.parametrize("scope", [Scope.ACCOUNT, Scope.HOLDER])
def test_the_table_applies_to_the_account_and_to_the_whole_holder_alike(scope: Scope) -> None:
    frozen = a_restriction(kind=Kind.FROZEN, scope=scope)
    assert level("login", frozen) is Level.DENY


def test_a_restriction_limits_from_its_start_up_to_its_end() -> None:
    day = a_restriction(starts_at=NOON, ends_at=NOON + 24 * HOUR)
    second = timedelta(seconds=1)
    assert level("withdraw_crypto", day, at=NOON - second) is Level.ALLOW
    assert level("withdraw_crypto", day, at=NOON) is Level.DENY
    assert level("withdraw_crypto", day, at=NOON + 24 * HOUR - second) is Level.DENY
    assert level("withdraw_crypto", day, at=NOON + 24 * HOUR) is Level.ALLOW


@pytest.mark.parametrize("status", [Status.PROPOSED, Status.DECLINED])
def test_what_is_only_proposed_or_was_declined_limits_nothing(status: Status) -> None:
    assert level("withdraw_crypto", a_restriction(status=status)) is Level.ALLOW


def test_a_lifted_restriction_limits_no_more_but_did_before() -> None:
    lifted = lift(a_restriction(), ANN, NOON + HOUR, "cleared")
    assert level("withdraw_crypto", lifted, at=NOON + 2 * HOUR) is Level.ALLOW
    assert level("withdraw_crypto", lifted, at=NOON + HOUR / 2) is Level.DENY


def test_an_annulled_restriction_limits_no_more() -> None:
    void = annul(a_restriction(), ANN, NOON + HOUR, "it was somebody else")
    assert level("withdraw_crypto", void, at=NOON + HOUR) is Level.ALLOW


def test_lifting_one_restriction_leaves_the_others_as_they_are() -> None:
    lifted = lift(a_restriction("rs_1", kind=Kind.FROZEN), ANN, NOON + HOUR, "cleared")
    region = a_restriction("rs_2", kind=Kind.REGION_LOCK)
    levels = effective_levels(standing(lifted, region), NOON + 2 * HOUR)
    assert levels[Capability.LOGIN] is Level.ALLOW
    assert levels[Capability.PLACE_ORDER] is Level.DENY


# --- new destinations


def to(known_for: str | None, *, destination: str | None = "bc1q") -> dict[str, Any]:
    """A withdrawal's destination, known for so long at noon."""
    return {"destination": destination, "destination_known_since": NOON - span(known_for) if known_for else None}


@pytest.mark.parametrize("capability", ["withdraw_crypto", "withdraw_fiat", "transfer_out", "p2p"])
def test_outflow_to_a_destination_that_is_not_named_is_held(capability: str) -> None:
    assert level(capability, new_destinations()) is Level.HOLD


@pytest.mark.parametrize(
    ("known_for", "cool_off", "expected"),
    [
        (None, "24h", "HOLD"),
        ("1h", "24h", "HOLD"),
        ("86399s", "24h", "HOLD"),
        ("24h", "24h", "ALLOW"),
        ("48h", "24h", "ALLOW"),
        ("48h", "72h", "HOLD"),
        ("72h", "72h", "ALLOW"),
    ],
)
def test_outflow_is_held_until_the_destination_has_been_known_for_the_cool_off(
    known_for: str | None, cool_off: str, expected: str
) -> None:
    assert str(level("withdraw_crypto", new_destinations(cool_off), said=to(known_for))) == expected


def test_nothing_but_outflow_is_touched_by_a_hold_on_new_destinations() -> None:
    held = {c for c, found in effective_levels(standing(new_destinations()), NOON).items() if found is not Level.ALLOW}
    assert held == OUTFLOW


def test_an_answer_holds_until_the_destination_matures_if_that_comes_first() -> None:
    said = verdict("withdraw_crypto", new_destinations(), said=to("20h"))
    assert said.until == NOON + 4 * HOUR


def test_an_answer_holds_until_the_end_if_the_destination_matures_later() -> None:
    said = verdict("withdraw_crypto", new_destinations("72h"), said=to("20h"))
    assert said.until == NOON + 24 * HOUR


# --- amounts and requests


MOVES = ["withdraw_crypto", "withdraw_fiat", "transfer_out", "transfer_own", "p2p"]


def of_two(amount: str) -> dict[str, Any]:
    """A question about an amount of the two BTC that there are."""
    return {"asset": "BTC", "amount": Decimal(amount), "balance": Decimal(2)}


HELD = a_restriction(kind=Kind.DEPOSIT_HOLD, scope=Scope.AMOUNT, held=HeldAmount("BTC", Decimal("0.5")))


@pytest.mark.parametrize("capability", MOVES)
def test_what_moves_an_asset_is_held_while_the_question_leaves_out_which_and_how_much(capability: str) -> None:
    assert level(capability, HELD) is Level.HOLD
    assert level(capability, HELD, said={"asset": "BTC"}) is Level.HOLD
    assert level(capability, HELD, said={"asset": "BTC", "amount": Decimal(1)}) is Level.HOLD


@pytest.mark.parametrize("capability", [*MOVES, "place_order"])
def test_an_asset_may_leave_or_be_sold_as_far_as_the_rest_covers_what_is_held(capability: str) -> None:
    def asked(amount: str) -> Level:
        return level(capability, HELD, said=of_two(amount))

    assert [asked("1.5"), asked("1.50000001")] == [Level.ALLOW, Level.HOLD]


def test_several_held_amounts_of_one_asset_add_up() -> None:
    more = replace(HELD, id=RestrictionId("rs_2"), held=HeldAmount("BTC", Decimal(1)))
    other = replace(HELD, id=RestrictionId("rs_3"), held=HeldAmount("ETH", Decimal(100)))

    def asked(amount: str) -> Level:
        return level("withdraw_crypto", HELD, more, other, said=of_two(amount))

    assert [asked("0.5"), asked("0.6")] == [Level.ALLOW, Level.HOLD]


@pytest.mark.parametrize("capability", [*MOVES, "place_order"])
def test_other_assets_are_untouched_by_a_held_amount(capability: str) -> None:
    assert level(capability, HELD, said={"asset": "ETH"}) is Level.ALLOW


@pytest.mark.parametrize("capability", ["login", "view", "deposit_fiat", "cancel_order", "deactivate"])
def test_a_hold_on_an_amount_touches_nothing_else(capability: str) -> None:
    amount = a_restriction(kind=Kind.DEPOSIT_HOLD, scope=Scope.AMOUNT)
    assert level(capability, amount) is Level.ALLOW


def test_a_request_from_a_blocked_ip_gets_the_floor_and_no_more() -> None:
    blocked = a_restriction(kind=Kind.IP_BLOCK, scope=Scope.REQUEST_IP, reason="IP_REGION")
    levels = effective_levels(standing(blocked), NOON)
    assert {c for c, found in levels.items() if found is Level.ALLOW} == FLOOR


# --- sub-accounts


@pytest.mark.row("B085")
def test_what_stands_on_the_main_account_limits_its_sub_account() -> None:
    of_main = a_restriction("rs_main", account=AccountId("main-1"), kind=Kind.REGION_LOCK)
    sub = Standing(account=AccountId("sub-1"), restrictions=(of_main,))
    said = evaluate(sub, Request(Capability.PLACE_ORDER, NOON))
    assert (said.account, said.level, said.determining) == ("sub-1", Level.DENY, ("rs_main",))


@pytest.mark.row("B085")
def test_a_sub_account_has_the_stricter_of_its_own_and_the_main_accounts_levels() -> None:
    own = a_restriction("rs_own", account=AccountId("sub-1"))
    of_main = a_restriction("rs_main", account=AccountId("main-1"), kind=Kind.REGION_LOCK)
    levels = effective_levels(Standing(account=AccountId("sub-1"), restrictions=(own, of_main)), NOON)
    assert levels[Capability.WITHDRAW_CRYPTO] is Level.DENY  # its own
    assert levels[Capability.DEPOSIT_CRYPTO] is Level.DENY  # the main account's


def test_a_sub_account_of_a_closed_main_account_is_closed_with_it() -> None:
    assert level("place_order", lives=(Life.ACTIVE, Life.DEACTIVATED)) is Level.DENY


# --- what is not known


@pytest.mark.row("A103")
def test_an_account_nobody_knows_may_do_everything_but_move_value_out() -> None:
    levels = effective_levels(standing(is_known=False), NOON)
    assert {c for c, found in levels.items() if found is Level.HOLD} == OUTFLOW
    assert {found for c, found in levels.items() if c not in OUTFLOW} == {Level.ALLOW}


def test_the_playbook_says_what_an_account_nobody_knows_may_do_with_outflow() -> None:
    assert level("withdraw_crypto", is_known=False, unknown_outflow=Level.DENY) is Level.DENY


@pytest.mark.row("A103")
def test_a_record_that_cannot_be_read_denies_everything_but_the_floor() -> None:
    levels = effective_levels(standing(is_unreadable=True), NOON)
    assert {c for c, found in levels.items() if found is Level.ALLOW} == FLOOR
    assert {found for c, found in levels.items() if c not in FLOOR} == {Level.DENY}


def test_an_unreadable_record_names_no_restriction() -> None:
    assert verdict("login", a_restriction(), is_unreadable=True).determining == ()


# --- until when


def test_an_answer_that_nothing_will_change_has_no_end() -> None:
    assert verdict("view", a_restriction()).until is None


def test_a_permission_holds_until_the_start_of_what_limits() -> None:
    later = a_restriction(starts_at=NOON + HOUR)
    assert verdict("withdraw_crypto", later).until == NOON + HOUR


def test_a_limit_holds_until_the_last_of_those_that_say_the_same_ends() -> None:
    short = a_restriction("rs_1", ends_at=NOON + 2 * HOUR)
    long = a_restriction("rs_2", ends_at=NOON + 5 * HOUR)
    assert verdict("withdraw_crypto", short, long).until == NOON + 5 * HOUR


def test_a_limit_holds_until_it_becomes_milder() -> None:
    hold = a_restriction("rs_1", ends_at=NOON + 2 * HOUR)
    step_up = a_restriction("rs_2", kind=Kind.STEP_UP, ends_at=NOON + 5 * HOUR)
    assert verdict("withdraw_crypto", hold, step_up).until == NOON + 2 * HOUR


def test_a_limit_that_waits_for_a_condition_has_no_end() -> None:
    condition = Condition(until="you have shown it", recheck_at=NOON + HOUR, owner="region")
    assert verdict("place_order", a_restriction(kind=Kind.REGION_LOCK, ends_at=None, condition=condition)).until is None


def test_the_past_is_answered_by_the_life_as_recorded() -> None:
    lifted = lift(a_restriction(), ANN, NOON + 3 * HOUR, "cleared")
    said = verdict("withdraw_crypto", lifted, at=NOON + HOUR)
    assert (said.level, said.until) == (Level.DENY, NOON + 3 * HOUR)


# --- endings


def falls_back(**changes: Any) -> Restriction:
    """Frozen for a day; then everything out is asked for a proof for two hours."""
    at_end = AtEnd(ending=Ending.FALL_BACK, kind=Kind.STEP_UP, scope=Scope.ACCOUNT, lasts_for=2 * HOUR)
    values: dict[str, Any] = {"kind": Kind.FROZEN, "at_end": at_end}
    return a_restriction(**(values | changes))


def test_a_fall_back_follows_by_time_and_ends_by_time() -> None:
    levels = [level("withdraw_crypto", falls_back(), at=NOON + hours * HOUR) for hours in (0, 23, 24, 25, 26)]
    assert [str(found) for found in levels] == ["DENY", "DENY", "STEP_UP", "STEP_UP", "ALLOW"]


def test_an_answer_holds_until_the_fall_back_begins() -> None:
    assert verdict("withdraw_crypto", falls_back()).until == NOON + 24 * HOUR
    assert verdict("withdraw_crypto", falls_back(), at=NOON + 24 * HOUR).until == NOON + 26 * HOUR


def test_what_was_lifted_does_not_fall_back() -> None:
    lifted = lift(falls_back(), ANN, NOON + HOUR, "cleared")
    assert level("withdraw_crypto", lifted, at=NOON + 25 * HOUR) is Level.ALLOW


@pytest.mark.parametrize("kind", [Kind.LEGAL_FREEZE, Kind.SANCTIONS_BLOCK])
def test_time_never_ends_what_holds_and_pages(kind: Kind) -> None:
    held = a_restriction(kind=kind, at_end=AtEnd(ending=Ending.HOLD_AND_PAGE))
    assert level("withdraw_crypto", held, at=NOON + timedelta(days=3650)) is Level.DENY
    assert verdict("withdraw_crypto", held).until is None


# --- the life of an account


ALLOWED_WHEN_DEACTIVATED = {
    "login",
    "view",
    "withdraw_crypto",
    "withdraw_fiat",
    "cancel_order",
    "close_position",
    "contact_support",
    "submit_documents",
    "file_appeal",
    "export_data",
}


@pytest.mark.parametrize("capability", [str(c) for c in ACCOUNT_CAPABILITIES])
def test_a_deactivated_account_has_the_way_out_and_the_floor(capability: str) -> None:
    expected = Level.ALLOW if capability in ALLOWED_WHEN_DEACTIVATED else Level.DENY
    assert life_level(Life.DEACTIVATED, Capability(capability)) is expected


@pytest.mark.parametrize("capability", [str(c) for c in ACCOUNT_CAPABILITIES])
def test_a_retained_account_has_the_floor_and_assisted_withdrawal(capability: str) -> None:
    if capability in ("withdraw_crypto", "withdraw_fiat"):
        expected = Level.HOLD
    else:
        expected = Level.ALLOW if Capability(capability) in FLOOR else Level.DENY
    assert life_level(Life.RETAINED, Capability(capability)) is expected


def test_a_purged_account_has_nothing_beyond_the_floor() -> None:
    assert {life_level(Life.PURGED, c) for c in ACCOUNT_CAPABILITIES if c not in FLOOR} == {Level.DENY}


def test_an_active_account_is_not_limited_by_its_life() -> None:
    assert {life_level(Life.ACTIVE, c) for c in Capability} == {Level.ALLOW}


def test_a_new_freeze_still_bites_on_a_deactivated_account() -> None:
    assert level("withdraw_crypto", a_restriction(kind=Kind.FROZEN), lives=(Life.DEACTIVATED,)) is Level.DENY


# --- rows of the articles


@pytest.mark.row("B048", "B056")
def test_a_region_lock_lets_withdraw_unless_something_else_denies_it() -> None:
    region = a_restriction("rs_1", kind=Kind.REGION_LOCK)
    assert level("withdraw_crypto", region) is Level.ALLOW
    assert level("withdraw_crypto", region, a_restriction("rs_2", kind=Kind.FROZEN)) is Level.DENY


@pytest.mark.row("B073", "B082")
def test_a_region_locked_user_logs_in_and_finds_some_features_off() -> None:
    levels = effective_levels(standing(a_restriction(kind=Kind.REGION_LOCK)), NOON)
    assert levels[Capability.LOGIN] is Level.ALLOW
    assert Level.DENY in levels.values()


@pytest.mark.row("B074")
def test_a_frozen_user_cannot_log_in_but_reaches_support() -> None:
    levels = effective_levels(standing(a_restriction(kind=Kind.FROZEN)), NOON)
    assert levels[Capability.LOGIN] is Level.DENY
    assert levels[Capability.CONTACT_SUPPORT] is Level.ALLOW


@pytest.mark.row("A027")
def test_a_reason_that_nobody_knows_limits_by_its_kind_like_any_other() -> None:
    assert level("login", a_restriction(kind=Kind.FROZEN, reason="SOMETHING_NEW")) is Level.DENY


def test_the_level_at_an_instant_is_the_level_of_the_answer() -> None:
    request = Request(Capability.LOGIN, NOON)
    assert level_at(standing(a_restriction()), request, NOON) == (Level.STEP_UP, ("rs_1",))
