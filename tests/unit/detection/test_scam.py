"""Who is deceived, who dealt with somebody who deceives, and who deceives: three matters with different texts and limits."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from habeas.decision.standing import standing_of
from habeas.detection.scam import Params, rail
from habeas.disclosure.statement import make_statement
from habeas.domain.account import AccountState
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import Level
from habeas.domain.case import Case
from habeas.domain.decision import Outcome
from habeas.domain.errors import EventRejectedError, PlaybookError
from habeas.domain.event import EFFECT_SOURCE, OFFENDER_CONFIRMED, REPORT_RECEIVED
from habeas.domain.facts import DealtWith, Facts, OtherParty, Reporter
from habeas.domain.ids import AccountId
from habeas.playbook.load import read_playbook, shipped_playbook
from tests.builders import NOON
from tests.stories import ANALYST, Story, a_settled_state, signals_of, span, the_policy

VICTIM_WORDS = "You did nothing wrong."
HOLD = ("SCAM_OFFENDER", "OUTFLOW_HOLD", "account")
COUNSEL = Actor("cora", Role.COUNSEL)


def params() -> Params:
    found = the_policy().detectors["scam"]
    assert isinstance(found, Params)
    return found


def a_reporter(number: int, **changes: Any) -> Reporter:
    """Somebody with an account of three months, who dealt with the reported one."""
    values: dict[str, Any] = {
        "account": AccountId(f"reporter-{number}"),
        "is_known": True,
        "since": NOON - span("90d"),
        "marks": (f"holder-{number}", f"device-{number}"),
        "has_dealt": True,
    }
    return Reporter(**(values | changes))


def reported(story: Story, who: Reporter, after: str = "1h", category: str = "scam") -> Outcome:
    """A report against the story's account."""
    return story.event(
        REPORT_RECEIVED,
        after,
        by=EFFECT_SOURCE,
        looked_up=Facts(reporter=who),
        against=story.state.account,
        category=category,
        reporter=who.account,
    )


def paying(story: Story, type_: str = "p2p.opened", after: str = "1h", *, to: OtherParty, **data: Any) -> Outcome:
    return story.event(
        type_, after, looked_up=Facts(other_party=to), counterparty=to.account, **({"usd": "200"} | data)
    )


def a_scammer(found: str = "2d") -> OtherParty:
    return OtherParty(AccountId("scammer"), is_known=True, offender_since=NOON - span(found))


def read(story: Story) -> str:
    """Everything that the user is told of what stands, in one text."""
    statement = make_statement(standing_of(story.state, story.policy), story.policy, story.now, "en", ())
    return " ".join(f"{r.title} {r.what_happened} {r.what_next} {r.legal_ground}" for r in statement.restrictions)


def level_of(outcome: Outcome) -> Level:
    assert outcome.verdict is not None
    return outcome.verdict.level


def the_case(story: Story, queue: str) -> Case:
    return [case for decision in story.decisions for case in decision.cases if case.queue == queue][-1]


# --- contact ---------------------------------------------------------------------------------------------------------


@pytest.mark.row("A004")
@pytest.mark.parametrize("type_", ["p2p.opened", "transfer.requested"])
def test_whoever_is_about_to_pay_a_known_scammer_reads_a_warning_first(type_: str) -> None:
    story = Story()
    outcome = paying(story, type_, to=a_scammer())
    assert story.standing == [("SCAM_CONTACT", "STEP_UP", "account")]
    assert level_of(outcome) is Level.STEP_UP
    assert "This is about them, not about you." in read(story)


@pytest.mark.row("A004")
def test_a_counterparty_found_longer_ago_than_the_window_is_no_contact() -> None:
    story = Story()
    assert signals_of(paying(story, to=a_scammer("91d"))) == []
    assert story.standing == []


def test_whoever_was_warned_and_has_shown_control_decides_for_themselves() -> None:
    story = Story()
    paying(story, to=a_scammer())
    story.challenge("totp")
    assert level_of(paying(story, to=a_scammer())) is Level.ALLOW
    assert level_of(paying(story, after="25h", to=a_scammer())) is Level.STEP_UP


