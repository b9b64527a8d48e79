"""Where somebody says they are from, and where a request comes from: is the area served?

Declared data (rows B004, B013-B016, A006, A054) and the network of a request (rows A007, A064-A065, B003, B028-B031) are
judged by the same region policy. What policy says about a place is judged at every login and every request that moves money,
not only at the first one.
"""

from collections.abc import Iterator

from msgspec import Struct

from habeas.detection.detector import Detector
from habeas.detection.leaps import makes_leap
from habeas.domain.account import AccountState
from habeas.domain.facts import EnrichedEvent
from habeas.domain.kind import Kind
from habeas.domain.place import LeapRule, Place
from habeas.domain.reason import Reason
from habeas.domain.region import RegionBasis, RegionLevel, RegionPolicy, RegionRule
from habeas.domain.signal import Signal

VERSION = 3

_PROFILE_TYPES = frozenset({"account.opened", "account.profile_changed", "kyc.decided"})
_PLACE_TYPES = frozenset(
    {
        "login.succeeded",
        "withdrawal.requested",
        "withdrawal.fiat_requested",
        "transfer.requested",
        "p2p.opened",
        "p2p.paid",
    }
)

# What a declared attribute means by the level of its rule; what is not here is `kyc_region`.
_BY_RESIDENCE = {RegionLevel.COMPREHENSIVE: "sanctioned_residence", RegionLevel.OFFBOARDING: "policy_exit"}
_EXIT_NOTICE = "notice"

_LEFT = {Reason.SANCTIONED_TRAVEL: "left_sanctioned_area", Reason.RESTRICTED_TRAVEL: "left_restricted_area"}
"""What is said of a request from elsewhere while somebody is limited for being there. Most who seem to be back within hours
were never away: their network was misread, or came out there (docs/simulation.md).
"""

_NO_EVIDENCE_OF_TRAVEL = frozenset({"vpn", "tor", "hosting", "relay"})


class Params(Struct, frozen=True, forbid_unknown_fields=True):
    """The region policy, and when a sample is a leap, which is no evidence of travel."""

    regions: RegionPolicy
    leap: LeapRule


def judge(state: AccountState, enriched: EnrichedEvent, params: Params) -> Iterator[Signal]:
    """Signals about declared data, or about the place of a request."""
    if enriched.event.type in _PROFILE_TYPES:
        yield from _judge_declared(state, enriched, params.regions)
    elif enriched.facts.place is not None:
        yield from _judge_place(state, enriched, enriched.facts.place, params)


def _judge_declared(state: AccountState, enriched: EnrichedEvent, regions: RegionPolicy) -> Iterator[Signal]:
    for basis, area in _declared(state):
        rule = regions.declared(area, basis, enriched.event.time)
        if rule is not None:
            facts = {"country": area[:2], "attribute": str(basis)}
            yield _signal(
                _declared_typology(rule, basis, regions, enriched), rule, {"attribute": basis, "area": area}, facts
            )


def _declared_typology(rule: RegionRule, basis: RegionBasis, regions: RegionPolicy, enriched: EnrichedEvent) -> str:
    if regions.is_partial(rule.area):
        return "partial_territory"
    if basis is not RegionBasis.RESIDENCE:
        return "kyc_region"
    if rule.level is RegionLevel.OFFBOARDING and rule.mode(enriched.event.time) == _EXIT_NOTICE:
        return "policy_exit_notice"
    return _BY_RESIDENCE.get(rule.level, "kyc_region")


def _declared(state: AccountState) -> Iterator[tuple[RegionBasis, str]]:
    if state.residence:
        yield RegionBasis.RESIDENCE, state.residence
    for nationality in state.nationalities:
        yield RegionBasis.NATIONALITY, nationality
    if state.document_country:
        yield RegionBasis.DOCUMENT, state.document_country


def _judge_place(state: AccountState, enriched: EnrichedEvent, place: Place, params: Params) -> Iterator[Signal]:
    regions = params.regions
    if place.disagrees_with:
        yield Signal(
            typology="network_misidentified",
            score=0.1,
            detector=DETECTOR.label,
            evidence={"one_source": place.area, "another": place.disagrees_with, "network": place.prefix},
            lists=place.sources,
        )
        return
    if place.is_anonymised:
        return
    rule = regions.at_place(place, enriched.event.time)
    evidence = {"area": regions.area(place), "event": enriched.event.type, "network": place.prefix}
    if rule is None:
        for reason, left in _LEFT.items():
            if _stands(state, reason, enriched):
                yield Signal(left, 1.0, DETECTOR.label, evidence, lists=place.sources)
        return
    typology = _place_typology(state, enriched, place, rule, params)
    if typology is not None:
        yield _signal(typology, rule, evidence, {"country": place.country}, place.sources)


def _place_typology(
    state: AccountState, enriched: EnrichedEvent, place: Place, rule: RegionRule, params: Params
) -> str | None:
    """What a request from the area of a rule means for the account, beyond the refusal of the request itself."""
    if params.regions.is_partial(rule.area):
        return "partial_territory"
    lives_there = state.residence is not None and state.residence[:2] == place.country
    if rule.level is RegionLevel.COMPREHENSIVE:
        return None if lives_there and _stands(state, Reason.SANCTIONED_RESIDENCE, enriched) else "sanctioned_travel"
    if rule.level is RegionLevel.NO_SERVICE_TRAVEL_VERIFY and not lives_there:
        return "restricted_travel" if _is_evidence_of_travel(state, enriched, place, params) else None
    return None


def _is_evidence_of_travel(state: AccountState, enriched: EnrichedEvent, place: Place, params: Params) -> bool:
    """Whether a request shows that somebody travelled there (model 5.8): a leap, a relay, or a risk control says no."""
    if state.residence is None or not _NO_EVIDENCE_OF_TRAVEL.isdisjoint(place.tags):
        return False
    if state.traveller_until is not None and enriched.event.time < state.traveller_until:
        return False
    is_risk_controlled = any(r.kind is Kind.TEMP_RISK for r in state.in_force(enriched.event.time))
    return not is_risk_controlled and not makes_leap(state, enriched, params.leap)


def _stands(state: AccountState, reason: Reason, enriched: EnrichedEvent) -> bool:
    return any(r.reason == reason for r in state.in_force(enriched.event.time))


def _signal(
    typology: str, rule: RegionRule, evidence: dict[str, str], facts: dict[str, str], sources: tuple[str, ...] = ()
) -> Signal:
    return Signal(
        typology=typology,
        score=1.0,
        detector=DETECTOR.label,
        evidence=evidence | {"rule": rule.id, "level": rule.level, "regime": rule.regime},
        facts=facts,
        lists=(rule.version, *sources),
    )


DETECTOR = Detector(
    name="region",
    version=VERSION,
    events=_PROFILE_TYPES | _PLACE_TYPES,
    typologies=frozenset(
        {
            "kyc_region",
            "sanctioned_residence",
            "policy_exit",
            "policy_exit_notice",
            "partial_territory",
            "sanctioned_travel",
            *_LEFT.values(),
            "restricted_travel",
            "network_misidentified",
        }
    ),
    params=Params,
    judge=judge,
)
