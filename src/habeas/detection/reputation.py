"""The reputation of one IP address: many failed logins on many accounts within an hour (row B007).

It is about the address and not about the account whose login happened to fail last: requests from the address are refused
for a while, and nothing is placed on any account.
"""

from collections.abc import Iterator

from msgspec import Struct

from habeas.detection.detector import Detector
from habeas.domain.account import AccountState
from habeas.domain.facts import EnrichedEvent
from habeas.domain.signal import Signal

VERSION = 1


class Params(Struct, frozen=True, forbid_unknown_fields=True):
    """How many failed logins over how many accounts, within one hour, from one address."""

    failed_logins_min: int
    accounts_min: int


def judge(_state: AccountState, enriched: EnrichedEvent, params: Params) -> Iterator[Signal]:
    """A signal about the address when this failed login is one too many."""
    activity = enriched.facts.ip_activity
    failed, accounts = activity.failed_logins + 1, activity.accounts  # This login is not among those counted.
    if failed >= params.failed_logins_min and accounts >= params.accounts_min:
        evidence = {"failed_logins": str(failed), "accounts": str(accounts)}
        yield Signal("ip_reputation", 1.0, DETECTOR.label, evidence)


DETECTOR = Detector(
    name="reputation",
    version=VERSION,
    events=frozenset({"login.failed"}),
    typologies=frozenset({"ip_reputation"}),
    params=Params,
    judge=judge,
)
