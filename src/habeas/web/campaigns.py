"""Campaigns: what a plan would do, drafts, signatures and endings. The worker carries out what is signed."""

from typing import Annotated

from msgspec import Meta, Struct

from habeas.domain.campaign import CampaignPlan, EndingKind
from habeas.domain.ids import BatchId
from habeas.service.campaigns import Campaigns, CampaignState, PlanReport
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


def _id(call: Call) -> BatchId:
    return BatchId(call.path["campaign"])


def _campaigns(backend: Backend) -> Campaigns:
    return Campaigns(backend.store, backend.playbook, backend.clock)
