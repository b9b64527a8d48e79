"""What a detector saw: a typology, a score, and the evidence, with the versions of what it used."""

from msgspec import Struct

from habeas.domain.case import Match
from habeas.domain.restriction import HeldAmount


class Signal(Struct, frozen=True, omit_defaults=True):
    """One judgement of one detector. `score` is 0..1; `detector` carries its version, for example `travel/1`.

    `circumstances` are names the evidence ladder knows, such as `sim_and_credential_change`. `evidence` is for staff;
    `facts` is the part that the user may be told under FULL disclosure.
    """

    typology: str
    score: float
    detector: str
    evidence: dict[str, str]
    facts: dict[str, str] = {}
    circumstances: tuple[str, ...] = ()
    held: HeldAmount | None = None
    """How much of which asset it is about, where it is about an amount."""
    match: Match | None = None
    """For a hit on a list: what a person must review."""
    lists: tuple[str, ...] = ()
    """Versions of the lists and places that it rests on."""
