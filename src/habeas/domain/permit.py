"""A permit: one assisted withdrawal that two people let through although the account is limited (rows B057, A095; model X11).

It reaches exactly one withdrawal: this asset, at most this amount, to this destination, until then. It opens nothing that law
holds, no held amount, and nothing while a record cannot be read.
"""

from datetime import datetime
from decimal import Decimal

from msgspec import Struct

from habeas.domain.actor import Actor, Role
from habeas.domain.capability import Capability
from habeas.domain.ids import fingerprint

PERMITS_MAX = 4
ASSISTED = frozenset({Capability.WITHDRAW_CRYPTO, Capability.WITHDRAW_FIAT})
"""What can be assisted."""
PROPOSING_ROLES = frozenset(
    {Role.FRONTLINE, Role.ANALYST, Role.SENIOR_ANALYST, Role.MLRO, Role.COUNSEL, Role.APPEALS_OFFICER}
)
SIGNING_ROLES = frozenset({Role.SENIOR_ANALYST, Role.MLRO, Role.COUNSEL})


class Permit(Struct, frozen=True, array_like=True):
    """One assisted withdrawal. `destination` is a fingerprint; it counts once `signed_by` is there, and once."""

    id: str
    capability: Capability
    asset: str
    amount: Decimal
    destination: str
    until_at: datetime
    proposed_by: Actor
    signed_by: Actor | None = None
    used_at: datetime | None = None
    """When a withdrawal was let through by it: from then on only that one's next stage is."""

    def covers(
        self,
        capability: Capability,
        asset: str | None,
        amount: Decimal | None,
        destination: str | None,
        at: datetime,
        stage: str,
    ) -> bool:
        """Whether a request is the withdrawal that was permitted."""
        if self.signed_by is None or at > self.until_at or (self.used_at is not None) is not (stage == "broadcast"):
            return False
        is_it = capability is self.capability and asset is not None and asset.upper() == self.asset.upper()
        is_there = destination is not None and fingerprint(destination) == self.destination
        return is_it and is_there and amount is not None and amount <= self.amount


def why_not_sign(permit: Permit, by: Actor, at: datetime) -> str | None:
    """Why this actor may not give a permit its second signature; None if it may."""
    if permit.signed_by is not None:
        return f"permit `{permit.id}` is signed already"
    if at > permit.until_at:
        return f"permit `{permit.id}` ended at {permit.until_at.isoformat()}"
    if by.name == permit.proposed_by.name:
        return f"`{by.name}` proposed it, and a second person must sign"
    if by.role not in SIGNING_ROLES:
        return f"an assisted withdrawal is signed by {', '.join(sorted(SIGNING_ROLES))}, not by the role {by.role}"
    return None
