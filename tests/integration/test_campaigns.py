"""Region exits and bulk acts from plan to end, on a real SQLite store with a clock that the test sets (model 5.4, X8, X15)."""

import threading
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from itertools import cycle, islice, repeat
from pathlib import Path
from typing import Any

import pytest

from habeas.domain.actor import Actor, Role
from habeas.domain.bulk import Because, BulkKind, Selection
from habeas.domain.campaign import CampaignStage, Cause, EndingKind
from habeas.domain.capability import Capability, Level
from habeas.domain.errors import BadInputError
from habeas.domain.event_data import ExemptAct, LiftAct, PlaceAct
from habeas.domain.evidence import Evidence
from habeas.domain.ids import AccountId, BatchId, EntityId
from habeas.domain.kind import Kind
from habeas.domain.reason import Reason
from habeas.domain.region import RegionBasis
from habeas.domain.restriction import Restriction, Status, require_statement
from habeas.service.batches import RefusedError
from habeas.service.campaign_run import Residual
from habeas.store.open import open_store
from tests.exits import (
    ANN,
    CORA,
    DAY,
    HOUR,
    MAX,
    MIA,
    MO,
    NL,
    SECOND,
    SUE,
    T0,
    T1,
    T2,
    T3,
    Exchange,
    a_plan,
    two_entities,
)

EXPORTED = (Capability.WITHDRAW_CRYPTO, Capability.WITHDRAW_FIAT, Capability.TRANSFER_OWN)
AUDITOR = Actor("ada", Role.AUDITOR)
KIM = AccountId("kim")
LAW = {"cause": Cause.SANCTIONS, "law_forbids_notice": "Regulation (EU) 833/2014, article 5b"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Exchange]:
    house = Exchange(open_store(f"sqlite:///{tmp_path / 'habeas.db'}"))
    yield house
    house.close()


@pytest.fixture
def two_houses(tmp_path: Path) -> Iterator[Exchange]:
    house = Exchange(open_store(f"sqlite:///{tmp_path / 'habeas.db'}"), two_entities())
    yield house
    house.close()


# --- the whole life --------------------------------------------------------------------------------------------------

COUNTRIES = ("NL", "DE", "BE", "NL-AW", "FR")
MANY = 2_500


def everybody() -> Iterator[tuple[str, dict[str, Any]]]:
    """Two of five live in the Netherlands; every tenth account is of an entity that does not leave."""
    for number, country in enumerate(islice(cycle(COUNTRIES), MANY)):
        entity = {"entity": "uk"} if number % 10 == 9 or number % 10 == 5 else {}
        yield f"a{number:05d}", {"residence": country} | entity


