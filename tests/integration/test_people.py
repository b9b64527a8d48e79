"""Scams and re-registration on a whole store: what one account does reaches the others as events of their own."""

from datetime import timedelta

import pytest

from habeas.domain.actor import Actor, Role
from habeas.domain.capability import Level
from habeas.domain.case import Case, CaseOutcome, CaseStatus
from habeas.domain.event_data import ApproveAct, CaseAct, LiftAct, PlaceAct
from habeas.domain.evidence import Evidence
from habeas.domain.ids import CaseId
from habeas.domain.kind import Kind
from habeas.domain.restriction import Scope
from tests.integration.test_attacks import CORA, Desk, level_of
from tests.stories import ANALYST

SUE = Actor("sue", Role.SENIOR_ANALYST)
PASSPORT = {"kind": "passport", "number": "C01X00T47", "country": "DE"}


def standing(desk: Desk, account: str) -> list[tuple[str, str, str]]:
    found = desk.state(account).in_force(desk.now)
    return sorted((r.reason, str(r.kind), str(r.scope)) for r in found)


def settled(*accounts: str, days: int = 60, device: str = "") -> Desk:
    """An exchange whose accounts were all opened two months ago, each used on a device of its own or all on one."""
    desk = Desk()
    desk.now -= timedelta(days=days)
    for account in accounts:
        desk.send(account, "account.opened", holder=f"holder of {account}", residence="DE")
        desk.send(account, "login.succeeded", device=device or f"phone of {account}")
    desk.now += timedelta(days=days)
    return desk


def open_case(desk: Desk, account: str, queue: str) -> Case:
    return [c for c in desk.cases(account) if c.queue == queue and c.status is CaseStatus.OPEN][-1]


def decided(desk: Desk, account: str, outcome: CaseOutcome) -> None:
    case = open_case(desk, account, "scams")
    act = CaseAct(actor=ANALYST, note="chats and payments seen", case=CaseId(case.id), outcome=outcome, done=case.tasks)
    assert desk.act(account, act).refusal is None
    desk.effects()


THREE = ("ann", "ben", "cleo")


def paid_and_reported(desk: Desk, *, on_the_reported: bool = False) -> None:
    """Three people pay ugo and report him."""
    for who in THREE:
        desk.send(who, "p2p.paid", counterparty="ugo", usd="300")
    for who in THREE:
        subject, more = ("ugo", {"reporter": who}) if on_the_reported else (who, {})
        desk.send(subject, "report.filed", against="ugo", category="scam", **more)
    desk.effects()


@pytest.mark.row("A049", "A050", "A052", "A044")
@pytest.mark.parametrize("on_the_reported", [False, True])
def test_reports_hold_people_decide_and_everybody_who_paid_is_told(on_the_reported: bool) -> None:
    desk = settled("ugo", "dora", *THREE)
    desk.send("dora", "p2p.opened", counterparty="ugo", usd="70")
    paid_and_reported(desk, on_the_reported=on_the_reported)
    assert standing(desk, "ugo") == [("SCAM_OFFENDER", "OUTFLOW_HOLD", "account")]
    assert all(standing(desk, who) == [] for who in (*THREE, "dora"))
    decided(desk, "ugo", CaseOutcome.CONFIRMED)
    assert standing(desk, "ugo") == [("SCAM_OFFENDER", "FROZEN", "account")]
    for who in THREE:
        assert standing(desk, who) == [("SCAM_VICTIM", "OUTFLOW_HOLD", "account")]
        assert "offer_assistance" in open_case(desk, who, "victims").tasks
        assert (desk.state(who).reports_upheld, desk.state(who).reports_rejected) == (1, 0)
    assert standing(desk, "dora") == [("SCAM_CONTACT", "STEP_UP", "account")]


def test_an_unfounded_suspicion_ends_the_hold_and_its_authors_weigh_less() -> None:
    desk = settled("ugo", *THREE)
    paid_and_reported(desk)
    decided(desk, "ugo", CaseOutcome.UNFOUNDED)
    assert standing(desk, "ugo") == []
    assert [desk.state(who).reports_rejected for who in THREE] == [1, 1, 1]
    paid_and_reported(desk)
    assert standing(desk, "ugo") == []


@pytest.mark.row("A048")
@pytest.mark.parametrize("crowd", ["one device", "new accounts", "never dealt", "unknown accounts"])
def test_a_brigade_never_restricts(crowd: str) -> None:
    brigade = [f"rival-{number}" for number in range(25)]
    known = [] if crowd == "unknown accounts" else brigade
    desk = settled(
        "ugo", *known, device="farm" if crowd == "one device" else "", days=3 if crowd == "new accounts" else 60
    )
    for rival in brigade:
        if crowd not in ("never dealt", "unknown accounts"):
            desk.send(rival, "p2p.paid", counterparty="ugo", usd="1")
        desk.send(rival, "report.filed", against="ugo", category="scam")
    desk.effects()
    assert standing(desk, "ugo") == []


