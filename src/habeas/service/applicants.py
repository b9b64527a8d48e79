"""Applicants: may somebody open an account? Judged as an opening would be, without one: nothing is recorded."""

from msgspec import json
from msgspec.structs import replace

from habeas.decision.decide import decide
from habeas.domain.account import new_account
from habeas.domain.capability import RANK, Capability
from habeas.domain.event import make_event
from habeas.domain.event_data import Profile
from habeas.domain.facts import EnrichedEvent
from habeas.domain.ids import AccountId, EntityId, event_seed
from habeas.domain.verdict import Request, Verdict
from habeas.playbook.policy import DEFAULT_ENTITY, Playbook
from habeas.service.enrich import look_up, relate
from habeas.service.ports import Lists, Places, Store
from habeas.service.questions import Questions

APPLICANT = AccountId("-")
"""Stands for the account that is not there yet: no account has this id."""

_SOURCE, _OPENED = "habeas:applicant", "account.opened"


def judge_applicant(
    store: Store, playbook: Playbook, places: Places, lists: Lists, profile: Profile, request: Request
) -> Verdict:
    """Whether somebody with this profile may open an account, coming from where the request comes from.

    The same rules as at the opening itself, so that both say the same (row A055). What would be placed then is not named:
    there is nothing yet that could be asked about.
    """
    event = make_event("applicant", _SOURCE, _OPENED, APPLICANT, request.at, json.encode(profile))
    state = new_account(APPLICANT)
    with store.reading() as reader:
        facts = relate(look_up(event, places, lists), event, state, reader, lists)
    seed = event_seed(store.identity_key, APPLICANT, _SOURCE, event.id)
    policy = playbook.policy(EntityId(profile.entity or DEFAULT_ENTITY))
    opened = decide(state, EnrichedEvent(event, facts, seed, request.at), policy).outcome.verdict
    assert opened is not None
    from_there = Questions(store, playbook, places, lists).check(
        APPLICANT, replace(request, capability=Capability.OPEN_ACCOUNT)
    )
    heavier = max(opened, from_there, key=lambda verdict: RANK[verdict.level])
    return replace(heavier, until=None, determining=(), statement=None)