@pytest.mark.row("B005", "B018", "B023", "B044", "A060", "B061")
def test_an_exit_from_its_plan_to_its_close(two_houses: Exchange) -> None:
    house = two_houses
    house.open_many(everybody())
    there = {a for a, said in everybody() if said["residence"][:2] == "NL" and said.get("entity") != "uk"}
    elsewhere = [a for a in house.accounts() if a not in there]
    plan, some = a_plan(), sorted(there)[7]
    before = {account: house.state(account) for account in house.accounts()}

    report = house.campaigns.plan(plan)
    assert (report.looked_at, report.accounts, report.faults) == (MANY, len(there), ())
    assert report.by_area == {"NL": MANY // 5 - MANY // 10, "NL-AW": MANY // 5}
    assert (report.by_entity, report.by_life) == ({"main": len(there)}, {"active": len(there)})
    assert set(report.sample) < there
    assert [reminder.name for reminder in report.reminders] == ["T2-30d", "T2-14d", "T2-7d", "T2-1d", "T3-7d"]
    assert {account: house.state(account) for account in house.accounts()} == before
    assert house.campaigns.states() == ()

    house.campaigns.draft(plan, MIA, "decided by the board")
    house.campaigns.sign(NL, CORA, "the licence ends")
    house.now = T0 - SECOND
    assert house.run.advance(NL) == 0
    assert house.campaigns.state(NL).missing_signatures != ()
    house.campaigns.sign(NL, MO, "agreed")
    assert house.run.advance(NL) == 0
    assert house.campaign().stage(house.now) is CampaignStage.APPROVED
    assert all(house.placed(account) == [] for account in sorted(there)[:50])

    # T0: everybody there is told, and nothing new begins. What is open goes on.
    house.now = T0
    assert house.run.advance(NL) == MANY + len(there)
    assert house.run.advance(NL) == 0
    assert house.campaigns.state(NL).accounts == len(there)
    assert house.campaigns.state(NL).placed == {Status.ACTIVE: len(there)}
    assert house.level(some, Capability.CREATE_SUBACCOUNT) is Level.DENY
    assert house.level(some, Capability.PLACE_ORDER) is Level.ALLOW
    for account in there:
        (restriction,) = house.placed(account)
        assert require_statement(restriction).batch == NL
        assert restriction.approved_by == MO
    assert all(house.placed(account) == [] for account in elsewhere)
    house.notices.write()
    assert {account: house.topics(account) for account in there} == {
        account: ["restriction.began"] for account in there
    }

    # Time alone brings the stages: no worker, and no runner.
    for at, order, deposit, kind in (
        (T1 - SECOND, Level.ALLOW, Level.ALLOW, "OFFBOARD_NOTICE"),
        (T1, Level.DENY, Level.DENY, "REGION_LOCK"),
        (T2 - SECOND, Level.DENY, Level.DENY, "REGION_LOCK"),
        (T2, Level.DENY, Level.DENY, "WITHDRAW_ONLY"),
        (T3 + 400 * DAY, Level.DENY, Level.DENY, "WITHDRAW_ONLY"),
    ):
        house.now = at
        assert house.stands(some) == [kind]
        assert house.level(some, Capability.PLACE_ORDER) is order
        assert house.level(some, Capability.DEPOSIT_FIAT) is deposit
        assert {house.level(some, capability) for capability in EXPORTED} == {Level.ALLOW}
        assert house.level(elsewhere[0], Capability.PLACE_ORDER) is Level.ALLOW

    # Everybody is reminded of each day, once.
    for before_date in (T2 - 30 * DAY, T2 - 14 * DAY, T2 - 7 * DAY, T2 - DAY, T3 - 7 * DAY):
        house.now = before_date
        assert house.run.advance(NL) == len(there)
        assert house.run.advance(NL) == 0
    wanted = ["restriction.began", *repeat("exit.soon", 4), "residual.soon"]
    assert {account: house.topics(account) for account in there} == dict.fromkeys(there, wanted)

    house.now = T3
    with pytest.raises(RefusedError, match="the role analyst does not report"):
        list(house.run.residual(NL, [Residual(account=AccountId(some))], ANN))
    left = [Residual(account=AccountId(some), usd=Decimal("12.50"), what="a position"), Residual(account=elsewhere[0])]
    opened, refused = house.run.residual(NL, left, MIA)
    assert len(opened.cases) == 1
    assert refused.refusal is not None
    assert refused.refusal.code == "not_active"
    again, _ = house.run.residual(NL, left, MIA)
    assert again.duplicate
    assert [case.queue for case in house.state(some).cases] == ["residual"]
    assert house.campaigns.close(NL, MIA, "all is done").stage(house.now) is CampaignStage.CLOSED
    assert house.journal_faults() == []


# --- who stands behind it --------------------------------------------------------------------------------------------


def test_a_draft_limits_nobody_until_two_groups_have_signed_it(house: Exchange) -> None:
    house.open(KIM)
    house.campaigns.draft(a_plan(), MIA, "decided")
    with pytest.raises(RefusedError, match="not by the role campaign_manager"):
        house.campaigns.sign(NL, MAX, "me too")
    house.campaigns.sign(NL, CORA, "fine")
    with pytest.raises(RefusedError, match="`cora` stands behind it already"):
        house.campaigns.sign(NL, CORA, "fine again")
    house.now = T0
    assert house.run.advance_all(1_000) == 0
    assert house.placed(KIM) == []


def test_a_stale_draft_is_not_signed_but_declined_and_makes_room_for_another(house: Exchange) -> None:
    house.campaigns.draft(a_plan(), MIA, "decided")
    house.now = T0 + SECOND
    with pytest.raises(RefusedError, match="its announcement was for 2026-03-07"):
        house.campaigns.sign(NL, CORA, "fine")
    later = {name: getattr(a_plan(), name) + DAY for name in ("announced_at", "reduce_only_at", "withdraw_only_at")}
    again = a_plan(id="cp_nl-2", **later)
    with pytest.raises(RefusedError, match="it reaches accounts that `cp_nl-2027` is about"):
        house.campaigns.draft(again, MIA, "new dates")
    assert house.campaigns.decline(NL, MIA, "too late").stage(house.now) is CampaignStage.DECLINED
    assert house.campaigns.draft(again, MIA, "new dates").id == "cp_nl-2"
    with pytest.raises(RefusedError, match="is there already; give this one another id"):
        house.campaigns.draft(a_plan(**later), MIA, "new dates")


@pytest.mark.row("A060")
def test_the_notice_minimum_is_that_of_the_strictest_entity(two_houses: Exchange) -> None:
    both = (EntityId("main"), EntityId("uk"))
    with pytest.raises(RefusedError, match="there are 31 days, and 90 are the least"):
        two_houses.campaigns.draft(a_plan(entities=both), MIA, "decided")
    enough = a_plan(entities=both, withdraw_only_at=T0 + 90 * DAY, residual_at=T0 + 120 * DAY)
    assert two_houses.campaigns.draft(enough, MIA, "decided").id == NL
    with pytest.raises(
        BadInputError, match="`entities` has `moon`, which the playbook does not know; it knows `main`, `uk`"
    ):
        two_houses.campaigns.plan(a_plan(entities=(EntityId("moon"),)))


def test_what_cannot_be_drafted_is_refused_with_every_fault_at_once(house: Exchange) -> None:
    house.now = T0 + DAY
    with pytest.raises(RefusedError) as refused:
        house.campaigns.draft(a_plan(withdraw_only_at=T1 + DAY), MIA, "decided")
    assert "is in the past" in str(refused.value)
    assert "there are 11 days, and 30 are the least" in str(refused.value)
    with pytest.raises(RefusedError, match="the role analyst does not draft campaigns"):
        house.campaigns.draft(a_plan(), ANN, "decided")
    assert house.campaigns.states() == ()


def test_who_is_not_there_cannot_be_shown_or_run(house: Exchange) -> None:
    for ask in (house.campaigns.state, house.run.advance, house.bulks.run):
        with pytest.raises(BadInputError, match=r"there is no (campaign|bulk) `cp_nl-2027`"):
            ask(NL)


def test_an_announcement_that_comes_too_late_is_not_made(house: Exchange) -> None:
    house.open(KIM)
    house.approved()
    house.open("eve", "BE")
    house.approved(a_plan(id="cp_be", areas=("BE",), withdraw_only_at=T0 + 60 * DAY))
    house.now = T0 + 2 * DAY + SECOND
    with pytest.raises(RefusedError, match="only 28 days of the 30 that users must have are left"):
        house.run.advance_all(1_000)
    assert house.placed(KIM) == []
    assert house.stands("eve", BatchId("cp_be")) == ["OFFBOARD_NOTICE"]
    house.now = T1
    with pytest.raises(RefusedError, match="cancel it and draft it again"):
        house.run.advance(NL)
    house.end(EndingKind.CANCEL)
    assert house.run.advance(NL) == 0


# --- who comes and goes ----------------------------------------------------------------------------------------------


@pytest.mark.row("B023")
def test_who_comes_to_be_there_after_the_announcement_is_met_at_once(house: Exchange) -> None:
    house.open("mover", "DE")
    house.announced(a_plan(basis=(RegionBasis.RESIDENCE, RegionBasis.DOCUMENT)))
    house.now = T1 + DAY
    house.open("new")
    house.open("silent", residence=None)
    house.move("mover", "NL")
    house.open("traveller", "DE")
    passport = {"kind": "passport", "number": "S1", "country": "NL"}
    house.send("traveller", "account.profile_changed", document=passport)
    for account in ("new", "mover", "traveller"):
        (joined,) = house.placed(account)
        assert (joined.kind, joined.ends_at) == (Kind.REGION_LOCK, T2)
        assert joined.facts["country"] == "NL"
        house.move(account, "NL")
        assert len(house.placed(account)) == 1
    assert house.placed("silent") == []
    house.now = T3
    house.open("last")
    assert house.stands("last") == ["WITHDRAW_ONLY"]
    assert house.campaigns.state(NL).accounts == 0


def test_who_moves_away_before_its_turn_is_not_limited(house: Exchange) -> None:
    house.open(KIM)
    house.approved()
    house.now = T0
    house.run.advance(NL, limit=1)
    house.move(KIM, "DE")
    house.run.advance(NL)
    assert house.placed(KIM) == []
    assert house.campaign().steps["announced"].refused == 1


@pytest.mark.row("A059")
@pytest.mark.parametrize("moves_first", [True, False])
@pytest.mark.parametrize("at", [T0 + DAY, T1 + DAY, T2 + DAY])
def test_documents_free_one_account_and_the_campaign_does_not_meet_it_again(
    house: Exchange, moves_first: bool, at: Any
) -> None:
    house.open(KIM)
    house.open("eve")
    house.announced()
    house.now = at
    house.worker()
    if moves_first:
        house.move(KIM, "DE")
        assert house.stands(KIM) != []
        house.accept(KIM)
    else:
        house.accept(KIM)
        assert house.stands(KIM) != []
        house.move(KIM, "DE")
    assert house.stands(KIM) == []
    assert house.stands("eve") != []
    freed = [r.status for r in house.placed(KIM)]
    assert freed[-1] is Status.LIFTED
    house.now = T2 + 2 * DAY
    house.move(KIM, "NL")
    house.run.advance(NL)
    house.worker()
    assert house.stands(KIM) == []
    assert house.topics(KIM)[-1] == "restriction.ended"


def test_a_document_that_was_shown_in_one_stage_counts_in_the_next(house: Exchange) -> None:
    house.open(KIM)
    house.announced()
    house.now = T1 - HOUR
    house.accept(KIM)
    house.now = T1 + HOUR
    house.worker()
    assert house.stands(KIM) == ["REGION_LOCK"]
    house.move(KIM, "DE")
    assert house.stands(KIM) == []


def test_documents_alone_free_nobody_who_says_to_live_there(house: Exchange) -> None:
    house.open(KIM)
    house.announced()
    house.accept(KIM)
    assert house.stands(KIM) == ["OFFBOARD_NOTICE"]


@pytest.mark.parametrize(
    ("changes", "kinds"), [({}, []), (LAW | {"reason": "SANCTIONED_RESIDENCE"}, ["OFFBOARD_NOTICE"])]
)
def test_an_exempt_account_is_not_limited_unless_law_demands_it(
    house: Exchange, changes: dict[str, Any], kinds: list[str]
) -> None:
    house.open(KIM)
    act = ExemptAct(actor=SUE, note="a partner", kinds=(Kind.REGION_LOCK,), until_at=T0 + 20 * DAY)
    assert house.act(KIM, act).refusal is None
    assert house.campaigns.plan(a_plan(**changes)).exempt == 1
    house.announced(a_plan(**changes))
    assert house.stands(KIM) == kinds
    assert [case.queue for case in house.state(KIM).cases] == ([] if kinds else ["review"])


def test_a_sub_account_follows_its_main_account_and_is_limited_itself_if_it_says_where_it_is(house: Exchange) -> None:
    house.open("main")
    house.open("silent", residence=None, parent="main")
    house.open("there", parent="main")
    house.announced()
    assert [len(house.placed(account)) for account in ("main", "silent", "there")] == [1, 0, 1]
    house.now = T1
    for account in ("main", "silent", "there"):
        assert house.level(account, Capability.PLACE_ORDER) is Level.DENY
        assert house.level(account, Capability.WITHDRAW_CRYPTO) is Level.ALLOW
    house.now = T2 - 7 * DAY
    house.run.advance(NL)
    assert [house.topics(account) for account in ("main", "silent", "there")] == [["exit.soon"], [], ["exit.soon"]]


def test_what_else_stands_on_an_account_stands_on(house: Exchange) -> None:
    house.open(KIM)
    hold = PlaceAct(actor=ANN, note="a theft", reason="ACCOUNT_TAKEOVER", kind=Kind.OUTFLOW_HOLD, evidence=Evidence.E3)
    assert house.act(KIM, hold).refusal is None
    (held,) = house.state(KIM).restrictions
    assert house.campaigns.plan(a_plan()).limited_already == 1
    house.announced()
    house.now = T0 + HOUR
    assert house.level(KIM, Capability.WITHDRAW_CRYPTO) is Level.DENY
    house.end(EndingKind.CANCEL)
    house.run.advance(NL)
    assert house.state(KIM).restrictions == (held,)


# --- reminders -------------------------------------------------------------------------------------------------------


def test_what_nobody_was_there_to_say_is_said_by_the_next_reminder_and_never_after_the_day(house: Exchange) -> None:
    house.open(KIM)
    house.announced()
    house.now = T2 - 6 * DAY
    house.run.advance(NL)
    house.now = T2 + HOUR
    house.run.advance(NL)
    assert house.topics(KIM) == ["exit.soon"]
    assert "Time left: 6 days." in house.inbox(KIM)[0].what_happened
    assert set(house.campaign().steps) == {"population", "announced", "T2-7d"}
    house.now = T3 - DAY
    house.run.advance(NL)
    house.now = T3 + DAY
    house.run.advance(NL)
    assert house.topics(KIM) == ["exit.soon", "residual.soon"]


def test_who_was_freed_is_not_reminded(house: Exchange) -> None:
    house.open(KIM)
    house.announced()
    house.move(KIM, "DE")
    house.accept(KIM)
    house.now = T2 - DAY
    assert house.run.advance(NL) == 0
    assert house.topics(KIM) == []


@pytest.mark.row("A059", "B022", "B042", "B043", "B071")
def test_the_notice_says_what_to_do_by_when_and_where_to_read_it(house: Exchange) -> None:
    house.open(KIM)
    house.announced(a_plan(migrate_to="https://affiliate.example.com", cause=Cause.LITIGATION))
    house.worker()
    (began,) = house.inbox(KIM)
    # The notice comes before the first day on which anything is taken away (row B022).
    assert began.made_at == T0 < T1
    todo = " ".join(began.what_to_do)
    assert "https://example.com/nl" in todo
    assert "https://affiliate.example.com" in todo
    assert "7 April 2026" in began.what_happened + began.when
    assert "7 May 2026" in began.by_when
    assert "An appeal does not change which regions we serve." in began.challenge


# --- the end ---------------------------------------------------------------------------------------------------------


def test_a_campaign_that_is_cancelled_before_its_day_has_limited_nobody(house: Exchange) -> None:
    house.open(KIM)
    house.approved()
    house.end(EndingKind.CANCEL)
    house.now = T0
    assert house.run.advance(NL) == 0
    assert (house.placed(KIM), house.topics(KIM)) == ([], [])
    assert house.campaigns.state(NL).stage is CampaignStage.CANCELLED
    with pytest.raises(RefusedError, match="is over already"):
        house.campaigns.propose_end(NL, EndingKind.CANCEL, MIA, "again")


def test_a_proposal_to_end_changes_nothing_until_somebody_else_signs_and_may_be_taken_back(house: Exchange) -> None:
    house.open(KIM)
    house.announced()
    house.campaigns.propose_end(NL, EndingKind.CANCEL, MIA, "perhaps")
    with pytest.raises(RefusedError, match="`mia` proposed it; somebody else must sign"):
        house.campaigns.sign(NL, MIA, "yes")
    house.run.advance(NL)
    assert house.stands(KIM) == ["OFFBOARD_NOTICE"]
    assert house.campaigns.decline(NL, MIA, "no, not yet").ending is None
    house.end(EndingKind.CANCEL)
    house.run.advance(NL)
    assert house.stands(KIM) == []


@pytest.mark.parametrize("done", [1, 300, 600, 650, 900, 1_100])
def test_a_campaign_that_is_cancelled_while_it_is_announced_frees_everybody_it_had_limited(
    house: Exchange, done: int
) -> None:
    house.open_many((f"a{number:04d}", {"residence": "NL"}) for number in range(600))
    house.approved()
    house.now = T0
    house.run.advance(NL, limit=done)
    limited = [account for account in house.accounts() if house.stands(account)]
    house.now = T0 + HOUR
    house.end(EndingKind.CANCEL)
    house.open("late")
    house.run.advance(NL)
    assert all(house.stands(account) == [] for account in house.accounts())
    assert house.campaigns.state(NL).placed == ({Status.LIFTED: len(limited)} if limited else {})
    assert house.placed("late") == []
    house.worker()
    assert all(house.topics(account)[-1:] != ["restriction.began"] for account in limited)
    assert house.journal_faults() == []


@pytest.mark.row("B078")
@pytest.mark.parametrize("kind", list(EndingKind))
@pytest.mark.parametrize("at", [T0 + DAY, T1 + DAY, T2 + DAY, T3 + DAY])
def test_everybody_is_freed_together_and_told_why(house: Exchange, kind: EndingKind, at: Any) -> None:
    house.open(KIM)
    house.open("eve")
    house.announced()
    house.now = at
    house.open("joiner")
    house.worker()
    if at > T3:
        house.campaigns.close(NL, MIA, "all is done")
    house.end(kind)
    house.now += HOUR
    assert house.run.advance(NL) == 3
    assert house.run.advance(NL) == 0
    house.worker()
    says = {"cancel": "has been called off", "reinstate": "We serve your region again."}[kind]
    for account in (KIM, "eve", "joiner"):
        assert house.stands(account) == []
        last = house.placed(account)[-1]
        assert (last.status, last.ended_by, last.end_note) == (Status.LIFTED, MIA, "it is over")
        assert house.topics(account)[-1] == "restriction.ended"
        assert says in house.inbox(account)[-1].what_happened
        assert "it is over" not in repr(house.inbox(account)[-1])
        assert house.level(account, Capability.PLACE_ORDER) is Level.ALLOW
    house.now += 30 * DAY
    house.open("after")
    house.move("after", "NL")
    house.worker()
    assert house.placed("after") == []
    assert house.stands(KIM) == []


def test_a_region_can_be_left_again_after_it_was_served_again(house: Exchange) -> None:
    house.open(KIM)
    house.announced()
    house.end(EndingKind.REINSTATE)
    house.run.advance(NL)
    house.now = T0 + 100 * DAY
    span = {
        name: getattr(a_plan(), name) + 101 * DAY for name in ("announced_at", "reduce_only_at", "withdraw_only_at")
    }
    second = house.announced(a_plan(id="cp_nl-2", residual_at=None, **span))
    assert house.stands(KIM, second.id) == ["OFFBOARD_NOTICE"]
    assert house.stands(KIM) == []


# --- a rule that forbids service -------------------------------------------------------------------------------------


def test_a_sanctions_rule_limits_without_advance_notice_and_tells_at_the_same_time(house: Exchange) -> None:
    house.open(KIM, "BE")
    plan = a_plan(
        id="cp_law",
        areas=("BE",),
        reason=Reason.SANCTIONED_RESIDENCE,
        reduce_only_at=T0,
        withdraw_only_at=T0 + DAY,
        residual_at=None,
        **LAW,
    )
    house.announced(plan)
    batch = BatchId("cp_law")
    assert house.level(KIM, Capability.PLACE_ORDER) is Level.DENY
    house.worker()
    assert house.topics(KIM) == ["restriction.began"]
    assert "Sanctions law" in house.inbox(KIM)[0].title
    house.now = T0 + DAY
    assert house.run.advance(batch) == 0
    assert house.stands(KIM, batch) == ["WITHDRAW_ONLY"]
    house.worker()
    house.move(KIM, "DE")
    house.accept(KIM)
    # What the law demands is ended by a person, who looks at what was shown.
    assert house.stands(KIM, batch) == ["WITHDRAW_ONLY"]
    assert "region" in {case.queue for case in house.state(KIM).cases}


# --- the journal, and several runners --------------------------------------------------------------------------------


@pytest.mark.row("B005", "B023")
def test_every_account_has_a_restriction_and_journal_entries_of_its_own(house: Exchange) -> None:
    house.open_many((f"a{number:03d}", {"residence": "NL"}) for number in range(100))
    house.announced()
    house.end(EndingKind.REINSTATE)
    house.run.advance(NL)
    with house.store.reading() as reader:
        for account in reader.accounts():
            types = [recorded.type for recorded in reader.events(account)]
            assert types == ["account.opened", "habeas.campaign.met", "habeas.campaign.ended"]
    ids = [house.placed(account)[0].id for account in house.accounts()]
    assert len(set(ids)) == 100
    assert house.journal_faults() == []


def test_two_runners_at_the_same_time_do_nothing_twice(house: Exchange, tmp_path: Path) -> None:
    house.open_many((f"a{number:04d}", {"residence": "NL"}) for number in range(700))
    house.approved()
    house.now = T0
    other = Exchange(open_store(f"sqlite:///{tmp_path / 'habeas.db'}"))
    other.now = T0
    done: list[int] = []

    def both(at: Any) -> None:
        house.now = other.now = at
        start = threading.Barrier(2)

        def runs(exchange: Exchange) -> None:
            start.wait()
            done.append(exchange.run.advance(NL))

        threads = [threading.Thread(target=runs, args=(exchange,)) for exchange in (house, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    try:
        both(T0)
        both(T2 - DAY)
        house.end(EndingKind.CANCEL)
        both(T2 - HOUR)
    finally:
        other.close()
    assert len(done) == 6
    assert house.campaigns.state(NL).placed == {Status.LIFTED: 700}
    steps = house.campaign().steps
    assert [steps[name].done for name in ("population", "announced", "T2-1d")] == [700, 700, 700]
    assert steps["ended"].finished_at == T2 - HOUR
    house.notices.write()
    told = Counter(tuple(house.topics(account)) for account in house.accounts())
    assert [sorted(topics) for topics in told] == [["exit.soon", "restriction.began", "restriction.ended"]]
    assert house.journal_faults() == []


# --- bulk acts -------------------------------------------------------------------------------------------------------


def hold(house: Exchange, account: str, *, reason: str = "ACCOUNT_TAKEOVER", days: int = 2) -> Restriction:
    """An analyst's hold on an account."""
    kind = Kind.OUTFLOW_HOLD if reason == "ACCOUNT_TAKEOVER" else None
    act = PlaceAct(
        actor=ANN, note="seen", reason=reason, kind=kind, evidence=Evidence.E3, ends_at=house.now + days * DAY
    )
    outcome = house.act(account, act)
    assert outcome.refusal is None, outcome.refusal
    (placed,) = (r for r in house.state(account).restrictions if r.id == outcome.placed[0].id)
    return placed


WRONG_LIST = Selection(reason="RISK_CONTROL")


def with_holds(house: Exchange, count: int) -> list[Restriction]:
    house.open_many((f"a{number:04d}", {"residence": "DE"}) for number in range(count))
    return [hold(house, f"a{number:04d}", reason="RISK_CONTROL") for number in range(count)]


def statuses(house: Exchange, held: list[Restriction]) -> Counter[str]:
    with house.store.reading() as reader:
        found = {r.id: r.status for each in held for r in reader.restrictions(each.account)}
    return Counter(str(found[each.id]) for each in held)


def test_a_bulk_lift_does_what_its_dry_run_said_and_lists_what_it_left(house: Exchange) -> None:
    held = with_holds(house, 40)
    theft = PlaceAct(actor=SUE, note="seen", reason="ACCOUNT_TAKEOVER", kind=Kind.OUTFLOW_HOLD, evidence=Evidence.E3)
    own = house.act("a0003", theft)
    assert own.refusal is None
    selection = Selection(placed_from=house.now - DAY)
    bulk = house.bulks.draft(BulkKind.LIFT, selection, Because.OUR_ERROR, SUE, "a wrong list")
    foreseen = house.bulks.foresee(bulk)
    assert (foreseen.selected, foreseen.accounts) == (41, 40)
    assert statuses(house, held) == {"active": 40}
    assert house.bulks.all() == ()

    house.bulks.propose(bulk)
    with pytest.raises(RefusedError, match="is not signed"):
        house.bulks.run(bulk.id)
    with pytest.raises(RefusedError, match="`sue` proposed it"):
        house.bulks.sign(bulk.id, SUE, "yes")
    with pytest.raises(RefusedError, match="it is signed by one of"):
        house.bulks.sign(bulk.id, ANN, "yes")
    house.bulks.sign(bulk.id, MO, "dry run seen")
    assert house.bulks.run(bulk.id) == 41
    left = list(house.bulks.left(bulk.id))
    assert Counter(each.refusal.code for each in left) == foreseen.refused
    assert statuses(house, held)["lifted"] == foreseen.selected - sum(foreseen.refused.values())
    assert len(left) == 1
    assert house.bulks.run(bulk.id) == 0
    house.notices.write()
    last = house.inbox("a0001")[-1]
    assert last.topic == "restriction.ended"
    assert "It came from a mistake of ours." in last.what_happened
    assert "wrong list" not in repr(last)
    assert house.journal_faults() == []


def test_what_comes_after_the_proposal_is_not_touched_and_what_ended_before_is_listed(house: Exchange) -> None:
    held = with_holds(house, 5)
    bulk = house.bulks.propose(house.bulks.draft(BulkKind.LIFT, WRONG_LIST, Because.RULE_CHANGED, SUE, "a new rule"))
    house.open("later", "DE")
    later = hold(house, "later", reason="RISK_CONTROL")
    lifted = LiftAct(actor=SUE, note="it was resolved", restriction=held[0].id)
    assert house.act(held[0].account, lifted).refusal is None
    house.bulks.sign(bulk.id, MO, "fine")
    house.bulks.run_all(100)
    assert statuses(house, [*held, later]) == {"lifted": 5, "active": 1}
    assert [(each.restriction, each.refusal.code) for each in house.bulks.left(bulk.id)] == [(held[0].id, "not_active")]


def test_a_bulk_act_goes_on_from_where_it_stopped_and_a_declined_one_does_nothing(house: Exchange) -> None:
    held = with_holds(house, 300)
    names = [AccountId(f"a{number:04d}") for number in range(0, 300, 10)]
    first = house.bulks.propose(
        house.bulks.draft(BulkKind.LIFT, Selection(accounts="some.txt"), Because.REVIEWED, SUE, "seen again"), names
    )
    house.bulks.sign(first.id, MO, "no", decline=True)
    assert house.bulks.run_all(1_000) == 0
    assert statuses(house, held) == {"active": 300}
    second = house.bulks.draft(BulkKind.LIFT, Selection(accounts="some.txt"), Because.REVIEWED, SUE, "seen again")
    house.bulks.propose(second, names)
    assert house.bulks.sign(second.id, SUE, "my mistake", decline=True).is_done
    everybody_ = house.bulks.propose(house.bulks.draft(BulkKind.LIFT, WRONG_LIST, Because.REVIEWED, SUE, "all"))
    house.bulks.sign(everybody_.id, MO, "yes")
    assert house.bulks.run_all(1) == 256
    assert statuses(house, held) == {"lifted": 256, "active": 44}
    assert house.bulks.run_all(1) == 44
    assert house.bulks.run_all(1) == 0
    assert statuses(house, held) == {"lifted": 300}


def test_an_accounts_file_narrows_what_is_selected(house: Exchange) -> None:
    held = with_holds(house, 6)
    names = [AccountId("a0004"), AccountId("a0001"), AccountId("a0001"), AccountId("nobody")]
    bulk = house.bulks.draft(BulkKind.LIFT, Selection(accounts="some.txt"), Because.REVIEWED, SUE, "seen again")
    assert house.bulks.foresee(bulk, names).sample == (held[1].id, held[4].id)
    house.bulks.propose(bulk, names)
    house.bulks.sign(bulk.id, MO, "yes")
    house.bulks.run(bulk.id)
    assert statuses(house, held) == {"lifted": 2, "active": 4}
    assert house.accounts() == sorted({each.account for each in held})


def test_a_bulk_extension_goes_as_far_as_the_ladder_and_says_so_in_each_statement(house: Exchange) -> None:
    held = with_holds(house, 3)
    ends_at = house.now + 5 * DAY
    bulk = house.bulks.draft(
        BulkKind.EXTEND, WRONG_LIST, Because.CHECK_TAKES_LONGER, SUE, "case 17", ends_at, Evidence.E3
    )
    foreseen = house.bulks.foresee(bulk)
    house.bulks.propose(bulk)
    house.bulks.sign(bulk.id, MO, "yes")
    house.now += HOUR
    house.bulks.run(bulk.id)
    assert foreseen.refused == {}
    for each in held:
        (now,) = house.state(each.account).restrictions
        assert (now.ends_at, now.because) == (ends_at, Because.CHECK_TAKES_LONGER)
    says = "We need more time for our check than we had thought"
    (entry,) = house.questions.statement(held[0].account, house.now).restrictions
    assert says in entry.what_happened
    # Why it lasted longer is no reason for its end.
    house.now = ends_at + HOUR
    house.worker()
    assert house.topics(held[0].account)[-1] == "restriction.ended"
    assert says not in house.inbox(held[0].account)[-1].what_happened


@pytest.mark.parametrize(
    ("kind", "selection", "because", "by", "more", "says"),
    [
        (BulkKind.LIFT, Selection(), Because.OUR_ERROR, SUE, (), "nothing is selected by"),
        (BulkKind.LIFT, WRONG_LIST, Because.OUR_ERROR, SUE, (T0, Evidence.E3), "to lift, neither"),
        (BulkKind.EXTEND, WRONG_LIST, Because.RULE_GOES_ON, SUE, (), "say until when"),
        (BulkKind.LIFT, WRONG_LIST, Because.RULE_GOES_ON, SUE, (), "is no reason to lift"),
        (BulkKind.EXTEND, WRONG_LIST, Because.OUR_ERROR, SUE, (T0, Evidence.E3), "is no reason to extend"),
        (BulkKind.LIFT, WRONG_LIST, Because.OUR_ERROR, AUDITOR, (), "the role auditor does not lift"),
    ],
)
def test_a_bulk_act_that_makes_no_sense_is_not_drafted(
    house: Exchange, kind: BulkKind, selection: Selection, because: Because, by: Any, more: Any, says: str
) -> None:
    with pytest.raises((BadInputError, RefusedError), match=says):
        house.bulks.draft(kind, selection, because, by, "why not", *more)


def test_a_selection_of_nothing_is_not_proposed(house: Exchange) -> None:
    bulk = house.bulks.draft(BulkKind.LIFT, WRONG_LIST, Because.OUR_ERROR, SUE, "nothing")
    with pytest.raises(RefusedError, match="no active restriction is like this"):
        house.bulks.propose(bulk)
    assert house.bulks.all() == ()


def test_what_a_campaign_placed_can_be_lifted_in_bulk_for_some(house: Exchange) -> None:
    house.open(KIM)
    house.open("eve")
    house.announced()
    bulk = house.bulks.draft(BulkKind.LIFT, Selection(batch=NL), Because.REVIEWED, SUE, "seen")
    house.bulks.propose(bulk, [KIM])
    house.bulks.sign(bulk.id, MO, "yes")
    house.bulks.run(bulk.id)
    assert (house.stands(KIM), house.stands("eve")) == ([], ["OFFBOARD_NOTICE"])
