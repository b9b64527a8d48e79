"""Re-registration: the identity document of this account was declared earlier for another holder's account (row B086).

Registration itself stays possible; the identity check is where it counts. What is copied is the reason, never the record: of
restrictions that stand on the earlier account only those for certain reasons or of certain kinds, by their *public* reason, so
that it makes no difference why an account was reviewed. Who was a victim, whose restriction was annulled or has ended, and
who left because of where they lived, has nothing of that kind standing, and so is not punished again.
"""

from collections.abc import Iterator

from msgspec import Struct

from habeas.detection.detector import Detector
from habeas.domain.account import AccountState
from habeas.domain.facts import EarlierAccount, EnrichedEvent, StandsThere
from habeas.domain.kind import Kind
from habeas.domain.signal import Signal

VERSION = 1

_OPENING = "account.opened"


class Params(Struct, frozen=True, forbid_unknown_fields=True):
    """Which public reasons and which kinds are copied once a person stands behind them; for which of them the law does not
    wait for that; and which are only looked at by a person.
    """

    copied_reasons: tuple[str, ...]
    copied_kinds: tuple[Kind, ...]
    lawful_reasons: tuple[str, ...]
    reviewed_reasons: tuple[str, ...]


def judge(_state: AccountState, enriched: EnrichedEvent, params: Params) -> Iterator[Signal]:
    """One signal for each reason to copy; else one to look at; else one that only says that there is a link."""
    copied: dict[str, EarlierAccount] = {}
    looked_at: dict[str, EarlierAccount] = {}
    for earlier in enriched.facts.earlier:
        if earlier.is_unreadable:
            looked_at["unreadable"] = earlier
        for stands in earlier.standing:
            if _is_copied(stands, params):
                copied.setdefault(stands.reason, earlier)
            elif stands.reason in (*params.reviewed_reasons, *params.copied_reasons):
                looked_at.setdefault(stands.reason, earlier)
    # An account may always be opened: until the identity check it is only noted for people.
    score = 0.7 if enriched.event.type == _OPENING else 1.0
    for reason, earlier in copied.items():
        is_lawful = reason in params.lawful_reasons
        yield _signal("reregistration_sanctioned" if is_lawful else "reregistration", score, reason, earlier)
    if not copied and looked_at:
        reason, earlier = next(iter(looked_at.items()))
        yield _signal("reregistration", 0.7, reason, earlier)
    elif not copied and enriched.facts.earlier:
        yield _signal("reregistration", 0.2, "none", enriched.facts.earlier[0])


def _is_copied(stands: StandsThere, params: Params) -> bool:
    if stands.reason in params.lawful_reasons:
        return True
    is_meant = stands.reason in params.copied_reasons or stands.kind in params.copied_kinds
    return is_meant and stands.is_by_person


def _signal(typology: str, score: float, reason: str, earlier: EarlierAccount) -> Signal:
    evidence = {"earlier_account": earlier.account, "copied_reason": reason, "link": "identity document"}
    return Signal(typology, score, DETECTOR.label, evidence, facts={"copied_reason": reason})


DETECTOR = Detector(
    name="registration",
    version=VERSION,
    events=frozenset({_OPENING, "account.profile_changed", "kyc.decided"}),
    typologies=frozenset({"reregistration", "reregistration_sanctioned"}),
    params=Params,
    judge=judge,
)
