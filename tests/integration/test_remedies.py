"""Each way out, walked through the public face from lock to release: events, acts, timers, and what the statement promises.

What a statement says works is asked for by `check`; what it says ends by itself is asked for on both sides of that instant;
what it says to do is done, and then the restriction is gone. Where people must decide, the clock of their case is let run out,
to see that a breach of its bound is announced before it happens.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from habeas.disclosure.catalogue import catalogue
from habeas.disclosure.entry import Entry
from habeas.disclosure.phrase import say_surely
from habeas.disclosure.statement import Statement
from habeas.disclosure.vocabulary import end_instant
from habeas.domain.account import AccountState, Life
from habeas.domain.actor import Actor, Role
from habeas.domain.capability import ACCOUNT_CAPABILITIES, FLOOR, Capability, Level
from habeas.domain.case import Case, CaseOutcome, CaseStatus
from habeas.domain.decision import Outcome
from habeas.domain.document import DocumentRequest
from habeas.domain.event import make_event
from habeas.domain.event_data import CaseAct, ExtendAct, LiftAct, PlaceAct
from habeas.domain.ids import AccountId, CaseId
from habeas.domain.notice import NoticeTopic
from habeas.domain.place import Place
from habeas.domain.restriction import Restriction, Status
from habeas.domain.verdict import Request
from habeas.playbook.load import shipped_playbook
from habeas.service.acts import Act, carry_out
from habeas.service.intake import Intake
from habeas.service.notices import Notices
from habeas.service.outbox import deliver_effects
from habeas.service.questions import Questions
from habeas.service.timers import fire_due_timers
from habeas.store.open import open_store
from tests.builders import NOON
from tests.integration.test_attacks import SomeLists
from tests.stories import a_place

ANN, BOB = Actor("ann", Role.ANALYST), Actor("bob", Role.ANALYST)
SUE, ALMA = Actor("sue", Role.SENIOR_ANALYST), Actor("alma", Role.APPEALS_OFFICER)
OLGA, RAVI = Actor("olga", Role.SANCTIONS_OFFICER), Actor("ravi", Role.SENIOR_ANALYST)
KIM = AccountId("kim")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SECOND = timedelta(seconds=1)
WORDS = catalogue("en")
PLAYBOOK = shipped_playbook()
POLICY = PLAYBOOK.policy(AccountState(account=KIM).entity)

_places = {"10.0.0.1": "GB", "10.0.0.2": "US", "10.0.0.3": "CN", "10.0.0.4": "IN", "10.0.0.5": "RU", "10.0.0.6": "FR"}
_ip = {country: ip for ip, country in _places.items()}


class SomePlaces:
    """One address for each of some countries."""

    def place(self, ip: str) -> Place | None:
        return a_place(_places[ip]) if ip in _places else None


class House:
    """One exchange on a real SQLite file, with a clock that the test sets, and one customer who was opened two months ago."""

    def __init__(self, folder: Path, **profile: Any) -> None:
        self.store, self.now, self._sent = open_store(f"sqlite:///{folder / 'house.db'}"), NOON - 60 * DAY, 0
        self.intake = Intake(self.store, PLAYBOOK, SomePlaces(), SomeLists(), lambda: self.now)
        self.questions = Questions(self.store, PLAYBOOK, SomePlaces(), SomeLists())
        self.notices = Notices(self.store, PLAYBOOK, lambda: self.now)
        self.send("account.opened", **({"residence": "DE", "nationalities": ["DE"]} | profile))
        for day in range(3):
            self.send("login.succeeded", day * DAY, ip=_ip["GB"], device="phone", mfa="passkey")
        self.wait(NOON - self.now)

    def close(self) -> None:
        self.intake.close()
        self.store.close()

    # --- what happens

    def send(self, type_: str, after: timedelta = timedelta(0), *, account: str = KIM, **data: Any) -> Outcome:
        """An event, with everything that came due before it done first."""
        self.wait(after)
        self._sent += 1
        event = make_event(f"e{self._sent}", "urn:exchange", type_, account, self.now, msgspec.json.encode(data))
        outcome = self.intake.decide(event)
        deliver_effects(self.store, self.intake)
        assert not outcome.quarantined
        return outcome

    def act(self, act: Act, *, account: str = KIM) -> Outcome:
        outcome = carry_out(self.intake, AccountId(account), act, self.now)
        deliver_effects(self.store, self.intake)
        return outcome

    def done(self, act: Act) -> Outcome:
        """An act that must not be refused."""
        outcome = self.act(act)
        assert outcome.refusal is None, outcome.refusal
        return outcome

    def accept(self, *documents: str, after: timedelta = HOUR) -> None:
        for document in documents:
            self.send("document.received", after, kind=document)
            self.send("document.decided", after, kind=document, result="accepted")

    def wait(self, length: timedelta) -> None:
        """Time passes. A worker looks every few hours, and once at the end."""
        until = self.now + length
        while True:
            with self.store.reading() as reader:
                due = reader.due_timers(until, 1)
            if not due:
                break
            self.now = max(self.now, due[0].timer.due_at)
            fired = fire_due_timers(self.store, self.intake, lambda: self.now)
            assert fired, "a timer that is due must fire"
            deliver_effects(self.store, self.intake)
        self.now = until

    # --- what stands

    def state(self) -> AccountState:
        with self.store.reading() as reader:
            state = reader.account(KIM)
        assert state is not None
        return state

    @property
    def standing(self) -> list[tuple[str, str, str]]:
        return sorted((r.reason, str(r.kind), str(r.scope)) for r in self.state().in_force(self.now))

    def the(self, reason: str, scope: str = "account", kind: str | None = None) -> Restriction:
        (found,) = (
            r
            for r in self.state().in_force(self.now)
            if (r.reason, r.scope) == (reason, scope) and kind in (None, r.kind)
        )
        return found

    def recorded(self, restriction: Restriction) -> Restriction:
        return next(r for r in self.questions.account(KIM).restrictions if r.id == restriction.id)

    def cases(self, queue: str, *, is_open: bool = True) -> list[Case]:
        with self.store.reading() as reader:
            found = reader.cases(KIM)
        return [c for c in found if c.queue == queue and (c.status is CaseStatus.OPEN) is is_open]

    def case(self, queue: str) -> Case:
        (found,) = self.cases(queue)
        return found

    def requests(self) -> tuple[DocumentRequest, ...]:
        with self.store.reading() as reader:
            return reader.document_requests(KIM)

    def level(self, capability: str, at: datetime | None = None, **said: Any) -> Level:
        return self.questions.check(KIM, Request(Capability(capability), at or self.now, **said)).level

    def statement(self, at: datetime | None = None) -> Statement:
        return self.questions.statement(KIM, at or self.now)

    def entry(self, restriction: Restriction) -> Entry:
        return next(entry for entry in self.statement().restrictions if entry.id == restriction.id)


# --- the promises of a statement -------------------------------------------------------------------------------------


def keeps_its_word(house: House, *restrictions: Restriction) -> None:
    """Everything that the statement says now is so: what works and what does not by `check`, and what ends by itself."""
    for entry in house.statement().restrictions:
        _works_as_told(house, entry)
        assert all((entry.what_to_do, entry.challenge, entry.when, entry.by_when, entry.what_next, entry.reference))
    told = {entry.id for entry in house.statement().restrictions}
    for restriction in restrictions:
        assert restriction.id in told
        _ends_as_told(house, restriction)
        assert house.entry(restriction).automated is restriction.is_automated


def _works_as_told(house: House, entry: Entry) -> None:
    long_ago = house.now - 400 * DAY
    for capability in ACCOUNT_CAPABILITIES:
        name, level = WORDS.capability[capability].do, house.level(capability)
        if capability in FLOOR:
            assert level <= Level.STEP_UP
            name = (
                name if house.level("login") <= Level.STEP_UP else say_surely(WORDS.without_login, {"capability": name})
            )
        with_check = WORDS.level[Level.STEP_UP].works
        assert with_check is not None
        assert (name in entry.still_works) is (level is Level.ALLOW), (capability, level)
        assert (say_surely(with_check, {"capability": name}) in entry.still_works) is (level is Level.STEP_UP), (
            capability
        )
    if any("known" in line for line in entry.still_works):
        known = house.level("withdraw_crypto", destination="a friend", destination_known_since=long_ago)
        assert known <= Level.STEP_UP


def _ends_as_told(house: House, restriction: Restriction) -> None:
    entry = house.entry(restriction)
    is_by_time = restriction.ends_at is not None and restriction.at_end.kind is None
    has_countdown = entry.countdown != WORDS.clock.no_countdown
    assert has_countdown is (is_by_time and restriction.at_end.ending == "lift"), entry.when
    if restriction.ends_at is not None and has_countdown:
        assert end_instant(restriction.ends_at, WORDS) in entry.when
        before, after = (house.statement(restriction.ends_at + step) for step in (-SECOND, timedelta(0)))
        assert restriction.id in {entry.id for entry in before.restrictions}
        assert restriction.id not in {entry.id for entry in after.restrictions}
    elif restriction.condition is not None:
        far = house.statement(house.now + 3650 * DAY)
        assert restriction.id in {entry.id for entry in far.restrictions}


def is_free(house: House) -> None:
    """Nothing stands, nothing is asked for, everything works, and the statement says so."""
    assert house.standing == []
    (entry,) = house.statement().restrictions
    assert entry.id == ""
    assert entry.still_works
    assert [c for c in ACCOUNT_CAPABILITIES if house.level(c) is not Level.ALLOW] == []
    assert [request for request in house.requests() if request.is_open] == []


def announces_its_bound(house: House, queue: str) -> None:
    """Left alone, the clock of a case says that its time will be over before it is, and within what the user was told."""
    case = house.case(queue)
    promise = POLICY.reasons[case.reason].promise.to_for
    assert promise is not None
    assert case.due_at - case.opened_at <= promise
    house.wait(case.due_at - house.now - SECOND)
    assert house.case(queue).is_warned
    assert not house.case(queue).is_late
    house.notices.write()
    with house.store.reading() as reader:
        told = [notice for notice in reader.notices(KIM) if notice.about == case.id]
    assert [notice.topic for notice in told if notice.topic is NoticeTopic.PROMISE_LATE] or not _is_told(house, case)
    house.wait(2 * SECOND)
    late = house.case(queue)
    assert (late.is_late, late.priority, late.status) == (True, "page", CaseStatus.OPEN)


def _is_told(house: House, case: Case) -> bool:
    return any(r.id in case.restrictions for r in house.state().in_force(house.now))


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def travelled(house: House, *countries: str) -> None:
    for country in countries:
        house.send("login.succeeded", timedelta(minutes=10), ip=_ip[country], device="phone")


# --- a missing document ----------------------------------------------------------------------------------------------


@pytest.mark.row("A098", "A009")
@pytest.mark.parametrize("late_for", [0, 20])
def test_the_named_document_opens_a_missing_document_lock_in_time_and_late(house: House, late_for: int) -> None:
    house.send("document.expired", kind="passport")
    lock = house.the("MISSING_DOCUMENT")
    keeps_its_word(house, lock)
    (asked,) = house.requests()
    assert asked.documents == ("passport",)
    assert "passport" in " ".join(house.statement().requirements.currently_due)
    assert end_instant(asked.due_at, WORDS) in house.statement().requirements.current_deadline
    assert asked.due_at == lock.ends_at
    house.wait(late_for * DAY)
    if late_for:
        lock = house.the("MISSING_DOCUMENT", kind="WITHDRAW_ONLY")
        assert lock.starts_at == asked.due_at
        keeps_its_word(house, lock)
    house.accept("proof_of_address")
    assert house.the("MISSING_DOCUMENT").id == lock.id
    house.accept("passport")
    assert house.recorded(lock).status is Status.LIFTED
    is_free(house)


def test_a_check_that_is_slow_is_announced_before_the_promise_is_missed(house: House) -> None:
    house.send("document.expired", kind="passport")
    house.send("document.received", DAY, kind="passport")
    assert "passport" in " ".join(house.statement().requirements.pending_verification)
    came_at = house.now
    house.wait(POLICY.documents.check_for)
    announces_its_bound(house, "documents")
    promise = POLICY.reasons["MISSING_DOCUMENT"].promise.to_for
    assert promise is not None
    assert house.now - came_at < promise
    house.send("document.decided", kind="passport", result="accepted")
    is_free(house)


def test_a_check_that_nobody_finishes_calls_a_person_again_and_again(house: House) -> None:
    house.send("document.expired", kind="passport")
    house.send("document.received", DAY, kind="passport")
    for _ in range(3):
        house.wait(POLICY.documents.check_for)
        case = house.case("documents")
        house.done(CaseAct(actor=ANN, note="somebody looks at it", case=CaseId(case.id), outcome=CaseOutcome.RESOLVED))
        assert house.cases("documents") == []


def test_more_time_is_given_once_and_what_was_told_moves_with_it(house: House) -> None:
    house.send("document.expired", kind="passport")
    (asked,) = house.requests()
    house.done(ExtendAct(actor=ANN, note="on a journey", request=asked.id))
    (longer,) = house.requests()
    assert longer.due_at - asked.due_at == POLICY.documents.extend_for
    lock = house.the("MISSING_DOCUMENT")
    assert end_instant(longer.due_at, WORDS) in house.entry(lock).by_when
    house.wait(longer.due_at - house.now - SECOND)
    assert house.the("MISSING_DOCUMENT").kind == "STEP_UP"
    house.wait(SECOND)
    assert house.the("MISSING_DOCUMENT").kind == "WITHDRAW_ONLY"
    house.accept("passport")
    is_free(house)


def test_what_was_sent_in_time_is_not_late_because_we_are_slow(house: House) -> None:
    house.send("document.expired", kind="passport")
    house.send("document.received", 13 * DAY, kind="passport")
    house.wait(5 * DAY)
    assert house.the("MISSING_DOCUMENT").kind == "STEP_UP"
    house.send("document.decided", kind="passport", result="rejected", reason="the photograph is cut off")
    (asked,) = house.requests()
    assert asked.due_at - house.now == DAY
    house.accept("passport")
    is_free(house)


# --- where somebody lives --------------------------------------------------------------------------------------------

PROOFS = ["proof_of_address", "residence_permit", "kyc"]


def prove(house: House, proof: str) -> None:
    if proof == "kyc":
        house.send("kyc.decided", HOUR, result="approved")
    else:
        house.accept(proof)


@pytest.mark.row("B017", "B039", "B040", "B041")
@pytest.mark.parametrize("proof", PROOFS)
def test_each_of_three_remedies_opens_a_kyc_region_lock(house: House, proof: str) -> None:
    house.send("account.profile_changed", residence="CN")
    lock = house.the("KYC_REGION")
    keeps_its_word(house, lock)
    assert len(house.entry(lock).what_to_do) == 3
    assert house.level("withdraw_crypto") is Level.ALLOW
    prove(house, proof)
    assert house.the("KYC_REGION").id == lock.id
    house.send("account.profile_changed", HOUR, residence="DE")
    assert house.recorded(lock).status is Status.LIFTED
    is_free(house)


def test_a_lock_without_an_end_is_looked_at_on_the_day_that_was_told(house: House) -> None:
    house.send("account.profile_changed", residence="CN")
    lock = house.the("KYC_REGION")
    assert lock.condition is not None
    assert end_instant(lock.condition.recheck_at, WORDS) in house.entry(lock).when
    house.wait(lock.condition.recheck_at - house.now - SECOND)
    assert house.cases("region") == []
    house.wait(SECOND)
    assert house.case("region").restrictions == (lock.id,)
    keeps_its_word(house, house.the("KYC_REGION"))


@pytest.mark.row("B079", "B080")
@pytest.mark.parametrize("proof", PROOFS)
def test_a_proved_move_ends_the_exit_from_a_region(house: House, proof: str) -> None:
    house.send("account.profile_changed", residence="CA")
    lock = house.the("POLICY_EXIT")
    keeps_its_word(house, lock)
    assert (house.level("withdraw_crypto"), house.level("place_order")) == (Level.ALLOW, Level.DENY)
    house.send("account.profile_changed", DAY, residence="DE")
    assert house.the("POLICY_EXIT").id == lock.id
    prove(house, proof)
    is_free(house)


def test_a_person_decides_about_a_move_out_of_a_sanctioned_country(house: House) -> None:
    house.send("account.profile_changed", residence="CU")
    lock = house.the("SANCTIONED_RESIDENCE")
    keeps_its_word(house, lock)
    announces_its_bound(house, "offboarding")
    house.send("account.profile_changed", DAY, residence="DE")
    house.accept("proof_of_address")
    assert house.the("SANCTIONED_RESIDENCE").id == lock.id
    case = house.case("region")
    assert case.restrictions == (lock.id,)
    announces_its_bound(house, "region")
    house.done(LiftAct(actor=SUE, note="the tenancy was seen", restriction=lock.id))
    assert house.standing == []
    assert {c.status for c in house.cases("region")} == {CaseStatus.OPEN}, "only a person decides a case"


# --- the journey to the US -------------------------------------------------------------------------------------------


def in_the_us(house: House) -> Restriction:
    house.send("login.succeeded", 2 * DAY, ip=_ip["US"], device="phone")
    return house.the("RESTRICTED_TRAVEL")


def declare(house: House, lock: Restriction, *, citizen: str = "no", after: timedelta = HOUR) -> None:
    house.send("declaration.made", after, restriction=lock.id, answers={"us_citizen": citizen, "us_resident": "no"})


@pytest.mark.row("A065", "A066")
def test_a_traveller_declares_and_shows_and_is_let_be_for_a_month(house: House) -> None:
    lock = in_the_us(house)
    keeps_its_word(house, lock)
    assert house.level("withdraw_crypto") <= Level.STEP_UP
    (asked,) = house.requests()
    assert asked.documents == ("passport", "proof_of_address", "travel_declaration")
    assert lock.ends_at is not None
    assert end_instant(lock.ends_at, WORDS) in house.entry(lock).when + house.entry(lock).by_when
    house.accept("passport", "proof_of_address")
    declare(house, lock)
    is_free(house)
    house.send("login.succeeded", 20 * DAY, ip=_ip["US"], device="phone")
    is_free(house)


@pytest.mark.row("A067")
def test_who_declares_to_be_a_citizen_can_withdraw_and_can_show_that_it_was_wrong(house: House) -> None:
    lock = in_the_us(house)
    declare(house, lock, citizen="yes")
    exit_ = house.the("RESTRICTED_TRAVEL", kind="WITHDRAW_ONLY")
    keeps_its_word(house, exit_)
    assert (house.level("withdraw_crypto"), house.level("place_order")) == (Level.ALLOW, Level.DENY)
    house.accept("passport", "proof_of_address")
    declare(house, exit_)
    is_free(house)


@pytest.mark.row("A067")
def test_thirty_days_of_silence_leave_withdrawals_only_and_the_way_out_stays_open(house: House) -> None:
    lock = in_the_us(house)
    ends_at = lock.ends_at
    assert ends_at is not None
    house.wait(ends_at - house.now - SECOND)
    assert house.the("RESTRICTED_TRAVEL").id == lock.id
    house.wait(SECOND)
    exit_ = house.the("RESTRICTED_TRAVEL", kind="WITHDRAW_ONLY")
    assert exit_.starts_at == ends_at
    keeps_its_word(house, exit_)
    house.accept("passport", "proof_of_address", after=DAY)
    declare(house, exit_)
    is_free(house)


def test_what_was_declared_before_the_month_was_over_still_counts_after_it(house: House) -> None:
    lock = in_the_us(house)
    declare(house, lock, after=28 * DAY)
    house.accept("passport")
    house.wait(5 * DAY)
    assert house.the("RESTRICTED_TRAVEL", kind="WITHDRAW_ONLY").id != lock.id
    house.accept("proof_of_address")
    is_free(house)


# --- what waits out --------------------------------------------------------------------------------------------------


@pytest.mark.row("B024", "B026", "B027", "B045")
def test_risk_control_ends_at_the_instant_that_was_told_and_never_after_72_hours(house: House) -> None:
    travelled(house, "CN", "FR", "IN", "RU")
    risk = house.the("RISK_CONTROL")
    keeps_its_word(house, risk, house.the("RISK_CONTROL", "new_destinations"))
    began, first_end = risk.starts_at, risk.ends_at
    assert first_end is not None
    assert (first_end - began) >= 24 * HOUR
    house.wait(20 * HOUR)
    for _ in range(3):  # the journey goes on, and each leap says it again
        travelled(house, "CN", "IN", "RU")
        house.wait(10 * HOUR)
        standing = [r for r in house.state().in_force(house.now) if r.kind == "TEMP_RISK"]
        assert all(r.ends_at is not None and r.ends_at - r.starts_at <= 72 * HOUR for r in standing)
    risk = next(r for r in house.questions.account(KIM).restrictions if r.id == risk.id)
    assert risk.ends_at is not None
    assert 24 * HOUR < risk.ends_at - began <= 72 * HOUR
    house.wait(5 * DAY)
    assert not [r for r in house.state().in_force(house.now) if r.id == risk.id]
    is_free(house)


def test_a_fresh_proof_of_control_ends_risk_control_at_once(house: House) -> None:
    travelled(house, "CN", "FR", "IN", "RU")
    risk = house.the("RISK_CONTROL")
    house.send("challenge.passed", HOUR, method="passkey")
    assert house.recorded(risk).status is Status.LIFTED
    rest = house.the("RISK_CONTROL", "new_destinations")
    keeps_its_word(house, rest)
    assert rest.ends_at is not None
    house.wait(rest.ends_at - house.now)
    is_free(house)


# --- somebody else at the controls -----------------------------------------------------------------------------------


@pytest.mark.row("A038", "A039", "A040", "A042")
def test_the_owner_gets_a_taken_account_back_and_new_destinations_wait_a_day(house: House) -> None:
    house.send("phone.sim_changed", HOUR, at=house.now.isoformat())
    house.send("login.succeeded", HOUR, ip=_ip["RU"], device="burner")
    house.send("credential.changed", HOUR, what="password", device="burner")
    hold = house.the("ACCOUNT_TAKEOVER", kind="OUTFLOW_HOLD")
    keeps_its_word(house, hold)
    announced = house.case("takeover")
    refused = house.act(LiftAct(actor=ANN, note="he sounded right", restriction=hold.id, attests=("history",)))
    assert refused.refusal is not None
    house.send("challenge.passed", HOUR, method="liveness")
    house.send("challenge.passed", HOUR, method="document")
    decide = [case for case in house.cases("takeover") if case.id != announced.id]
    assert [case.restrictions for case in decide] == [(hold.id,)]
    assert house.recorded(hold).status is Status.ACTIVE
    house.done(LiftAct(actor=ANN, note="face and passport of record", restriction=hold.id))
    rest = house.the("ACCOUNT_TAKEOVER", "new_destinations")
    keeps_its_word(house, rest)
    long_ago = house.now - 400 * DAY
    assert house.level("withdraw_crypto", destination="own", destination_known_since=long_ago) <= Level.STEP_UP
    assert house.level("withdraw_crypto", destination="bc1q-thief") is Level.HOLD
    assert rest.ends_at is not None
    house.wait(rest.ends_at - house.now)
    assert ("ACCOUNT_TAKEOVER", "OUTFLOW_HOLD", "new_destinations") not in house.standing


def test_a_takeover_hold_that_nobody_decides_is_announced_and_ends_when_it_said(house: House) -> None:
    house.send("phone.sim_changed", HOUR, at=house.now.isoformat())
    house.send("login.succeeded", HOUR, ip=_ip["RU"], device="burner")
    house.send("credential.changed", HOUR, what="password", device="burner")
    hold = house.the("ACCOUNT_TAKEOVER", kind="OUTFLOW_HOLD")
    announces_its_bound(house, "takeover")
    assert hold.ends_at is not None
    house.wait(hold.ends_at - house.now)
    assert house.recorded(hold).status is Status.EXPIRED
    assert house.case("takeover").status is CaseStatus.OPEN


# --- scams -----------------------------------------------------------------------------------------------------------


@pytest.mark.row("A045", "A046")
def test_a_victim_proves_control_and_takes_the_lesson(house: House) -> None:
    house.done(PlaceAct(actor=ANN, note="on the telephone with a scammer", reason="SCAM_VICTIM"))
    hold = house.the("SCAM_VICTIM")
    keeps_its_word(house, hold)
    house.send("education.completed", HOUR, restriction=hold.id, answers={"q1": "never"})
    refused = house.act(LiftAct(actor=BOB, note="he asked for it", restriction=hold.id))
    assert refused.refusal is not None
    assert refused.refusal.code == "not_proved"
    house.send("challenge.passed", HOUR, method="passkey")
    assert house.recorded(hold).status is Status.LIFTED
    rest = house.the("SCAM_VICTIM", "new_destinations")
    keeps_its_word(house, rest)
    assert rest.ends_at is not None
    assert rest.ends_at - house.now == POLICY.releases["SCAM_VICTIM"].cool_off_for
    house.wait(rest.ends_at - house.now)
    is_free(house)


@pytest.mark.row("A004")
@pytest.mark.parametrize("way", ["declaration", "challenge", "time"])
def test_who_deals_with_a_scammer_reads_the_warning_and_goes_on(house: House, way: str) -> None:
    house.send("account.opened", account="ugo", residence="DE")
    house.act(PlaceAct(actor=ANN, note="three victims", reason="SCAM_OFFENDER"), account="ugo")
    house.send("p2p.opened", HOUR, counterparty="ugo", usd="70")
    warning = house.the("SCAM_CONTACT")
    keeps_its_word(house, warning)
    assert house.level("withdraw_crypto") is Level.STEP_UP
    if way == "declaration":
        house.send("declaration.made", HOUR, restriction=warning.id, answers={})
    elif way == "challenge":
        house.send("challenge.passed", HOUR, method="passkey")
    else:
        assert warning.ends_at is not None
        house.wait(warning.ends_at - house.now)
    is_free(house)


# --- funds -----------------------------------------------------------------------------------------------------------


@pytest.mark.row("A010")
def test_held_coins_are_freed_by_their_source_and_a_person_and_else_by_time(house: House) -> None:
    tainted: dict[str, Any] = {"typology": "tainted_funds", "score": 0.8, "asset": "ETH", "amount": "2", "tx": "t1"}
    house.send("signal.received", HOUR, vendor="acme", **tainted)
    hold = house.the("TAINTED_FUNDS", "amount")
    keeps_its_word(house, hold)
    assert house.level("withdraw_crypto", asset="BTC", amount=1, balance=3) is Level.ALLOW
    assert house.level("withdraw_crypto", asset="ETH", amount=4, balance=5) is Level.HOLD
    house.accept("source_of_funds")
    assert house.recorded(hold).status is Status.ACTIVE
    decide = next(case for case in house.cases("funds") if case.about == hold.id)
    assert decide.due_at - decide.opened_at == POLICY.releases["TAINTED_FUNDS"].due_for
    house.done(LiftAct(actor=ANN, note="sale of a house, contract seen", restriction=hold.id))
    is_free(house)


def test_held_coins_are_freed_by_time_when_nobody_decides(house: House) -> None:
    tainted: dict[str, Any] = {"typology": "tainted_funds", "score": 0.8, "asset": "ETH", "amount": "2", "tx": "t1"}
    house.send("signal.received", HOUR, vendor="acme", **tainted)
    hold = house.the("TAINTED_FUNDS", "amount")
    announces_its_bound(house, "funds")
    assert hold.ends_at is not None
    house.wait(hold.ends_at - house.now)
    is_free(house)


# --- conduct and appeals ---------------------------------------------------------------------------------------------


def appealed(house: House) -> tuple[Restriction, Case]:
    house.done(PlaceAct(actor=ANN, note="insults, case 17", reason="TOS_ABUSE"))
    lock = house.the("TOS_ABUSE")
    keeps_its_word(house, lock)
    outcome = house.send("appeal.filed", HOUR, restriction=lock.id, text="That was my brother.")
    assert outcome.refusal is None
    return lock, house.case("appeals")


def judged(house: House, case: Case, outcome: CaseOutcome, by: Actor = ALMA) -> Outcome:
    return house.act(CaseAct(actor=by, note="the log was read again", case=CaseId(case.id), outcome=outcome))


@pytest.mark.row("B072", "A080")
@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        (CaseOutcome.GRANTED, Status.ANNULLED),
        (CaseOutcome.PARTLY, Status.LIFTED),
        (CaseOutcome.REFUSED, Status.ACTIVE),
    ],
)
def test_an_appeal_is_decided_by_somebody_else(house: House, outcome: CaseOutcome, status: Status) -> None:
    lock, case = appealed(house)
    assert judged(house, case, outcome, by=ANN).refusal is not None
    assert judged(house, case, outcome).refusal is None
    assert house.recorded(lock).status is status
    if status is Status.ACTIVE:
        keeps_its_word(house, house.the("TOS_ABUSE"))
        assert lock.ends_at is not None
        house.wait(lock.ends_at - house.now)
    is_free(house)


def test_an_appeal_that_nobody_decides_is_announced_before_its_bound(house: House) -> None:
    appealed(house)
    announces_its_bound(house, "appeals")


@pytest.mark.row("A069", "A070")
def test_a_finding_limits_nobody_until_a_person_has_decided(house: House) -> None:
    house.send("conduct.found", HOUR, finding="fake_document", severity="medium", evidence="scan-1")
    is_free(house)
    case = house.case("conduct")
    house.done(CaseAct(actor=SUE, note="forged stamp", case=CaseId(case.id), outcome=CaseOutcome.CONFIRMED))
    lock = house.the("TOS_FAKE_DOCUMENT")
    keeps_its_word(house, lock)
    house.accept("passport")
    decide = house.case("review")
    assert decide.restrictions == (lock.id,)
    house.done(LiftAct(actor=BOB, note="a genuine one came", restriction=lock.id))
    is_free(house)


# --- a wrong match ---------------------------------------------------------------------------------------------------


def test_two_reviewers_clear_a_wrong_match(house: House) -> None:
    house.send("account.profile_changed", document={"kind": "passport", "number": "X1", "country": "GB"})
    block = house.the("SANCTIONS_NEXUS", "holder")
    keeps_its_word(house, block)
    announces_its_bound(house, "sanctions")
    case = house.case("sanctions")
    house.done(CaseAct(actor=OLGA, note="born later", case=CaseId(case.id), outcome=CaseOutcome.FALSE_MATCH))
    assert house.recorded(block).status is Status.ACTIVE
    again = house.act(CaseAct(actor=OLGA, note="still so", case=CaseId(case.id), outcome=CaseOutcome.FALSE_MATCH))
    assert again.refusal is not None
    assert "a second person must look" in again.refusal.message
    house.done(CaseAct(actor=RAVI, note="other birthplace", case=CaseId(case.id), outcome=CaseOutcome.FALSE_MATCH))
    assert house.recorded(block).status is Status.LIFTED
    is_free(house)
    house.send("account.profile_changed", HOUR, document={"kind": "passport", "number": "X1", "country": "GB"})
    is_free(house)


# --- leaving ---------------------------------------------------------------------------------------------------------


@pytest.mark.row("B065", "B067", "B068")
def test_from_deactivation_to_the_purge_each_window_is_as_long_as_was_told(house: House) -> None:
    left_at = house.now
    house.send("account.deactivated")
    keeps_its_word(house)
    assert house.level("withdraw_crypto") is Level.ALLOW
    life = POLICY.life
    house.wait(left_at + life.withdraw_for - house.now - SECOND)
    assert house.state().life is Life.DEACTIVATED
    house.wait(SECOND)
    assert house.state().life is Life.RETAINED
    keeps_its_word(house)
    case = house.case("unclaimed")
    # Somebody takes longer than the law wants the records: they stay as long as the case is open, however often it is asked.
    house.wait(left_at + life.retain_for - house.now + 3 * life.look_again_for)
    assert house.state().life is Life.RETAINED
    house.done(CaseAct(actor=ANN, note="all was paid out", case=CaseId(case.id), outcome=CaseOutcome.RESOLVED))
    house.wait(life.look_again_for)
    assert house.state().life is Life.PURGED
    keeps_its_word(house)
    with house.store.reading() as reader:
        assert [c.id for c in reader.cases(KIM)] == []
        assert list(reader.verify_journal()) == []
