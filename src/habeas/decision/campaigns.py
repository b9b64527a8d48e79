"""What a campaign means for one account: it is limited in stages, with dates, and freed when the campaign is over."""

from msgspec.structs import replace

from habeas.decision.birth import born
from habeas.decision.draft import Draft
from habeas.domain import event_data as data
from habeas.domain.account import AccountState, Life
from habeas.domain.campaign import OWNER, CampaignTerms, area_of, placed
from habeas.domain.decision import Refusal
from habeas.domain.ids import RestrictionId
from habeas.domain.region import RegionBasis
from habeas.domain.restriction import EndCondition, Restriction, Status, lift
from habeas.playbook.plan import Planned
from habeas.playbook.policy import CasePolicy, Placement

_OVER = frozenset({Life.RETAINED, Life.PURGED})


def declared(state: AccountState) -> dict[RegionBasis, tuple[str, ...]]:
    """What an account has said of where it belongs."""
    return {
        RegionBasis.RESIDENCE: (state.residence,) if state.residence else (),
        RegionBasis.NATIONALITY: state.nationalities,
        RegionBasis.DOCUMENT: (state.document_country,) if state.document_country else (),
    }


def met(draft: Draft, act: data.CampaignMet) -> Refusal | None:
    """A campaign reaches an account of its population, if the account still belongs to it and was not met before."""
    terms = next((terms for terms in draft.facts.campaigns if terms.id == act.campaign), None)
    if terms is None:
        return Refusal("elsewhere", f"by what the account says of itself, `{act.campaign}` is not about it any more")
    if terms.is_met:
        return Refusal("met_before", f"`{act.campaign}` has limited this account before")
    if draft.state.life in _OVER:
        return Refusal("closed", f"the account is {draft.state.life}")
    return _limit(draft, terms)


def join(draft: Draft) -> None:
    """An account comes to be where a campaign is under way: from now on it is limited like the others there."""
    for terms in draft.facts.campaigns:
        if not terms.is_met and draft.state.life not in _OVER:
            _limit(draft, terms)


def _limit(draft: Draft, terms: CampaignTerms) -> Refusal | None:
    reason = draft.policy.reasons[terms.reason]
    until = reason.condition.until if reason.condition is not None else "the campaign is over"
    condition = EndCondition(until, draft.policy.campaigns.recheck_for, OWNER)
    kind, turns_at, follows = placed(terms.stages, condition, draft.now)
    planned = Planned(draft.policy, Placement(reason=terms.reason, kind=kind))
    kinds = {kind for kind, _ in terms.stages}
    if not reason.is_mandatory and any(kinds & set(e.kinds) for e in draft.state.exemptions if e.until_at > draft.now):
        why = f"`{terms.id}` did not limit this account, because it is exempt"
        draft.open_case(CasePolicy(queue="review"), terms.reason, why)
        return Refusal("exempt", why)
    ends = (turns_at, condition.starting(draft.now) if turns_at is None else None)
    area = area_of(terms, draft.state.entity, declared(draft.state)) or terms.areas[0]
    draft.place(
        born(
            draft,
            planned,
            terms.drafted_by,
            ends,
            (f"campaign:{terms.id}", f"event:{draft.event.id}"),
            id=RestrictionId(draft.new_id("rs", terms.id)),
            at_end=follows,
            approved_by=terms.signed_by,
            batch=terms.id,
            facts=terms.facts | {"country": area[:2]},
        )
    )
    return None


def ended(draft: Draft, act: data.CampaignEnded) -> Refusal | None:
    """A campaign was called off, or its region is served again: what it placed here ends. Everything else stands."""
    standing = _standing(draft, act.campaign)
    for restriction in standing:
        over = lift(restriction, act.actor, draft.now, act.note)
        draft.end(replace(over, because=act.because))
    return None if standing else Refusal("not_active", f"nothing that `{act.campaign}` placed stands here")


def residual(draft: Draft, act: data.ResidualReported) -> Refusal | None:
    """The exchange reports that something is left when the time is over: a person sees to it, account by account."""
    standing = next(iter(_standing(draft, act.campaign)), None)
    if standing is None:
        return Refusal("not_active", f"nothing that `{act.campaign}` placed stands here")
    what = ", ".join(filter(None, (act.what, None if act.usd is None else f"{act.usd} USD")))
    why = f"when the time of `{act.campaign}` was over, this was left: {what or 'something'}"
    draft.open_case(draft.policy.campaigns.residual, standing.reason, why, about=standing.id)
    return None


def _standing(draft: Draft, campaign: str) -> tuple[Restriction, ...]:
    """What a campaign placed and nobody ended; a stage that is over by time stands until its timer has brought the next."""
    return tuple(r for r in draft.state.restrictions if r.batch == campaign and r.status is Status.ACTIVE)
