"""Playing a story on a scripted clock: every event through the real intake, timers firing in between as time goes by."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from habeas.disclosure.statement import Statement
from habeas.domain.decision import Outcome
from habeas.domain.event import CAMPAIGN_SOURCE, Event, make_event
from habeas.domain.ids import AccountId, EventId
from habeas.domain.restriction import Restriction
from habeas.domain.verdict import Request, Verdict
from habeas.playbook.policy import Playbook
from habeas.service.acts import carry_out
from habeas.service.campaign_run import CampaignRun, met_id
from habeas.service.campaigns import Campaigns
from habeas.service.intake import Intake
from habeas.service.notices import Notices
from habeas.service.outbox import deliver_effects
from habeas.service.ports import Lists, Places, Store
from habeas.service.questions import Questions
from habeas.service.timers import fire_due_timers
from habeas.simulation.story import CHAPTERS, CORA, MANAGER, MAX, Chapter, Happening, RegionExit, StaffAct

SOURCE = "urn:demo:exchange"


class ScriptedClock:
    """A clock that says what the script says."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now


class Told(Struct, frozen=True):
    """A chapter as it happened: each event with its outcome, the answers and the statement at the moment of reading."""

    chapter: Chapter
    events: tuple[tuple[datetime, str, dict[str, Any], Outcome], ...]
    read_at: datetime
    verdicts: tuple[Verdict, ...]
    statement: Statement
    restrictions: tuple[Restriction, ...]


def is_story_alone(store: Store) -> bool:
    """Whether the story was played on a store, and it holds nobody who is not in it."""
    told = {chapter.account: AccountId(chapter.account) for chapter in CHAPTERS if chapter.happenings}
    people = {AccountId(each.account) for chapter in CHAPTERS for each in chapter.happenings}
    with store.reading() as reader:
        was_played = all(
            reader.recorded(account, SOURCE, EventId(f"{name}-0")) is not None for name, account in told.items()
        )
        return was_played and all(account in people for account in reader.accounts())


def play(
    chapters: tuple[Chapter, ...], store: Store, playbook: Playbook, places: Places, lists: Lists, end_at: datetime
) -> Iterator[Told]:
    """Play chapter after chapter so that each ends at `end_at`."""
    clock = ScriptedClock(end_at)
    questions = Questions(store, playbook, places, lists)
    manager = Campaigns(store, playbook, clock)
    with Intake(store, playbook, places, lists, clock) as intake:
        run = CampaignRun(store, intake, Notices(store, playbook, clock), playbook, clock)
        for chapter in chapters:
            events = []
            for number, happening in enumerate(sorted(chapter.happenings, key=lambda h: -h.hours_ago)):
                clock.now = end_at - timedelta(hours=happening.hours_ago)
                fire_due_timers(store, intake, clock)
                if isinstance(happening, RegionExit):
                    events.append(_leave(happening, manager, run, store, clock.now))
                else:
                    events.append(_happen(happening, f"{chapter.account}-{number}", clock, intake))
            clock.now = end_at
            fire_due_timers(store, intake, clock)
            deliver_effects(store, intake)
            read_at = end_at - timedelta(hours=chapter.read_hours_ago)
            account = AccountId(chapter.account)
            yield Told(
                chapter=chapter,
                events=tuple(events),
                read_at=read_at,
                verdicts=tuple(
                    questions.check(account, Request(capability, read_at))
                    for capability in (playbook.capability(name) for name in chapter.asks)
                    if capability is not None
                ),
                statement=questions.statement(account, read_at),
                restrictions=questions.account(account).restrictions,
            )


def _happen(
    happening: Happening | StaffAct, id_: str, clock: ScriptedClock, intake: Intake
) -> tuple[datetime, str, dict[str, Any], Outcome]:
    account = AccountId(happening.account)
    if isinstance(happening, StaffAct):
        act = happening.act(clock.now)
        shown = {"by": str(act.actor), "note": act.note}
        return clock.now, f"staff: {type(act).__name__}", shown, carry_out(intake, account, act, clock.now)
    data = {name: _dated(value, clock.now, happening.hours_ago) for name, value in happening.data.items()}
    return clock.now, happening.type, data, intake.decide(_event(happening, id_, account, clock.now, data))


def _leave(
    happening: RegionExit, manager: Campaigns, run: CampaignRun, store: Store, at: datetime
) -> tuple[datetime, str, dict[str, Any], Outcome]:
    """A region exit is drafted, signed and announced; what that means for the account of the chapter."""
    campaign = manager.draft(happening.plan(at), MANAGER, "the licence ends")
    for signer in (CORA, MAX):
        manager.sign(campaign.id, signer, "read, and agreed")
    run.advance(campaign.id)
    with store.reading() as reader:
        met = reader.recorded(AccountId(happening.account), CAMPAIGN_SOURCE, EventId(met_id(campaign.id)))
    assert met is not None
    shown = {"signed by": [str(CORA), str(MAX)], "about": list(campaign.plan.areas)}
    return at, f"campaign {campaign.id}", shown, met.outcome


def _event(happening: Happening, id_: str, account: AccountId, at: datetime, data: dict[str, Any]) -> Event:
    return make_event(id_, SOURCE, happening.type, account, at, msgspec.json.encode(data))


def _dated(value: Any, now: datetime, hours_ago: float) -> Any:
    """A value such as `{-5.1}` is an instant: hours relative to the end of the story."""
    if isinstance(value, str) and value.startswith("{") and value.endswith("}"):
        return now + timedelta(hours=hours_ago + float(value[1:-1]))
    return value
