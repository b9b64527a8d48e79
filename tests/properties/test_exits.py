"""Any life of region exits: accounts open, move and prove; campaigns are drafted, signed, run in pieces and ended; time passes.

| invariant | |
|---|---|
| signed and begun | nobody is limited before T0, or without a signature of each group |
| once | a campaign limits nobody twice, whoever runs it how often, and wherever the account moves |
| everybody | after a run everybody who is there, and was not freed by documents, is limited |
| reversible | when a campaign has ended nothing of it stands, and nobody joins it |
| stricter | along the schedule what an account may do only gets less |
| own assets | an exit never keeps anybody from taking the own assets out |

Each is tried on a planted bug, and must fail.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from msgspec.structs import replace

from habeas.decision import acts
from habeas.decision import campaigns as judging
from habeas.domain import campaign as domain
from habeas.domain import event_data as data
from habeas.domain.actor import Actor
from habeas.domain.batch import Member
from habeas.domain.campaign import Campaign, EndingKind
from habeas.domain.capability import ACCOUNT_CAPABILITIES, Capability
from habeas.domain.ids import AccountId, BatchId
from habeas.domain.kind import Kind
from habeas.domain.restriction import Restriction, Status
from habeas.service import campaign_run, campaigns, enrich
from habeas.service.batches import RefusedError
from habeas.service.ports import Reader
from habeas.store.memory import MemoryStore
from tests.exits import CORA, DAY, HOUR, MIA, MO, Exchange, a_plan
from tests.stories import the_playbook

ACCOUNTS = ("a", "b", "c", "d", "e")
PLACES = ("NL", "BE", "DE")
WAYS_OUT = (Capability.WITHDRAW_CRYPTO, Capability.WITHDRAW_FIAT)


class Exits(RuleBasedStateMachine):
    """An exchange with a few accounts, which leaves the Netherlands and Belgium again and again."""

    @staticmethod
    def plant(patch: pytest.MonkeyPatch) -> None:
        """Where a bug is planted."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr(campaign_run, "PIECE", 2)
        type(self).plant(self.patch)
        self.house = Exchange(MemoryStore(), the_playbook())
        self.homes: dict[str, str] = {}
        self.freed: set[tuple[str, str]] = set()
        self.drafts = 0

    def teardown(self) -> None:
        self.house.close()
        self.patch.undo()

    # --- what happens

    @initialize(homes=st.tuples(*[st.sampled_from(PLACES)] * 4), in_days=st.sampled_from([None, 0, 0, 2]))
    def some_are_there(self, homes: tuple[str, ...], in_days: int | None) -> None:
        for account, home in zip(ACCOUNTS, homes, strict=False):
            self.lives(account, home)
        if in_days is not None:
            self.is_drafted("NL", in_days, 3, (CORA, MO))
            self.is_run(None)

    @rule(account=st.sampled_from(ACCOUNTS), home=st.sampled_from(PLACES))
    def lives(self, account: str, home: str) -> None:
        type_ = "account.profile_changed" if account in self.homes else "account.opened"
        self.homes[account] = home
        self._shows(account, lambda: self.house.send(account, type_, residence=home))

    @rule(account=st.sampled_from(ACCOUNTS))
    def proves(self, account: str) -> None:
        if account in self.homes:
            self._shows(account, lambda: self.house.accept(account))

    def _shows(self, account: str, shows: Callable[[], object]) -> None:
        """What the user shows may free the account, and of a campaign that goes on only if it says to live elsewhere."""
        before = {r.batch for r in self.standing(account)}
        shows()
        after = {r.batch for r in self.standing(account)}
        for batch in before - after:
            assert batch is not None
            campaign = self.house.campaign(batch)
            assert campaign.is_over or self.homes[account] not in campaign.plan.areas
            self.freed.add((batch, account))

    @rule(
        area=st.sampled_from(("NL", "BE")),
        in_days=st.sampled_from([0, 0, 2]),
        stages=st.sampled_from([2, 3]),
        by=st.sampled_from([(), (CORA, MO), (CORA, MO), (MO, CORA)]),
    )
    def is_drafted(self, area: str, in_days: int, stages: int, by: Sequence[Actor]) -> None:
        self.drafts += 1
        t0 = self.house.now + in_days * DAY
        plan = a_plan(
            id=f"cp_exit-{self.drafts}",
            areas=(area,),
            announced_at=t0,
            reduce_only_at=t0 + 10 * DAY if stages == 3 else None,
            withdraw_only_at=t0 + 31 * DAY,
            residual_at=t0 + 45 * DAY,
        )
        is_taken = any(area in each.plan.areas and not each.is_over for each in self.campaigns())
        try:
            self.house.campaigns.draft(plan, MIA, "decided")
        except RefusedError:
            assert is_taken
        else:
            assert not is_taken
            for signer in by:
                self._try(partial(self.house.campaigns.sign, BatchId(plan.id), signer, "agreed"))

    @rule(by=st.sampled_from([MIA, CORA, MO]))
    def is_signed(self, by: Actor) -> None:
        for campaign in self.campaigns():
            if not campaign.is_over and campaign.ending is None:
                self._try(partial(self.house.campaigns.sign, campaign.id, by, "agreed"))

    @rule(limit=st.sampled_from([1, 2, 5, None, None]))
    def is_run(self, limit: int | None) -> None:
        for campaign in self.campaigns():
            self._try(partial(self.house.run.advance, campaign.id, limit=limit))

    @rule(kind=st.sampled_from(EndingKind), seldom=st.booleans(), first=st.booleans())
    def is_ended(self, kind: EndingKind, seldom: bool, first: bool) -> None:
        open_ = [campaign for campaign in self.campaigns() if not campaign.is_over]
        if seldom and open_:
            id_ = open_[0 if first else -1].id
            self._try(lambda: self.house.end(kind, id_))
            if first:
                self.is_run(None)

    @rule(length=st.sampled_from([HOUR, DAY, 2 * DAY, 8 * DAY, 22 * DAY]), worker=st.booleans())
    def time_passes(self, length: Any, worker: bool) -> None:
        self.house.now += length
        if worker:
            self.house.worker()

    def _try(self, does: Callable[[], object]) -> None:
        try:
            does()
        except RefusedError:
            return

    # --- what stands

    def campaigns(self) -> list[Campaign]:
        with self.house.store.reading() as reader:
            return [each for each in reader.batches() if isinstance(each, Campaign)]

    def placed(self, account: str) -> list[Restriction]:
        with self.house.store.reading() as reader:
            return [r for r in reader.restrictions(AccountId(account)) if r.batch is not None]

    def standing(self, account: str) -> list[Restriction]:
        if account not in self.house.accounts():
            return []
        return [r for r in self.house.state(account).restrictions if r.batch and r.status is Status.ACTIVE]

    @invariant()
    def everybody_who_is_there_is_limited_once_all_were_told(self) -> None:
        for campaign in self.campaigns():
            announced = campaign.steps.get(campaign_run.ANNOUNCED)
            if not campaign.is_live or announced is None or announced.finished_at is None:
                continue
            for account, home in self.homes.items():
                if home in campaign.plan.areas and (campaign.id, account) not in self.freed:
                    assert campaign.id in {r.batch for r in self.standing(account)}

    @invariant()
    def nobody_is_limited_before_its_day_or_without_both_signatures(self) -> None:
        known = {campaign.id: campaign for campaign in self.campaigns()}
        for account in self.homes:
            for restriction in self.placed(account):
                assert restriction.batch is not None
                campaign = known[restriction.batch]
                assert {signature.by.role for signature in campaign.signatures} == {CORA.role, MO.role}
                assert restriction.starts_at >= campaign.plan.announced_at
                assert self.house.now >= campaign.plan.announced_at

    @invariant()
    def nobody_is_limited_twice_by_one_campaign(self) -> None:
        for account in self.homes:
            # What a campaign places rests on the event that caused it; what follows by time came of a timer.
            began = [r.batch for r in self.placed(account) if f"event:{r.cause}" in r.evidence_ids]
            assert len(began) == len(set(began))
            standing = [r.batch for r in self.standing(account)]
            assert len(standing) == len(set(standing))

    @invariant()
    def nothing_of_what_has_ended_stands(self) -> None:
        for campaign in self.campaigns():
            ended = campaign.steps.get(campaign_run.ENDED)
            if campaign.is_over and (campaign.announced_at is None or (ended is not None and ended.finished_at)):
                for account in self.homes:
                    assert campaign.id not in {r.batch for r in self.standing(account)}

    @invariant()
    def what_an_account_may_do_only_gets_less_and_its_assets_can_always_be_taken_out(self) -> None:
        instants = self._instants()
        # Accounts on which the same stands may do the same.
        alike = {tuple(sorted((r.batch or "", r.kind) for r in self.standing(a))): a for a in self.homes}
        for account in (a for stands, a in alike.items() if stands):
            levels = [self._levels(account, at) for at in instants]
            for earlier, later in pairwise(levels):
                assert all(before <= after for before, after in zip(earlier, later, strict=True))
            for at in instants:
                assert {str(self.house.level(account, way, at)) for way in WAYS_OUT} == {"ALLOW"}

    def _levels(self, account: str, at: datetime) -> list[Any]:
        return [self.house.level(account, capability, at) for capability in ACCOUNT_CAPABILITIES]

    def _instants(self) -> list[datetime]:
        """Now, and every later day on which a stage begins."""
        dates = (
            at
            for campaign in self.campaigns()
            for at in (campaign.plan.reduce_only_at, campaign.plan.withdraw_only_at)
            if campaign.is_live and at is not None and at > self.house.now
        )
        return [self.house.now, *sorted(set(dates))]


