from datetime import datetime

import pytest
from hypothesis import given

from habeas.disclosure.catalogue import catalogue
from habeas.disclosure.statement import make_statement
from habeas.domain.capability import ACCOUNT_CAPABILITIES, FLOOR, Capability, Level
from habeas.domain.kind import ACCOUNT_KINDS, LEVELS, Kind
from habeas.domain.reason import Reason
from habeas.domain.restriction import Scope
from habeas.domain.verdict import Request, Standing, evaluate
from tests.builders import NOON
from tests.unit.disclosure.helpers import ANALYST, DAY, POLICY, a_hold_on_new_destinations, a_limit, entry_of, told
from tests.unit.disclosure.worlds import moments

EN = catalogue("en")
AFTER_A_CHECK = ", after an extra check"
WITHOUT_LOGIN = ", without logging in"


def named(phrase: str) -> tuple[Capability, bool, bool]:
    """The capability of a line, whether it is after an extra check, and whether it is to a known destination only."""
    is_checked = phrase.endswith(AFTER_A_CHECK)
    phrase = phrase.removesuffix(AFTER_A_CHECK).removesuffix(WITHOUT_LOGIN)
    for capability, words in EN.capability.items():
        if phrase == words.do:
            return capability, is_checked, False
    for capability, words in EN.capability.items():
        if words.to_known is not None and phrase.startswith(words.to_known.split("{")[0]):
            return capability, is_checked, True
    raise AssertionError(phrase)


@given(moments())
def test_what_is_said_to_work_works_given_everything_that_stands(moment: tuple[Standing, datetime]) -> None:
    standing, at = moment
    for entry in make_statement(standing, POLICY, at).restrictions:
        for line in entry.still_works:
            capability, is_checked, is_to_known = named(line)
            request = Request(capability, at)
            if is_to_known:
                cool_offs = [r.cool_off_for for r in standing.restrictions if r.cool_off_for is not None]
                request = Request(capability, at, destination="d", destination_known_since=at - max(cool_offs))
            assert evaluate(standing, request).level is (Level.STEP_UP if is_checked else Level.ALLOW)


@given(moments())
def test_everything_that_works_is_said(moment: tuple[Standing, datetime]) -> None:
    standing, at = moment
    said = {named(line)[0] for line in make_statement(standing, POLICY, at).restrictions[0].still_works}
    for capability in ACCOUNT_CAPABILITIES:
        if evaluate(standing, Request(capability, at)).level <= Level.STEP_UP:
            assert capability in said


@given(moments())
def test_nothing_is_said_to_wait_that_is_denied(moment: tuple[Standing, datetime]) -> None:
    standing, at = moment
    waits = {EN.capability[c].do: c for c in ACCOUNT_CAPABILITIES}
    for entry in make_statement(standing, POLICY, at).restrictions:
        for line in entry.not_possible:
            capability = waits.get(line.partition(" right away")[0])
            if "it waits" in line and capability is not None:
                assert evaluate(standing, Request(capability, at)).level is not Level.DENY


@given(moments())
def test_nobody_is_ever_without_support_documents_appeal_and_data(moment: tuple[Standing, datetime]) -> None:
    standing, at = moment
    for entry in make_statement(standing, POLICY, at).restrictions:
        assert {named(line)[0] for line in entry.still_works} >= FLOOR


@pytest.mark.parametrize("kind", ACCOUNT_KINDS)
def test_each_kind_lists_what_it_takes_away(kind: Kind) -> None:
    entry = entry_of(a_limit("HOUSE_RULE", kind=kind, placed_by=ANALYST))
    for capability in ACCOUNT_CAPABILITIES:
        name, level = EN.capability[capability].do, LEVELS[kind][capability]
        assert (name in entry.not_possible) == (level is Level.DENY)
        assert (f"{name} without an extra check" in entry.not_possible) == (level is Level.STEP_UP)
        assert (f"{name} right away: it waits until we have looked at it" in entry.not_possible) == (
            level is Level.HOLD
        )


@pytest.mark.row("B047", "B048", "B049", "B050", "B082")
def test_a_region_locked_user_reads_that_login_view_withdraw_cancel_and_support_work() -> None:
    entry = entry_of(a_limit(Reason.KYC_REGION))
    for line in (
        "log in",
        "see your balances and your history",
        "withdraw crypto",
        "cancel open orders",
        "contact support",
    ):
        assert line in entry.still_works


@pytest.mark.row("B051", "B052", "B053")
def test_a_region_locked_user_reads_that_orders_fiat_deposits_and_upgrades_do_not_work() -> None:
    entry = entry_of(a_limit(Reason.KYC_REGION))
    for line in ("place new orders", "deposit money from your bank", "raise your verification level"):
        assert line in entry.not_possible


def test_what_works_without_a_login_says_so_when_login_does_not_work() -> None:
    entry = entry_of(a_limit(Reason.TERMS_REVIEW, placed_by=ANALYST))
    assert "contact support, without logging in" in entry.still_works


def test_a_hold_on_new_destinations_names_the_cool_off_on_both_sides() -> None:
    entry = entry_of(a_hold_on_new_destinations(cool_off_for=3 * DAY))
    assert "withdraw crypto to a wallet that you have used for at least 72 hours" in entry.still_works
    assert (
        "withdraw crypto right away to a wallet that you have used for less than 72 hours: it waits"
        in entry.not_possible
    )


def test_a_hold_on_new_destinations_promises_nothing_while_outflow_is_stopped() -> None:
    entry = entry_of(a_hold_on_new_destinations(), a_limit(Reason.SCAM_VICTIM))
    assert not any("withdraw" in line for line in entry.still_works)


def test_the_longest_of_two_cool_offs_is_promised() -> None:
    two = (a_hold_on_new_destinations(), a_hold_on_new_destinations(id_="rs_2", cool_off_for=3 * DAY))
    assert (
        "withdraw crypto to a wallet that you have used for at least 72 hours" in told(*two).restrictions[0].still_works
    )


def test_a_fall_back_without_a_cool_off_promises_no_destination() -> None:
    entry = entry_of(a_hold_on_new_destinations(cool_off_for=None))
    assert not any("withdraw" in line for line in entry.still_works)
    assert "withdraw crypto right away: it waits until we have looked at it" in entry.not_possible


def test_a_network_limit_leaves_what_can_never_be_denied() -> None:
    entry = told(a_limit(Reason.IP_REGION, scope=Scope.REQUEST_IP)).restrictions[0]
    assert {named(line)[0] for line in entry.still_works} == FLOOR


def test_at_the_instant_of_its_end_a_limit_is_no_longer_told() -> None:
    assert told(a_limit(Reason.SCAM_VICTIM), at=NOON + DAY).restrictions[0].id == ""