def test_sub_accounts_of_one_person_are_one_reporter() -> None:
    desk = settled("ugo", "boss")
    for number in range(6):
        desk.send(f"sub-{number}", "account.opened", parent="boss")
    desk.now += timedelta(days=30)
    for number in range(6):
        desk.send(f"sub-{number}", "p2p.paid", counterparty="ugo", usd="1")
        desk.send(f"sub-{number}", "report.filed", against="ugo", category="scam")
    desk.effects()
    assert standing(desk, "ugo") == []


@pytest.mark.row("A004")
def test_a_trade_with_a_found_scammer_asks_for_a_check_first_and_not_after_the_finding_was_annulled() -> None:
    desk = settled("ugo", "ann", "ben")
    act = PlaceAct(actor=ANALYST, note="chats seen", reason="SCAM_OFFENDER", kind=Kind.FROZEN, evidence=Evidence.E3)
    (frozen,) = desk.act("ugo", act).placed
    assert level_of(desk.send("ann", "p2p.opened", counterparty="ugo", usd="70")) is Level.STEP_UP
    assert desk.act("ugo", LiftAct(actor=SUE, note="mistaken identity", restriction=frozen.id)).refusal is None
    assert level_of(desk.send("ben", "p2p.opened", counterparty="ugo", usd="70")) is Level.ALLOW


def registered(desk: Desk, account: str, holder: str, document: dict[str, str] = PASSPORT) -> Level:
    """Somebody opens an account with a document and passes the identity check; what opening was answered."""
    opened = desk.send(account, "account.opened", holder=holder, residence="DE", document=document)
    desk.send(account, "kyc.decided", result="accepted", tier=1)
    return level_of(opened)


def banned(desk: Desk, account: str, reason: str = "MALICIOUS_USER") -> None:
    ban = PlaceAct(
        actor=SUE,
        note="forensics 7",
        reason=reason,
        kind=Kind.PERM_BAN,
        scope=Scope.HOLDER,
        evidence=Evidence.E4,
        evidence_ids=("forensics:7",),
    )
    (proposed,) = desk.act(account, ban).placed
    assert desk.act(account, ApproveAct(actor=CORA, note="signed", restriction=proposed.id)).refusal is None
    desk.effects()


LINKED = [("REREGISTRATION", "REGION_LOCK", "account")]


@pytest.mark.row("B086")
def test_a_banned_person_may_register_and_is_flagged_at_the_identity_check() -> None:
    desk = settled()
    registered(desk, "mallory", "m")
    banned(desk, "mallory")
    desk.now += timedelta(days=40)
    again = PASSPORT | {"number": "c01-x00 t47"}
    assert registered(desk, "mallory-2", "somebody else", again) is Level.ALLOW
    assert standing(desk, "mallory-2") == LINKED
    assert registered(desk, "other", "other", PASSPORT | {"number": "Z9"}) is Level.ALLOW
    assert standing(desk, "other") == []


def test_a_document_declared_later_is_linked_too_and_the_earlier_account_never_is() -> None:
    desk = settled("newer")
    registered(desk, "mallory", "m")
    desk.now += timedelta(hours=1)
    desk.send("newer", "account.profile_changed", document=PASSPORT)
    banned(desk, "newer")
    desk.send("mallory", "kyc.decided", result="accepted", tier=2)
    assert standing(desk, "mallory") == []
    banned(desk, "mallory")
    desk.send("third", "account.profile_changed", document=PASSPORT)
    assert standing(desk, "third") == LINKED


def test_the_holders_own_other_account_follows_the_holder_and_is_no_re_registration() -> None:
    desk = settled()
    registered(desk, "mallory", "m")
    banned(desk, "mallory")
    registered(desk, "mallory-2", "m")
    assert standing(desk, "mallory-2") == [("MALICIOUS_USER", "PERM_BAN", "holder")]


def test_victims_annulled_and_moved_people_are_not_punished_again() -> None:
    desk = settled()
    registered(desk, "victim", "v")
    desk.act("victim", PlaceAct(actor=ANALYST, note="scammed", reason="SCAM_VICTIM", evidence=Evidence.E3))
    registered(desk, "victim-2", "v2")
    assert standing(desk, "victim-2") == []


def test_one_device_or_mail_address_is_no_link() -> None:
    desk = settled()
    desk.send("mallory", "account.opened", holder="m", email="m@example.org", document=PASSPORT)
    desk.send("mallory", "login.succeeded", device="laptop")
    banned(desk, "mallory")
    desk.send("flatmate", "account.opened", holder="f", email="m@example.org", document=PASSPORT | {"number": "Q4"})
    desk.send("flatmate", "login.succeeded", device="laptop")
    desk.send("flatmate", "kyc.decided", result="accepted", tier=1)
    assert (standing(desk, "flatmate"), desk.cases("flatmate")) == ([], ())
