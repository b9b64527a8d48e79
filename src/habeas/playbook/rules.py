"""The sections `[feature.NAME]` and `[[rule]]`: what analysts write, checked and compiled when the playbook is loaded."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

import msgspec
from msgspec import Struct

from habeas.detection.expression import Expression, ExpressionError, Fault, Names, Sight, Type, Undecided, Value
from habeas.detection.rules import (
    PREFIX,
    WANTED_OF,
    Example,
    Feature,
    Rule,
    RuleBook,
    rule_book,
    rule_names,
    values_of,
)
from habeas.detection.sight import look
from habeas.domain.account import new_account
from habeas.domain.errors import EventRejectedError, PlaybookError
from habeas.domain.event import EVENT_TYPES, Event, make_event
from habeas.domain.facts import EnrichedEvent, Facts
from habeas.domain.ids import AccountId
from habeas.domain.tally import VALUES_MAX, Measure
from habeas.playbook.policy import Effects, Response

RULES_MAX = 500
FEATURES_MAX = 8
"""Each takes room in the state of every account."""
WINDOW_MIN, WINDOW_MAX = timedelta(minutes=1), timedelta(days=30)

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,63}\Z")
_EXAMPLE_AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""When an example happens that does not say when: a Monday at noon."""

Reader = Callable[[Any, Any, str], Any]
"""Turns a part of the file into a type; a fault names the path."""


class FeatureSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[feature.NAME]`: a count, a sum or the number of different values within a time, per account."""

    on: tuple[str, ...]
    what: Measure
    of: str = ""
    """What is summed or told apart: an expression such as `event.usd`."""
    within_for: timedelta
    where: str = ""
    """Which of the events are meant."""


class ExampleSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[[rule.tests]]`: an event, and what is said of the account, the facts and the features beside it."""

    fires: bool
    about: str = ""
    type: str = ""
    """The type of the event; the first of the rule's `on` unless said."""
    at: datetime = _EXAMPLE_AT
    event: dict[str, Any] = {}
    account: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    features: dict[str, Any] = {}


