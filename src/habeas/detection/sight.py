"""What the rules of analysts see: the names `event.*`, `account.*`, `facts.*`, `features.*`, their types and their values.

A text that is not there is `""`, a list is empty, a map is empty. A number or a time that is not there has no value: what is
computed with it is undecided, and a rule that is undecided does not fire. What would be guessed is not said at all.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import islice
from typing import Any

from msgspec import Struct, inspect

from habeas.detection.expression import Type, Value
from habeas.domain.account import AccountState, StepName
from habeas.domain.destination import destination_of, known_since
from habeas.domain.event import EVENT_TYPES
from habeas.domain.facts import EnrichedEvent
from habeas.domain.place import Place
from habeas.domain.tally import Measure

LIST_MAX = 64
"""Entries of a list or a map that are seen, so that a long one costs no more."""

Read = Callable[[AccountState, EnrichedEvent, datetime], Any]


class Field(Struct, frozen=True):
    """One name: its type, where its value is found, and what it means."""

    type: Type
    read: Read
    means: str


def _place(enriched: EnrichedEvent) -> Place | None:
    return enriched.facts.place


def _since_step(what: StepName) -> Read:
    def read(state: AccountState, _enriched: EnrichedEvent, now: datetime) -> timedelta | None:
        latest = max((step.at for step in state.steps if step.what is what), default=None)
        return None if latest is None else now - latest

    return read


def _destination_known_for(state: AccountState, enriched: EnrichedEvent, now: datetime) -> timedelta | None:
    destination = destination_of(enriched.event)
    if destination is None:
        return None
    since = known_since(getattr(enriched.event.data, "known_since", None), destination, state)
    return timedelta(0) if since is None else max(timedelta(0), now - since)


ACCOUNT: dict[str, Field] = {
    "entity": Field(Type.STRING, lambda s, _e, _n: s.entity, "the legal entity that serves it"),
    "life": Field(Type.STRING, lambda s, _e, _n: s.life, "active, deactivated, retained, purged"),
    "residence": Field(Type.STRING, lambda s, _e, _n: s.residence, "ISO 3166 code"),
    "nationalities": Field(Type.STRINGS, lambda s, _e, _n: s.nationalities, "ISO 3166 codes"),
    "document_country": Field(Type.STRING, lambda s, _e, _n: s.document_country, "that issued the identity document"),
    "kyc_tier": Field(Type.STRING, lambda s, _e, _n: s.kyc_tier, "as the last identity check said"),
    "is_known": Field(
        Type.BOOL, lambda s, _e, _n: s.is_known, "whether anything has shown that there is such an account"
    ),
    "is_subaccount": Field(Type.BOOL, lambda s, _e, _n: bool(s.parents), "whether it has a main account"),
    "age": Field(
        Type.DURATION,
        lambda s, _e, n: None if s.watched_since is None else n - s.watched_since,
        "since we first heard of it",
    ),
    "is_new_device": Field(
        Type.BOOL,
        lambda s, e, n: s.is_on_new_device(getattr(e.event.data, "device", None), n),
        "whether the event's device is unknown or first seen less than a day ago, on an account watched for longer",
    ),
    "destination_known_for": Field(
        Type.DURATION, _destination_known_for, "since when the event's destination is known; 0 s for a new one"
    ),
    "since_proved": Field(
        Type.DURATION,
        lambda s, _e, n: None if s.proved_at is None else n - s.proved_at,
        "since control was last proved in a way that an intruder could not",
    ),
    "restrictions": Field(
        Type.STRINGS,
        lambda s, _e, n: sorted({str(r.kind) for r in s.in_force(n)}),
        "the kinds in force, for example `'STEP_UP' in account.restrictions`",
    ),
    **{
        f"since_{what}": Field(Type.DURATION, _since_step(what), f"since the last step `{what}`, of the last 72 hours")
        for what in StepName
    },
}

FACTS: dict[str, Field] = {
    "country": Field(Type.STRING, lambda _s, e, _n: p.country if (p := _place(e)) else None, "of the event's network"),
    "area": Field(
        Type.STRING, lambda _s, e, _n: p.area if (p := _place(e)) else None, "country, or a territory judged apart"
    ),
    "tags": Field(
        Type.STRINGS,
        lambda _s, e, _n: p.tags if (p := _place(e)) else None,
        "of the network: vpn, tor, hosting, relay, cloud",
    ),
    "is_anonymised": Field(
        Type.BOOL, lambda _s, e, _n: bool((p := _place(e)) and p.is_anonymised), "the network hides where somebody is"
    ),
    "is_disputed": Field(
        Type.BOOL, lambda _s, e, _n: bool((p := _place(e)) and p.disagrees_with), "sources disagree on the country"
    ),
    "unavailable": Field(Type.STRINGS, lambda _s, e, _n: e.facts.unavailable, "what could not be looked up"),
    "wallet_hits": Field(Type.INT, lambda _s, e, _n: len(e.facts.wallets), "listed wallets that the event names"),
    "document_hits": Field(
        Type.INT, lambda _s, e, _n: len(e.facts.documents), "listed entries with the declared document"
    ),
    "name_hits": Field(Type.INT, lambda _s, e, _n: len(e.facts.names), "listed names that the declared name resembles"),
    "name_score": Field(
        Type.DOUBLE, lambda _s, e, _n: max((hit.score for hit in e.facts.names), default=0.0), "of the best of them"
    ),
    "failed_logins": Field(
        Type.INT, lambda _s, e, _n: e.facts.ip_activity.failed_logins, "from the event's IP within an hour, before it"
    ),
    "failed_accounts": Field(
        Type.INT, lambda _s, e, _n: e.facts.ip_activity.accounts, "different accounts they were for"
    ),
    "is_own_counterparty": Field(
        Type.BOOL, lambda _s, e, _n: e.facts.is_own_counterparty, "the transfer stays with the same holder"
    ),
    "other_accounts": Field(Type.INT, lambda _s, e, _n: len(e.facts.siblings), "of the same holder"),
}

COMMON: dict[str, Field] = {
    "event.type": Field(Type.STRING, lambda _s, e, _n: e.event.type, "the type of the event"),
    "event.time": Field(Type.TIMESTAMP, lambda _s, e, _n: e.event.time, "when it happened, UTC"),
    **{f"account.{name}": field for name, field in ACCOUNT.items()},
    **{f"facts.{name}": field for name, field in FACTS.items()},
}

FEATURE_TYPES = {Measure.COUNT: Type.INT, Measure.DISTINCT: Type.INT, Measure.SUM: Type.DOUBLE}
_EMPTY: dict[Type, Callable[[], Value]] = {Type.STRING: str, Type.STRINGS: list, Type.STRING_MAP: dict}


@cache
def fields_for(event_type: str) -> Mapping[str, Field]:
    """All names but the features that a rule on this type of event may use."""
    found = inspect.type_info(EVENT_TYPES[event_type].shape)
    assert isinstance(found, inspect.StructType)
    return COMMON | {f"event.{name}": field for name, field in _data_fields(found, ())}


_NEVER_SEEN = frozenset({("document", "number")})
"""What no rule needs, and no case should quote."""


def _data_fields(shape: inspect.StructType, path: tuple[str, ...]) -> list[tuple[str, Field]]:
    fields: list[tuple[str, Field]] = []
    for field in shape.fields:
        type_, way = _plain(field.type), (*path, field.name)
        if isinstance(type_, inspect.StructType):
            fields += [(f"{field.encode_name}.{name}", inner) for name, inner in _data_fields(type_, way)]
        elif way not in _NEVER_SEEN:
            fields.append((field.encode_name, Field(_TYPES[type(type_)], _read_data(way), "as the event says")))
    return fields


def _plain(type_: inspect.Type) -> inspect.Type:
    """The type without `None`. What may be a text or a number is read as a text."""
    if isinstance(type_, inspect.Metadata):
        return _plain(type_.type)
    if isinstance(type_, inspect.UnionType):
        return _plain(next(each for each in type_.types if not isinstance(each, inspect.NoneType)))
    return type_


_TYPES: dict[type[inspect.Type], Type] = {
    inspect.BoolType: Type.BOOL,
    inspect.IntType: Type.INT,
    inspect.FloatType: Type.DOUBLE,
    inspect.DecimalType: Type.DOUBLE,
    inspect.StrType: Type.STRING,
    inspect.EnumType: Type.STRING,
    inspect.DateTimeType: Type.TIMESTAMP,
    inspect.DateType: Type.TIMESTAMP,
    inspect.VarTupleType: Type.STRINGS,
    inspect.DictType: Type.STRING_MAP,
}


def _read_data(way: tuple[str, ...]) -> Read:
    def read(_state: AccountState, enriched: EnrichedEvent, _now: datetime) -> Any:
        found: Any = enriched.event.data
        for name in way:
            found = getattr(found, name, None)
        return found

    return read


def look(state: AccountState, enriched: EnrichedEvent, now: datetime) -> dict[str, Value]:
    """Every name that has a value, but the features."""
    seen: dict[str, Value] = {}
    for name, field in fields_for(enriched.event.type).items():
        value = field.read(state, enriched, now)
        if value is not None:
            seen[name] = _as_cel(value, field.type)
        elif field.type in _EMPTY:
            seen[name] = _EMPTY[field.type]()
    return seen


def _as_cel(value: Any, type_: Type) -> Value:
    match value:
        case bool() | timedelta():
            return value
        case Decimal():
            return float(value)
        case datetime():
            return value
        case date():
            return datetime.combine(value, time(), UTC)
        case tuple() | list():
            return [str(each) for each in value[:LIST_MAX]]
        case Enum():
            return str(value.value)
        case dict():
            return dict(islice(value.items(), LIST_MAX))
        case int() | str() | float() if type_ is Type.STRING:
            return str(value)
        case _:
            return float(value) if type_ is Type.DOUBLE else int(value)
