"""Campaigns: what a plan would do, who stands behind it, and when it is over (model 5.4). `campaign_run` carries them out."""

import heapq
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from habeas.decision.campaigns import declared
from habeas.domain.account import Life
from habeas.domain.actor import Actor, Role
from habeas.domain.batch import Signature
from habeas.domain.campaign import (
    Campaign,
    CampaignEnding,
    CampaignPlan,
    CampaignStage,
    EndingKind,
    Reminder,
    area_of,
    faults,
    missing_signatures,
    overlaps,
    reminders,
    schedule,
    why_not_close,
    why_not_decline,
    why_not_decline_ending,
    why_not_draft,
    why_not_end,
    why_not_sign,
    why_not_sign_ending,
)
from habeas.domain.errors import BadInputError
from habeas.domain.ids import AccountId, BatchId, EntityId, fingerprint
from habeas.domain.kind import Kind
from habeas.domain.restriction import Status
from habeas.playbook.policy import Playbook
from habeas.service.batches import Progress, RefusedError, change, known, refuse, silent
from habeas.service.ports import Clock, Reader, Store

SAMPLE = 10
"""How many accounts a plan names."""


class CampaignRules(Struct, frozen=True):
    """What the playbook says of a campaign: of several entities, the strictest."""

    notice_min_for: timedelta
    before_exit: tuple[timedelta, ...]
    before_residual: tuple[timedelta, ...]
    signing: tuple[tuple[Role, ...], ...]

    def reminders(self, plan: CampaignPlan) -> tuple[Reminder, ...]:
        """When everybody in a campaign is reminded."""
        return reminders(plan, self.before_exit, self.before_residual)


def rules_for(playbook: Playbook, entities: tuple[EntityId, ...]) -> CampaignRules:
    """What holds for a campaign of these entities. Raises BadInputError for an entity that the playbook does not know."""
    unknown = sorted(set(entities) - set(playbook.policies))
    if unknown:
        there_are = ", ".join(f"`{each}`" for each in sorted(playbook.policies))
        raise BadInputError(f"`entities` has `{unknown[0]}`, which the playbook does not know; it knows {there_are}")
    policies = [playbook.policies[entity].campaigns for entity in entities]
    return CampaignRules(
        notice_min_for=max(policy.notice_min_for for policy in policies),
        before_exit=tuple(
            sorted({each for policy in policies for each in policy.remind_before_exit_for}, reverse=True)
        ),
        before_residual=tuple(
            sorted({each for policy in policies for each in policy.remind_before_residual_for}, reverse=True)
        ),
        signing=tuple(dict.fromkeys(group for policy in policies for group in policy.signing)),
    )


class PlanReport(Struct, frozen=True, kw_only=True):
    """What a plan would do. Nothing was changed for it."""

    id: str
    title: str
    faults: tuple[str, ...]
    """Why it cannot be drafted like this; none if it can."""
    overlaps: tuple[BatchId, ...]
    """Campaigns that are not over and reach some of the same accounts. They are a fault too."""
    schedule: tuple[tuple[Kind, datetime], ...]
    reminders: tuple[Reminder, ...]
    looked_at: int
    accounts: int
    """How many it would limit now."""
    by_area: dict[str, int]
    by_entity: dict[str, int]
    by_life: dict[str, int]
    limited_already: int
    """Of these, on how many something else stands."""
    exempt: int
    """Of these, how many have an exemption from one of its kinds, and would not be limited unless the law demands it."""
    sample: tuple[AccountId, ...]


class CampaignState(Struct, frozen=True, kw_only=True):
    """A campaign as a manager looks at it."""

    campaign: Campaign
    stage: CampaignStage
    missing_signatures: tuple[tuple[Role, ...], ...]
    reminders: tuple[Reminder, ...]
    accounts: int
    """How many it was announced to; later ones that joined are in `placed` only."""
    placed: dict[Status, int]
    """Its restrictions, by what became of them."""


