"""What an older system has is brought in quietly, lives on like anything else, and can be taken back."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from habeas.domain.actor import Actor, Role
from habeas.domain.batch import Signature
from habeas.domain.capability import Capability, Level
from habeas.domain.decision import Topic
from habeas.domain.errors import EventRejectedError
from habeas.domain.event import ACCOUNT_IMPORTED, IMPORT_SOURCE, RESTRICTION_IMPORTED, read_event
from habeas.domain.event_data import AnnulAct, RenewAct
from habeas.domain.evidence import Evidence
from habeas.domain.ids import AccountId, RestrictionId
from habeas.domain.imported import LEGACY, REVIEW_WITHIN_FOR, Import, ImportOf, is_carried_over
from habeas.domain.kind import Kind
from habeas.domain.restriction import Ending, Restriction, Scope, Status
from habeas.playbook.policy import DEFAULT_ENTITY
from habeas.service import importing
from habeas.service.acts import carry_out
from habeas.service.errors import errors
from habeas.service.import_map import read_account_map, read_restriction_map
from habeas.service.importing import Survey
from tests.unit.service.test_intake import JANE, MONDAY, TOM, Desk

JOE = Actor("joe", Role.COUNSEL)
MAP = b"""
[column]
account = "id"
status = "state"
since = "since"
until = "until"
note = "note"
facts = { country = "country" }

[status]
active = "none"
frozen = { kind = "FROZEN", reason = "ACCOUNT_TAKEOVER" }
banned = { kind = "PERM_BAN", reason = "MALICIOUS_USER" }
listed = { kind = "SANCTIONS_BLOCK", reason = "SANCTIONS_NEXUS" }
person = { kind = "WITHDRAW_ONLY", reason = "TOS_ABUSE", scope = "holder" }
region = { kind = "REGION_LOCK", reason = "KYC_REGION" }
"""
HEADER = "id,state,since,until,note,country\n"


class Importer(Desk):
    """The desk of an exchange that brings in what it had before."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.complaints: list[tuple[int, str]] = []
        self.left: list[str] = []

    def bring_in(self, rows: str, *, by: Actor = JANE, second: Actor | None = JOE) -> tuple[Import, Survey]:
        file = self.folder / "users.csv"
        file.write_text(HEADER + rows, encoding="utf-8")
        policy = self.playbook.policies[DEFAULT_ENTITY]
        map_ = read_restriction_map(MAP, "map.toml", policy)
        signature = Signature(by, self.now, "import")
        batch = importing.begun(self.store, ImportOf.RESTRICTIONS, file, MAP, signature, second)
        at = batch.started.at
        survey = importing.survey_restrictions(file, map_, policy, at, (by, second), lambda *_: None)
        done = importing.import_restrictions(self.store, self.intake, batch, file, map_, survey, self._complain)
        return done, survey

    def bring_in_accounts(self, csv: str, map_: str) -> Import:
        file = self.folder / "accounts.csv"
        file.write_text(csv, encoding="utf-8")
        read = read_account_map(map_.encode(), "map.toml")
        signature = Signature(JANE, self.now, "import")
        batch = importing.begun(self.store, ImportOf.ACCOUNTS, file, map_.encode(), signature)
        survey = importing.survey_accounts(file, read, self.now, self._complain)
        return importing.import_accounts(self.store, self.intake, batch, file, read, survey, self._complain)

    def undo(self, batch: Import, second: Actor | None = JOE) -> Import:
        undone = Signature(JANE, self.now, "it was the wrong column")
        return importing.undo(
            self.store, self.intake, batch, undone, second, lambda account, why: self.left.append(f"{account}: {why}")
        )

    def restrictions(self, account: str) -> tuple[Restriction, ...]:
        return self.questions.account(AccountId(account)).restrictions

    def the_restriction(self, account: str) -> Restriction:
        (found,) = self.restrictions(account)
        return found

    def waiting(self) -> list[Topic]:
        with self.store.reading() as reader:
            return [each.message.topic for each in reader.queued_messages(0, 1000)]

    def queues(self, account: str) -> list[str]:
        return [case.queue for case in self.questions.account(AccountId(account)).cases]

    def _complain(self, line: int, why: str) -> None:
        self.complaints.append((line, why))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Importer]:
    desk = Importer(tmp_path)
    yield desk
    desk.intake.close()
    desk.store.close()


