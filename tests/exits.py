"""An exchange that leaves regions, for tests: a real store, a clock that the test sets, and everything that acts on it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from habeas.domain.account import AccountState
from habeas.domain.actor import Actor, Role
from habeas.domain.batch import Signature
from habeas.domain.campaign import Campaign, CampaignPlan, Cause, EndingKind
from habeas.domain.capability import Capability, Level
from habeas.domain.decision import Outcome
from habeas.domain.event import make_event
from habeas.domain.ids import AccountId, BatchId, EntityId
from habeas.domain.notice import Notice
from habeas.domain.restriction import Restriction, phases
from habeas.domain.verdict import Request
from habeas.playbook.load import shipped_playbook
from habeas.playbook.policy import Playbook
from habeas.service.acts import Act, carry_out
from habeas.service.bulk import Bulks
from habeas.service.campaign_run import CampaignRun
from habeas.service.campaigns import Campaigns
from habeas.service.intake import Intake
from habeas.service.notices import Notices
from habeas.service.outbox import deliver_effects
from habeas.service.ports import Store
from habeas.service.questions import Questions
from habeas.service.timers import fire_due_timers
from tests.builders import NOON
from tests.unit.service.test_intake import NoLists, NoPlaces

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SECOND = timedelta(seconds=1)

MIA = Actor("mia", Role.CAMPAIGN_MANAGER)
MAX = Actor("max", Role.CAMPAIGN_MANAGER)
CORA = Actor("cora", Role.COUNSEL)
MO = Actor("mo", Role.MLRO)
OLGA = Actor("olga", Role.SANCTIONS_OFFICER)
SUE = Actor("sue", Role.SENIOR_ANALYST)
ANN = Actor("ann", Role.ANALYST)

T0 = NOON + 5 * DAY
T1 = T0 + 10 * DAY
T2 = T0 + 31 * DAY
T3 = T0 + 61 * DAY
NL = BatchId("cp_nl-2027")


def a_plan(**changes: Any) -> CampaignPlan:
    """An exit from the Netherlands: announced in five days, its further dates 10, 31 and 61 days later."""
    values: dict[str, Any] = {
        "id": str(NL),
        "title": "Exit from the Netherlands",
        "areas": ("NL",),
        "cause": Cause.REGULATION,
        "announcement": "https://example.com/nl",
        "announced_at": T0,
        "reduce_only_at": T1,
        "withdraw_only_at": T2,
        "residual_at": T3,
    }
    return CampaignPlan(**(values | changes))


def a_campaign(plan: CampaignPlan | None = None, **changes: Any) -> Campaign:
    """A draft of that plan by mia."""
    plan = plan or a_plan()
    values: dict[str, Any] = {"id": BatchId(plan.id), "plan": plan, "drafted": signed(MIA)}
    return Campaign(**(values | changes))


def signed(by: Actor, at: datetime = NOON, note: str = "as decided") -> Signature:
    return Signature(by, at, note)


def two_entities() -> Playbook:
    """The shipped playbook with a second entity `uk`, which owes its users 90 days of notice."""
    shipped = shipped_playbook()
    policy = shipped.policies[EntityId("main")]
    uk = msgspec.structs.replace(policy, campaigns=msgspec.structs.replace(policy.campaigns, notice_min_for=90 * DAY))
    return msgspec.structs.replace(shipped, policies={EntityId("main"): policy, EntityId("uk"): uk})


class Exchange:
    """One exchange with one store. What is due by time alone needs `worker`; campaigns and bulk acts need `advance`."""

    def __init__(self, store: Store, playbook: Playbook | None = None) -> None:
        self.store, self.now, self.playbook, self._sent = store, NOON, playbook or shipped_playbook(), 0
        self.intake = Intake(store, self.playbook, NoPlaces(), NoLists(), self.clock)
        self.questions = Questions(store, self.playbook)
        self.notices = Notices(store, self.playbook, self.clock)
        self.campaigns = Campaigns(store, self.playbook, self.clock)
        self.run = CampaignRun(store, self.intake, self.notices, self.playbook, self.clock)
        self.bulks = Bulks(store, self.intake, self.clock)

    def clock(self) -> datetime:
        return self.now

    def close(self) -> None:
        self.intake.close()
        self.store.close()

    # --- what happens -------------------------------------------------------------------------------------------------

    def send(self, account: str, type_: str, **data: Any) -> Outcome:
        self._sent += 1
        body = msgspec.json.encode(data)
        outcome = self.intake.decide(make_event(f"e{self._sent}", "urn:exchange", type_, account, self.now, body))
        deliver_effects(self.store, self.intake)
        return outcome

    def open(self, account: str, residence: str | None = "NL", **data: Any) -> Outcome:
        said = {"residence": residence} if residence else {}
        return self.send(account, "account.opened", **(said | data))

    def open_many(self, accounts: Iterable[tuple[str, dict[str, Any]]]) -> None:
        """Many accounts at once: as fast as the intake takes them."""
        waiting = []
        for account, said in accounts:
            self._sent += 1
            event = make_event(
                f"e{self._sent}", "urn:exchange", "account.opened", account, self.now, msgspec.json.encode(said)
            )
            waiting.append(self.intake.submit(event))
        for future in waiting:
            future.result()

    def move(self, account: str, residence: str) -> Outcome:
        return self.send(account, "account.profile_changed", residence=residence)

    def accept(self, account: str, document: str = "proof_of_address") -> Outcome:
        """A document comes, and is found in order."""
        self.send(account, "document.received", kind=document)
        return self.send(account, "document.decided", kind=document, result="accepted")

    def act(self, account: str, act: Act) -> Outcome:
        return carry_out(self.intake, AccountId(account), act, self.now)

    def worker(self) -> None:
        """What time alone brings: timers, and notices of what they said."""
        while fire_due_timers(self.store, self.intake, self.clock):
            deliver_effects(self.store, self.intake)
        self.notices.write()

    def approved(self, plan: CampaignPlan | None = None) -> Campaign:
        """A campaign that legal and compliance have signed."""
        drafted = self.campaigns.draft(plan or a_plan(), MIA, "decided by the board")
        self.campaigns.sign(drafted.id, CORA, "the licence ends")
        return self.campaigns.sign(drafted.id, MO, "agreed")

    def announced(self, plan: CampaignPlan | None = None) -> Campaign:
        """A campaign that everybody has been told of."""
        campaign = self.approved(plan)
        self.now = campaign.plan.announced_at
        self.run.advance(campaign.id)
        return self.campaign(campaign.id)

    def end(self, kind: EndingKind, campaign: BatchId = NL) -> None:
        """It is ended, by two people; nobody has been freed yet."""
        self.campaigns.propose_end(campaign, kind, MIA, "it is over")
        self.campaigns.sign(campaign, MO, "agreed")

    # --- what stands --------------------------------------------------------------------------------------------------

    def campaign(self, campaign: BatchId = NL) -> Campaign:
        return self.campaigns.state(campaign).campaign

    def state(self, account: str) -> AccountState:
        with self.store.reading() as reader:
            state = reader.account(AccountId(account))
        assert state is not None
        return state

    def accounts(self) -> list[AccountId]:
        with self.store.reading() as reader:
            return list(reader.accounts())

    def placed(self, account: str, batch: BatchId = NL) -> list[Restriction]:
        """What a campaign ever placed on an account, oldest first."""
        with self.store.reading() as reader:
            found = [r for r in reader.restrictions(AccountId(account)) if r.batch == batch]
        return sorted(found, key=lambda r: r.starts_at)

    def stands(self, account: str, batch: BatchId = NL) -> list[str]:
        """The kinds of a campaign that are in force on an account by now, by time alone."""
        phases = (phase for r in self.state(account).restrictions if r.batch == batch for phase in _now(r, self.now))
        return [str(kind) for kind in phases]

    def level(self, account: str, capability: Capability, at: datetime | None = None) -> Level:
        return self.questions.check(AccountId(account), Request(capability, at or self.now)).level

    def inbox(self, account: str) -> list[Notice]:
        with self.store.reading() as reader:
            return list(reader.notices(AccountId(account)))

    def topics(self, account: str) -> list[str]:
        return [str(notice.topic) for notice in self.inbox(account)]

    def journal_faults(self) -> list[Any]:
        with self.store.reading() as reader:
            return list(reader.verify_journal())


def _now(restriction: Restriction, at: datetime) -> Iterable[str]:
    return (phase.kind for phase in phases(restriction) if phase.is_in_force(at))