def test_a_transfer_between_the_own_accounts_is_no_contact() -> None:
    story = Story()
    facts = Facts(is_own_counterparty=True, other_party=a_scammer())
    story.event("transfer.requested", looked_up=facts, counterparty="scammer", usd="5")
    assert story.standing == []


# --- victim ----------------------------------------------------------------------------------------------------------


@pytest.mark.row("A044", "A051")
def test_whoever_paid_a_scammer_is_protected_told_and_offered_help() -> None:
    story = Story()
    paying(story, "p2p.paid", to=a_scammer())
    assert story.standing == [("SCAM_VICTIM", "OUTFLOW_HOLD", "account")]
    assert VICTIM_WORDS in read(story)
    case = the_case(story, "victims")
    assert set(case.tasks) == {"tell_the_victim", "offer_assistance"}


@pytest.mark.row("A051")
def test_a_victims_case_cannot_be_decided_before_help_was_offered() -> None:
    story = Story()
    paying(story, "p2p.paid", to=a_scammer())
    case = the_case(story, "victims")
    refused = story.opinion(case, "resolved", actor=ANALYST).refusal
    assert refused is not None
    assert "offer_assistance" in refused.message
    act: dict[str, Any] = {
        "case": case.id,
        "outcome": "resolved",
        "actor": ANALYST,
        "note": "spoke to her",
        "done": case.tasks,
    }
    outcome = story.event("habeas.case.decide", by="habeas:staff", looked_up=Facts(case=case), **act)
    assert outcome.refusal is None


@pytest.mark.row("A044")
@pytest.mark.parametrize(
    ("ago", "has_paid", "standing"),
    [
        ("1d", True, [("SCAM_VICTIM", "OUTFLOW_HOLD", "account")]),
        ("20d", True, [("SCAM_VICTIM", "STEP_UP", "account")]),
        ("31d", True, []),
        ("1d", False, [("SCAM_CONTACT", "STEP_UP", "account")]),
        ("31d", False, []),
    ],
)
def test_whoever_dealt_with_a_scammer_before_they_were_found_is_told(
    ago: str, has_paid: bool, standing: list[tuple[str, str, str]]
) -> None:
    story = Story()
    dealt_at = story.now - span(ago)
    story.event(OFFENDER_CONFIRMED, by=EFFECT_SOURCE, counterparty="scammer", dealt_at=dealt_at, has_paid=has_paid)
    assert story.standing == standing


ELDER: dict[str, Any] = {"name": "Ada Brown", "birth_date": "1948-05-01"}


@pytest.mark.row("A044")
def test_an_old_person_who_sends_nearly_everything_to_somebody_new_is_held_and_helped() -> None:
    story = Story()
    story.event("account.profile_changed", **ELDER)
    to = OtherParty(AccountId("new-friend"), is_known=True)
    outcome = paying(story, "transfer.requested", to=to, usd="9000", asset="USDT", amount="9000", balance="9500")
    assert story.standing == [("SCAM_VICTIM", "OUTFLOW_HOLD", "account")]
    assert level_of(outcome) is Level.DENY
    assert VICTIM_WORDS in read(story)


@pytest.mark.parametrize(
    ("kind", "standing"),
    [
        ("all of it to a new payee, as never before", [("SCAM_VICTIM", "STEP_UP", "account")]),
        ("all of it to somebody known", []),
        ("a little to a new payee", []),
    ],
)
def test_one_sign_alone_is_no_pattern(kind: str, standing: list[tuple[str, str, str]]) -> None:
    story = Story()
    friend = OtherParty(AccountId("friend"), is_known=True)
    if kind == "all of it to somebody known":
        paying(story, "transfer.requested", to=friend, usd="5")
        story.wait("2d")
    usd = "50" if kind == "a little to a new payee" else "9000"
    more: dict[str, Any] = {"asset": "USDT", "amount": usd, "balance": "9500"}
    paying(story, "transfer.requested", "2d", to=friend, usd=usd, **more)
    assert story.standing == standing


def test_a_withdrawal_to_a_new_wallet_counts_like_a_payment_to_a_new_person() -> None:
    story = Story()
    story.event("account.profile_changed", **ELDER)
    story.withdrawal(address="bc1q-new", usd="9000", balance_usd="9500")
    assert ("SCAM_VICTIM", "OUTFLOW_HOLD", "account") in story.standing


