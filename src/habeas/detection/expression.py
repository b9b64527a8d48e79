"""Expressions in CEL: compiled and typed once against the names that they may use, evaluated within bounds.

CEL has no loops but those over lists, and cannot define functions. What could still make one slow is bounded here: its length,
and one loop in it, so that no loop runs inside another. Regular expressions are RE2's, linear in the text.
"""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Any

from cel_expr_python import cel
from msgspec import Struct

LENGTH_MAX = 1000
"""Characters of an expression."""

LOOPS_MAX = 1


class Type(StrEnum):
    """The types of CEL that the names of an expression may have."""

    BOOL = "bool"
    INT = "int"
    DOUBLE = "double"
    STRING = "string"
    TIMESTAMP = "timestamp"
    DURATION = "duration"
    STRINGS = "list(string)"
    STRING_MAP = "map(string,string)"


Value = bool | int | float | str | datetime | timedelta | list[str] | dict[str, str]
Seen = Mapping[str, Value]
"""What an expression sees: each name with its value. A name without one makes what needs it undecided."""

_CEL: dict[Type, Any] = {
    Type.BOOL: cel.Type.BOOL,
    Type.INT: cel.Type.INT,
    Type.DOUBLE: cel.Type.DOUBLE,
    Type.STRING: cel.Type.STRING,
    Type.TIMESTAMP: cel.Type.TIMESTAMP,
    Type.DURATION: cel.Type.DURATION,
    Type.STRINGS: cel.Type.List(cel.Type.STRING),
    Type.STRING_MAP: cel.Type.Map(cel.Type.STRING, cel.Type.STRING),
}
_LOOP = re.compile(r"\b(all|exists|exists_one|map|filter)\b")
_TIME_ZONE = re.compile(r"\bget[A-Z]\w*\s*\(\s*[^\s)]")
_LIBRARY_SAID = re.compile(r"<input>:(\d+):(\d+): ([^\n]*)")
_UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")
_ABSENT = re.compile(r'No value with name "([^"]+)" found')


class ExpressionError(ValueError):
    """An expression that cannot be used, in one sentence: what is wrong, where, what to do."""


class Undecided(Struct, frozen=True):
    """The event or the account does not carry what the expression needs."""

    name: str


class Fault(Struct, frozen=True):
    """The expression failed with these values, for example by a division by zero."""

    why: str


class Expression:
    """One compiled expression. It is made by `Names.compile`."""

    __slots__ = ("_program", "source", "type")

    def __init__(self, program: Any, source: str, type_: Type) -> None:
        self._program = program
        self.source = source
        self.type = type_

    def evaluate(self, sight: "Sight") -> Any:
        """The value with these values of the names; `Undecided` or `Fault` where there is none."""
        found = self._program.eval(sight.activation)
        value = found.value()
        if not isinstance(value, str) or found.type() != cel.Type.ERROR:
            return value
        absent = _ABSENT.search(value)
        return Undecided(absent[1]) if absent else Fault(value.partition(": ")[2] or value)


class Sight:
    """The values of the names at one event, made ready once for all expressions that look at it."""

    __slots__ = ("activation", "seen")

    def __init__(self, names: "Names", seen: Seen) -> None:
        self.seen = seen
        self.activation = names.environment.Activation(seen)


class Names:
    """The names that an expression may use, with their types."""

    def __init__(self, types: Mapping[str, Type]) -> None:
        self.types = types
        self.environment = cel.NewEnv(variables={name: _CEL[type_] for name, type_ in types.items()})

    def compile(self, source: str, *wanted: Type) -> Expression:
        """An expression of one of the wanted types. Raises ExpressionError, in one sentence."""
        _require_bounded(source)
        try:
            program = self.environment.compile(source)
        except RuntimeError as exc:
            raise ExpressionError(self._sentence(str(exc), source)) from None
        type_ = next((t for t in wanted if _CEL[t] == program.return_type()), None)
        if type_ is None:
            said = program.return_type().name().lower()
            raise ExpressionError(f"`{source}` is of type {said}; it must be {' or '.join(wanted)}")
        return Expression(program, source, type_)

    def _sentence(self, said: str, source: str) -> str:
        """The first complaint of the library, with what to do where we know it."""
        found = _LIBRARY_SAID.search(said)
        if found is None:
            return f"`{source}` cannot be read: {said.splitlines()[0]}"
        line, column, what = found.groups()
        where = f"in `{source}`, " + (f"line {line}, " if "\n" in source.strip() else "") + f"column {column}"
        unknown = _UNDECLARED.search(what)
        if unknown is not None:
            return f"{where}: there is no `{unknown[1]}`; {self._instead(unknown[1])}".replace("\n", " ")
        hint = ""
        if "(double, int)" in what or "(int, double)" in what:
            hint = "; write a decimal number with a point, `5.0`, and a whole one without"
        return f"{where}: {what.replace(' (in container ' + repr('') + ')', '')}{hint}".replace("\n", " ")

    def _instead(self, name: str) -> str:
        if name.startswith("features."):
            return f"declare it as `[feature.{name.removeprefix('features.')}]`"
        close = get_close_matches(name, self.types, n=3)
        if close:
            return f"close to it are {', '.join(close)}"
        group = sorted(known for known in self.types if known.startswith(f"{name.partition('.')[0]}."))
        return f"known are {', '.join(group or sorted(self.types))}"


@cache
def names_of(types: tuple[tuple[str, Type], ...]) -> Names:
    """The names with these types. Making them ready takes a millisecond, so it is done once."""
    return Names(dict(types))


def _require_bounded(source: str) -> None:
    if not source.strip():
        raise ExpressionError("the expression is empty")
    if len(source) > LENGTH_MAX:
        raise ExpressionError(f"the expression has {len(source)} characters; split it, {LENGTH_MAX} is the most")
    if len(_LOOP.findall(source)) > LOOPS_MAX:
        raise ExpressionError(
            f"`{source}` has more than one of all, exists, exists_one, map and filter; one is the most"
        )
    if _TIME_ZONE.search(source):
        raise ExpressionError(
            f"`{source}` asks for a time zone; times are UTC, write for example `event.time.getHours()`"
        )
