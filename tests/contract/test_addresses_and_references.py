"""What every store promises about document requests, IP addresses, cases of a queue and reference sets."""

from datetime import date, timedelta

import pytest

from habeas.domain.case import CaseStatus, Priority
from habeas.domain.decision import IpRefusal
from habeas.domain.document import RequestStatus
from habeas.domain.errors import UnreadableRecordError
from habeas.domain.facts import EnrichedEvent, IpActivity
from habeas.domain.ids import AccountId, CaseId
from habeas.service.ports import Store, StoredReference
from tests.builders import (
    HOUR,
    NOON,
    a_case,
    a_decision,
    a_document_request,
    a_failed_login,
    a_reference_set,
    an_enriched_event,
    an_event,
)
from tests.contract.conftest import Intruder

ACCOUNT = AccountId("acct-1")
IP = "203.0.113.7"
SECOND = timedelta(seconds=1)


def record(store: Store, enriched: EnrichedEvent, **changes: object) -> None:
    with store.transaction() as work:
        work.record(enriched, a_decision(enriched, **changes), "builtin-1")


def activity(store: Store, ip: str = IP, *, at: timedelta = timedelta(0), account: str = "acct-1") -> IpActivity:
    with store.reading() as reader:
        return reader.ip_activity(ip, NOON + at, AccountId(account))


# --- document requests -----------------------------------------------------------------------------------------------


def test_document_requests_come_oldest_first_as_they_are_now(store: Store) -> None:
    older, newer = a_document_request("dr_z"), a_document_request("dr_a", documents=("passport", "selfie"))
    record(store, an_enriched_event(), requests=(older, newer))
    received = a_document_request("dr_z", status=RequestStatus.CHECKING)
    record(store, an_enriched_event(an_event("ev-2")), requests=(received,))
    with store.reading() as reader:
        assert reader.document_requests(ACCOUNT) == (received, newer)
        assert reader.document_requests(AccountId("acct-2")) == ()
        assert reader.journal_length() == 5
        assert list(reader.verify_journal()) == []


def test_a_document_request_that_cannot_be_read_is_named_and_not_left_out(store: Store, intruder: Intruder) -> None:
    record(store, an_enriched_event(), requests=(a_document_request("dr_1"),))
    intruder.set_request_body("acct-1", "dr_1", b"garbage")
    with store.reading() as reader, pytest.raises(UnreadableRecordError, match="document request `dr_1`"):
        reader.document_requests(ACCOUNT)


# --- cases of a queue ------------------------------------------------------------------------------------------------


def test_open_cases_come_most_urgent_first_and_decided_ones_not_at_all(store: Store) -> None:
    cases = (
        a_case("cs_1", priority=Priority.NORMAL),
        a_case("cs_2", priority=Priority.PAGE, due_at=NOON + 2 * HOUR),
        a_case("cs_3", priority=Priority.HIGH, queue="kyc"),
        a_case("cs_4", priority=Priority.PAGE),
        a_case("cs_5", priority=Priority.PAGE, status=CaseStatus.DECIDED),
    )
    record(store, an_enriched_event(), cases=cases)
    with store.reading() as reader:
        assert [case.id for case in reader.open_cases(None, 9)] == ["cs_4", "cs_2", "cs_3", "cs_1"]
        assert [case.id for case in reader.open_cases(None, 1)] == ["cs_4"]
        assert [case.id for case in reader.open_cases("kyc", 9)] == ["cs_3"]
        assert [case.id for case in reader.all_cases("takeover")] == ["cs_1", "cs_2", "cs_4", "cs_5"]
        assert len(list(reader.all_cases())) == 5
        assert reader.case_account(CaseId("cs_5")) == ACCOUNT
        assert reader.case_account(CaseId("cs_9")) is None


# --- failed logins ---------------------------------------------------------------------------------------------------