# --- offender --------------------------------------------------------------------------------------------------------


@pytest.mark.row("A049", "A050", "A008")
def test_independent_reports_that_weigh_enough_hold_outflow_at_once_with_a_case() -> None:
    story = Story()
    for number in range(3):
        assert story.standing == []
        reported(story, a_reporter(number))
    assert story.standing == [HOLD]
    assert story.level("withdraw_crypto") is Level.DENY
    case = the_case(story, "scams")
    assert case.reason == "SCAM_OFFENDER"
    assert VICTIM_WORDS not in read(story)


@pytest.mark.row("A050")
def test_the_hold_ends_with_the_investigation_or_becomes_milder_by_its_time() -> None:
    held = Story()
    for number in range(3):
        reported(held, a_reporter(number))
    case = the_case(held, "scams")
    held.opinion(case, "unfounded", actor=ANALYST, done=case.tasks)
    assert held.standing == []
    left = Story()
    for number in range(3):
        reported(left, a_reporter(number))
    left.wait("25h")
    assert left.standing == [("SCAM_OFFENDER", "OUTFLOW_HOLD", "new_destinations")]
    assert left.state.cases != ()


@pytest.mark.row("A048", "A049")
def test_a_single_report_never_restricts_whoever_files_it() -> None:
    story = Story()
    reported(story, a_reporter(0, upheld=500))
    for _ in range(20):
        reported(story, a_reporter(0, upheld=500))
    assert story.standing == []
    assert [case.queue for case in story.state.cases] == ["scams"]


CROWDS: dict[str, Any] = {
    "one holder": lambda n: a_reporter(n, marks=("one holder", f"device-{n}")),
    "one device": lambda n: a_reporter(n, marks=(f"holder-{n}", "one device")),
    "a chain of shared devices": lambda n: a_reporter(n, marks=(f"device-{n}", f"device-{n + 1}")),
    "new accounts": lambda n: a_reporter(n, since=NOON - span("3d")),
    "strangers": lambda n: a_reporter(n, has_dealt=False),
    "nobody we know": lambda n: Reporter(AccountId(f"reporter-{n}")),
    "the same holder as the reported": lambda n: a_reporter(n, is_same_holder=True),
    "those who were always wrong": lambda n: a_reporter(n, rejected=10) if n < 12 else a_reporter(0, rejected=10),
}


@pytest.mark.row("A048", "A049")
@pytest.mark.parametrize("crowd", CROWDS)
def test_brigading_never_restricts(crowd: str) -> None:
    story = Story()
    for number in range(30):
        reported(story, CROWDS[crowd](number))
    assert story.standing == []


def test_a_flood_of_strangers_does_not_push_out_the_reports_that_count() -> None:
    story = Story()
    reported(story, a_reporter(1))
    reported(story, a_reporter(2))
    for number in range(100, 140):
        reported(story, a_reporter(number, has_dealt=False, marks=("a farm",)), "1m")
    reported(story, a_reporter(3))
    assert story.standing == [HOLD]


@pytest.mark.row("A048")
def test_who_trades_with_hundreds_is_not_held_for_the_disputes_of_a_few() -> None:
    merchant = Story()
    for number in range(9):
        reported(merchant, a_reporter(number, reported_dealt_with=600))
    assert merchant.standing == []
    assert [case.queue for case in merchant.state.cases] == ["scams"]
    reported(merchant, a_reporter(9, reported_dealt_with=600))
    assert merchant.standing == [HOLD]


def test_a_reporter_who_was_right_before_weighs_more_and_one_who_was_wrong_less() -> None:
    right, wrong = Story(), Story()
    for number in range(2):
        reported(right, a_reporter(number, upheld=8))
        reported(wrong, a_reporter(number, rejected=8))
    assert (right.standing, wrong.standing) == ([HOLD], [])


def test_reports_about_other_matters_and_old_ones_do_not_count() -> None:
    story = Story()
    for number in range(5):
        reported(story, a_reporter(number), category="rude")
    for number in range(2):
        reported(story, a_reporter(10 + number))
    reported(story, a_reporter(12), "31d")
    assert story.standing == []


