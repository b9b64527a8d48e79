"""What every store promises (`service.ports`)."""

import threading
from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from habeas.domain.account import AccountState, Life, new_account
from habeas.domain.case import CaseStatus
from habeas.domain.decision import Decision, Outcome, Topic
from habeas.domain.errors import MissingStatementError, PlaybookError, UnreadableRecordError
from habeas.domain.event import TIMER_DUE, TIMER_SOURCE, Event
from habeas.domain.facts import EnrichedEvent, Facts
from habeas.domain.ids import AccountId, EntityId, EventId, HolderId, RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.place import Place
from habeas.domain.restriction import Condition, Status
from habeas.service.ports import DueTimer, JournalFault, QueuedMessage, Recorded, RecordedEvent, Store
from habeas.store.errors import (
    AlreadyRecordedError,
    BrokenTransactionError,
    StaleWriteError,
)
from habeas.store.journal import entry_hash
from tests.builders import (
    HOUR,
    NOON,
    a_case,
    a_decision,
    a_message,
    a_restriction,
    a_timer,
    an_enriched_event,
    an_event,
)
from tests.contract.conftest import Intruder

ACCOUNT = AccountId("acct-1")
OTHER = AccountId("acct-2")


class GivenUpError(Exception):
    """Something went wrong in the middle of a transaction."""


def record(store: Store, enriched: EnrichedEvent | None = None, decision: Decision | None = None) -> None:
    enriched = enriched or an_enriched_event()
    with store.transaction() as work:
        work.record(enriched, decision or a_decision(enriched), "builtin-1")


def record_logins(store: Store, count: int, account: str = "acct-1") -> None:
    for number in range(1, count + 1):
        record(store, an_enriched_event(an_event(f"ev-{number}", account=account)))


def a_timer_event(restriction: str, generation: int) -> Event:
    body = msgspec.json.encode({"about": restriction, "generation": generation})
    return an_event(f"{restriction}/{generation}", type_=TIMER_DUE, source=TIMER_SOURCE, body=body)


def faults(store: Store) -> list[JournalFault]:
    with store.reading() as reader:
        return list(reader.verify_journal())


# --- one transaction -------------------------------------------------------------------------------------------------


def test_an_account_that_nobody_wrote_about_is_not_there(store: Store) -> None:
    with store.reading() as reader:
        assert reader.account(ACCOUNT) is None
        assert reader.restrictions(ACCOUNT) == ()
        assert reader.cases(ACCOUNT) == ()
        assert list(reader.events(ACCOUNT)) == []
        assert list(reader.accounts()) == []
        assert reader.recorded(ACCOUNT, "urn:exchange", EventId("ev-1")) is None
        assert reader.restriction_account(RestrictionId("rs_1")) is None
        assert reader.journal_length() == 0


def test_a_state_is_read_back_as_it_was_written(store: Store) -> None:
    state = AccountState(account=ACCOUNT, holder=HolderId("h-1"), parents=(OTHER,), residence="DE", decided_at=NOON)
    record(store, decision=a_decision(state=state))
    with store.reading() as reader:
        assert reader.account(ACCOUNT) == state


def test_a_later_state_takes_the_place_of_an_earlier_one(store: Store) -> None:
    record(store, decision=a_decision(state=replace(new_account(ACCOUNT), kyc_tier="1")))
    second = an_enriched_event(an_event("ev-2"))
    record(store, second, a_decision(second, state=replace(new_account(ACCOUNT), kyc_tier="2")))
    with store.reading() as reader:
        assert reader.account(ACCOUNT) == replace(new_account(ACCOUNT), kyc_tier="2")


def test_a_unit_of_work_reads_what_it_wrote(store: Store) -> None:
    decision = a_decision(
        restrictions=(a_restriction("rs_1"),), cases=(a_case("cs_1"),), timers=(a_timer("rs_1", due_at=NOON),)
    )
    with store.transaction() as work:
        work.record(an_enriched_event(), decision, "builtin-1")
        assert work.account(ACCOUNT) == decision.state
        assert work.restrictions(ACCOUNT) == (a_restriction("rs_1"),)
        assert work.cases(ACCOUNT) == (a_case("cs_1"),)
        assert work.due_timers(NOON, 10) == (DueTimer(ACCOUNT, a_timer("rs_1", due_at=NOON)),)
        assert work.recorded(ACCOUNT, "urn:exchange", EventId("ev-1")) is not None


def test_a_block_that_raises_leaves_nothing(store: Store) -> None:
    record(store, an_enriched_event(an_event("ev-1")))
    second = an_enriched_event(an_event("ev-2"))
    decision = a_decision(
        second,
        state=replace(new_account(ACCOUNT), holder=HolderId("h-1")),
        restrictions=(a_restriction("rs_1"),),
        cases=(a_case("cs_1"),),
        timers=(a_timer("rs_1", due_at=NOON),),
        messages=(a_message("msg-1"),),
    )
    with pytest.raises(GivenUpError), store.transaction() as work:  # noqa: PT012
        work.record(second, decision, "builtin-1")
        work.record_playbook("builtin-1", b"text")
        raise GivenUpError
    with store.reading() as reader:
        assert reader.account(ACCOUNT) == a_decision().state
        assert reader.recorded(ACCOUNT, "urn:exchange", EventId("ev-2")) is None
        assert reader.restrictions(ACCOUNT) == ()
        assert reader.restriction_account(RestrictionId("rs_1")) is None
        assert reader.cases(ACCOUNT) == ()
        assert reader.holder_accounts(HolderId("h-1")) == ()
        assert reader.due_timers(NOON, 10) == ()
        assert reader.queued_messages(0, 10) == ()
        assert reader.playbook_text("builtin-1") is None
        assert reader.journal_length() == 1
    assert faults(store) == []


