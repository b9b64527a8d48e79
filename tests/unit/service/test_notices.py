"""Notices are made of what happens: one for everything that a user must be told, once, and nothing else."""

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from habeas.domain.decision import Topic
from habeas.domain.errors import UnreadableRecordError
from habeas.domain.event_data import AnnulAct, RenewAct
from habeas.domain.evidence import Evidence
from habeas.domain.ids import AccountId
from habeas.domain.kind import Kind
from habeas.domain.notice import Channel, Notice, NoticeTopic
from habeas.domain.restriction import Scope
from habeas.service.acts import carry_out
from habeas.service.notices import Notices
from habeas.store.memory import MemoryStore
from tests.builders import a_decision, a_message, an_enriched_event, an_event
from tests.contract.conftest import MemoryIntruder
from tests.unit.service.test_intake import JANE, TOM, Desk

KIM = AccountId("kim")


class Post(Desk):
    """The desk of an exchange that also tells its users."""

    def __init__(self) -> None:
        super().__init__()
        self.notices = Notices(self.store, self.playbook, lambda: self.now, tuple(Channel))

    def inbox(self, account: str = "kim") -> list[Notice]:
        self.notices.write()
        with self.store.reading() as reader:
            return list(reader.notices(AccountId(account)))

    def topics(self, account: str = "kim") -> list[NoticeTopic]:
        return [notice.topic for notice in self.inbox(account)]

    def remind(self) -> list[Notice]:
        """What is new in the inbox once the clocks have spoken."""
        before = len(self.inbox())
        self.wait()
        return self.inbox()[before:]


@pytest.fixture
def desk() -> Iterator[Post]:
    desk = Post()
    yield desk
    desk.intake.close()
    desk.store.close()


def test_a_limit_that_begins_and_is_lifted_is_told_twice(desk: Post) -> None:
    desk.send("kim", "account.opened", residence="CN")
    assert desk.topics() == [NoticeTopic.BEGAN]
    (restriction,) = desk.questions.account(KIM).restrictions
    desk.lift("kim", restriction.id)
    began, ended = desk.inbox()
    assert (began.topic, ended.topic) == (NoticeTopic.BEGAN, NoticeTopic.ENDED)
    assert began.about == ended.about == restriction.id
    assert began.reference == ended.reference
    assert "Nothing limits your account any more." in ended.what_happened


def test_what_has_been_told_is_not_told_again(desk: Post) -> None:
    desk.send("kim", "account.opened", residence="CN")
    assert desk.notices.write() == 1
    assert desk.notices.write() == 0
    assert len(desk.inbox()) == 1


@pytest.mark.row("A080")
def test_an_error_is_taken_back_with_an_apology(desk: Post) -> None:
    desk.restrict("kim")
    (restriction,) = desk.questions.account(KIM).restrictions
    act = AnnulAct(actor=TOM, note="we mistook the account", restriction=restriction.id)
    carry_out(desk.intake, KIM, act, desk.now)
    annulled = desk.inbox()[-1]
    assert annulled.topic is NoticeTopic.ANNULLED
    assert "That was wrong, and we are sorry. It now counts as never made." in annulled.what_happened
    assert "mistook" not in repr(annulled)


def test_a_limit_that_ends_by_time_is_told_when_its_timer_has_fired(desk: Post) -> None:
    desk.send("kim", "account.opened", residence="ES")
    desk.wait(days=2)
    desk.send("kim", "credential.leaked", origin="a corpus")
    desk.wait(hours=25)
    assert desk.topics() == [NoticeTopic.BEGAN, NoticeTopic.ENDED]


def test_a_milder_limit_that_a_harder_one_replaces_is_told_by_the_harder_one(desk: Post) -> None:
    desk.send("kim", "account.opened", residence="ES")
    desk.wait(days=2)
    desk.send("kim", "credential.leaked", origin="a corpus")
    desk.restrict("kim", "ACCOUNT_TAKEOVER", kind=Kind.OUTFLOW_HOLD, evidence=Evidence.E3)
    assert [r.status for r in desk.questions.account(KIM).restrictions] == ["superseded", "active"]
    assert desk.topics() == [NoticeTopic.BEGAN, NoticeTopic.BEGAN]


def test_a_change_of_the_end_is_told_and_one_that_changes_no_word_is_not(desk: Post) -> None:
    desk.restrict("kim", ends_at=desk.now + timedelta(days=2))
    desk.inbox()
    (restriction,) = desk.questions.account(KIM).restrictions
    renewed = RenewAct(
        actor=JANE,
        note="there is more of it",
        restriction=restriction.id,
        ends_at=desk.now + timedelta(days=5),
        evidence=Evidence.E3,
        evidence_ids=("file:2",),
    )
    assert carry_out(desk.intake, KIM, renewed, desk.now).refusal is None
    changed = desk.inbox()[-1]
    assert changed.topic is NoticeTopic.CHANGED
    assert "7 March 2026" in changed.when
    # The same again, as a crash between two steps may bring it.
    _send_again(desk)
    assert desk.topics() == [NoticeTopic.BEGAN, NoticeTopic.CHANGED]


def _send_again(desk: Post) -> None:
    """Queue what the outbox has said of the restriction once more, under another id."""
    (restriction,) = desk.questions.account(KIM).restrictions
    enriched = an_enriched_event(an_event("again", account="kim", at=desk.now))
    message = a_message("ms_again", account="kim", body=msgspec.msgpack.encode(restriction))
    with desk.store.transaction() as work:
        state = work.account(KIM)
        assert state is not None
        work.record(enriched, replace(a_decision(enriched, messages=(message,)), state=state), desk.playbook.version)