class Campaigns:
    """Plans, signatures and endings of campaigns, in one store under one playbook."""

    def __init__(self, store: Store, playbook: Playbook, clock: Clock) -> None:
        self._store = store
        self._playbook = playbook
        self._clock = clock

    def rules(self, plan: CampaignPlan) -> CampaignRules:
        """What the playbook says of a campaign. Raises BadInputError for an unknown entity."""
        return rules_for(self._playbook, plan.entities)

    def plan(self, plan: CampaignPlan, progress: Progress = silent) -> PlanReport:
        """Look through all accounts for those that a campaign would be about. Changes nothing. Raises BadInputError for an
        unknown entity.
        """
        rules, at = self.rules(plan), self._clock()
        tally = _Tally()
        looked_at = 0
        kinds = {kind for kind, _ in schedule(plan)}
        with self._store.reading() as reader:
            overlapping = tuple(_overlapping(reader, plan))
            for looked_at, account in enumerate(reader.accounts(), start=1):
                state = reader.account(account)
                area = None if state is None else area_of(plan, state.entity, declared(state))
                if state is not None and area is not None:
                    is_exempt = any(kinds & set(each.kinds) for each in state.exemptions if each.until_at > at)
                    tally.add(account, area, state.entity, state.life, bool(state.in_force(at)), is_exempt)
                if looked_at % 1000 == 0:
                    progress("plan", looked_at, 0)
        found = faults(plan, rules.notice_min_for, at)
        return PlanReport(
            id=plan.id,
            title=plan.title,
            faults=(*found, *_overlap_faults(overlapping)),
            overlaps=overlapping,
            schedule=tuple(schedule(plan)),
            reminders=rules.reminders(plan),
            looked_at=looked_at,
            accounts=tally.accounts,
            by_area=dict(sorted(tally.areas.items())),
            by_entity=dict(sorted(tally.entities.items())),
            by_life=dict(sorted(tally.lives.items())),
            limited_already=tally.limited,
            exempt=tally.exempt,
            sample=tally.sample(),
        )

    def draft(self, plan: CampaignPlan, by: Actor, note: str) -> Campaign:
        """Record a plan, for others to sign. Raises RefusedError where it has a fault, reaches accounts of another campaign, or
        `by` may not draft.
        """
        rules, at = self.rules(plan), self._clock()
        drafted = Campaign(id=BatchId(plan.id), plan=plan, drafted=Signature(by, at, note))
        with self._store.transaction() as work:
            if work.batch(drafted.id) is not None:
                raise RefusedError(f"campaign `{plan.id}` is there already; give this one another id")
            refuse(why_not_draft(by))
            found = (*faults(plan, rules.notice_min_for, at), *_overlap_faults(tuple(_overlapping(work, plan))))
            refuse("; ".join(found) or None)
            work.set_batch(drafted)
        return drafted

    def sign(self, campaign: BatchId, by: Actor, note: str) -> Campaign:
        """Sign what waits for a signature: that it ends, if somebody proposed that, else the draft. Raises BadInputError,
        RefusedError.
        """
        at = self._clock()

        def signed(now: Campaign) -> Campaign:
            signature = Signature(by, at, note)
            if now.ending is not None and now.ending.signed is None:
                refuse(why_not_sign_ending(now, by))
                return replace(now, ending=replace(now.ending, signed=signature))
            signing = self.rules(now.plan).signing
            refuse(why_not_sign(now, by, signing, at))
            now = replace(now, signatures=(*now.signatures, signature))
            return replace(now, is_approved=not missing_signatures(now, signing))

        return change(self._store, campaign, Campaign, signed)

    def decline(self, campaign: BatchId, by: Actor, note: str) -> Campaign:
        """Do not sign what waits: the proposal to end it is gone, or the draft is over. Raises BadInputError, RefusedError."""
        at = self._clock()

        def declined(now: Campaign) -> Campaign:
            if now.ending is not None and now.ending.signed is None:
                refuse(why_not_decline_ending(now, by))
                return replace(now, ending=None)
            refuse(why_not_decline(now, by, self.rules(now.plan).signing, at))
            return replace(now, declined=Signature(by, at, note))

        return change(self._store, campaign, Campaign, declined)

    def propose_end(self, campaign: BatchId, kind: EndingKind, by: Actor, note: str) -> Campaign:
        """Propose that it is cancelled, or that its region is served again; somebody else signs. Raises BadInputError,
        RefusedError.
        """
        at = self._clock()

        def proposed(now: Campaign) -> Campaign:
            refuse(why_not_end(now, kind, by))
            return replace(now, ending=CampaignEnding(kind=kind, proposed=Signature(by, at, note)))

        return change(self._store, campaign, Campaign, proposed)

    def close(self, campaign: BatchId, by: Actor, note: str) -> Campaign:
        """Say that what was left has been handled. What it placed stands on. Raises BadInputError, RefusedError."""
        at = self._clock()

        def closed(now: Campaign) -> Campaign:
            refuse(why_not_close(now, by, at))
            return replace(now, closed=Signature(by, at, note))

        return change(self._store, campaign, Campaign, closed)

    def state(self, campaign: BatchId) -> CampaignState:
        """How a campaign does. Raises BadInputError where there is none of that id."""
        with self._store.reading() as reader:
            return self._state(reader, known(reader, campaign, Campaign))

    def states(self) -> tuple[CampaignState, ...]:
        """How all campaigns do, by id."""
        with self._store.reading() as reader:
            return tuple(self._state(reader, each) for each in reader.batches() if isinstance(each, Campaign))

    def _state(self, reader: Reader, campaign: Campaign) -> CampaignState:
        rules = self.rules(campaign.plan)
        return CampaignState(
            campaign=campaign,
            stage=campaign.stage(self._clock()),
            missing_signatures=() if campaign.is_approved else missing_signatures(campaign, rules.signing),
            reminders=rules.reminders(campaign.plan),
            accounts=reader.member_count(campaign.id),
            placed=reader.placed_counts(campaign.id),
        )


class _Tally:
    """Counts over a population, and a sample that is the same whenever the population is."""

    def __init__(self) -> None:
        self.accounts = self.limited = self.exempt = 0
        self.areas: Counter[str] = Counter()
        self.entities: Counter[str] = Counter()
        self.lives: Counter[str] = Counter()
        self._names: list[tuple[str, AccountId]] = []

    def add(
        self, account: AccountId, area: str, entity: EntityId, life: Life, is_limited: bool, is_exempt: bool
    ) -> None:
        self.accounts += 1
        self.limited += is_limited
        self.exempt += is_exempt
        self.areas[area] += 1
        self.entities[entity] += 1
        self.lives[life] += 1
        self._names.append((fingerprint(account), account))
        if len(self._names) >= 100 * SAMPLE:
            self._names = heapq.nsmallest(SAMPLE, self._names)

    def sample(self) -> tuple[AccountId, ...]:
        return tuple(sorted(account for _, account in heapq.nsmallest(SAMPLE, self._names)))


def _overlapping(reader: Reader, plan: CampaignPlan) -> Iterator[BatchId]:
    for other in reader.batches():
        if isinstance(other, Campaign) and other.id != plan.id and not other.is_over and overlaps(plan, other.plan):
            yield other.id


def _overlap_faults(overlapping: tuple[BatchId, ...]) -> Iterator[str]:
    if overlapping:
        others = ", ".join(f"`{each}`" for each in overlapping)
        yield f"it reaches accounts that {others} is about; end that one, or name other areas"
