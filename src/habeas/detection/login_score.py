"""How unusual a login is for its account: the statistical model of Freeman et al. (NDSS 2016), with the traits and weights of
Wiefling et al. (detection 3; docs/logins.md has the formula and what it was measured to do).

A login's ratio S says how many times likelier its traits are among everybody's logins than among this account's: 1 says
nothing, 1000 that hardly anybody but a stranger logs in so. Where it is unusual, a proof of control is asked for, and never
more than that: most of the unusual is a journey or a new phone.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from math import prod
from typing import Annotated

from msgspec import Meta, Struct

from habeas.detection.detector import Detector
from habeas.domain import event_data as data
from habeas.domain.account import AccountState
from habeas.domain.event_data import Mfa
from habeas.domain.facts import EnrichedEvent
from habeas.domain.login import LoginHistory, Trait, TraitFact
from habeas.domain.signal import Signal

VERSION = 1

_WHERE = (Trait.IP, Trait.NETWORK, Trait.COUNTRY)
_WITH_WHAT = (Trait.AGENT, Trait.BROWSER, Trait.SYSTEM, Trait.DEVICE_TYPE)
_FEATURES = (_WHERE, _WITH_WHAT)
"""Two features that are taken as independent; inside one, a trait backs off to the wider one after it."""


Positive = Annotated[float, Meta(gt=0)]
Share = Annotated[float, Meta(gt=0, le=1)]


class TraitParams(Struct, frozen=True, forbid_unknown_fields=True):
    """`weight`: how much a trait counts in its feature. `share`: how common one of its values is taken to be before any
    logins were counted, 0..1.
    """

    weight: Positive
    share: Share


class Params(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The model's figures. `traits` in the playbook are named in lower case, for example `device_type`."""

    logins_min: int
    """Shorter histories say nothing."""
    unusual_at_least: Share
    """The score, S / (1 + S), from which a login is unusual: 0.5 says nothing, 0.99 is S = 99."""
    everybody_logins: Positive
    """So many logins the shares taken beforehand weigh, beside those that were counted for everybody."""
    own_logins: Positive
    """So many logins everybody's habits weigh, beside the account's own history."""
    settled_by: tuple[Mfa, ...]
    """A login with one of these proves control by itself and is not judged,"""
    settles_for: timedelta
    """unless the second factor was changed less than this ago."""
    ip: TraitParams
    network: TraitParams
    country: TraitParams
    agent: TraitParams
    browser: TraitParams
    system: TraitParams
    device_type: TraitParams

    def of(self, trait: Trait) -> TraitParams:
        """The figures of one trait."""
        found: TraitParams = getattr(self, trait.name.lower())
        return found


def judge(state: AccountState, enriched: EnrichedEvent, params: Params) -> Iterator[Signal]:
    """A signal about a login that is unusual for its account."""
    login, traits = enriched.event.data, enriched.facts.traits
    if not traits or state.logins.length < params.logins_min or _is_settled(state, login, enriched, params):
        return
    s = ratio(state.logins, traits, params)
    score = s / (1.0 + s)
    if score >= params.unusual_at_least:
        place = enriched.facts.place
        yield Signal(
            typology="unusual_login",
            score=score,
            detector=DETECTOR.label,
            evidence={"ratio": f"{s:.0f}", "new": _new(state.logins, traits)},
            lists=place.sources if place else (),
        )


def ratio(history: LoginHistory, traits: Sequence[TraitFact], params: Params) -> float:
    """S: the product over the features of p(x) / p(x | account). 1 where history or login say nothing."""
    facts = {fact.trait: fact for fact in traits}
    present = ([facts[trait] for trait in feature if trait in facts] for feature in _FEATURES)
    return prod(1.0 / _lift(history, feature, params) for feature in present if feature)


def _lift(history: LoginHistory, feature: Sequence[TraitFact], params: Params) -> float:
    """p(x | account) / p(x) for one feature: the weighted mean over its traits of how many times more common the value is
    with this account than with everybody.

    That is Freeman's back-off: p(ip | account) as the sum of w p(trait | account) p(ip | trait), divided by p(ip). The
    account's share is smoothed towards everybody's, so that a value that it never had counts `own_logins` / (its logins +
    `own_logins`): a surprise that grows with the history.
    """
    weights = [params.of(fact.trait).weight for fact in feature]
    lifts = (_trait_lift(history, fact, params) for fact in feature)
    return sum(weight * lift for weight, lift in zip(weights, lifts, strict=True)) / sum(weights)


def _trait_lift(history: LoginHistory, fact: TraitFact, params: Params) -> float:
    taken, weight = params.of(fact.trait).share, params.everybody_logins
    common = (fact.seen + weight * taken) / (fact.of + weight)
    logins, with_it = history.logins(fact.trait), history.logins_with(fact.trait, fact.name)
    return (with_it / common + params.own_logins) / (logins + params.own_logins)


def _is_settled(state: AccountState, login: data.EventData, enriched: EnrichedEvent, params: Params) -> bool:
    """Whether the login proves control by itself, with a factor that an intruder has not just put there."""
    if getattr(login, "mfa", None) not in params.settled_by:
        return False
    changed_at = state.mfa_changed_at
    return changed_at is None or enriched.event.time - changed_at >= params.settles_for


def _new(history: LoginHistory, traits: Sequence[TraitFact]) -> str:
    """What the account did not have before, in words for staff."""
    new = [fact.trait for fact in traits if not history.logins_with(fact.trait, fact.name)]
    return ", ".join(trait.name.lower().replace("_", " ") for trait in new) or "nothing"


DETECTOR = Detector(
    name="login_score",
    version=VERSION,
    events=frozenset({"login.succeeded"}),
    typologies=frozenset({"unusual_login"}),
    params=Params,
    judge=judge,
)
