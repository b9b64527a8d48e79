"""Dual run: Habeas decides and records beside an older system, and nothing leaves."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from habeas.domain.actor import Actor, Role
from habeas.domain.batch import Signature
from habeas.domain.campaign import Campaign, CampaignPlan, Cause
from habeas.domain.capability import Capability, Level
from habeas.domain.decision import Outcome, Topic
from habeas.domain.errors import PlaybookError
from habeas.domain.ids import AccountId, BatchId, EntityId
from habeas.domain.kind import Kind
from habeas.domain.notice import Channel
from habeas.playbook.load import read_playbook, shipped_playbook
from habeas.playbook.policy import Playbook, RunMode, RunPolicy
from habeas.service.batches import RefusedError
from habeas.service.campaign_run import CampaignRun
from habeas.service.intake import Intake
from habeas.service.notices import Notices
from habeas.service.questions import Questions
from tests.unit.service.test_intake import Desk, NoLists, NoPlaces


class Beside(Desk):
    """An exchange whose older system still acts, until it goes over."""

    def __init__(self) -> None:
        super().__init__()
        self.go(RunMode.DUAL)

    def go(self, mode: RunMode) -> None:
        """Work with another mode from now on."""
        self.intake.close()
        self.playbook = in_mode(mode)
        self.intake = Intake(self.store, self.playbook, NoPlaces(), NoLists(), lambda: self.now)
        self.questions = Questions(self.store, self.playbook)

    def told(self, account: str) -> int:
        Notices(self.store, self.playbook, lambda: self.now, tuple(Channel)).write()
        with self.store.reading() as reader:
            return len(reader.notices(AccountId(account)))

    def waiting(self) -> list[Topic]:
        with self.store.reading() as reader:
            return [each.message.topic for each in reader.queued_messages(0, 1000)]


def in_mode(mode: RunMode) -> Playbook:
    shipped = shipped_playbook()
    policies = {entity: replace(policy, run=RunPolicy(mode)) for entity, policy in shipped.policies.items()}
    return replace(shipped, policies=policies)


@pytest.fixture
def desk() -> Iterator[Beside]:
    desk = Beside()
    yield desk
    desk.intake.close()
    desk.store.close()


def a_hold(desk: Desk, account: str) -> Outcome:
    """An outflow hold, which live asks the exchange to recall withdrawals, and tells the user."""
    desk.send(account, "account.opened", residence="DE")
    return desk.restrict(account, reason="SCAM_VICTIM", kind=Kind.OUTFLOW_HOLD)


def test_what_is_decided_is_recorded_and_answered(desk: Beside) -> None:
    outcome = a_hold(desk, "bob")

    assert len(outcome.placed) == 1
    assert desk.level("bob", Capability.WITHDRAW_CRYPTO) is Level.DENY
    assert desk.questions.statement(AccountId("bob"), desk.now).restrictions[0].id == outcome.placed[0].id


def test_nothing_leaves(desk: Beside) -> None:
    outcome = a_hold(desk, "bob")
    desk.send("wei", "account.opened", residence="DE")
    desk.send("wei", "document.expired", kind="passport")
    desk.wait(days=100)

    assert outcome.actions == ()
    assert desk.waiting() == []
    assert desk.told("bob") == 0
    for account in ("bob", "wei"):
        assert desk.questions.account(AccountId(account)).requests == ()


def test_live_the_same_events_tell_and_ask(desk: Beside) -> None:
    desk.go(RunMode.LIVE)
    outcome = a_hold(desk, "bob")
    desk.send("wei", "account.opened", residence="DE")
    desk.send("wei", "document.expired", kind="passport")

    assert outcome.actions
    assert Topic.ACTION in desk.waiting()
    assert desk.told("bob") == 1
    assert desk.questions.account(AccountId("wei")).requests


def test_a_holders_other_accounts_are_judged_alike(desk: Beside) -> None:
    desk.send("one", "account.opened", holder="pat", residence="DE")
    desk.send("two", "account.opened", holder="pat", residence="DE")
    desk.send("one", "account.profile_changed", residence="CN")
    desk.wait()

    with desk.store.reading() as reader:
        held = [r.scope for r in reader.restrictions(AccountId("one"))]
    assert desk.told("one") == desk.told("two") == 0
    assert held


def test_going_over_tells_nothing_belatedly_and_everything_from_then_on(desk: Beside) -> None:
    a_hold(desk, "bob")
    desk.go(RunMode.LIVE)
    assert desk.told("bob") == 0

    a_hold(desk, "amy")
    assert desk.told("amy") == 1


def test_going_back_tells_nobody_what_still_waited(desk: Beside) -> None:
    desk.go(RunMode.LIVE)
    a_hold(desk, "bob")
    desk.go(RunMode.DUAL)

    assert desk.told("bob") == 0
    assert Topic.RESTRICTION not in desk.waiting()


def test_no_campaign_is_announced_to_nobody(desk: Beside) -> None:
    desk.send("bob", "account.opened", residence="NL")
    keep(desk, a_campaign(desk))
    with pytest.raises(RefusedError, match=r"cannot be announced in dual run.*`run.mode` of main"):
        the_run(desk).advance(BatchId("cp_nl"))
    assert desk.level("bob", Capability.PLACE_ORDER) is Level.ALLOW

    desk.go(RunMode.LIVE)
    the_run(desk).advance(BatchId("cp_nl"))
    assert desk.level("bob", Capability.PLACE_ORDER, desk.now + timedelta(days=35)) is Level.DENY


def test_a_campaign_that_was_announced_reminds_nobody_after_going_back(desk: Beside) -> None:
    desk.go(RunMode.LIVE)
    desk.send("bob", "account.opened", residence="NL")
    keep(desk, a_campaign(desk))
    the_run(desk).advance(BatchId("cp_nl"))
    assert desk.told("bob") == 1

    desk.go(RunMode.DUAL)
    desk.now += timedelta(days=25)
    the_run(desk).advance(BatchId("cp_nl"))
    assert desk.told("bob") == 1


def a_campaign(desk: Desk) -> Campaign:
    """An exit from the Netherlands that is approved, and due."""
    plan = CampaignPlan(
        id="cp_nl",
        title="Exit from the Netherlands",
        areas=("NL",),
        cause=Cause.REGULATION,
        announcement="https://example.com/nl",
        announced_at=desk.now,
        withdraw_only_at=desk.now + timedelta(days=31),
    )
    drafted = Signature(Actor("cam", Role.CAMPAIGN_MANAGER), desk.now, "as decided")
    signed = Signature(Actor("joe", Role.COUNSEL), desk.now, "as decided")
    return Campaign(id=BatchId("cp_nl"), plan=plan, drafted=drafted, signatures=(signed,), is_approved=True)


def keep(desk: Desk, campaign: Campaign) -> None:
    with desk.store.transaction() as work:
        work.set_batch(campaign)


def the_run(desk: Desk) -> CampaignRun:
    notices = Notices(desk.store, desk.playbook, lambda: desk.now)
    return CampaignRun(desk.store, desk.intake, notices, desk.playbook, lambda: desk.now)


def test_one_entity_may_go_over_before_the_others() -> None:
    text = shipped_playbook().text.decode()
    text = text.replace('[run]\nmode = "live"', '[run]\nmode = "dual"')
    uk = '\n[entity.uk]\nname = "x"\ncontact = "y"\ncomplaints = "z"\n[entity.uk.run]\nmode = "live"\n'

    playbook = read_playbook((text + uk).encode(), "p.toml")

    assert playbook.dual_entities == ("main",)
    assert playbook.policy(EntityId("uk")).run.mode is RunMode.LIVE


def test_a_mode_that_there_is_not_is_refused() -> None:
    text = shipped_playbook().text.decode().replace('mode = "live"', 'mode = "shadow"')
    with pytest.raises(PlaybookError, match="run"):
        read_playbook(text.encode(), "p.toml")