def test_a_store_works_on_after_a_transaction_was_undone(store: Store) -> None:
    with pytest.raises(GivenUpError), store.transaction():
        raise GivenUpError
    record(store)
    with store.reading() as reader:
        assert reader.account(ACCOUNT) is not None


def test_many_events_of_one_account_fit_into_one_transaction(store: Store) -> None:
    with store.transaction() as work:
        for number in range(40):
            enriched = an_enriched_event(an_event(f"ev-{number}"))
            work.record(enriched, a_decision(enriched), "builtin-1")
    with store.reading() as reader:
        assert [event.id for event in reader.events(ACCOUNT)] == [f"ev-{number}" for number in range(40)]
    assert faults(store) == []


def test_a_reader_sees_what_was_there_when_its_block_began(store: Store) -> None:
    record(store, an_enriched_event(an_event("ev-1")))
    with store.reading() as reader:
        record(store, an_enriched_event(an_event("ev-2")))
        record(store, an_enriched_event(an_event("ev-1", account="acct-2")))
        assert [event.id for event in reader.events(ACCOUNT)] == ["ev-1"]
        assert list(reader.accounts()) == [ACCOUNT]
    with store.reading() as reader:
        assert [event.id for event in reader.events(ACCOUNT)] == ["ev-1", "ev-2"]


def test_a_reader_neither_sees_nor_awaits_a_transaction_that_is_under_way(store: Store) -> None:
    with store.transaction() as work:
        work.record(an_enriched_event(), a_decision(), "builtin-1")
        with store.reading() as reader:
            assert reader.account(ACCOUNT) is None


def test_readers_may_be_inside_each_other(store: Store) -> None:
    with store.reading() as older:
        record(store)
        with store.reading() as newer:
            assert older.account(ACCOUNT) is None
            assert newer.account(ACCOUNT) is not None


def test_a_transaction_inside_a_transaction_is_a_programming_error(store: Store) -> None:
    with pytest.raises(AssertionError, match="inside a transaction"), store.transaction(), store.transaction():
        pass


