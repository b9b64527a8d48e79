"""The ways out: what a user shows lifts what asks for it, and new destinations wait a little longer afterwards.

A way out is a list of things to show, all of them, in the playbook (`[release.REASON]`). Where the playbook wants a person to
decide, a complete way opens a case instead. An intruder must not be able to walk one: proofs count from the start of the
restriction, a lock against takeover asks for proofs bound to the identity file whoever lifts it (rows A038, A040), and after
it the cool-off keeps new destinations closed (row A039).
"""

from collections.abc import Iterable

from msgspec.structs import replace

from habeas.decision import documents
from habeas.decision.birth import born
from habeas.decision.draft import AUTOMATION, Draft
from habeas.domain import event_data as data
from habeas.domain.actor import Actor
from habeas.domain.decision import Refusal
from habeas.domain.document import accepted
from habeas.domain.evidence import Evidence
from habeas.domain.kind import HELD_BY_LAW_KINDS, Kind
from habeas.domain.proof import DECLARATION, Proof, by_challenge, by_document, is_shown
from habeas.domain.region import RegionBasis
from habeas.domain.restriction import ACCOUNT_WIDE, Restriction, Scope, Status, lift, why_not_lift
from habeas.playbook.plan import Planned
from habeas.playbook.policy import (
    NAMED_DOCUMENT,
    SERVED_RESIDENCE,
    STRONG_CHALLENGE,
    CasePolicy,
    Placement,
    Policy,
    ReleasePolicy,
)

SHOWING = (data.Challenge, data.Declaration, data.DocumentFact, data.Education, data.KycDecision, data.Profile)
"""What may complete a way out."""

DECLARATION_DOCUMENT = "travel_declaration"
"""What a document request calls a declaration."""


def follow(draft: Draft) -> None:
    """After a user has shown something: lift what it suffices for, or ask a person to decide."""
    for restriction in draft.state.in_force(draft.now):
        policy = release_policy(draft.policy, restriction)
        if policy is None or restriction.origin is not None or not is_complete(draft, restriction, policy):
            continue
        if policy.by_person:
            case = CasePolicy(queue=policy.queue, due_for=policy.due_for)
            draft.open_case(case, restriction.reason, "all that was asked for has come; decide", about=restriction.id)
        else:
            release(draft, restriction, AUTOMATION, "what was asked for has been shown")


def release(draft: Draft, restriction: Restriction, by: Actor, note: str, because: str = "") -> None:
    """Lift a restriction, with what its way out brings: the cool-off of new destinations, the note about a journey."""
    draft.end(replace(lift(restriction, by, draft.now, note), because=because))
    policy = release_policy(draft.policy, restriction)
    if policy is None:
        return
    if policy.cool_off_for is not None:
        _cool_off(draft, restriction, policy)
    if policy.traveller_for is not None:
        draft.state = replace(draft.state, traveller_until=draft.now + policy.traveller_for)


def why_not(draft: Draft, restriction: Restriction, by: Actor, attested: Iterable[str] = ()) -> Refusal | None:
    """Why a person may not end this restriction from now on; None if it may. Some reasons are not left on anybody's word alone
    (row A038). `attested` is what the person has seen and vouches for.
    """
    refused = why_not_lift(restriction, by)
    if refused is not None:
        return Refusal("not_permitted", refused)
    way_out = release_policy(draft.policy, restriction)
    if way_out is None or not way_out.needed_by_hand or is_complete(draft, restriction, way_out, attested):
        return None
    wanted = ", ".join(missing(draft, restriction, way_out))
    message = (
        f"{restriction.reason} is lifted when enough was shown, and {wanted} is not yet; if it was wrong, annul it"
    )
    return Refusal("not_proved", message)


def release_policy(policy: Policy, restriction: Restriction) -> ReleasePolicy | None:
    """The way out of a restriction, if the playbook has one for its reason and kind. What law holds has none."""
    found = policy.releases.get(restriction.reason)
    if found is None or restriction.kind in HELD_BY_LAW_KINDS or restriction.status is not Status.ACTIVE:
        return None
    return found if not found.kinds or restriction.kind in found.kinds else None