STEPS = 20
Exits.TestCase.settings = settings(stateful_step_count=STEPS)
TestExits = Exits.TestCase


# --- planted bugs


class AnnouncesEarly(Exits):
    @staticmethod
    def plant(patch: pytest.MonkeyPatch) -> None:
        announced = campaign_run.CampaignRun._announced

        def early(run: Any, campaign: Campaign, at: datetime) -> Campaign:
            return announced(run, campaign, max(at, campaign.plan.announced_at))

        patch.setattr(campaign_run.CampaignRun, "_announced", early)


class OneSignatureIsEnough(Exits):
    @staticmethod
    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(campaigns, "missing_signatures", lambda campaign, _: () if campaign.signatures else ("?",))


class ForgetsWhomItHasMet(Exits):
    @staticmethod
    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(enrich, "terms", lambda campaign, *, is_met: domain.terms(campaign, is_met=is_met and False))


class SkipsSomebody(Exits):
    @staticmethod
    def plant(patch: pytest.MonkeyPatch) -> None:
        def some(reader: Reader, after: Member) -> Sequence[Member]:
            return [Member(each) for each in reader.accounts(after.account) if each != "a"][:2]

        patch.setattr(campaign_run, "_everybody", some)


class MeetsNoJoiners(Exits):
    @staticmethod
    def plant(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(judging, "join", lambda _: None)


class LeavesSomethingAtTheEnd(Exits):
    @staticmethod
    def plant(patch: pytest.MonkeyPatch) -> None:
        def some(draft: Any, act: data.CampaignEnded) -> Any:
            return judging.ended(draft, act) if draft.state.account > "b" else None

        patch.setitem(acts.ACTS, data.CampaignEnded, some)


class GetsMilder(Exits):
    @staticmethod
    def plant(patch: pytest.MonkeyPatch) -> None:
        _with_stages(patch, reversed)


class HoldsAssets(Exits):
    @staticmethod
    def plant(patch: pytest.MonkeyPatch) -> None:
        _with_stages(patch, lambda kinds: [*kinds[:-1], Kind.OUTFLOW_HOLD])


def _with_stages(patch: pytest.MonkeyPatch, change: Callable[[list[Kind]], Any]) -> None:
    def terms(campaign: Campaign, *, is_met: bool) -> Any:
        found = domain.terms(campaign, is_met=is_met)
        kinds: Iterator[Kind] = iter(change([kind for kind, _ in found.stages]))
        return replace(found, stages=tuple((next(kinds), at) for _, at in found.stages))

    patch.setattr(enrich, "terms", terms)


@pytest.mark.parametrize(
    "broken",
    [
        *(AnnouncesEarly, OneSignatureIsEnough, ForgetsWhomItHasMet, SkipsSomebody, MeetsNoJoiners),
        *(LeavesSomethingAtTheEnd, GetsMilder, HoldsAssets),
    ],
    ids=lambda b: b.__name__,
)
def test_the_checks_catch_a_planted_bug(broken: type[Exits]) -> None:
    quick = settings(
        max_examples=150,
        phases=(Phase.generate,),
        database=None,
        derandomize=True,
        deadline=None,
        stateful_step_count=STEPS,
        suppress_health_check=list(HealthCheck),
    )
    with pytest.raises(AssertionError):
        run_state_machine_as_test(broken, settings=quick)
