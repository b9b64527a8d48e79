"""Reports to authorities, and numbers in bands."""

from datetime import date, timedelta

import msgspec
import pytest

from habeas.domain.ids import AccountId
from habeas.sealed.order import State
from habeas.sealed.policy import ReportType
from habeas.sealed.report import Report, package
from habeas.sealed.statistics import statistics
from tests.builders import NOON
from tests.desks import CORA, FINN, LARS, LENA, SAM, SUE, Office, a_letter, an_order

DAY = timedelta(days=1)


def opened(office: Office, type_: ReportType = ReportType.POLICE) -> Report:
    report = office.reports.open(type_, AccountId("alice"), "three payments to a mule", LENA, evidence_ids=("ev-1",))
    assert isinstance(report, Report), report
    return report


@pytest.mark.row("A053", "A074")
@pytest.mark.parametrize(
    ("type_", "due"),
    [
        (ReportType.SUSPICIOUS_ACTIVITY, NOON + 30 * DAY),
        (ReportType.POLICE, NOON + 7 * DAY),
        # Ten business days from Monday 2 March 2026.
        (ReportType.SANCTIONS_BLOCK, NOON + 14 * DAY),
        (ReportType.SANCTIONS_REJECT, NOON + 14 * DAY),
    ],
)
def test_each_report_has_its_deadline_and_leaves_no_trace_outside(
    office: Office, type_: ReportType, due: object
) -> None:
    before = office.public_events("alice")
    report = opened(office, type_)
    assert report.due_at == due
    assert (office.public_events("alice"), office.restrictions()) == (before, [])


def test_a_report_is_filed_once_with_its_reference(office: Office) -> None:
    report = opened(office)
    filed = office.reports.file(report.id, "POL-77", CORA)
    assert isinstance(filed, Report)
    assert (filed.reference, filed.filed_by, filed.is_open) == ("POL-77", CORA, False)
    assert getattr(office.reports.file(report.id, "POL-78", CORA), "code", "") == "filed"
    assert office.reports.all(LENA, is_open=True) == []


def test_nobody_else_learns_whether_there_is_a_report(office: Office) -> None:
    report = opened(office)
    for by in (FINN, SUE, SAM):
        told = [office.reports.all(by), office.reports.find(report.id, by), office.reports.find("rp_none", by)]
        assert {getattr(answer, "code", "") for answer in told} == {"not_permitted"}
        assert len({getattr(answer, "message", "") for answer in told}) == 1, "the same answer, filed or not"


def test_the_package_names_what_is_reported_and_none_of_our_people(office: Office) -> None:
    packed = package(opened(office))
    told = msgspec.json.decode(packed)
    assert (told["account"], told["narrative"]) == ("alice", "three payments to a mule")
    assert b"lena" not in packed


def test_numbers_are_bands_and_small_ones_are_not_named(office: Office) -> None:
    for number in range(6):
        office.received(a_letter(reference=f"p{number}"))
    office.received(a_letter("seizure", reference="s", task={"destination": "bc1q"}))
    office.received(a_letter(reference="x", agency="atlantis"))
    found = office.desk.orders(LENA)
    assert isinstance(found, list)
    told = statistics(found, date(2026, 3, 1), date(2026, 4, 1))
    assert (told.orders, told.targets, told.cleared, told.cleared_after_hours) == ("5-9", "5-9", "0", None)
    assert b"atlantis" not in msgspec.json.encode(told)
    assert b"seizure" not in msgspec.json.encode(told)
    assert statistics(found, date(2026, 4, 1), date(2026, 5, 1)).orders == "0"


@pytest.mark.row("A023")
def test_how_many_were_cleared_and_after_how_long_is_counted(office: Office) -> None:
    accounts = [f"acct-{n}" for n in range(6)]
    office.open_account(*accounts)
    order = office.executed(a_letter("freeze", *accounts))
    office.wait(2 * DAY)
    for by in (LENA, LARS):
        an_order(office.desk.release(order.id, (), by, "not involved", cleared=True))
    office.sweep()
    told = statistics([office.order(order.id)], date(2026, 3, 1), date(2026, 4, 1))
    assert (told.cleared, told.cleared_after_hours) == ("5-9", 48)


@pytest.mark.row("A018")
def test_an_order_is_received_verified_accepted_executed_and_answered(office: Office) -> None:
    order = office.executed(a_letter())
    acts = [did.act for did in order.history]
    assert acts == ["receive", *["verify"] * 6, "accept", "accept", "scope", "execute", "executed"]
    assert (order.state, order.is_answered) == (State.EXECUTED, True)
