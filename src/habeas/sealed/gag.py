"""What the user may be told: the most open class that the instrument permits, with the reason why (model X1, X2, 5.5)."""

from datetime import datetime

from habeas.domain.decision import Refusal
from habeas.domain.reason import Disclosure
from habeas.sealed.letter import Gag, GagForce
from habeas.sealed.policy import OrderPolicy

PERMITTED = {
    GagForce.NONE: Disclosure.FULL,
    GagForce.REQUESTED: Disclosure.LIMITED,
    GagForce.ORDERED: Disclosure.GAGGED,
    GagForce.STATUTORY: Disclosure.STATUTORY,
}
"""The class of each force: no less open than that, and no more."""

COVERED = frozenset({Disclosure.GAGGED, Disclosure.STATUTORY})
"""What is placed as a review like any other."""


def why_not(gag: Gag, chosen: Disclosure, why: str) -> Refusal | None:
    """Why this class may not be chosen; None if it may (row A076)."""
    permitted = PERMITTED[gag.force]
    if chosen is not permitted:
        return Refusal("disclosure", f"with a gag that is {gag.force}, the class is {permitted}, not {chosen}")
    if chosen is not Disclosure.FULL and not (why or gag.prejudice):
        return Refusal("disclosure", f"say why the user is told no more than {chosen}")
    return None


def review_at(gag: Gag, chosen: Disclosure, now: datetime, policy: OrderPolicy) -> datetime | None:
    """When somebody must look again at what is not told (rows A075, A079). Statute has no such date."""
    if chosen in (Disclosure.FULL, Disclosure.STATUTORY):
        return None
    if chosen is Disclosure.LIMITED:
        return now + policy.gag_chase_for
    said = [at for at in (gag.until_at, gag.review_at) if at is not None]
    return min([*said, now + policy.disclosure_review_for])


def is_gag_over(gag: Gag, now: datetime) -> bool:
    """Whether the time of an ordered gag is over. A person still decides; time tells nobody anything."""
    return gag.force is GagForce.ORDERED and gag.until_at is not None and gag.until_at <= now


def why_not_disclose(gag: Gag, now: datetime) -> Refusal | None:
    """Why the user may not be told yet; None if counsel may decide so."""
    if gag.force is GagForce.STATUTORY:
        return Refusal("statutory", "what statute keeps secret is never told")
    if gag.force is GagForce.ORDERED and not is_gag_over(gag, now):
        until = f"until {gag.until_at.isoformat()}" if gag.until_at else "until the authority lifts it"
        return Refusal("gag_in_force", f"the gag stands {until}")
    return None