def test_a_restriction_comes_with_its_date_and_its_origin_and_limits_at_once(desk: Importer) -> None:
    batch, _ = desk.bring_in("bob,frozen,2021-03-04,,odd logins,DE\n")

    found = desk.the_restriction("bob")
    assert (found.kind, found.reason, found.scope) == (Kind.FROZEN, "ACCOUNT_TAKEOVER", Scope.ACCOUNT)
    assert found.starts_at == datetime(2021, 3, 4, tzinfo=UTC)
    assert found.placed_at == MONDAY
    assert (found.placed_by, found.approved_by, found.batch) == (JANE, JOE, batch.id)
    assert (found.note, found.facts) == ("frozen: odd logins", {"country": "DE"})
    assert is_carried_over(found)
    assert desk.level("bob", Capability.WITHDRAW_CRYPTO) is Level.DENY
    assert desk.level("bob", Capability.WITHDRAW_CRYPTO, datetime(2022, 1, 1, tzinfo=UTC)) is Level.DENY


def test_nothing_leaves_and_nobody_is_called(desk: Importer) -> None:
    desk.bring_in("bob,frozen,2021-03-04,,,\namy,banned,,,,\nkim,listed,,,,\nlea,region,,,,\n")

    assert desk.waiting() == []
    assert [desk.queues(account) for account in ("bob", "amy", "kim", "lea")] == [[], [], [], []]
    assert desk.complaints == []


def test_the_review_opens_a_case_when_its_day_has_come_and_not_before(desk: Importer) -> None:
    desk.bring_in("bob,frozen,2021-03-04,,,\n")
    condition = desk.the_restriction("bob").condition
    assert condition is not None
    assert MONDAY <= condition.recheck_at <= MONDAY + REVIEW_WITHIN_FOR

    desk.wait(seconds=(condition.recheck_at - MONDAY).total_seconds() - 1)
    assert desk.queues("bob") == []

    desk.wait(seconds=1)
    assert desk.queues("bob") == [LEGACY]
    assert desk.the_restriction("bob").status is Status.ACTIVE


def test_what_has_an_end_ends_then_and_its_user_is_told(desk: Importer) -> None:
    until = MONDAY + timedelta(days=10)
    desk.bring_in(f"bob,region,2021-03-04,{until.isoformat()},,\n")
    assert desk.the_restriction("bob").condition is None

    desk.wait(days=10)

    assert desk.the_restriction("bob").status is Status.EXPIRED
    assert desk.waiting() == [Topic.RESTRICTION]


def test_what_was_over_already_is_not_taken_in(desk: Importer) -> None:
    _, survey = desk.bring_in("bob,region,2021-03-04,2022-01-01,,\n")
    assert (survey.over, survey.placing) == (1, 0)
    assert desk.restrictions("bob") == ()


def test_what_law_holds_is_never_freed_by_time(desk: Importer) -> None:
    desk.bring_in("kim,listed,,,,\n")
    assert desk.the_restriction("kim").at_end.ending is Ending.HOLD_AND_PAGE


@pytest.mark.parametrize("second", [None, TOM, JANE])
@pytest.mark.parametrize("status", ["banned", "listed", "frozen"])
def test_what_two_people_place_is_refused_account_by_account_without_the_second(
    desk: Importer, status: str, second: Actor | None
) -> None:
    _, survey = desk.bring_in(f"kim,{status},,,,\nlea,region,,,,\n", second=second)

    assert len(survey.unsigned) == 1
    assert desk.restrictions("kim") == ()
    assert len(desk.restrictions("lea")) == 1
    assert [line for line, _ in desk.complaints] == [2]


def test_a_carried_over_restriction_is_lifted_like_any_other_and_its_user_is_told(desk: Importer) -> None:
    desk.bring_in("lea,region,2021-03-04,,,\n")
    outcome = desk.lift("lea", desk.the_restriction("lea").id)

    assert outcome.refusal is None
    assert desk.level("lea", Capability.PLACE_ORDER) is Level.ALLOW
    assert desk.waiting() == [Topic.RESTRICTION]


