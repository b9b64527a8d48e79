"""What tests of the wording share: statements made in one line, and every sentence of a statement or of the catalogue."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from habeas.disclosure.entry import Entry
from habeas.disclosure.statement import Statement, make_statement
from habeas.domain.account import Life
from habeas.domain.actor import Actor, Role
from habeas.domain.ids import AccountId
from habeas.domain.kind import Kind
from habeas.domain.reason import Reason
from habeas.domain.restriction import Condition, Restriction, Scope
from habeas.domain.verdict import Standing
from habeas.playbook.load import shipped_playbook
from habeas.playbook.policy import DEFAULT_ENTITY, Policy
from tests.builders import HOUR, NOON, a_restriction

POLICY: Policy = shipped_playbook().policies[DEFAULT_ENTITY]
ANALYST = Actor("jane", Role.ANALYST)
DAY = 24 * HOUR


def a_limit(reason: str = Reason.KYC_REGION, **changes: Any) -> Restriction:
    """A restriction as the shipped playbook places it for a reason, from noon, on `acct-1`."""
    policy = POLICY.reasons.get(reason)
    values: dict[str, Any] = {"reason": reason, "placed_at": NOON, "starts_at": NOON}
    if policy is not None:
        values |= {
            "kind": policy.kind or Kind.IP_BLOCK,
            "scope": policy.scope if policy.kind else Scope.REQUEST_IP,
            "purpose": policy.purpose,
            "ground": policy.ground,
            "evidence": policy.evidence,
            "disclosure": policy.disclosure,
            "at_end": policy.at_end,
            "cool_off_for": policy.cool_off_for,
        }
        if policy.condition is not None:
            recheck_at = NOON + policy.condition.recheck_for
            values |= {"ends_at": None, "condition": Condition("-", recheck_at, policy.condition.owner)}
        else:
            values |= {"ends_at": NOON + (policy.first_for or DAY)}
    values |= changes
    return a_restriction(values.pop("id_", f"rs_{reason}/{values.get('kind')}/{values.get('scope')}"), **values)


def a_hold_on_new_destinations(**changes: Any) -> Restriction:
    """The hold on new destinations that comes with a temporary risk control."""
    values = {"kind": Kind.OUTFLOW_HOLD, "scope": Scope.NEW_DESTINATIONS, "cool_off_for": DAY} | changes
    return a_limit(Reason.RISK_CONTROL, **values)


def a_standing(*restrictions: Restriction, **changes: Any) -> Standing:
    values: dict[str, Any] = {"account": AccountId("acct-1"), "restrictions": restrictions, "lives": (Life.ACTIVE,)}
    return Standing(**(values | changes))


def told(*restrictions: Restriction, at: datetime = NOON + HOUR, policy: Policy = POLICY, **changes: Any) -> Statement:
    """What the user of `acct-1` is told an hour after noon."""
    return make_statement(a_standing(*restrictions, **changes), policy, at)


def entry_of(*restrictions: Restriction, **changes: Any) -> Entry:
    """The entry of the first of these restrictions, as it is told beside the others."""
    return next(entry for entry in told(*restrictions, **changes).restrictions if entry.id == restrictions[0].id)


def sentences(part: object) -> Iterator[str]:
    """Every text in a statement or a part of it, ids and account names aside."""
    match part:
        case str():
            yield part
        case tuple():
            for item in part:
                yield from sentences(item)
        case msgspec.Struct():
            for name in part.__struct_fields__:
                if name not in ("id", "account", "reference"):
                    yield from sentences(getattr(part, name))
        case _:
            return


def whole_text(part: object) -> str:
    return "\n".join(sentences(part))
