"""A placement with its gaps filled from its reason's row: what a playbook means, for its check and for its use alike."""

from datetime import datetime, timedelta

from habeas.domain.evidence import Allowance, Evidence, allowed_length
from habeas.domain.kind import DECLARED_FACT_KINDS, Kind
from habeas.domain.restriction import Condition, EndCondition, Scope, followers
from habeas.playbook.policy import Placement, Policy, ReasonPolicy


class Planned:
    """A placement with the gaps filled from its reason's row."""

    def __init__(self, policy: Policy, placement: Placement) -> None:
        reason = policy.reasons[placement.reason]
        kind = placement.kind or reason.kind
        assert kind is not None, "a loaded playbook has a kind for every placement"
        self.code = placement.reason
        self.reason: ReasonPolicy = reason
        self.kind: Kind = kind
        self.scope: Scope = placement.scope or reason.scope
        self.evidence: Evidence = placement.evidence or reason.evidence
        # A placement that names an end of its own, or another kind than the reason's default, takes none from the reason:
        # where nothing names one, the ladder's limit is the length. Kinds that rest on a declared fact share its condition.
        is_alike = kind is reason.kind or {kind, reason.kind} <= DECLARED_FACT_KINDS
        takes = is_alike and placement.first_for is None and placement.condition is None
        self.first_for: timedelta | None = reason.first_for if takes else placement.first_for
        self.condition: EndCondition | None = reason.condition if takes else placement.condition
        if self.first_for is None and self.condition is None:
            self.condition = policy.kind_policy(kind).condition
        self.at_end = placement.at_end or reason.at_end
        self.cool_off_for = placement.cool_off_for or reason.cool_off_for

    def allowance(self, policy: Policy, circumstances: tuple[str, ...]) -> Allowance:
        return allowed_length(policy.ladder, self.kind, self.evidence, self.scope, circumstances)

    def cool_off(self, circumstances: tuple[str, ...]) -> timedelta | None:
        """How long a destination must have been known, now or after a fall-back; longer where the circumstances are worse."""
        scopes = (self.scope, *(end.scope for end in followers(self.at_end)))
        if Scope.NEW_DESTINATIONS not in scopes or self.cool_off_for is None:
            return None
        longer = self.reason.cool_off_longer_for
        return max([self.cool_off_for, *(longer[name] for name in circumstances if name in longer)])

    def end_or_condition(self, allowance: Allowance, now: datetime) -> tuple[datetime | None, Condition | None]:
        """When or on what condition a new restriction ends: exactly one of the two, if anything says so.

        The first length of the reason, cut to what the ladder allows; without one, the reason's condition; without
        either, the ladder's limit itself. Where all are silent, both are None, and nothing can be placed.
        """
        lengths = [length for length in (self.first_for, allowance.max_for) if length is not None]
        if self.condition is not None and self.first_for is None:
            return None, self.condition.starting(now)
        return (now + min(lengths), None) if lengths else (None, None)