def is_complete(draft: Draft, restriction: Restriction, policy: ReleasePolicy, attested: Iterable[str] = ()) -> bool:
    """Whether enough was shown. `attested` is what the person who decides has seen and vouches for."""
    if any(all(_is_shown(draft, restriction, policy, what) for what in way) for way in policy.ways):
        return True
    vouched = frozenset(attested)
    points = sum(
        worth for what, worth in policy.points.items() if what in vouched or _is_shown(draft, restriction, policy, what)
    )
    return bool(policy.points) and points >= policy.points_min


def missing(draft: Draft, restriction: Restriction, policy: ReleasePolicy) -> tuple[str, ...]:
    """What is not shown yet of the way that is most complete."""
    left = [tuple(what for what in way if not _is_shown(draft, restriction, policy, what)) for way in policy.ways]
    if policy.points:
        left.append(tuple(what for what in policy.points if not _is_shown(draft, restriction, policy, what)))
    return min(left, key=len, default=())


def declare(draft: Draft, restriction: Restriction, answers: dict[str, str]) -> None:
    """A declaration about a restriction: shown, if it says what the way out asks for; else what the playbook says for those who
    cannot say so (row A067).
    """
    policy = release_policy(draft.policy, restriction)
    if policy is None:
        return
    if all(answers.get(name, "").strip().lower() == value for name, value in policy.answers.items()):
        draft.show(Proof(DECLARATION, draft.now, restriction.id))
        for request in draft.requests:
            if request.restriction == restriction.id and DECLARATION_DOCUMENT in request.asked:
                documents.change(draft, accepted(request, DECLARATION_DOCUMENT, draft.now))
    else:
        _declared_otherwise(draft, restriction, policy)


def _declared_otherwise(draft: Draft, restriction: Restriction, policy: ReleasePolicy) -> None:
    if policy.otherwise is None:
        return
    planned = Planned(draft.policy, policy.otherwise)
    ends = planned.end_or_condition(planned.allowance(draft.policy, ()), draft.now)
    if any((r.reason, r.kind) == (planned.code, planned.kind) for r in draft.state.in_force(draft.now)):
        return
    evidence = (f"event:{draft.event.id}", f"declared:{restriction.id}")
    draft.place(
        born(draft, planned, AUTOMATION, ends, evidence, facts=restriction.facts, note="declared so by the user")
    )


def _is_shown(draft: Draft, restriction: Restriction, policy: ReleasePolicy, what: str) -> bool:
    proofs, since = draft.state.proofs, restriction.starts_at
    match what:
        case _ if what == SERVED_RESIDENCE:
            return _is_served(draft)
        case _ if what == STRONG_CHALLENGE:
            return any(is_shown(proofs, by_challenge(method), since) for method in draft.policy.challenges.strong)
        case _ if what == NAMED_DOCUMENT:
            named = restriction.facts.get("document")
            return named is not None and is_shown(proofs, by_document(named), since)
        case _ if what.startswith(by_document("")):
            return is_shown(proofs, what, since - policy.documents_count_for, restriction.id)
        case _:
            return is_shown(proofs, what, since, restriction.id)


def _is_served(draft: Draft) -> bool:
    """Whether the account says by now that it is at home where it may be served."""
    state, regions = draft.state, draft.policy.regions
    declared = [(RegionBasis.RESIDENCE, state.residence), (RegionBasis.DOCUMENT, state.document_country)]
    declared += [(RegionBasis.NATIONALITY, nationality) for nationality in state.nationalities]
    if draft.facts.campaigns:
        return False
    return state.residence is not None and all(
        area is None or regions.declared(area, basis, draft.now) is None for basis, area in declared
    )


def _cool_off(draft: Draft, restriction: Restriction, policy: ReleasePolicy) -> None:
    if restriction.scope not in ACCOUNT_WIDE:
        return
    placement = Placement(
        reason=restriction.reason,
        kind=Kind.OUTFLOW_HOLD,
        scope=Scope.NEW_DESTINATIONS,
        evidence=Evidence.E1,
        first_for=policy.cool_off_for,
        cool_off_for=policy.cool_off_for,
    )
    planned = Planned(draft.policy, placement)
    said = (planned.code, planned.kind, planned.scope)
    if any((r.reason, r.kind, r.scope) == said for r in draft.state.in_force(draft.now)):
        return
    ends = planned.end_or_condition(planned.allowance(draft.policy, ()), draft.now)
    note = f"after the release of {restriction.id}, so that nothing leaves to where an intruder pointed"
    draft.place(born(draft, planned, AUTOMATION, ends, (f"released:{restriction.id}",), note=note))