def test_it_is_appealed_like_any_other_from_the_day_on_which_it_was_carried_over(desk: Importer) -> None:
    desk.bring_in("bob,frozen,2015-03-04,,,\n")
    outcome = desk.send("bob", "appeal.filed", restriction=desk.the_restriction("bob").id, text="that was not me")
    assert outcome.refusal is None
    assert desk.queues("bob") == ["appeals"]


def test_it_is_renewed_and_annulled_like_any_other(desk: Importer) -> None:
    until = MONDAY + timedelta(days=10)
    desk.bring_in(f"bob,region,2026-02-20,{until.isoformat()},,\namy,region,,,,\n")
    bob, amy = desk.the_restriction("bob"), desk.the_restriction("amy")
    act = RenewAct(
        actor=TOM,
        note="a new document",
        restriction=bob.id,
        ends_at=until + timedelta(days=5),
        evidence=Evidence.E4,
        evidence_ids=("file-2",),
    )
    renewed = carry_out(desk.intake, AccountId("bob"), act, desk.now)
    annulled = carry_out(
        desk.intake, AccountId("amy"), AnnulAct(actor=TOM, note="never so", restriction=amy.id), desk.now
    )

    assert (renewed.refusal, annulled.refusal) == (None, None)
    assert desk.the_restriction("bob").ends_at == until + timedelta(days=5)
    assert desk.the_restriction("amy").status is Status.ANNULLED


def test_the_statement_says_that_it_was_carried_over_and_claims_no_more(desk: Importer) -> None:
    desk.bring_in("bob,frozen,2021-03-04,,,\n")
    (english,) = desk.questions.statement(AccountId("bob"), desk.now).restrictions
    (french,) = desk.questions.statement(AccountId("bob"), desk.now, "fr").restrictions

    assert "Our earlier system put this limit on your account" in english.what_happened
    assert "ancien système" in french.what_happened
    assert english.carried_over
    assert "does not say" in english.reasons.detection
    assert "does not say" in english.reasons.decision
    assert "No score decided" not in str(english.reasons)


def test_an_ordinary_restriction_says_nothing_of_an_earlier_system(desk: Importer) -> None:
    desk.send("wei", "account.opened", residence="CN")
    (entry,) = desk.questions.statement(AccountId("wei"), desk.now).restrictions
    assert not entry.carried_over
    assert "earlier system" not in str(entry)


def test_the_same_file_again_changes_nothing(desk: Importer) -> None:
    rows = "bob,frozen,2021-03-04,,,\nbob,frozen,2021-03-04,,,\namy,region,,,,\n"
    first, _ = desk.bring_in(rows)
    desk.now += timedelta(days=1)
    again, _ = desk.bring_in(rows, by=TOM, second=None)

    assert again == first
    assert len(desk.restrictions("bob")) == len(desk.restrictions("amy")) == 1


def test_a_corrected_file_brings_in_what_is_new_and_doubles_nothing(desk: Importer) -> None:
    first, _ = desk.bring_in("bob,frozen,2021-03-04,,,\namy,region,2021-13-01,,,\n")
    again, _ = desk.bring_in("bob,frozen,2021-03-04,,,\namy,region,2021-12-01,,,\n")

    assert again.id != first.id
    assert again.known_before == 1
    assert len(desk.restrictions("bob")) == len(desk.restrictions("amy")) == 1
    assert desk.complaints == []