def test_failed_logins_of_the_last_hour_are_counted_by_address(store: Store) -> None:
    record(store, a_failed_login("ev-1", at=NOON - HOUR))
    record(store, a_failed_login("ev-2", at=NOON - HOUR + SECOND))
    record(store, a_failed_login("ev-3", at=NOON, account="acct-2"))
    record(store, a_failed_login("ev-4", at=NOON + SECOND))
    record(store, a_failed_login("ev-5", "203.0.113.8", at=NOON))
    assert activity(store) == IpActivity(2, 2)
    assert activity(store, account="acct-3") == IpActivity(2, 3)
    assert activity(store, "198.51.100.1") == IpActivity(0, 1)


def test_failed_logins_of_one_instant_are_all_counted(store: Store) -> None:
    for number in range(3):
        record(store, a_failed_login(f"ev-{number}"))
    assert activity(store) == IpActivity(3, 1)


def test_a_login_that_succeeded_or_has_no_address_is_not_counted(store: Store) -> None:
    record(store, an_enriched_event(an_event("ev-1", body=b'{"ip": "203.0.113.7"}')))
    record(store, an_enriched_event(an_event("ev-2", type_="login.failed")))
    assert activity(store) == IpActivity(0, 1)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("203.0.113.7", "::ffff:203.0.113.7", True),
        ("2001:db8::1", "2001:DB8:0:0::ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("203.0.113.7", "203.0.113.8", False),
    ],
)
def test_addresses_are_the_same_however_they_are_written(store: Store, one: str, other: str, is_same: bool) -> None:
    record(store, a_failed_login(ip=one))
    assert activity(store, other).failed_logins == int(is_same)


def test_failed_logins_are_forgotten_a_day_later_and_addresses_are_never_kept(store: Store, intruder: Intruder) -> None:
    record(store, a_failed_login("ev-1", at=NOON))
    record(store, a_failed_login("ev-2", at=NOON + 24 * HOUR))
    assert intruder.failed_logins() == 2
    record(store, a_failed_login("ev-3", at=NOON + 24 * HOUR + SECOND))
    assert intruder.failed_logins() == 2
    assert IP.encode() not in intruder.everything()


def test_an_attack_does_not_make_every_question_slow(store: Store) -> None:
    with store.transaction() as work:
        for number in range(1_010):
            enriched = a_failed_login(f"ev-{number}", at=NOON + number * timedelta(seconds=1))
            work.record(enriched, a_decision(enriched), "builtin-1")
    assert activity(store, at=HOUR / 2) == IpActivity(1_000, 1)