class RuleSection(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[[rule]]`: when it fires, on which events, and what follows."""

    description: str
    on: tuple[str, ...]
    when: str
    then: Effects
    evidence: tuple[str, ...] = ()
    tests: tuple[ExampleSection, ...] = ()
    enabled: bool = True


class RulesFault(Exception):  # noqa: N818 - it never leaves this room: `load` makes a PlaybookError of it
    """What is wrong with a rule or a feature, and where in the file."""


def by_name(rows: Any, name: str) -> dict[str, Any]:
    """The rows of `[[rule]]` by their names, so that an entity can lay its own values over them."""
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise PlaybookError(f"{name}: `rule` must be a list of tables, each begun with `[[rule]]`")
    if len(rows) > RULES_MAX:
        raise PlaybookError(f"{name} has {len(rows)} rules; {RULES_MAX} is the most")
    named: dict[str, Any] = {}
    for index, row in enumerate(rows):
        own = row.get("name")
        if not isinstance(own, str) or not _NAME.match(own):
            raise PlaybookError(
                f"{name}: at `rule[{index}].name`: a rule needs a name of small letters, digits and `_`, not `{own}`"
            )
        if own in named:
            raise PlaybookError(
                f"{name}: at `rule[{index}].name`: there is another rule `{own}`; give this one its own"
            )
        named[own] = {key: value for key, value in row.items() if key != "name"}
    return named


def read_rules(
    rules: Mapping[str, Any], features: Mapping[str, Any], read: Reader, fault: Callable[[str], PlaybookError]
) -> tuple[RuleBook, tuple[Response, ...]]:
    """The book of rules of one policy, and what its rules lead to. A fault is raised as `fault` makes it."""
    try:
        return _read_rules(rules, features, read)
    except RulesFault as exc:
        raise fault(str(exc)) from None


def _read_rules(
    rules: Mapping[str, Any], features: Mapping[str, Any], read: Reader
) -> tuple[RuleBook, tuple[Response, ...]]:
    if len(features) > FEATURES_MAX:
        raise RulesFault(f"there are {len(features)} features; {FEATURES_MAX} is the most, for each account keeps them")
    declared = tuple(
        _feature(name, read(section, FeatureSection, f"feature.{name}")) for name, section in features.items()
    )
    measures = {feature.name: feature.measure for feature in declared}
    made, responses = [], []
    for name, tree in rules.items():
        section = read(tree, RuleSection, f"rule.{name}")
        rule = _rule(name, section, _raw_events(tree), measures)  # Also one that is off must be right.
        if not section.enabled:
            continue
        made.append(rule)
        responses.append(Response(signal=f"{PREFIX}{name}", **msgspec.structs.asdict(section.then)))
    return rule_book(made, declared), tuple(responses)


# --- features --------------------------------------------------------------------------------------------------------


def _feature(name: str, section: FeatureSection) -> Feature:
    where = f"feature.{name}"
    if not _NAME.match(name):
        raise RulesFault(f"at `{where}`: a feature's name has small letters, digits and `_`")
    if not WINDOW_MIN <= section.within_for <= WINDOW_MAX:
        raise RulesFault(
            f"at `{where}.within_for`: it must be from {WINDOW_MIN} to {WINDOW_MAX}, not {section.within_for}"
        )
    if (section.what is Measure.COUNT) != (section.of == ""):
        said = "a count counts events and has no `of`" if section.of else f"a {section.what} needs `of`"
        raise RulesFault(f"at `{where}.of`: {said}")
    names = {type_: rule_names(type_, {}) for type_ in _event_types(section.on, where)}
    wanted = WANTED_OF.get(section.what, ())
    return Feature(
        name=name,
        digest=blake2b(msgspec.json.encode((name, section)), digest_size=4).hexdigest(),
        measure=section.what,
        within_for=section.within_for,
        of=_compiled(section.of, names, wanted, f"{where}.of") if section.of else {},
        where=_compiled(section.where, names, (Type.BOOL,), f"{where}.where") if section.where else {},
        on=section.on,
    )


def _event_types(on: tuple[str, ...], where: str) -> tuple[str, ...]:
    if not on:
        raise RulesFault(f"at `{where}.on`: name at least one type of event")
    for type_ in on:
        if type_ not in EVENT_TYPES:
            raise RulesFault(f"at `{where}.on`: there is no type of event `{type_}`; the types are in docs/events.md")
    return on


def _compiled(source: str, names: Mapping[str, Names], wanted: tuple[Type, ...], where: str) -> dict[str, Expression]:
    """The expression for each type of event: a name that one of them does not have is a fault."""
    compiled = {}
    for type_, known in names.items():
        try:
            compiled[type_] = known.compile(source, *wanted)
        except ExpressionError as exc:
            raise RulesFault(f"at `{where}`, for `{type_}`: {exc}") from None
    return compiled


# --- rules -----------------------------------------------------------------------------------------------------------


def _raw_events(tree: Any) -> list[Any]:
    """The data of the examples' events as they stand in the file, where `24h` is a text and not a duration."""
    tests = tree.get("tests", ()) if isinstance(tree, dict) else ()
    return [test.get("event", {}) if isinstance(test, dict) else {} for test in tests]


def _rule(name: str, section: RuleSection, events: list[Any], measures: Mapping[str, Measure]) -> Rule:
    where = f"rule.{name}"
    names = {type_: rule_names(type_, measures) for type_ in _event_types(section.on, where)}
    when = _compiled(section.when, names, (Type.BOOL,), f"{where}.when")
    if not section.description.strip():
        raise RulesFault(f"at `{where}.description`: say in a sentence what the rule looks for; reviewers read it")
    for known in names.values():
        for one in section.evidence:
            if one not in known.types:
                raise RulesFault(f"at `{where}.evidence`: there is no `{one}` on every type of event in `on`")
    if section.then == Effects():
        raise RulesFault(f"at `{where}.then`: it leads to nothing; name `place`, `case`, `ask` or another effect")
    if {test.fires for test in section.tests} != {True, False}:
        raise RulesFault(
            f"at `{where}.tests`: a rule needs a test in which it fires and one in which it does not; "
            f"write `[[rule.tests]]` with `fires = true` and another with `fires = false`"
        )
    examples = tuple(
        _example(test, events[index], section, names, measures, f"{where}.tests[{index}]")
        for index, test in enumerate(section.tests)
    )
    return Rule(name, section.description.strip(), when, section.evidence, examples)


def _example(
    test: ExampleSection,
    data: Any,
    section: RuleSection,
    names: Mapping[str, Names],
    measures: Mapping[str, Measure],
    where: str,
) -> Example:
    type_ = test.type or section.on[0]
    if type_ not in names:
        raise RulesFault(
            f"at `{where}.type`: the rule does not listen to `{type_}`; it does to {', '.join(section.on)}"
        )
    given: dict[str, Value] = {}
    for group, values in (("account", test.account), ("facts", test.facts), ("features", test.features)):
        for name, value in values.items():
            full = f"{group}.{name}"
            given[full] = _given(full, value, names[type_], measures, f"{where}.{full}")
    try:
        event = make_event("example", "urn:example", type_, "example", _utc(test.at, where), msgspec.json.encode(data))
    except EventRejectedError as exc:
        raise RulesFault(f"at `{where}.event`: {exc}") from None
    return Example(test.about, test.fires, event, given)


def _utc(at: datetime, where: str) -> datetime:
    if at.tzinfo is None:
        raise RulesFault(f"at `{where}.at`: give a time zone, for example 2026-03-02T12:00:00Z")
    return at


_PYTHON: dict[Type, Any] = {
    Type.BOOL: bool,
    Type.INT: int,
    Type.DOUBLE: float,
    Type.STRING: str,
    Type.TIMESTAMP: datetime,
    Type.DURATION: timedelta,
    Type.STRINGS: list[str],
    Type.STRING_MAP: dict[str, str],
}


def _given(name: str, value: Any, names: Names, measures: Mapping[str, Measure], where: str) -> Value:
    """A value that an example gives, of the type that its name has."""
    type_ = names.types.get(name)
    if type_ is None:
        raise RulesFault(f"at `{where}`: there is no `{name}`")
    try:
        found: Value = msgspec.convert(value, _PYTHON[type_], builtin_types=(datetime, timedelta), strict=True)
    except msgspec.ValidationError:
        raise RulesFault(f"at `{where}`: `{value}` is no {type_}") from None
    if (
        measures.get(name.removeprefix("features.")) is Measure.DISTINCT
        and isinstance(found, int)
        and found > VALUES_MAX
    ):
        raise RulesFault(f"at `{where}`: different values are counted up to {VALUES_MAX}, and {found} never comes")
    return found


# --- running the examples --------------------------------------------------------------------------------------------


class ExampleResult(Struct, frozen=True):
    """What became of one example: `said` is `fires`, `does not fire`, or why it cannot be told."""

    rule: str
    about: str
    expected: bool
    said: str
    has_passed: bool


def run_examples(book: RuleBook) -> list[ExampleResult]:
    """Every example of every rule, in the order of the file."""
    return [_run(rule, example, book) for rule in book.rules for example in rule.examples]


def _run(rule: Rule, example: Example, book: RuleBook) -> ExampleResult:
    event = example.event
    state = new_account(AccountId("example"))
    seen = look(state, _enriched(event), event.time) | values_of(state, book.features, event.time)
    seen.update(example.given)
    found = rule.when[event.type].evaluate(Sight(book.names_on[event.type], seen))
    match found:
        case Undecided(name=name):
            said, passed = f"does not fire: `{name}` has no value", not example.fires
        case Fault(why=why):
            said, passed = f"fails: {why}", False
        case _:
            said, passed = "fires" if found else "does not fire", found is example.fires
    return ExampleResult(rule.name, example.about, example.fires, said, passed)


def _enriched(event: Event) -> EnrichedEvent:
    return EnrichedEvent(event=event, facts=Facts(), seed=bytes(16), received_at=event.time)
