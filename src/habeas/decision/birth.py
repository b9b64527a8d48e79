"""How a restriction is born: from a planned placement, what it was placed on, and by whom."""

from datetime import datetime
from typing import Any

from habeas.decision.draft import Draft
from habeas.domain.actor import Actor
from habeas.domain.ids import RestrictionId
from habeas.domain.restriction import Condition, Restriction
from habeas.playbook.plan import Planned


def born(
    draft: Draft,
    planned: Planned,
    by: Actor,
    ends: tuple[datetime | None, Condition | None],
    evidence_ids: tuple[str, ...],
    **more: Any,
) -> Restriction:
    """A restriction that begins now, with everything that its reason's row says. `ends` is its end or its condition;
    `more` are fields of the restriction that differ from what the plan says.
    """
    ends_at, condition = ends
    reason = planned.reason
    values: dict[str, Any] = {
        "id": RestrictionId(draft.new_id("rs", planned.code, planned.kind, planned.scope)),
        "account": draft.state.account,
        "kind": planned.kind,
        "reason": planned.code,
        "scope": planned.scope,
        "purpose": reason.purpose,
        "ground": reason.ground,
        "evidence": planned.evidence,
        "evidence_ids": evidence_ids,
        "disclosure": reason.disclosure,
        "placed_by": by,
        "cause": draft.event.id,
        "placed_at": draft.now,
        "starts_at": draft.now,
        "playbook": draft.policy.playbook,
        "least_restrictive_considered": reason.considered,
        "ends_at": ends_at,
        "condition": condition,
        "at_end": planned.at_end,
        "cool_off_for": planned.cool_off(()),
    }
    return Restriction(**(values | more))