def test_a_proposal_is_nobodys_news(desk: Post) -> None:
    desk.restrict("kim", kind=Kind.PERM_BAN, evidence=Evidence.E4)
    assert [r.status for r in desk.questions.account(KIM).restrictions] == ["proposed"]
    assert desk.inbox() == []


def test_a_holder_wide_limit_is_told_on_every_account(desk: Post) -> None:
    desk.send("kim", "account.opened", residence="ES", holder="h-1")
    desk.send("lea", "account.opened", residence="ES", holder="h-1")
    desk.restrict("kim", scope=Scope.HOLDER)
    desk.wait(minutes=1)
    assert desk.topics("kim") == desk.topics("lea") == [NoticeTopic.BEGAN]
    assert "It counts for all your accounts with us." in desk.inbox("lea")[0].what_happened


def test_one_account_that_cannot_be_read_keeps_no_other_waiting(desk: Post) -> None:
    desk.send("wei", "account.opened", residence="CN")
    desk.send("kim", "account.opened", residence="CN")
    assert isinstance(desk.store, MemoryStore)
    MemoryIntruder(desk.store).forget_key("wei")
    with pytest.raises(UnreadableRecordError):
        desk.notices.write()
    with desk.store.reading() as reader:
        assert len(reader.notices(KIM)) == 1


def test_a_notice_speaks_the_language_of_the_profile_and_else_english(desk: Post) -> None:
    desk.send("kim", "account.opened", residence="CN", locale="fr-CA")
    desk.send("lea", "account.opened", residence="CN", locale="tlh")
    assert [notice.locale for notice in desk.inbox("kim")] == ["fr"]
    assert [notice.locale for notice in desk.inbox("lea")] == ["en"]


def test_every_notice_of_the_outbox_is_a_message_that_is_then_delivered(desk: Post) -> None:
    desk.send("kim", "account.opened", residence="CN")
    desk.inbox()
    with desk.store.reading() as reader:
        assert [m for t in (Topic.RESTRICTION, Topic.DOCUMENTS) for m in reader.queued_messages(0, 9, t)] == []


# --- documents -------------------------------------------------------------------------------------------------------


def ask(desk: Post) -> None:
    """A document has expired, and a new one is asked for within a fortnight."""
    desk.send("kim", "account.opened", residence="ES")
    desk.send("kim", "document.expired", kind="passport")


def test_documents_that_are_asked_for_are_named_with_their_date(desk: Post) -> None:
    ask(desk)
    asked = next(notice for notice in desk.inbox() if notice.topic is NoticeTopic.DOCUMENTS_ASKED)
    (send,) = asked.what_to_do
    assert send.startswith("Send us a copy of your passport. Take it of the page with your photo")
    assert asked.by_when == "You have until 16 March 2026, 12:00 UTC."


def test_a_date_for_documents_that_comes_near_is_told_once(desk: Post) -> None:
    ask(desk)
    desk.now += timedelta(days=10)
    assert desk.remind() == []
    desk.now += timedelta(days=1)
    (told,) = desk.remind()
    assert told.topic is NoticeTopic.DOCUMENTS_DUE
    assert told.by_when == "You have until 16 March 2026, 12:00 UTC."
    desk.now += timedelta(days=1)
    assert desk.remind() == []


def test_nobody_is_reminded_of_a_date_that_is_over(desk: Post) -> None:
    ask(desk)
    desk.now += timedelta(days=15)
    assert [notice for notice in desk.remind() if notice.topic is NoticeTopic.DOCUMENTS_DUE] == []


# --- promises --------------------------------------------------------------------------------------------------------


def test_a_promise_that_will_be_missed_is_told_before_and_once(desk: Post) -> None:
    desk.send("kim", "account.opened", residence="ES", name="Kim", document=None)
    desk.send("kim", "signal.received", typology="sanctions_nexus", score=0.9, vendor="acme", reference="a-1")
    assert [case.restrictions for case in desk.questions.account(KIM).cases if case.restrictions]
    desk.now += timedelta(hours=17)
    assert desk.remind() == []
    desk.now += timedelta(hours=1)
    (told,) = desk.remind()
    assert told.topic is NoticeTopic.PROMISE_LATE
    assert "3 March 2026, 12:00 UTC" in told.what_happened
    assert "3 March 2026, 12:00 UTC" in told.when
    desk.now += timedelta(hours=1)
    assert desk.remind() == []


def test_a_case_that_limits_nobody_promised_nothing(desk: Post) -> None:
    desk.send("kim", "account.opened", residence="ES", name="Kim")
    desk.send("kim", "signal.received", typology="similar_name", score=0.9, vendor="acme", reference="a-1")
    desk.now += timedelta(days=30)
    assert desk.remind() == []


def test_what_is_said_of_a_user_never_names_what_found_it(desk: Post) -> None:
    desk.send("kim", "account.opened", residence="ES")
    desk.wait(days=2)
    outcome = desk.send("kim", "credential.leaked", origin="a corpus")
    said = repr(desk.inbox())
    for signal in outcome.signals:
        assert signal.typology not in said
        assert not any(str(value) in said for value in signal.evidence.values() if len(str(value)) > 4)