def test_a_failed_login_that_was_undone_is_not_counted(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.transaction() as work:  # noqa: PT012
        work.record(a_failed_login(), a_decision(), "builtin-1")
        raise ZeroDivisionError
    assert activity(store) == IpActivity(0, 1)


# --- refused addresses -----------------------------------------------------------------------------------------------


def test_an_address_is_refused_from_then_until_then(store: Store) -> None:
    record(store, a_failed_login(), refused_ips=(IpRefusal(IP, NOON + HOUR),))
    for at, until in ((-SECOND, None), (timedelta(0), NOON + HOUR), (HOUR - SECOND, NOON + HOUR), (HOUR, None)):
        assert activity(store, at=at).refused_until == until
    assert activity(store, "203.0.113.8").refused_until is None


def test_the_later_end_of_a_refusal_wins(store: Store) -> None:
    record(store, a_failed_login("ev-1"), refused_ips=(IpRefusal(IP, NOON + 3 * HOUR),))
    record(store, a_failed_login("ev-2", at=NOON + HOUR), refused_ips=(IpRefusal(IP, NOON + 2 * HOUR),))
    assert activity(store, at=HOUR).refused_until == NOON + 3 * HOUR
    record(store, a_failed_login("ev-3", at=NOON + HOUR), refused_ips=(IpRefusal(IP, NOON + 4 * HOUR),))
    assert activity(store, at=SECOND).refused_until == NOON + 4 * HOUR


# --- reference sets --------------------------------------------------------------------------------------------------


def test_a_fresh_store_has_no_reference_sets(store: Store) -> None:
    with store.reading() as reader:
        assert reader.reference_sets() == ()
        assert reader.reference("sanctions.OFAC-SDN") is None
        assert reader.reference_content("sanctions.OFAC-SDN", "2024-05-03") is None


def test_a_new_version_takes_the_place_of_the_old_one_which_stays(store: Store) -> None:
    old, new = a_reference_set(version="1"), a_reference_set(version="2", loaded_at=NOON + HOUR, as_of=None)
    other = a_reference_set("places.country", version="1")
    with store.transaction() as work:
        assert work.load_reference(old, b"old") == old
        work.load_reference(other, b"other")
        assert work.load_reference(new, b"new") == new
    with store.reading() as reader:
        assert reader.reference("sanctions.OFAC-SDN") == StoredReference(new, b"new")
        assert reader.reference_sets(current=True) == (other, new)
        assert [(each.kind, each.version, each.is_current) for each in reader.reference_sets()] == [
            ("places.country", "1", True),
            ("sanctions.OFAC-SDN", "1", False),
            ("sanctions.OFAC-SDN", "2", True),
        ]
        assert reader.reference_content("sanctions.OFAC-SDN", "1") == b"old"


def test_the_same_content_is_no_new_version_and_takes_its_place_again(store: Store) -> None:
    first = a_reference_set(version="1", sha256="x")
    again = a_reference_set(version="renamed", sha256="x", as_of=None, loaded_at=NOON + HOUR, by="tom:analyst")
    with store.transaction() as work:
        work.load_reference(first, b"x")
        work.load_reference(a_reference_set(version="2", sha256="y"), b"y")
        kept = work.load_reference(again, b"x")
    assert (kept.version, kept.as_of, kept.by, kept.loaded_at) == ("1", date(2024, 5, 3), "tom:analyst", NOON + HOUR)
    with store.reading() as reader:
        assert reader.reference("sanctions.OFAC-SDN") == StoredReference(kept, b"x")
        assert len(reader.reference_sets()) == 2


def test_another_content_under_a_known_version_is_a_version_of_its_own(store: Store) -> None:
    with store.transaction() as work:
        work.load_reference(a_reference_set(version="2024-05-03", sha256="aaaaaaaaaaaa"), b"a")
        kept = work.load_reference(a_reference_set(version="2024-05-03", sha256="bbbbbbbbbbbb"), b"b")
    assert kept.version == "2024-05-03+bbbbbbbb"
    with store.reading() as reader:
        assert reader.reference_content("sanctions.OFAC-SDN", "2024-05-03") == b"a"
        assert reader.reference_content("sanctions.OFAC-SDN", "2024-05-03+bbbbbbbb") == b"b"


def test_several_sets_of_one_transaction_are_all_there_or_none_is(store: Store) -> None:
    with store.transaction() as work:
        work.load_reference(a_reference_set(version="1"), b"1")
    with pytest.raises(ZeroDivisionError), store.transaction() as work:  # noqa: PT012
        work.load_reference(a_reference_set(version="2"), b"2")
        work.load_reference(a_reference_set("places.country"), b"p")
        raise ZeroDivisionError
    with store.reading() as reader:
        assert [each.version for each in reader.reference_sets()] == ["1"]
        assert reader.reference("sanctions.OFAC-SDN") == StoredReference(a_reference_set(version="1"), b"1")


def test_a_set_that_is_removed_is_not_current_and_its_versions_stay(store: Store) -> None:
    with store.transaction() as work:
        work.load_reference(a_reference_set(version="1"), b"1")
        work.remove_reference("sanctions.OFAC-SDN")
    with store.reading() as reader:
        assert reader.reference("sanctions.OFAC-SDN") is None
        assert reader.reference_sets(current=True) == ()
        assert reader.reference_content("sanctions.OFAC-SDN", "1") == b"1"


def test_some_accounts_journals_can_be_walked_alone(store: Store, intruder: Intruder) -> None:
    for account in ("acct-1", "acct-2"):
        record(store, an_enriched_event(an_event(account=account)))
    intruder.set_journal("acct-2", [(1, b"garbage")])
    with store.reading() as reader:
        assert list(reader.verify_journal([ACCOUNT])) == []
        assert len(list(reader.verify_journal([AccountId("acct-2")]))) > 0


def test_a_store_says_where_it_is(store: Store) -> None:
    facts = store.facts()
    assert facts.where
    assert facts.key_mode in (None, 0o600)