def test_two_that_begin_at_once_say_the_same_of_every_row(desk: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "bob,frozen,,,,\namy,region,,,,\n"
    first, _ = desk.bring_in(rows)
    # The other looked before the first had written anything, a second later, and comes second.
    other = replace(first, started=Signature(TOM, desk.now + timedelta(seconds=1), "import"), step=None)
    monkeypatch.setattr(importing, "begun", lambda *_: other)

    second, _ = desk.bring_in(rows)

    assert second == first
    assert len(desk.restrictions("bob")) == len(desk.restrictions("amy")) == 1


def test_what_was_carried_over_is_counted_against_no_role(desk: Importer) -> None:
    desk.bring_in("bob,frozen,,,,\n")
    with desk.store.reading() as reader:
        assert [(each.placed_by, each.placed) for each in errors(reader)] == [("legacy", 1)]


def test_what_has_no_date_is_not_doubled_by_another_file_either(desk: Importer) -> None:
    desk.bring_in("bob,frozen,,,,\n")
    desk.now += timedelta(days=1)
    again, _ = desk.bring_in("bob,frozen,,,,\namy,region,,,,\n")

    assert again.known_before == 1
    assert len(desk.restrictions("bob")) == 1


def test_the_same_export_day_after_day_does_not_fill_the_journal(desk: Importer) -> None:
    desk.bring_in("bob,frozen,2021-03-04,,,\n")
    desk.now += timedelta(days=1)
    desk.bring_in("bob,frozen,2021-03-04,,,\namy,region,,,,\n")
    assert len(desk.questions.account(AccountId("bob")).events) == 1


def test_what_somebody_has_ended_does_not_come_back_with_the_next_export(desk: Importer) -> None:
    desk.bring_in("lea,region,2021-03-04,,,\n")
    desk.lift("lea", desk.the_restriction("lea").id)
    again, _ = desk.bring_in("lea,region,2021-03-04,,,\namy,region,,,,\n")

    assert desk.the_restriction("lea").status is Status.LIFTED
    assert again.step is not None
    assert again.step.refused == 1
    assert [(line, "is lifted since" in why) for line, why in desk.complaints] == [(2, True)]


def test_a_file_of_which_a_part_was_recorded_goes_on_from_there(desk: Importer) -> None:
    rows = "".join(f"acct-{n:02d},region,2021-03-04,,,\n" for n in range(30))
    done, _ = desk.bring_in(rows)
    assert done.step is not None
    # As a run leaves it that was stopped when the first ten were written down and twenty were durable.
    with desk.store.transaction() as work:
        work.set_batch(replace(done, step=replace(done.step, done=10, finished_at=None)))

    again, _ = desk.bring_in(rows)

    assert again.is_done
    assert all(len(desk.restrictions(f"acct-{n:02d}")) == 1 for n in range(30))


def test_a_holders_restriction_reaches_the_other_accounts_and_nobody_is_told_there_either(desk: Importer) -> None:
    desk.send("one", "account.opened", holder="pat", residence="DE")
    desk.send("two", "account.opened", holder="pat", residence="DE")
    batch, _ = desk.bring_in("one,person,2021-03-04,,,\n")
    desk.wait()

    assert desk.level("two", Capability.PLACE_ORDER) is Level.DENY
    assert desk.waiting() == []

    desk.undo(batch)
    desk.wait()

    assert desk.level("two", Capability.PLACE_ORDER) is Level.ALLOW
    assert desk.waiting() == []


# --- taking back -----------------------------------------------------------------------------------------------------


def test_what_was_brought_in_is_taken_back_and_nobody_is_told(desk: Importer) -> None:
    batch, _ = desk.bring_in("bob,frozen,,,,\namy,banned,,,,\nkim,listed,,,,\n")
    done = desk.undo(batch)

    assert done.undo_step is not None
    assert (done.undo_step.done, done.undo_step.refused) == (3, 0)
    for account in ("bob", "amy", "kim"):
        assert desk.level(account, Capability.WITHDRAW_CRYPTO) is Level.ALLOW
    assert desk.waiting() == []


def test_what_somebody_has_worked_on_since_is_left_and_named(desk: Importer) -> None:
    until = MONDAY + timedelta(days=10)
    batch, _ = desk.bring_in(f"bob,frozen,,,,\namy,region,2026-02-20,{until.isoformat()},,\nlea,region,,,,\n")
    desk.send("bob", "appeal.filed", restriction=desk.the_restriction("bob").id, text="that was not me")
    act = RenewAct(
        actor=TOM,
        note="a new document",
        restriction=RestrictionId(desk.the_restriction("amy").id),
        ends_at=until + timedelta(days=5),
        evidence=Evidence.E4,
    )
    assert carry_out(desk.intake, AccountId("amy"), act, desk.now).refusal is None

    done = desk.undo(batch)

    assert done.undo_step is not None
    assert done.undo_step.refused == 2
    assert ["open case" in left or "prolonged" in left for left in desk.left] == [True, True]
    assert desk.the_restriction("bob").status is Status.ACTIVE
    assert desk.the_restriction("amy").status is Status.ACTIVE
    assert desk.the_restriction("lea").status is Status.LIFTED


def test_one_person_alone_takes_back_nothing_that_two_signed(desk: Importer) -> None:
    batch, _ = desk.bring_in("kim,listed,,,,\nlea,region,,,,\n")
    desk.undo(batch, second=None)

    assert desk.the_restriction("kim").status is Status.ACTIVE
    assert desk.the_restriction("lea").status is Status.LIFTED
    assert len(desk.left) == 1

    desk.left.clear()
    desk.now += timedelta(hours=1)
    desk.undo(batch)
    assert desk.the_restriction("kim").status is Status.LIFTED
    assert desk.left == []


def test_a_file_that_was_taken_back_can_be_brought_in_again(desk: Importer) -> None:
    first, _ = desk.bring_in("bob,frozen,2021-03-04,,,\n")
    desk.undo(first)
    again, _ = desk.bring_in("bob,frozen,2021-03-04,,,\n")

    assert again.id != first.id
    assert [r.status for r in desk.restrictions("bob")] == [Status.LIFTED, Status.ACTIVE]


# --- accounts --------------------------------------------------------------------------------------------------------

ACCOUNTS = """
[column]
account = "id"
holder = "person"
name = "name"
residence = "land"
parent = "main"
document_number = "pass"
document_country = "land"
[always]
document_kind = "passport"
"""


def test_an_account_is_known_from_then_on_and_nothing_of_it_was_judged(desk: Importer) -> None:
    desk.bring_in_accounts("id,person,name,land,main,pass\nwei,p1,Wei Li,CN,,X1\n", ACCOUNTS)

    view = desk.questions.account(AccountId("wei"))
    assert view.state is not None
    assert (view.state.name, view.state.residence, view.state.holder) == ("Wei Li", "CN", "p1")
    assert view.state.is_known
    # An account that opens from there is locked; one that has long been there is left as it is.
    assert (view.restrictions, view.cases, view.requests) == ((), (), ())
    assert desk.waiting() == []


def test_a_document_that_was_brought_in_is_found_again(desk: Importer) -> None:
    desk.bring_in_accounts("id,person,name,land,main,pass\nold,p1,,DE,,X1\n", ACCOUNTS)
    with desk.store.reading() as reader:
        assert reader.document_accounts(AccountId("new"), ("DE", "passport", "X1")) == ("old",)


def test_a_profile_that_was_brought_in_lifts_nothing(desk: Importer) -> None:
    desk.send("wei", "account.opened", residence="CN")
    desk.send("wei", "kyc.decided", tier=2, result="accepted")
    desk.bring_in_accounts("id,person,name,land,main,pass\nwei,,,DE,,\n", ACCOUNTS)
    assert desk.the_restriction("wei").status is Status.ACTIVE


def test_a_new_account_of_a_restricted_holder_is_limited_too(desk: Importer) -> None:
    desk.send("one", "account.opened", holder="pat", residence="DE")
    desk.bring_in("one,person,2021-03-04,,,\n")
    desk.bring_in_accounts("id,person,name,land,main,pass\ntwo,pat,,DE,,\n", ACCOUNTS)

    assert desk.level("two", Capability.PLACE_ORDER) is Level.DENY
    assert desk.waiting() == []


def test_a_row_that_no_event_can_say_is_listed(desk: Importer) -> None:
    desk.bring_in_accounts("id,person,name,land,main,pass\nwei,,,Germany,,\namy,,Amy,DE,,\n", ACCOUNTS)
    assert [line for line, _ in desk.complaints] == [2]
    assert desk.questions.account(AccountId("amy")).state is not None


# --- the outside -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("type_", [RESTRICTION_IMPORTED, ACCOUNT_IMPORTED])
def test_nobody_outside_can_send_what_an_import_says(type_: str) -> None:
    line: dict[str, Any] = {"specversion": "1.0", "id": "e", "source": IMPORT_SOURCE, "type": type_, "subject": "bob"}
    for source in (IMPORT_SOURCE, "urn:exchange"):
        text = msgspec.json.encode(line | {"source": source, "time": "2026-03-02T12:00:00Z", "data": {}})
        with pytest.raises(EventRejectedError):
            read_event(text)