def test_a_report_against_oneself_is_refused_in_one_sentence() -> None:
    with pytest.raises(EventRejectedError, match="is reported by itself"):
        Story().event("report.filed", against="acct-1", category="scam")
    with pytest.raises(EventRejectedError, match="is reported by itself"):
        Story().event("report.filed", against="acct-1", category="scam", reporter="acct-1")
    with pytest.raises(EventRejectedError, match="one of these two"):
        Story().event("report.filed", against="acct-2", category="scam", reporter="acct-3")


def test_a_playbook_by_which_a_single_report_restricts_is_refused() -> None:
    text = shipped_playbook().text.decode().replace("weighty_at = 1.5", "weighty_at = 0.4")
    with pytest.raises(PlaybookError, match="a single report never restricts"):
        read_playbook(text.encode(), "mine")


def test_a_report_does_not_make_an_account_known() -> None:
    story = Story(AccountState(account=AccountId("ghost")))
    reported(story, a_reporter(1))
    assert not story.state.is_known


# --- what people decide ----------------------------------------------------------------------------------------------


def told(story: Story, type_: str) -> list[str]:
    """Whom the last decision tells something of this type."""
    return [m.account for m in story.decisions[-1].messages if type_.encode() in m.body]


@pytest.mark.row("A052")
def test_a_confirmed_offender_is_frozen_by_a_person_and_those_who_paid_are_told() -> None:
    story = Story()
    for number in range(3):
        reported(story, a_reporter(number))
    case = the_case(story, "scams")
    dealt = (
        DealtWith(AccountId("payer"), NOON - span("2d"), True),
        DealtWith(AccountId("old"), NOON - span("80d"), True),
    )
    act: dict[str, Any] = {
        "case": case.id,
        "outcome": "confirmed",
        "actor": ANALYST,
        "note": "chats and payments seen",
        "done": case.tasks,
    }
    story.event("habeas.case.decide", by="habeas:staff", looked_up=Facts(case=case, dealt_with=dealt), **act)
    assert story.standing == [("SCAM_OFFENDER", "FROZEN", "account")]
    (frozen,) = story.state.in_force(story.now)
    assert frozen.placed_by == ANALYST
    assert story.state.offender_since == story.now
    assert told(story, OFFENDER_CONFIRMED) == ["payer"]
    assert told(story, "habeas.report.judged") == ["reporter-0", "reporter-1", "reporter-2"]


@pytest.mark.row("A053", "A074")
@pytest.mark.parametrize("outcome", ["confirmed", "unfounded", "offboard"])
def test_a_report_to_authorities_is_considered_before_an_offenders_case_ends_however_it_ends(outcome: str) -> None:
    story = Story()
    for number in range(3):
        reported(story, a_reporter(number))
    case = the_case(story, "scams")
    assert case.tasks == ("consider_report",)
    refused = story.opinion(case, outcome, actor=ANALYST).refusal
    assert refused is not None
    assert "consider_report" in refused.message
    assert story.opinion(case, outcome, actor=ANALYST, done=case.tasks).refusal is None


@pytest.mark.row("A052")
def test_off_boarding_is_proposed_by_one_person_and_signed_by_counsel() -> None:
    story = Story()
    for number in range(3):
        reported(story, a_reporter(number))
    case = the_case(story, "scams")
    story.opinion(case, "offboard", actor=ANALYST, done=case.tasks)
    (ban,) = (r for r in story.state.restrictions if r.kind == "PERM_BAN")
    assert not ban.is_in_force(story.now)
    assert story.approved(ban.id, actor=ANALYST).refusal is not None
    assert story.approved(ban.id, actor=COUNSEL).refusal is None
    assert ("SCAM_OFFENDER", "PERM_BAN", "holder") in story.standing
    assert story.levels("login", "withdraw_crypto", "contact_support") == [Level.DENY, Level.DENY, Level.ALLOW]
    story.wait("16d")  # The freeze is over; what is left is the assisted way out.
    assert story.levels("login", "withdraw_crypto", "contact_support") == [Level.DENY, Level.HOLD, Level.ALLOW]


def test_a_finding_that_a_person_takes_back_is_no_finding_any_more() -> None:
    story = Story()
    (frozen,) = story.placed_by_staff("SCAM_OFFENDER", kind="FROZEN", evidence="E3").placed
    assert story.state.offender_since is not None
    story.annulled(frozen.id, actor=Actor("sue", Role.SENIOR_ANALYST))
    assert story.state.offender_since is None


