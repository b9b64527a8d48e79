"""Expressions: typed and bounded when they are compiled, and told apart where they have no value."""

from time import perf_counter

import pytest

from habeas.detection.expression import LENGTH_MAX, ExpressionError, Fault, Names, Sight, Type, Undecided
from habeas.detection.sight import fields_for
from habeas.domain.event import EVENT_TYPES

NAMES = Names(
    {
        "event.usd": Type.DOUBLE,
        "event.from": Type.STRING,
        "features.n": Type.INT,
        "account.restrictions": Type.STRINGS,
        "event.answers": Type.STRING_MAP,
        "event.time": Type.TIMESTAMP,
        "account.age": Type.DURATION,
    }
)


def value(source: str, **seen: object) -> object:
    named = {name.replace("__", "."): each for name, each in seen.items()}
    return NAMES.compile(source, *Type).evaluate(Sight(NAMES, named))  # type: ignore[arg-type]


def fault(source: str) -> str:
    with pytest.raises(ExpressionError) as caught:
        NAMES.compile(source, Type.BOOL)
    said = str(caught.value)
    assert "\n" not in said
    return said


@pytest.mark.parametrize(
    ("source", "about"),
    [
        ("", "empty"),
        ("event.usd >", "column 12"),
        ("event.usd > 'many'", "no matching overload"),
        ("event.usd > 5", "`5.0`"),
        ("features.n > 5.0", "without"),
        ("event.usdd > 5.0", "there is no `event.usdd`; close to it are event.usd"),
        ("event.quantity_of_coins == ''", "known are event.answers, event.from, event.time, event.usd"),
        ("features.m > 5", "declare it as `[feature.m]`"),
        ("event.usd + 1.0", "it must be bool"),
        ("event.usd > 1.0 &&\n event.usdd > 5.0", "line 2, column"),
        ("has(event.usd) && true", "no matching overload"),
        ("unknown_function(event.usd)", "there is no `unknown_function`"),
        ("event.time.getHours('Europe/Berlin') > 3", "times are UTC"),
        ("[1].all(a, [1].all(b, a == b))", "more than one of"),
        ("event.usd > 1.0" + " && event.usd > 1.0" * 60, f"{LENGTH_MAX} is the most"),
        ("(" * 400 + "true" + ")" * 400, "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(source: str, about: str) -> None:
    assert about in fault(source)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("event.usd > 10.0 && features.n == 2", True),
        ("'STEP_UP' in account.restrictions", True),
        ("account.restrictions.exists(kind, kind.startsWith('OUT'))", False),
        ("event.from.matches('^bc1')", True),
        ("event.answers['a'] == 'yes'", True),
        ("event.usd * 2.0", 25.0),
    ],
)
def test_names_have_their_values(source: str, expected: object) -> None:
    seen = {"event__usd": 12.5, "features__n": 2, "account__restrictions": ["STEP_UP"], "event__from": "bc1q"}
    assert value(source, **seen, event__answers={"a": "yes"}) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("event.usd > 1.0", Undecided("event.usd")),
        ("features.n > 1 && event.usd > 1.0", False),
        ("features.n < 1 && event.usd > 1.0", Undecided("event.usd")),
        ("features.n < 1 || event.usd > 1.0", True),
        ("!(event.usd > 1.0)", Undecided("event.usd")),
    ],
)
def test_what_rests_on_a_value_that_is_not_there_is_undecided(source: str, expected: object) -> None:
    assert value(source, features__n=0) == expected


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("1 / features.n > 1", "divide by zero"),
        ("9223372036854775807 + features.n + 1 > 0", "overflow"),
        ("int(event.from) > 1", "cannot convert"),
        ("event.answers['zz'] == ''", "zz"),
        ("account.restrictions[7] == ''", "index=7"),
        ("event.from.matches('[')", "regular expression"),
    ],
)
def test_what_fails_with_these_values_says_why(source: str, why: str) -> None:
    found = value(source, features__n=0, event__from="x", event__answers={}, account__restrictions=[])
    assert isinstance(found, Fault)
    assert why in found.why


def test_a_text_that_reads_like_an_error_is_a_text() -> None:
    said = 'UNKNOWN: No value with name "x" found in Activation'
    assert value("event.from", event__from=said) == said


@pytest.mark.parametrize(
    "source",
    [
        "event.from.matches('(a+)+$')",
        "[" + ",".join("1" for _ in range(470)) + "].all(n, event.from.matches('(a|aa)+$') || n == 1)",
    ],
)
def test_the_slowest_that_may_be_written_is_bounded(source: str) -> None:
    expression = NAMES.compile(source, Type.BOOL)
    sight = Sight(NAMES, {"event.from": "a" * 20_000 + "b"})
    start = perf_counter()
    expression.evaluate(sight)
    assert perf_counter() - start < 2


@pytest.mark.parametrize("type_", sorted(EVENT_TYPES))
def test_every_field_of_every_event_has_a_type_and_no_field_hides_another(type_: str) -> None:
    import msgspec

    said = {field.encode_name for field in msgspec.structs.fields(EVENT_TYPES[type_].shape)}
    assert not said & {"type", "time"}
    names = {name.split(".")[1] for name in fields_for(type_) if name.startswith("event.")}
    assert names == said | {"type", "time"}
    Names({name: field.type for name, field in fields_for(type_).items()}).compile("true", Type.BOOL)


def test_the_number_of_a_document_is_not_seen() -> None:
    assert "event.document.kind" in fields_for("account.opened")
    assert "event.document.number" not in fields_for("account.opened")