def test_threads_that_write_lose_no_update(store: Store) -> None:
    def count_up(name: str) -> None:
        for number in range(25):
            enriched = an_enriched_event(an_event(f"{name}-{number}"))
            with store.transaction() as work:
                state = work.account(ACCOUNT) or new_account(ACCOUNT)
                counted = replace(state, kyc_tier=str(int(state.kyc_tier or 0) + 1))
                work.record(enriched, a_decision(enriched, state=counted), "builtin-1")

    threads = [threading.Thread(target=count_up, args=(f"thread-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as reader:
        state = reader.account(ACCOUNT)
    assert state is not None
    assert state.kyc_tier == "100"
    assert faults(store) == []


def test_readers_in_other_threads_never_see_half_a_transaction(store: Store) -> None:
    is_over = threading.Event()
    seen: list[tuple[int, int]] = []

    def watch() -> None:
        while not is_over.is_set():
            with store.reading() as reader:
                seen.append((len(list(reader.events(ACCOUNT))), len(list(reader.events(OTHER)))))

    watcher = threading.Thread(target=watch)
    watcher.start()
    for number in range(50):
        ours = an_enriched_event(an_event(f"ev-{number}"))
        theirs = an_enriched_event(an_event(f"ev-{number}", account="acct-2"))
        with store.transaction() as work:
            work.record(ours, a_decision(ours), "builtin-1")
            work.record(theirs, a_decision(theirs), "builtin-1")
    is_over.set()
    watcher.join()
    assert seen
    assert all(ours == theirs for ours, theirs in seen)


# --- events ----------------------------------------------------------------------------------------------------------


def test_a_recorded_event_is_answered_as_it_was_first(store: Store) -> None:
    outcome = Outcome(event=EventId("ev-1"), account=ACCOUNT, quarantined=True)
    record(store, decision=a_decision(outcome=outcome))
    with store.reading() as reader:
        assert reader.recorded(ACCOUNT, "urn:exchange", EventId("ev-1")) == Recorded(an_event().digest, outcome)


@pytest.mark.parametrize(
    ("account", "source", "id_"),
    [("acct-2", "urn:exchange", "ev-1"), ("acct-1", "urn:vendor", "ev-1"), ("acct-1", "urn:exchange", "ev-2")],
)
def test_an_event_of_another_account_source_or_id_is_another_event(
    store: Store, account: str, source: str, id_: str
) -> None:
    record(store, an_enriched_event(an_event("ev-1", account="acct-1", source="urn:exchange")))
    with store.reading() as reader:
        assert reader.recorded(AccountId(account), source, EventId(id_)) is None


def test_recording_an_event_twice_undoes_the_whole_transaction(store: Store) -> None:
    record(store, an_enriched_event(an_event("ev-1")))
    told = "`ev-1` from `urn:exchange` about account `acct-1`"
    with pytest.raises(AlreadyRecordedError, match=told), store.transaction() as work:  # noqa: PT012
        work.record(an_enriched_event(an_event("ev-2")), a_decision(), "builtin-1")
        work.record(an_enriched_event(an_event("ev-1")), a_decision(), "builtin-1")
    with store.reading() as reader:
        assert [event.id for event in reader.events(ACCOUNT)] == ["ev-1"]


def test_a_half_written_record_is_undone_even_if_its_error_is_swallowed(store: Store) -> None:
    record(store, an_enriched_event(an_event("ev-1")))
    with pytest.raises(BrokenTransactionError), store.transaction() as work:  # noqa: PT012
        work.record(an_enriched_event(an_event("ev-2")), a_decision(), "builtin-1")
        with pytest.raises(AlreadyRecordedError):
            work.record(an_enriched_event(an_event("ev-1")), a_decision(), "builtin-1")
        with pytest.raises(BrokenTransactionError):
            work.record_playbook("builtin-1", b"text")
    with store.reading() as reader:
        assert [event.id for event in reader.events(ACCOUNT)] == ["ev-1"]
    assert faults(store) == []


def test_an_event_is_kept_with_all_that_it_was_decided_on(store: Store) -> None:
    facts = Facts(
        place=Place("DE", 52.5, 13.4, 20.0, "203.0.113.0/24"),
        unavailable=("sim",),
        holder_restrictions=(a_restriction("rs_9", account=OTHER),),
    )
    enriched = EnrichedEvent(
        event=an_event("ev-1", body=b'{"ip": "203.0.113.7"}'), facts=facts, seed=bytes(16), received_at=NOON + HOUR
    )
    record(store, enriched)
    with store.reading() as reader:
        assert list(reader.events(ACCOUNT)) == [
            RecordedEvent(
                id=EventId("ev-1"),
                source="urn:exchange",
                type="login.succeeded",
                account=ACCOUNT,
                time=NOON,
                received_at=NOON + HOUR,
                body=b'{"ip": "203.0.113.7"}',
                facts=facts,
                outcome=Outcome(event=EventId("ev-1"), account=ACCOUNT),
                playbook="builtin-1",
            )
        ]


def test_events_come_in_the_order_in_which_they_were_decided(store: Store) -> None:
    record(store, an_enriched_event(an_event("late", at=NOON + HOUR)))
    record(store, an_enriched_event(an_event("elsewhere", account="acct-2")))
    record(store, an_enriched_event(an_event("early", at=NOON)))
    with store.reading() as reader:
        assert [event.id for event in reader.events(ACCOUNT)] == ["late", "early"]


def test_a_journal_longer_than_is_read_at_once_is_read_to_its_end(store: Store) -> None:
    with store.transaction() as work:
        for number in range(1_203):
            enriched = an_enriched_event(an_event(f"ev-{number}"))
            work.record(enriched, a_decision(enriched), "builtin-1")
    with store.reading() as reader:
        assert [event.id for event in reader.events(ACCOUNT)] == [f"ev-{number}" for number in range(1_203)]
    assert faults(store) == []


# --- restrictions ----------------------------------------------------------------------------------------------------


def test_restrictions_come_oldest_first_and_stay_after_they_ended(store: Store) -> None:
    older, newer = a_restriction("rs_z"), a_restriction("rs_a")
    record(store, decision=a_decision(restrictions=(older, newer)))
    lifted = replace(older, status=Status.LIFTED, ended_at=NOON + HOUR)
    second = an_enriched_event(an_event("ev-2"))
    record(store, second, a_decision(second, restrictions=(lifted,)))
    with store.reading() as reader:
        assert reader.restrictions(ACCOUNT) == (lifted, newer)


def test_a_restriction_is_found_by_its_id(store: Store) -> None:
    record(store, decision=a_decision(restrictions=(a_restriction("rs_1"),)))
    with store.reading() as reader:
        assert reader.restriction_account(RestrictionId("rs_1")) == ACCOUNT
        assert reader.restriction_account(RestrictionId("rs_2")) is None


@pytest.mark.parametrize(
    ("without", "missing"),
    [
        ({"reason": ""}, "reason"),
        ({"evidence_ids": ()}, "evidence"),
        ({"playbook": ""}, "policy version"),
        ({"ends_at": None}, "end"),
        ({"least_restrictive_considered": ()}, "milder measures"),
    ],
)
def test_a_restriction_without_its_statement_is_refused_and_nothing_of_its_event_written(
    store: Store, without: dict[str, object], missing: str
) -> None:
    decision = a_decision(restrictions=(a_restriction("rs_1"), a_restriction("rs_2", **without)))
    with store.transaction() as work:
        work.record(an_enriched_event(an_event("ev-0")), a_decision(), "builtin-1")
        with pytest.raises(MissingStatementError, match=missing):
            work.record(an_enriched_event(an_event("ev-1")), decision, "builtin-1")
    with store.reading() as reader:
        assert [event.id for event in reader.events(ACCOUNT)] == ["ev-0"]
        assert reader.restrictions(ACCOUNT) == ()
    assert faults(store) == []


def test_a_restriction_without_its_statement_is_refused_in_the_state_too(store: Store) -> None:
    smuggled = replace(new_account(ACCOUNT), restrictions=(a_restriction("rs_1", reason=""),))
    with pytest.raises(MissingStatementError, match="`rs_1` has no reason"):
        record(store, decision=a_decision(state=smuggled))


def test_a_restriction_without_its_statement_is_refused_outside_the_state_too(store: Store) -> None:
    decision = a_decision(restrictions=(a_restriction("rs_1", reason=""),), state=new_account(ACCOUNT))
    with pytest.raises(MissingStatementError, match="`rs_1` has no reason"):
        record(store, decision=decision)


def test_a_restriction_cannot_lose_its_statement_while_it_stands(store: Store) -> None:
    record(store, decision=a_decision(restrictions=(a_restriction("rs_1"),)))
    second = an_enriched_event(an_event("ev-2"))
    with pytest.raises(MissingStatementError, match="`rs_1` has no reason"):
        record(store, second, a_decision(second, restrictions=(a_restriction("rs_1", reason=""),)))


def test_a_restriction_that_ends_is_not_asked_for_its_statement(store: Store) -> None:
    ended = a_restriction("rs_1", reason="", status=Status.LIFTED, ended_at=NOON)
    record(store, decision=a_decision(restrictions=(ended,)))
    with store.reading() as reader:
        assert reader.restrictions(ACCOUNT) == (ended,)


# --- cases, holders, accounts ----------------------------------------------------------------------------------------


def test_cases_come_oldest_first_as_they_are_now(store: Store) -> None:
    older, newer = a_case("cs_z"), a_case("cs_a")
    record(store, decision=a_decision(cases=(older, newer)))
    closed = replace(older, status=CaseStatus.DECIDED)
    second = an_enriched_event(an_event("ev-2"))
    record(store, second, a_decision(second, cases=(closed,)))
    with store.reading() as reader:
        assert reader.cases(ACCOUNT) == (closed, newer)


def test_the_accounts_of_a_holder_come_in_id_order(store: Store) -> None:
    for account in ("acct-3", "acct-1", "acct-2"):
        enriched = an_enriched_event(an_event(account=account))
        holder = HolderId("h-1" if account != "acct-2" else "h-2")
        record(store, enriched, a_decision(enriched, state=AccountState(account=AccountId(account), holder=holder)))
    with store.reading() as reader:
        assert reader.holder_accounts(HolderId("h-1")) == ("acct-1", "acct-3")
        assert reader.holder_accounts(HolderId("h-9")) == ()


def test_an_account_that_changes_hands_is_found_under_its_new_holder_only(store: Store) -> None:
    record(store, decision=a_decision(state=AccountState(account=ACCOUNT, holder=HolderId("h-1"))))
    second = an_enriched_event(an_event("ev-2"))
    record(store, second, a_decision(second, state=AccountState(account=ACCOUNT, holder=HolderId("h-2"))))
    with store.reading() as reader:
        assert reader.holder_accounts(HolderId("h-1")) == ()
        assert reader.holder_accounts(HolderId("h-2")) == (ACCOUNT,)


def test_accounts_come_in_id_order_however_many_there_are(store: Store) -> None:
    names = [f"acct-{number:04}" for number in range(1_203)]
    with store.transaction() as work:
        for name in reversed(names):
            enriched = an_enriched_event(an_event(account=name))
            work.record(enriched, a_decision(enriched), "builtin-1")
    with store.reading() as reader:
        assert list(reader.accounts()) == names


# --- timers ----------------------------------------------------------------------------------------------------------


def test_timers_come_when_they_are_due_earliest_first(store: Store) -> None:
    timers = (
        a_timer("rs_late", due_at=NOON + HOUR),
        a_timer("rs_now", due_at=NOON),
        a_timer("rs_early", due_at=NOON - HOUR),
        a_timer("rs_future", due_at=NOON + HOUR + timedelta(microseconds=1)),
    )
    record(store, decision=a_decision(timers=timers))
    with store.reading() as reader:
        due = [timer.timer.about for timer in reader.due_timers(NOON + HOUR, 10)]
        assert due == ["rs_early", "rs_now", "rs_late"]
        assert [timer.timer.about for timer in reader.due_timers(NOON + HOUR, 2)] == ["rs_early", "rs_now"]
        assert reader.due_timers(NOON - 2 * HOUR, 10) == ()


def test_a_restriction_has_at_most_one_timer(store: Store) -> None:
    record(store, decision=a_decision(timers=(a_timer("rs_1", generation=0, due_at=NOON),)))
    second = an_enriched_event(an_event("ev-2"))
    record(store, second, a_decision(second, timers=(a_timer("rs_1", generation=1, due_at=NOON + HOUR),)))
    with store.reading() as reader:
        assert reader.due_timers(NOON, 10) == ()
        assert reader.due_timers(NOON + HOUR, 10) == (
            DueTimer(ACCOUNT, a_timer("rs_1", generation=1, due_at=NOON + HOUR)),
        )


@pytest.mark.parametrize("status", [Status.LIFTED, Status.EXPIRED, Status.SUPERSEDED, Status.ANNULLED, Status.DECLINED])
def test_the_timer_of_a_restriction_that_ended_is_removed(store: Store, status: Status) -> None:
    record(store, decision=a_decision(restrictions=(a_restriction("rs_1"),), timers=(a_timer("rs_1", due_at=NOON),)))
    second = an_enriched_event(an_event("ev-2"))
    ended = a_restriction("rs_1", status=status, ended_at=NOON)
    record(store, second, a_decision(second, restrictions=(ended,)))
    with store.reading() as reader:
        assert reader.due_timers(NOON, 10) == ()


def test_the_timer_that_fired_is_removed_by_its_event(store: Store) -> None:
    timers = (a_timer("rs_1", generation=3, due_at=NOON), a_timer("rs_2", generation=3, due_at=NOON))
    record(store, decision=a_decision(timers=timers))
    record(store, an_enriched_event(a_timer_event("rs_1", generation=3)))
    with store.reading() as reader:
        assert reader.due_timers(NOON, 10) == (DueTimer(ACCOUNT, timers[1]),)


def test_a_stale_timer_event_leaves_the_newer_timer_alone(store: Store) -> None:
    timer = a_timer("rs_1", generation=3, due_at=NOON)
    record(store, decision=a_decision(timers=(timer,)))
    record(store, an_enriched_event(a_timer_event("rs_1", generation=2)))
    with store.reading() as reader:
        assert reader.due_timers(NOON, 10) == (DueTimer(ACCOUNT, timer),)


def test_an_event_of_another_source_that_looks_like_a_timer_removes_none(store: Store) -> None:
    timer = a_timer("rs_1", generation=3, due_at=NOON)
    record(store, decision=a_decision(timers=(timer,)))
    record(
        store, an_enriched_event(an_event("rs_1/3", type_="session.seen", body=b'{"session": "rs_1", "device": "3"}'))
    )
    with store.reading() as reader:
        assert reader.due_timers(NOON, 10) == (DueTimer(ACCOUNT, timer),)


def test_a_timer_that_fired_may_set_itself_again(store: Store) -> None:
    record(store, decision=a_decision(timers=(a_timer("rs_1", generation=0, due_at=NOON),)))
    fired = an_enriched_event(a_timer_event("rs_1", generation=0))
    again = a_timer("rs_1", generation=0, due_at=NOON + HOUR)
    record(store, fired, a_decision(fired, timers=(again,)))
    with store.reading() as reader:
        assert reader.due_timers(NOON + HOUR, 10) == (DueTimer(ACCOUNT, again),)


def test_timers_of_two_accounts_with_one_restriction_id_are_two(store: Store) -> None:
    record(store, decision=a_decision(timers=(a_timer("rs_1", due_at=NOON),)))
    elsewhere = an_enriched_event(an_event(account="acct-2"))
    record(store, elsewhere, a_decision(elsewhere, timers=(a_timer("rs_1", due_at=NOON),)))
    with store.reading() as reader:
        assert [timer.account for timer in reader.due_timers(NOON, 10)] == [ACCOUNT, OTHER]


# --- outbox ----------------------------------------------------------------------------------------------------------


def test_messages_wait_in_the_order_in_which_they_were_written(store: Store) -> None:
    first = a_message("msg-z", body=b"\x81\xa1a\x01")
    second, third = a_message("msg-a", account="acct-2"), a_message("msg-m")
    record(store, decision=a_decision(messages=(first, second)))
    later = an_enriched_event(an_event("ev-2"))
    record(store, later, a_decision(later, messages=(third,)))
    with store.reading() as reader:
        queued = reader.queued_messages(0, 10)
        assert [message.message for message in queued] == [first, second, third]
        positions = [message.position for message in queued]
        assert positions == sorted(set(positions))
        assert min(positions) > 0
        assert reader.queued_messages(positions[0], 1) == (QueuedMessage(positions[1], second),)
        assert reader.queued_messages(positions[2], 10) == ()


def test_messages_of_one_topic_wait_in_their_order(store: Store) -> None:
    effect, notice = a_message("msg-1", topic=Topic.EFFECT), a_message("msg-2", topic=Topic.RESTRICTION)
    later_effect, last_effect = a_message("msg-3", topic=Topic.EFFECT), a_message("msg-4", topic=Topic.EFFECT)
    record(store, decision=a_decision(messages=(effect, notice, later_effect, last_effect)))
    with store.reading() as reader:
        queued = reader.queued_messages(0, 2, Topic.EFFECT)
        assert [message.message for message in queued] == [effect, later_effect]
        rest = reader.queued_messages(queued[1].position, 2, Topic.EFFECT)
        assert [message.message for message in rest] == [last_effect]
        assert reader.queued_messages(0, 2, Topic.PAGE) == ()


def test_a_delivered_message_waits_no_longer(store: Store) -> None:
    record(store, decision=a_decision(messages=(a_message("msg-1"), a_message("msg-2"), a_message("msg-3"))))
    with store.reading() as reader:
        positions = [message.position for message in reader.queued_messages(0, 10)]
    with store.transaction() as work:
        work.delivered([positions[0], positions[2]], NOON)
        assert [message.position for message in work.queued_messages(0, 10)] == [positions[1]]
    with store.reading() as reader:
        assert [message.position for message in reader.queued_messages(0, 10)] == [positions[1]]


def test_a_position_is_never_given_twice(store: Store) -> None:
    record(store, decision=a_decision(messages=(a_message("msg-1"),)))
    with store.transaction() as work:
        position = work.queued_messages(0, 10)[0].position
        work.delivered([position], NOON)
    later = an_enriched_event(an_event("ev-2"))
    record(store, later, a_decision(later, messages=(a_message("msg-2"),)))
    with store.reading() as reader:
        assert reader.queued_messages(0, 10)[0].position > position


def test_a_message_that_was_written_before_is_not_queued_again(store: Store) -> None:
    record(store, decision=a_decision(messages=(a_message("msg-1"),)))
    with store.transaction() as work:
        work.delivered([message.position for message in work.queued_messages(0, 10)], NOON)
    later = an_enriched_event(an_event("ev-2"))
    record(store, later, a_decision(later, messages=(a_message("msg-1"),)))
    with store.reading() as reader:
        assert reader.queued_messages(0, 10) == ()


# --- playbooks -------------------------------------------------------------------------------------------------------


def test_a_playbook_is_read_back_as_it_was_recorded(store: Store) -> None:
    with store.transaction() as work:
        work.record_playbook("builtin-1", b"version: 1")
    with store.transaction() as work:
        work.record_playbook("builtin-1", b"version: 1")
    with store.reading() as reader:
        assert reader.playbook_text("builtin-1") == b"version: 1"
        assert reader.playbook_text("builtin-2") is None


def test_a_playbook_version_keeps_its_text(store: Store) -> None:
    with store.transaction() as work:
        work.record_playbook("builtin-1", b"version: 1")
    with pytest.raises(PlaybookError, match="`builtin-1` was recorded with another text"), store.transaction() as work:
        work.record_playbook("builtin-1", b"version: 1 # changed")
    with store.reading() as reader:
        assert reader.playbook_text("builtin-1") == b"version: 1"


# --- what cannot be read ---------------------------------------------------------------------------------------------


def test_a_state_that_cannot_be_read_is_kept_and_surfaces_with_what_is_legible(
    store: Store, intruder: Intruder
) -> None:
    state = AccountState(
        account=ACCOUNT, entity=EntityId("eu"), holder=HolderId("h-1"), parents=(OTHER,), life=Life.RETAINED
    )
    record(store, decision=a_decision(state=state))
    intruder.set_state("acct-1", b"garbage")
    with store.reading() as reader:
        assert reader.account(ACCOUNT) == replace(state, unreadable=(b"garbage",))


def test_what_cannot_be_read_outlives_the_next_event(store: Store, intruder: Intruder) -> None:
    record(store, decision=a_decision(state=AccountState(account=ACCOUNT, holder=HolderId("h-1"))))
    intruder.set_state("acct-1", b"garbage")
    second = an_enriched_event(an_event("ev-2"))
    with store.transaction() as work:
        state = work.account(ACCOUNT)
        assert state is not None
        work.record(second, a_decision(second, state=replace(state, decided_at=NOON)), "builtin-1")
    with store.reading() as reader:
        state = reader.account(ACCOUNT)
        assert state is not None
        assert state.unreadable == (b"garbage",)
        assert reader.holder_accounts(HolderId("h-1")) == (ACCOUNT,)


def test_an_older_state_does_not_open_in_place_of_the_newest(store: Store, intruder: Intruder) -> None:
    record(store, an_enriched_event(an_event("ev-1")))
    older = intruder.state("acct-1")
    record(store, an_enriched_event(an_event("ev-2")))
    intruder.set_state("acct-1", older)
    with store.reading() as reader:
        state = reader.account(ACCOUNT)
    assert state is not None
    assert state.unreadable == (older,)


def test_a_state_does_not_open_as_that_of_another_account(store: Store, intruder: Intruder) -> None:
    record_logins(store, 1, account="acct-1")
    record_logins(store, 1, account="acct-2")
    intruder.set_state("acct-1", intruder.state("acct-2"))
    with store.reading() as reader:
        state = reader.account(ACCOUNT)
    assert state is not None
    assert len(state.unreadable) == 1


def test_a_restriction_that_cannot_be_read_is_named_and_not_left_out(store: Store, intruder: Intruder) -> None:
    record(store, decision=a_decision(restrictions=(a_restriction("rs_1"), a_restriction("rs_2"))))
    intruder.set_restriction_body("acct-1", "rs_2", b"garbage")
    with store.reading() as reader:
        with pytest.raises(UnreadableRecordError, match="restriction `rs_2` of account `acct-1` cannot be read"):
            reader.restrictions(ACCOUNT)
        state = reader.account(ACCOUNT)
    assert state is not None
    assert [restriction.id for restriction in state.restrictions] == ["rs_1", "rs_2"]


def test_a_restriction_does_not_open_in_place_of_another(store: Store, intruder: Intruder) -> None:
    record(store, decision=a_decision(restrictions=(a_restriction("rs_1"), a_restriction("rs_2"))))
    intruder.set_restriction_body("acct-1", "rs_2", intruder.restriction_body("acct-1", "rs_1"))
    with store.reading() as reader, pytest.raises(UnreadableRecordError, match="restriction `rs_2`"):
        reader.restrictions(ACCOUNT)


def test_an_event_does_not_open_in_place_of_another(store: Store, intruder: Intruder) -> None:
    record_logins(store, 2)
    (_, first), (_, second) = intruder.journal("acct-1")
    fields = msgspec.msgpack.decode(second)
    fields[6] = msgspec.msgpack.decode(first)[6]
    intruder.set_journal("acct-1", [(1, first), (2, msgspec.msgpack.encode(fields))])
    with store.reading() as reader, pytest.raises(UnreadableRecordError, match="journal entry 2"):
        list(reader.events(ACCOUNT))


def test_a_journal_verifies_after_its_accounts_key_was_forgotten(store: Store, intruder: Intruder) -> None:
    record_logins(store, 3)
    intruder.forget_key("acct-1")
    assert faults(store) == []


def test_nothing_about_an_account_can_be_read_after_its_key_was_forgotten(store: Store, intruder: Intruder) -> None:
    decision = a_decision(
        restrictions=(a_restriction("rs_1"),), cases=(a_case("cs_1"),), messages=(a_message("msg-1"),)
    )
    record(store, decision=decision)
    intruder.forget_key("acct-1")
    with store.reading() as reader:
        state = reader.account(ACCOUNT)
        assert state is not None
        assert state.unreadable == (intruder.state("acct-1"),)
        assert state.restrictions == ()
        with pytest.raises(UnreadableRecordError):
            reader.restrictions(ACCOUNT)
        with pytest.raises(UnreadableRecordError):
            reader.cases(ACCOUNT)
        with pytest.raises(UnreadableRecordError):
            list(reader.events(ACCOUNT))
        with pytest.raises(UnreadableRecordError):
            reader.recorded(ACCOUNT, "urn:exchange", EventId("ev-1"))
        with pytest.raises(UnreadableRecordError):
            reader.queued_messages(0, 10)


def test_an_account_whose_key_was_forgotten_takes_new_events_under_a_new_key(store: Store, intruder: Intruder) -> None:
    record(store, an_enriched_event(an_event("ev-1")))
    intruder.forget_key("acct-1")
    second = an_enriched_event(an_event("ev-2"))
    record(store, second, a_decision(second, state=replace(new_account(ACCOUNT), kyc_tier="2")))
    with store.reading() as reader:
        assert reader.account(ACCOUNT) == replace(new_account(ACCOUNT), kyc_tier="2")
        recorded = reader.recorded(ACCOUNT, "urn:exchange", EventId("ev-2"))
    assert recorded is not None
    assert faults(store) == []


def test_what_is_sealed_with_a_new_key_is_read_in_the_same_transaction(store: Store, intruder: Intruder) -> None:
    record(store, an_enriched_event(an_event("ev-1")))
    intruder.forget_key("acct-1")
    second = an_enriched_event(an_event("ev-2"))
    with store.transaction({ACCOUNT}, [(ACCOUNT, "urn:exchange", EventId("ev-2"))]) as work:
        assert work.recorded(ACCOUNT, "urn:exchange", EventId("ev-2")) is None
        assert work.cases(ACCOUNT) == ()
        work.record(second, a_decision(second, cases=(a_case("cs_1"),)), "builtin-1")
        assert work.cases(ACCOUNT) == (a_case("cs_1"),)
        assert work.recorded(ACCOUNT, "urn:exchange", EventId("ev-2")) is not None


def test_what_is_expected_and_was_recorded_is_found(store: Store) -> None:
    record(store, an_enriched_event(an_event("ev-1")))
    keys = [(ACCOUNT, "urn:exchange", EventId(id_)) for id_ in ("ev-1", "ev-2")]
    with store.transaction({ACCOUNT}, keys) as work:
        assert [work.recorded(*key) is not None for key in keys] == [True, False]


# --- the journal -----------------------------------------------------------------------------------------------------


def test_the_journal_has_an_entry_for_every_event_restriction_and_case(store: Store) -> None:
    record(store, decision=a_decision(restrictions=(a_restriction("rs_1"),), cases=(a_case("cs_1"),)))
    record(store, an_enriched_event(an_event("ev-2")))
    with store.reading() as reader:
        assert reader.journal_length() == 4
    assert faults(store) == []


def test_a_flipped_bit_is_found(store: Store, intruder: Intruder) -> None:
    record_logins(store, 4)
    rows = intruder.journal("acct-1")
    sequence, entry = rows[1]
    rows[1] = sequence, entry[:-1] + bytes([entry[-1] ^ 1])
    intruder.set_journal("acct-1", rows)
    assert faults(store) == [
        JournalFault(ACCOUNT, 3, "the entry does not follow from the one before it: one of the two was changed")
    ]


def test_a_flipped_bit_in_the_last_entry_is_found(store: Store, intruder: Intruder) -> None:
    record_logins(store, 4)
    rows = intruder.journal("acct-1")
    sequence, entry = rows[3]
    rows[3] = sequence, entry[:-1] + bytes([entry[-1] ^ 1])
    intruder.set_journal("acct-1", rows)
    assert faults(store) == [JournalFault(ACCOUNT, 4, "the last entry is not the one that the account knows of")]


def test_a_deleted_entry_is_found(store: Store, intruder: Intruder) -> None:
    record_logins(store, 4)
    rows = intruder.journal("acct-1")
    intruder.set_journal("acct-1", [rows[0], rows[2], rows[3]])
    assert faults(store) == [JournalFault(ACCOUNT, 2, "entry 2 is missing")]


def test_a_journal_that_was_cut_short_is_found(store: Store, intruder: Intruder) -> None:
    record_logins(store, 4)
    intruder.set_journal("acct-1", intruder.journal("acct-1")[:2])
    assert faults(store) == [JournalFault(ACCOUNT, 3, "entries 3 to 4 are missing")]


def test_a_journal_that_was_thrown_away_is_found(store: Store, intruder: Intruder) -> None:
    record_logins(store, 4)
    intruder.set_journal("acct-1", [])
    assert faults(store) == [JournalFault(ACCOUNT, 1, "entries 1 to 4 are missing")]


def test_entries_that_changed_places_are_found(store: Store, intruder: Intruder) -> None:
    record_logins(store, 4)
    (_, first), (_, second), (_, third), (_, fourth) = intruder.journal("acct-1")
    intruder.set_journal("acct-1", [(1, first), (2, third), (3, second), (4, fourth)])
    assert [fault.sequence for fault in faults(store)] == [2, 3, 4]


def test_an_entry_that_was_written_anew_on_another_past_is_found(store: Store, intruder: Intruder) -> None:
    record_logins(store, 3)
    rows = intruder.journal("acct-1")
    fields = msgspec.msgpack.decode(rows[2][1])
    fields[5] = bytes(32)
    forged = msgspec.msgpack.encode(fields)
    intruder.set_journal("acct-1", [*rows[:2], (3, forged)])
    intruder.set_head("acct-1", 3, entry_hash(forged))
    assert faults(store) == [
        JournalFault(ACCOUNT, 3, "the entry does not follow from the one before it: one of the two was changed")
    ]


def test_an_entry_that_was_added_is_found(store: Store, intruder: Intruder) -> None:
    record_logins(store, 3)
    rows = intruder.journal("acct-1")
    fields = msgspec.msgpack.decode(rows[2][1])
    fields[2], fields[5] = 4, entry_hash(rows[2][1])
    intruder.set_journal("acct-1", [*rows, (4, msgspec.msgpack.encode(fields))])
    assert faults(store) == [
        JournalFault(ACCOUNT, 4, "entries up to 4 follow after the last one that the account knows of")
    ]


def test_a_journal_of_another_account_is_found(store: Store, intruder: Intruder) -> None:
    record_logins(store, 2, account="acct-1")
    record_logins(store, 2, account="acct-2")
    intruder.set_journal("acct-1", intruder.journal("acct-2"))
    assert faults(store)[0] == JournalFault(ACCOUNT, 1, "the entry was written as entry 1 of account `acct-2`")


def test_bytes_that_are_no_entry_are_found_and_their_event_is_named(store: Store, intruder: Intruder) -> None:
    record_logins(store, 2)
    intruder.set_journal("acct-1", [(1, b"garbage"), intruder.journal("acct-1")[1]])
    assert JournalFault(ACCOUNT, 1, "the bytes are no journal entry") in faults(store)
    with store.reading() as reader:
        with pytest.raises(UnreadableRecordError, match="journal entry 1 of account `acct-1` cannot be read"):
            list(reader.events(ACCOUNT))
        with pytest.raises(UnreadableRecordError, match="journal entry 1 of account `acct-1` cannot be read"):
            reader.recorded(ACCOUNT, "urn:exchange", EventId("ev-1"))


def test_no_personal_data_is_stored_in_the_clear(store: Store, intruder: Intruder) -> None:
    body = b'{"ip": "203.0.113.7", "device": "Johanna\'s phone"}'
    record(
        store, an_enriched_event(an_event(body=body)), a_decision(state=replace(new_account(ACCOUNT), residence="DE"))
    )
    stored = b"".join(entry for _, entry in intruder.journal("acct-1")) + intruder.state("acct-1")
    assert b"203.0.113.7" not in stored
    assert b"Johanna" not in stored
    assert b"residence" not in stored


def test_a_restriction_with_every_field_set_survives_storage(store: Store) -> None:
    full = a_restriction(
        "rs_1",
        kind=Kind.STEP_UP,
        ends_at=None,
        condition=Condition("documents are accepted", NOON + HOUR, "kyc"),
        cool_off_for=timedelta(hours=24),
        circumstances=("sim_and_credential_change",),
        facts={"country": "DE"},
        note="called the holder",
        origin=OTHER,
        generation=2,
    )
    record(store, decision=a_decision(restrictions=(full,)))
    with store.reading() as reader:
        assert reader.restrictions(ACCOUNT) == (full,)


def test_a_write_to_an_account_that_changed_meanwhile_is_refused(store: Store) -> None:
    record(store, an_enriched_event(an_event("ev-1")))
    with pytest.raises(StaleWriteError, match="`acct-1` was changed"), store.transaction() as work:  # noqa: PT012
        opened = work._in_hand  # type: ignore[attr-defined]
        work.account(ACCOUNT)
        opened[ACCOUNT] = opened[ACCOUNT]._replace(row=opened[ACCOUNT].row._replace(version=7))
        work.record(an_enriched_event(an_event("ev-2")), a_decision(), "builtin-1")
    with store.reading() as reader:
        assert [event.id for event in reader.events(ACCOUNT)] == ["ev-1"]


# --- forgetting an account -------------------------------------------------------------------------------------------


def purge(store: Store) -> None:
    enriched = an_enriched_event(an_event("purge"))
    state = AccountState(account=ACCOUNT, is_known=True, life=Life.PURGED)
    record(store, enriched, replace(a_decision(enriched, state=state), is_purge=True))


def test_a_purged_account_opens_no_more_and_its_journal_still_verifies(store: Store, intruder: Intruder) -> None:
    restriction = a_restriction("rs_1")
    enriched = an_enriched_event()
    record(store, enriched, a_decision(enriched, restrictions=(restriction,), messages=(a_message("msg-1"),)))
    record_logins(store, 1, account="acct-2")
    purge(store)
    with store.reading() as reader:
        state = reader.account(ACCOUNT)
        assert state is not None
        assert (state.life, state.unreadable, state.restrictions) == (Life.PURGED, (), ())
        assert reader.restrictions(ACCOUNT) == ()
        assert list(reader.events(ACCOUNT)) == []
        assert reader.queued_messages(0, 10) == ()
        assert len(list(reader.events(OTHER))) == 1
    assert faults(store) == []


def test_an_event_about_a_purged_account_is_recorded_under_a_new_key(store: Store) -> None:
    record_logins(store, 1)
    purge(store)
    late = an_enriched_event(an_event("ev-late"))
    record(store, late, a_decision(late, state=AccountState(account=ACCOUNT, life=Life.PURGED)))
    with store.reading() as reader:
        assert [event.id for event in reader.events(ACCOUNT)] == ["ev-late"]
    assert faults(store) == []


def test_a_purge_in_the_middle_of_a_transaction_leaves_no_key_behind(store: Store) -> None:
    with store.transaction() as work:
        for id_ in ("ev-1", "purge", "ev-3"):
            enriched = an_enriched_event(an_event(id_))
            work.record(enriched, replace(a_decision(enriched), is_purge=id_ == "purge"), "builtin-1")
    with store.reading() as reader:
        state = reader.account(ACCOUNT)
        assert state is not None
    assert faults(store) == []
