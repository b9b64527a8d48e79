"""Assisted withdrawals: one person proposes one withdrawal for a limited account, another signs it (rows B057, A095).

For whom a limit is right and need is real, or whose relationship ends with money still inside (model X11). Nothing that law
holds is opened.
"""

from msgspec.structs import replace

from habeas.decision.draft import Draft
from habeas.domain import event_data as data
from habeas.domain.decision import Refusal
from habeas.domain.ids import RestrictionId, fingerprint
from habeas.domain.kind import HELD_BY_LAW_KINDS
from habeas.domain.permit import ASSISTED, PERMITS_MAX, PROPOSING_ROLES, Permit, why_not_sign
from habeas.playbook.policy import CasePolicy

QUEUE = "assistance"


def propose(draft: Draft, act: data.AssistAct) -> Refusal | None:
    """A person proposes a withdrawal to a destination that was verified to be the user's own."""
    if act.actor.role not in PROPOSING_ROLES:
        return Refusal("not_permitted", f"the role {act.actor.role} does not propose assisted withdrawals")
    if act.capability not in ASSISTED:
        return Refusal("not_permitted", f"{act.capability} cannot be assisted; {' and '.join(sorted(ASSISTED))} can")
    if act.amount <= 0 or act.until_at <= draft.now:
        return Refusal("incomplete", "an assisted withdrawal has an amount above zero and an end after now")
    if act.until_at - draft.now > draft.policy.safety.assistance_max_for:
        return Refusal("too_long", f"a permit lasts at most {draft.policy.safety.assistance_max_for}")
    refused = _held_by_law(draft)
    if refused is not None:
        return refused
    if len(_standing(draft)) >= PERMITS_MAX:
        return Refusal("too_many", f"{PERMITS_MAX} permits stand already; use these, or wait until one has ended")
    permit = Permit(
        id=draft.new_id("pm", act.asset, act.destination),
        capability=act.capability,
        asset=act.asset,
        amount=act.amount,
        destination=fingerprint(act.destination),
        until_at=act.until_at,
        proposed_by=act.actor,
    )
    draft.state = replace(draft.state, permits=(*_standing(draft), permit))
    why = f"{act.capability} of {act.amount} {act.asset}: {act.note}; permit {permit.id} waits for a second signature"
    draft.open_case(CasePolicy(queue=QUEUE), "ASSISTED_WITHDRAWAL", why, about=RestrictionId(permit.id))
    return None


def sign(draft: Draft, act: data.AssistSignAct) -> Refusal | None:
    """A second person signs, and the withdrawal can be asked for."""
    permit = next((each for each in draft.state.permits if each.id == act.permit), None)
    if permit is None:
        return Refusal("not_open", f"account `{draft.state.account}` has no permit `{act.permit}`")
    refused = why_not_sign(permit, act.actor, draft.now)
    if refused is not None:
        return Refusal("not_permitted", refused)
    held = _held_by_law(draft)
    if held is not None:
        return held
    signed = replace(permit, signed_by=act.actor)
    others = tuple(each for each in _standing(draft) if each.id != permit.id)
    draft.state = replace(draft.state, permits=(*others, signed))
    return None


def use(draft: Draft, permit: Permit) -> None:
    """A withdrawal was let through by a permit, which counts for that one only."""
    used = replace(permit, used_at=draft.now)
    draft.state = replace(draft.state, permits=tuple(used if p.id == permit.id else p for p in draft.state.permits))


def _standing(draft: Draft) -> tuple[Permit, ...]:
    return tuple(permit for permit in draft.state.permits if permit.until_at > draft.now)


def _held_by_law(draft: Draft) -> Refusal | None:
    held = next((r for r in draft.state.in_force(draft.now) if r.kind in HELD_BY_LAW_KINDS), None)
    if held is None:
        return None
    return Refusal("held_by_law", f"{held.kind} `{held.id}` is in force, and no permit of ours opens what law holds")
