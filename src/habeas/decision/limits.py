"""Limits of one request, never stored on an account: because of the network it comes from, or the wallet it goes to."""

from datetime import datetime

from msgspec.structs import replace

from habeas.decision.draft import AUTOMATION
from habeas.domain.facts import Facts
from habeas.domain.ids import AccountId, EventId, RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.reason import Reason
from habeas.domain.region import RegionLevel
from habeas.domain.restriction import Restriction, Scope
from habeas.playbook.policy import Policy


def request_limits(
    account: AccountId, facts: Facts, policy: Policy, at: datetime, *, is_outgoing: bool, cleared: tuple[str, ...] = ()
) -> tuple[Restriction, ...]:
    """What one request is limited by, from what was looked up about it.

    Another network, or another destination, and it is gone: the account itself is not limited (rows B003, B007, B010).
    `is_outgoing`: whether the wallets in the facts are where something would go to (model 5.2); `cleared` are the hits that
    reviewers found false for this account.
    """
    found = []
    rule = None
    if facts.place is not None and not facts.place.disagrees_with:
        rule = policy.regions.at_place(facts.place, at)
    is_refused = rule is not None and rule.level in (RegionLevel.COMPREHENSIVE, RegionLevel.NO_SERVICE)
    if rule is not None and facts.place is not None and is_refused and not policy.regions.is_partial(rule.area):
        told = {"country": facts.place.country}
        found.append(_limit(account, Reason.IP_REGION, Kind.IP_BLOCK, rule.version, policy, at, told))
    refused_until = facts.ip_activity.refused_until
    if refused_until is not None and at < refused_until:
        limit = _limit(account, Reason.IP_REPUTATION, Kind.IP_BLOCK, "ip", policy, at, {})
        found.append(replace(limit, ends_at=refused_until))
    if is_outgoing and "wallets" in facts.unavailable:
        # When in doubt about what moves value out: deny this request; `decide` opens a case.
        found.append(_limit(account, Reason.SYSTEM_REVIEW, Kind.OUTFLOW_HOLD, "wallets", policy, at, {}))
    if is_outgoing:
        found += [
            _limit(account, Reason.SANCTIONS_NEXUS, Kind.SANCTIONS_BLOCK, f"{hit.list}-{hit.entry}", policy, at, {})
            for hit in facts.wallets
            if hit.pair not in cleared
        ]
    return tuple(found)


def _limit(
    account: AccountId, reason: Reason, kind: Kind, name: str, policy: Policy, at: datetime, told: dict[str, str]
) -> Restriction:
    row = policy.reasons[reason]
    return Restriction(
        id=RestrictionId(f"request:{reason.lower()}:{name}"),
        account=account,
        kind=kind,
        reason=reason,
        scope=Scope.REQUEST_IP,
        purpose=row.purpose,
        ground=row.ground,
        evidence=row.evidence,
        evidence_ids=(name,),
        disclosure=row.disclosure,
        placed_by=AUTOMATION,
        cause=EventId("request"),
        placed_at=at,
        starts_at=at,
        playbook=policy.playbook,
        least_restrictive_considered=row.considered,
        facts=told,
    )
