"""Coins that arrive anyway: credit < hold < block (model 5.1).

A deposit on a chain cannot be refused. `deposit_crypto` in the level table governs only the issue of new addresses; what
happens to coins that come is a lattice of its own, so that what law requires to be blocked is never sent back.
"""

from collections.abc import Container, Iterable
from datetime import datetime
from enum import StrEnum

from habeas.domain.ids import RestrictionId
from habeas.domain.kind import Kind
from habeas.domain.restriction import Restriction, Scope, phases


class Disposition(StrEnum):
    """What happens to coins that arrive; several answers join with the last of them in this order."""

    CREDIT = "credit"
    HOLD = "hold"
    """Credited to a bucket that the user cannot use yet."""
    BLOCK = "block"
    """Accepted and blocked: neither rejected nor returned."""


_ORDER = {disposition: rank for rank, disposition in enumerate(Disposition)}

_BY_KIND = {
    Kind.FROZEN: Disposition.HOLD,
    Kind.LEGAL_FREEZE: Disposition.HOLD,
    Kind.PERM_BAN: Disposition.HOLD,
    Kind.DEPOSIT_HOLD: Disposition.HOLD,
    Kind.SANCTIONS_BLOCK: Disposition.BLOCK,
}


def disposition(restrictions: Iterable[Restriction], because_of: Container[RestrictionId], at: datetime) -> Disposition:
    """What happens to the coins of one deposit. A held amount speaks of this deposit only if the deposit is why it is held,
    or held higher: `because_of`.
    """
    found = [Disposition.CREDIT]
    for restriction in restrictions:
        for phase in phases(restriction):
            is_about = phase.scope in (Scope.ACCOUNT, Scope.HOLDER) or (
                phase.scope is Scope.AMOUNT and restriction.id in because_of
            )
            if is_about and phase.is_in_force(at):
                found.append(_BY_KIND.get(phase.kind, Disposition.CREDIT))
    return max(found, key=_ORDER.__getitem__)
