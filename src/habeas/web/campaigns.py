"""Campaigns: what a plan would do, drafts, signatures and endings. The worker carries out what is signed."""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

from habeas.domain.campaign import CampaignPlan, EndingKind
from habeas.domain.decision import Outcome
from habeas.domain.event_data import AccountName, EventData
from habeas.domain.ids import AccountId, BatchId
from habeas.service.campaign_run import CampaignRun, Residual
from habeas.service.campaigns import Campaigns, CampaignState, PlanReport
from habeas.service.notices import Notices
from habeas.web.acts import Why
from habeas.web.backend import Backend
from habeas.web.operation import Call
from habeas.web.pages import Page, page_of


class Draft(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A plan to be signed by others."""

    note: Why
    plan: Annotated[CampaignPlan, Meta(description="What is to happen to whom, and when.")]


class Ending(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That a campaign is to end before its time, or its region is to be served again. Somebody else signs that."""

    note: Why
    kind: Annotated[EndingKind, Meta(description="`cancel` or `reinstate`.")]


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A step of one person on a campaign."""

    note: Why


class OnOne(EventData, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left on one account."""

    account: Annotated[AccountName, Meta(description="The account.")]
    usd: Annotated[Decimal | None, Meta(description="What it is worth, as a decimal string.")] = None
    what: Annotated[Annotated[str, Meta(max_length=1024)] | None, Meta(description="What it is.")] = None


class Residuals(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is left on accounts when the time is over."""

    found: Annotated[tuple[OnOne, ...], Meta(min_length=1, max_length=500, description="On which accounts, and what.")]


def list_all(backend: Backend, call: Call) -> Page[CampaignState]:
    """All campaigns, by id."""
    return page_of("/v1/campaigns", _campaigns(backend).states(), lambda each: each.campaign.id, call.query)


def show(backend: Backend, call: Call) -> CampaignState:
    """One campaign."""
    return _campaigns(backend).state(_id(call))


def plan(backend: Backend, call: Call) -> PlanReport:
    """What a plan would do. Changes nothing."""
    return _campaigns(backend).plan(call.body)


def draft(backend: Backend, call: Call) -> CampaignState:
    """Record a plan."""
    campaigns = _campaigns(backend)
    drafted = campaigns.draft(call.body.plan, call.actor, call.body.note)
    return campaigns.state(drafted.id)


def sign(backend: Backend, call: Call) -> CampaignState:
    """Sign what waits for a signature."""
    _campaigns(backend).sign(_id(call), call.actor, call.body.note)
    return show(backend, call)


def decline(backend: Backend, call: Call) -> CampaignState:
    """Do not sign it."""
    _campaigns(backend).decline(_id(call), call.actor, call.body.note)
    return show(backend, call)


def end(backend: Backend, call: Call) -> CampaignState:
    """Propose an ending."""
    _campaigns(backend).propose_end(_id(call), call.body.kind, call.actor, call.body.note)
    return show(backend, call)


def close(backend: Backend, call: Call) -> CampaignState:
    """Say that what was left has been handled."""
    _campaigns(backend).close(_id(call), call.actor, call.body.note)
    return show(backend, call)


def residual(backend: Backend, call: Call) -> list[Outcome]:
    """Open a case for each account on which something is left."""
    notices = Notices(backend.store, backend.playbook, backend.clock)
    run = CampaignRun(backend.store, backend.intake, notices, backend.playbook, backend.clock)
    found = [Residual(account=AccountId(each.account), usd=each.usd, what=each.what) for each in call.body.found]
    return list(run.residual(_id(call), found, call.actor))


def _id(call: Call) -> BatchId:
    return BatchId(call.path["campaign"])


def _campaigns(backend: Backend) -> Campaigns:
    return Campaigns(backend.store, backend.playbook, backend.clock)
