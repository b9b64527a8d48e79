"""Carrying campaigns out: announced at T0 to everybody who is there, reminded, ended together (model 5.4).

The stages themselves need nobody: each restriction carries its schedule, and effects begin by time.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import islice

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from habeas.decision.campaigns import declared
from habeas.domain import event_data as data
from habeas.domain.actor import Actor
from habeas.domain.batch import Member, Step
from habeas.domain.bulk import Because
from habeas.domain.campaign import (
    Campaign,
    EndingKind,
    Reminder,
    area_of,
    due_reminder,
    why_not_announce,
    why_not_report,
)
from habeas.domain.decision import Outcome
from habeas.domain.errors import HabeasError
from habeas.domain.event import (
    CAMPAIGN_ENDED,
    CAMPAIGN_MET,
    CAMPAIGN_RESIDUAL,
    CAMPAIGN_SOURCE,
    Event,
    make_event,
)
from habeas.domain.ids import AccountId, BatchId, fingerprint
from habeas.domain.restriction import Status
from habeas.playbook.policy import Playbook
from habeas.service.batches import PIECE, Progress, RefusedError, Walk, go_through, known, refuse, silent, submit_all
from habeas.service.campaigns import CampaignRules, rules_for
from habeas.service.intake import Intake
from habeas.service.notices import Notices
from habeas.service.ports import Batch, Clock, Reader, Store

POPULATION = "population"
"""Everybody is looked at, and who belongs to the campaign is written down."""
ANNOUNCED = "announced"
"""Everybody who was written down is limited, and told."""
ENDED = "ended"
"""What it placed ends."""

REMINDED_AT_ONCE = 32

_BECAUSE = {EndingKind.CANCEL: Because.CALLED_OFF, EndingKind.REINSTATE: Because.SERVED_AGAIN}


class Residual(Struct, frozen=True, kw_only=True):
    """What the exchange finds on one account when the time of a campaign is over."""

    account: AccountId
    usd: Decimal | None = None
    what: str | None = None


class CampaignRun:
    """Does what is due for campaigns. Any number of these may run at once."""

    def __init__(self, store: Store, intake: Intake, notices: Notices, playbook: Playbook, clock: Clock) -> None:
        self._store = store
        self._intake = intake
        self._notices = notices
        self._playbook = playbook
        self._clock = clock

    def advance_all(self, limit: int) -> int:
        """Do what is due for every campaign, for each to about `limit` accounts at most; returns to how many something was
        done. One that cannot go on keeps no other waiting: its error is raised at the end.
        """
        with self._store.reading() as reader:
            campaigns = [each.id for each in reader.batches() if isinstance(each, Campaign)]
        done = 0
        failed: list[HabeasError] = []
        for campaign in campaigns:
            try:
                done += self.advance(campaign, limit=limit)
            except HabeasError as exc:
                failed.append(exc)
        if failed:
            raise failed[0]
        return done

    def advance(self, campaign: BatchId, progress: Progress = silent, limit: int | None = None) -> int:
        """Do what is due for a campaign; returns to how many accounts something was done.

        Raises BadInputError where there is none of that id, RefusedError where its announcement is too late by now.
        """
        done = 0
        while limit is None or done < limit:
            walk = self._next(campaign)
            if walk is None:
                break
            left = None if limit is None else limit - done
            done += go_through(self._store, campaign, walk, self._clock, progress, left)
        return done

    def residual(self, campaign: BatchId, found: Sequence[Residual], by: Actor) -> Iterator[Outcome]:
        """Open a case for each account on which something is left. Raises BadInputError, and RefusedError before the time is
        over or where `by` may not.
        """
        with self._store.reading() as reader:
            now = known(reader, campaign, Campaign)
        at = self._clock()
        refuse(why_not_report(now, by, at))
        events = (_residual_event(now, each, by, at) for each in found)
        yield from submit_all(self._intake, events)

    def _next(self, id_: BatchId) -> Walk | None:
        """Begin what is due, and say which step is to be gone on with; None when nothing is."""
        with self._store.reading() as reader:
            campaign = known(reader, id_, Campaign)
            begun = self._begun(reader, campaign)
        if begun != campaign:
            with self._store.transaction() as work:
                campaign = known(work, id_, Campaign)
                begun = self._begun(work, campaign)
                work.set_batch(begun)
        under_way = next((name for name, step in begun.steps.items() if step.finished_at is None), None)
        return None if under_way is None else self._walk_of(begun, under_way)

    def _begun(self, reader: Reader, campaign: Campaign) -> Campaign:
        """The campaign with the step begun that is due now, if no other is under way and one is."""
        at, steps = self._clock(), campaign.steps
        if campaign.is_over:
            # Whatever else was under way is over with it.
            if campaign.announced_at is None or ENDED in steps:
                return campaign
            stopped = replace(campaign, steps={n: s.finished(s.finished_at or at) for n, s in steps.items()})
            return stopped.with_step(
                ENDED, Step(started_at=at, total=reader.placed_counts(campaign.id).get(Status.ACTIVE, 0))
            )
        if not campaign.is_approved or any(step.finished_at is None for step in steps.values()):
            return campaign
        if campaign.announced_at is None:
            return self._announced(campaign, at)
        if ANNOUNCED not in steps:
            frozen = replace(campaign, is_frozen=True)
            return frozen.with_step(ANNOUNCED, Step(started_at=at, total=reader.member_count(campaign.id)))
        reminder = due_reminder(
            self._rules(campaign).reminders(campaign.plan), frozenset(steps), campaign.announced_at, at
        )
        if reminder is None:
            return campaign
        standing = reader.placed_counts(campaign.id).get(Status.ACTIVE, 0)
        return campaign.with_step(reminder.name, Step(started_at=at, total=standing))

    def _announced(self, campaign: Campaign, at: datetime) -> Campaign:
        if campaign.plan.announced_at > at:
            return campaign
        dual = [entity for entity in campaign.plan.entities if entity in self._playbook.dual_entities]
        if dual:
            raise RefusedError(
                f"campaign `{campaign.id}` cannot be announced in dual run, in which nobody is told; set `run.mode` of "
                f"{', '.join(dual)} to `live`, or cancel it"
            )
        why_not = why_not_announce(campaign, self._rules(campaign).notice_min_for, at)
        if why_not is not None:
            raise RefusedError(why_not)
        return replace(campaign, announced_at=at).with_step(POPULATION, Step(started_at=at, total=0))

    def _rules(self, campaign: Campaign) -> CampaignRules:
        return rules_for(self._playbook, campaign.plan.entities)

    def _walk_of(self, campaign: Campaign, name: str) -> Walk:
        id_, started_at = campaign.id, campaign.steps[name].started_at
        if name == POPULATION:
            return _walk(name, _everybody, lambda members: self._write_down(campaign, members))
        if name == ANNOUNCED:
            return _walk(
                name,
                lambda reader, after: reader.members(id_, after, PIECE),
                lambda members: self._refused(_met_event(id_, each.account, started_at) for each in members),
            )

        def standing(reader: Reader, after: Member) -> Sequence[Member]:
            return [Member(each) for each in reader.placed_by(id_, Status.ACTIVE, after.account, PIECE)]

        if name == ENDED:
            return _walk(
                name,
                standing,
                lambda members: self._refused(_ended_event(campaign, each.account, started_at) for each in members),
            )
        reminder = next((r for r in self._rules(campaign).reminders(campaign.plan) if r.name == name), None)
        return _walk(name, standing, lambda members: self._remind(id_, members, reminder))

    def _write_down(self, campaign: Campaign, accounts: Sequence[Member]) -> int:
        """Write down who of these accounts belongs to the campaign; returns how many do not."""
        found: list[Member] = []
        with self._store.reading() as reader:
            for member in accounts:
                state = reader.account(member.account)
                if state is not None and area_of(campaign.plan, state.entity, declared(state)) is not None:
                    found.append(member)
        if found:
            with self._store.transaction() as work:
                work.add_members(campaign.id, found)
        return len(accounts) - len(found)

    def _refused(self, events: Iterator[Event]) -> int:
        return sum(outcome.refusal is not None for outcome in submit_all(self._intake, events))

    def _remind(self, campaign: BatchId, members: Sequence[Member], reminder: Reminder | None) -> int:
        """Remind a few at a time: no decision should wait long for their notices to be written."""
        if reminder is None:
            return len(members)  # The playbook has changed since, and does not name it any more.
        for accounts in _pieces([each.account for each in members], REMINDED_AT_ONCE):
            self._notices.remind(accounts, campaign, reminder)
        return 0


def _walk(
    name: str, piece: Callable[[Reader, Member], Sequence[Member]], do: Callable[[Sequence[Member]], int]
) -> Walk:
    def step(batch: Batch) -> Step | None:
        return batch.steps.get(name) if isinstance(batch, Campaign) else None

    def with_step(batch: Batch, moved: Step) -> Batch:
        assert isinstance(batch, Campaign)
        return batch.with_step(name, moved)

    return Walk(name, step, with_step, piece, do)


def _everybody(reader: Reader, after: Member) -> Sequence[Member]:
    return [Member(account) for account in islice(reader.accounts(after.account), PIECE)]


def _pieces(accounts: Sequence[AccountId], size: int) -> Iterator[Sequence[AccountId]]:
    for start in range(0, len(accounts), size):
        yield accounts[start : start + size]


# --- its events. The time of each is that of its step, so that a second run says the very same -----------------------


def met_id(campaign: BatchId) -> str:
    """The id of the event with which a campaign reaches an account."""
    return f"{campaign}/met"


def _met_event(campaign: BatchId, account: AccountId, at: datetime) -> Event:
    body = _encode(data.CampaignMet(campaign=campaign))
    return make_event(met_id(campaign), CAMPAIGN_SOURCE, CAMPAIGN_MET, account, at, body)


def _ended_event(campaign: Campaign, account: AccountId, at: datetime) -> Event:
    ending = campaign.ending
    assert ending is not None
    assert ending.signed is not None
    act = data.CampaignEnded(
        campaign=campaign.id,
        actor=ending.proposed.by,
        signed_by=ending.signed.by,
        note=ending.proposed.note,
        because=_BECAUSE[ending.kind],
    )
    return make_event(f"{campaign.id}/ended", CAMPAIGN_SOURCE, CAMPAIGN_ENDED, account, at, _encode(act))


def _residual_event(campaign: Campaign, found: Residual, by: Actor, at: datetime) -> Event:
    body = _encode(data.ResidualReported(campaign=campaign.id, actor=by, usd=found.usd, what=found.what))
    id_ = f"{campaign.id}/residual/{fingerprint(f'{by}/{found.usd}/{found.what}')}"
    return make_event(id_, CAMPAIGN_SOURCE, CAMPAIGN_RESIDUAL, found.account, campaign.plan.residual_at or at, body)


_encode = msgspec.json.Encoder(decimal_format="string").encode