def test_a_finding_that_ran_out_stays_found() -> None:
    story = Story()
    story.placed_by_staff("SCAM_OFFENDER", kind="FROZEN", evidence="E3")
    story.wait("30d")
    assert story.state.offender_since is not None


def test_what_automation_suspects_makes_nobody_a_known_scammer() -> None:
    story = Story()
    for number in range(3):
        reported(story, a_reporter(number))
    assert story.state.offender_since is None


def test_an_outcome_about_a_suspicion_fits_no_other_case() -> None:
    story = Story()
    paying(story, "p2p.paid", to=a_scammer())
    case = replace(the_case(story, "victims"), tasks=())
    act: dict[str, Any] = {"case": case.id, "outcome": "confirmed", "actor": ANALYST, "note": "as it seems"}
    refused = story.event("habeas.case.decide", by="habeas:staff", looked_up=Facts(case=case), **act).refusal
    assert refused is not None
    assert "decide it as resolved" in refused.message


# --- money under other names -----------------------------------------------------------------------------------------


def named(name: str = "John Smith") -> Story:
    story = Story()
    story.event("account.profile_changed", name=name)
    return story


def deposit(story: Story, payer: str, usd: str = "500", after: str = "1h", method: str = "sepa") -> Outcome:
    return story.event("deposit.fiat", after, amount=usd, currency="EUR", usd=usd, payer_name=payer, method=method)


@pytest.mark.row("A047")
def test_money_of_several_strangers_is_looked_at_and_held_when_it_goes_straight_out() -> None:
    story = named()
    for payer in ("Maria Silva", "Peter Novak", "Anna Kowalska"):
        deposit(story, payer)
    assert story.standing == []
    assert the_case(story, "scams").reason == "SCAM_OFFENDER"
    story.withdrawal(usd="1400")
    assert story.standing == [HOLD]


@pytest.mark.row("A048")
@pytest.mark.parametrize(
    "payers",
    [
        ("John Smith", "SMITH JOHN A", "Mr John Smith"),
        ("Jane Smith", "Smith Bakery Ltd", "John Brown"),
        ("Maria Silva", "Maria Silva", "SILVA MARIA"),
        ("Иван Петров", "李明", "Revolut"),
    ],
)
def test_the_holder_a_family_and_names_that_cannot_be_compared_are_no_mules(payers: tuple[str, ...]) -> None:
    story = named()
    for payer in payers:
        deposit(story, payer)
    story.withdrawal(usd="1400")
    assert story.standing == []


def test_strangers_money_that_stays_or_leaves_later_restricts_nobody() -> None:
    story = named()
    for payer in ("Maria Silva", "Peter Novak", "Anna Kowalska"):
        deposit(story, payer)
    story.withdrawal(usd="100")
    story.withdrawal("8d", usd="1400")
    assert story.standing == []


@pytest.mark.row("A043", "A047")
def test_fiat_comes_by_several_rails() -> None:
    known = params()
    assert rail("p2p.paid", None, known) == "p2p"
    assert rail("deposit.fiat", "debit_card", known) == "card"
    assert rail("deposit.fiat", "sepa", known) == "direct_deposit"
    assert rail("deposit.fiat", None, known) == "direct_deposit"
    (signal,) = deposit(named(), "Maria Silva", method="card").signals
    assert signal.evidence["rail"] == "card"


# --- bounds ----------------------------------------------------------------------------------------------------------


def test_the_most_that_was_let_out_is_remembered_and_what_was_denied_is_not() -> None:
    story = Story(a_settled_state())
    story.withdrawal(usd="300")
    story.placed_by_staff("SCAM_VICTIM", evidence="E3")
    story.withdrawal(usd="9000")
    assert story.state.largest_outflow_usd == Decimal(300)


def test_a_hold_is_at_most_a_day_however_many_reports_follow() -> None:
    story = Story()
    for number in range(8):
        reported(story, a_reporter(number), "2h")
    (held,) = story.state.in_force(story.now)
    assert held.ends_at is not None
    assert held.ends_at - held.starts_at == timedelta(hours=24)
