"""Residence and nationality: does identity data say that somebody is from an area that is not served?

Rows B004, B013-B016. Judged on declared data, so a change of network changes nothing.
"""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from habeas.detection.detector import Detector
from habeas.domain.account import AccountState
from habeas.domain.facts import EnrichedEvent
from habeas.domain.region import RegionBasis, RegionRule, strictest
from habeas.domain.signal import Signal

VERSION = 1


class Params(Struct, frozen=True, forbid_unknown_fields=True):
    """The region rules that apply."""

    rules: tuple[RegionRule, ...]


def judge(state: AccountState, enriched: EnrichedEvent, params: Params) -> Iterator[Signal]:
    """One signal for each declared attribute that points to an area that is not served."""
    for basis, area in _declared(state):
        rule = _rule_for(params.rules, area, basis, enriched.event.time)
        if rule is not None:
            yield Signal(
                typology="kyc_region",
                score=1.0,
                detector=DETECTOR.label,
                evidence={
                    "attribute": basis,
                    "area": area,
                    "rule": rule.id,
                    "level": rule.level,
                    "regime": rule.regime,
                },
                facts={"country": area, "attribute": basis},
                lists=(f"{rule.id}@{rule.recorded_at}",),
            )


def _declared(state: AccountState) -> Iterator[tuple[RegionBasis, str]]:
    if state.residence:
        yield RegionBasis.RESIDENCE, state.residence
    for nationality in state.nationalities:
        yield RegionBasis.NATIONALITY, nationality
    if state.document_country:
        yield RegionBasis.DOCUMENT, state.document_country


def _rule_for(rules: tuple[RegionRule, ...], area: str, basis: RegionBasis, at: datetime) -> RegionRule | None:
    """The rule of the sub-national area, else that of its country."""
    return strictest(rules, area, basis, at) or strictest(rules, area[:2], basis, at)


DETECTOR = Detector(
    name="region",
    version=VERSION,
    events=frozenset({"account.opened", "account.profile_changed", "kyc.decided"}),
    typologies=frozenset({"kyc_region"}),
    params=Params,
    judge=judge,
)
