"""Rules that analysts write: detectors in CEL, each with a typology of its own, and the velocity features that they count with.

A rule is judged like any detector: it may signal, and what a signal leads to is the playbook's business, within the evidence
ladder. It can release nothing. A rule that fails with the values of an event does not fire, and is reported as a fault: it
neither limits somebody by mistake nor goes on failing unseen.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from habeas.detection.expression import Expression, Fault, Names, Seen, Sight, Type, Value, names_of
from habeas.detection.sight import FEATURE_TYPES, fields_for, look
from habeas.domain.account import AccountState
from habeas.domain.event import Event
from habeas.domain.facts import EnrichedEvent
from habeas.domain.signal import Signal
from habeas.domain.tally import Measure, Tally, measured, tallied

VERSION = 1
LABEL = f"rules/{VERSION}"
PREFIX = "rule."
"""Before a rule's name: the typology of its signals."""


class Feature(Struct, frozen=True):
    """A velocity feature: what is measured of which events within which time. `of` and `where` are by event type."""

    name: str
    digest: str
    measure: Measure
    within_for: timedelta
    of: Mapping[str, Expression]
    where: Mapping[str, Expression]
    on: tuple[str, ...]


class Example(Struct, frozen=True):
    """A test that stands beside a rule: what an event, with what is said of the account, must lead to."""

    about: str
    fires: bool
    event: Event
    given: Mapping[str, Value]
    """Values of names that differ from those of an account of which nothing is known."""


class Rule(Struct, frozen=True):
    """A rule, compiled for each type of event that it judges."""

    name: str
    description: str
    when: Mapping[str, Expression]
    evidence: tuple[str, ...]
    """The names whose values the signal carries."""
    examples: tuple[Example, ...] = ()

    @property
    def typology(self) -> str:
        return f"{PREFIX}{self.name}"


class RuleBook(Struct, frozen=True):
    """All rules and features of one policy, by the type of event that they listen to."""

    rules: tuple[Rule, ...] = ()
    features: tuple[Feature, ...] = ()
    rules_on: Mapping[str, tuple[Rule, ...]] = {}
    features_on: Mapping[str, tuple[Feature, ...]] = {}
    names_on: Mapping[str, Names] = {}


class Judged(Struct, frozen=True):
    """What the rules say of an event, and the state with what the features counted."""

    state: AccountState
    signals: tuple[Signal, ...] = ()
    faults: tuple[str, ...] = ()
    """Which rule or feature failed, and why."""


def rule_book(rules: Iterable[Rule], features: Iterable[Feature]) -> RuleBook:
    """The book with its indexes."""
    rules, features = tuple(rules), tuple(features)
    types = {type_ for rule in rules for type_ in rule.when} | {type_ for feature in features for type_ in feature.on}
    return RuleBook(
        rules=rules,
        features=features,
        rules_on={t: tuple(rule for rule in rules if t in rule.when) for t in types},
        features_on={t: tuple(feature for feature in features if t in feature.on) for t in types},
        names_on={t: rule_names(t, {feature.name: feature.measure for feature in features}) for t in types},
    )


def rule_names(event_type: str, measures: Mapping[str, Measure]) -> Names:
    """The names that a rule on this type of event may use, with the features that the playbook declares."""
    types = {name: field.type for name, field in fields_for(event_type).items()}
    types |= {f"features.{name}": FEATURE_TYPES[measure] for name, measure in measures.items()}
    return names_of(tuple(types.items()))


def judge_by_rules(state: AccountState, enriched: EnrichedEvent, book: RuleBook) -> Judged:
    """What the rules that listen to this event say, and the state with the event counted in.

    `state` is the state with the event remembered. A feature counts what was asked for, whether or not it was let through.
    """
    type_ = enriched.event.type
    rules, features = book.rules_on.get(type_, ()), book.features_on.get(type_, ())
    if not rules and not features:
        return Judged(state)
    now = state.decided_at or enriched.event.time
    faults: list[str] = []
    seen = look(state, enriched, now)
    names = book.names_on[type_]
    if features:
        sight = Sight(names, seen)
        state = _counted(state, features, book.features, sight, type_, now, faults)
    sight = Sight(names, seen | values_of(state, book.features, now))
    signals = []
    for rule in rules:
        found = rule.when[type_].evaluate(sight)
        if found is True:
            signals.append(_signal(rule, sight.seen))
        elif isinstance(found, Fault):
            faults.append(f"rule `{rule.name}`: {found.why}")
    return Judged(state, tuple(signals), tuple(faults))


def values_of(state: AccountState, features: Iterable[Feature], now: datetime) -> dict[str, Value]:
    """The value of every feature at an instant."""
    tallies = {tally.feature: tally for tally in state.tallies}
    return {
        f"features.{f.name}": measured(tallies.get(f.digest, Tally(f.digest)), f.measure, f.within_for, now)
        for f in features
    }


def _counted(
    state: AccountState,
    features: tuple[Feature, ...],
    declared: tuple[Feature, ...],
    sight: Sight,
    type_: str,
    now: datetime,
    faults: list[str],
) -> AccountState:
    """The state with this event in the tallies of the features that count it. Tallies of no feature are forgotten."""
    tallies = {tally.feature: tally for tally in state.tallies}
    for feature in features:
        value = _value(feature, sight, type_)
        if isinstance(value, Fault):
            faults.append(f"feature `{feature.name}`: {value.why}")
        elif isinstance(value, int | float | str) and value != "":
            tally = tallies.get(feature.digest, Tally(feature.digest))
            tallies[feature.digest] = tallied(tally, feature.measure, feature.within_for, now, value)
    kept = tuple(tallies[feature.digest] for feature in declared if feature.digest in tallies)
    return state if kept == state.tallies else replace(state, tallies=kept)


def _value(feature: Feature, sight: Sight, type_: str) -> Any:
    """What the event adds to a feature; None, `Undecided` or `Fault` for nothing."""
    if type_ in feature.where:
        is_meant = feature.where[type_].evaluate(sight)
        if is_meant is not True:
            return is_meant if isinstance(is_meant, Fault) else None
    return feature.of[type_].evaluate(sight) if type_ in feature.of else 1


def _signal(rule: Rule, seen: Seen) -> Signal:
    evidence = {"rule": rule.description} | {name: as_text(seen[name]) for name in rule.evidence if name in seen}
    return Signal(typology=rule.typology, score=1.0, detector=LABEL, evidence=evidence)


def as_text(value: Value) -> str:
    """A value as staff read it."""
    match value:
        case list():
            return ", ".join(value) or "none"
        case dict():
            return ", ".join(f"{key} {each}" for key, each in value.items()) or "none"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.10g}"
        case datetime():
            return value.isoformat()
        case _:
            return str(value)


WANTED_OF = {Measure.SUM: (Type.DOUBLE, Type.INT), Measure.DISTINCT: (Type.STRING,)}
"""The types that may be summed or told apart."""
