"""Dates of birth as lists write them: a day, a month, a year, a range, or about one of these."""

import re
from calendar import monthrange
from datetime import date

from habeas.domain.listing import Birth

_MONTH_NAMES = "jan feb mar apr may jun jul aug sep oct nov dec"
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES.split(), start=1)}
_WORDS = re.compile(r"^(?:(?:(\d{1,2})\s+)?([A-Za-z]{3})[a-z]*\s+)?(\d{4})$")
_ISO = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T+Z-].*)?)?)?$")
_SLASHES = re.compile(r"^(?:(dd|\d{1,2})/)?(mm|\d{1,2})/(\d{4})$", re.IGNORECASE)
_CIRCA = re.compile(r"^(?:circa|approximately|approx\.?|c\.|ca\.|about)\s*", re.IGNORECASE)
_BETWEEN = re.compile(r"\s+(?:to|and|-)\s+|(?<=\d{4})\s*[-/]\s*(?=\d{4}$)", re.IGNORECASE)


def birth_within(
    first: tuple[int, int, int], last: tuple[int, int, int] | None = None, *, circa: bool = False
) -> Birth | None:
    """A birth from parts (year, month, day), 0 where a part is unknown; None when there is no such day or year."""
    try:
        return Birth(_first_day(*first), _last_day(*(last or first)), circa)
    except ValueError:
        return None


def birth_in(text: str) -> Birth | None:
    """A birth from words: `15 Jan 1955`, `Mar 1957`, `1951 to 1953`, `circa 1960`, `1962-03`, `dd/mm/1945`.

    None for what says no year, so that a date which cannot be read is left out and not guessed.
    """
    words = _CIRCA.sub("", text.strip())
    circa = words != text.strip()
    ends = [_parts(end.strip()) for end in _BETWEEN.split(words)] if not _ISO.match(words) else [_parts(words)]
    match ends:
        case [(int(), int(), int()) as only]:
            return birth_within(only, circa=circa)
        case [(int(), int(), int()) as first, (int(), int(), int()) as last]:
            return birth_within(first, last, circa=circa)
        case _:
            return None


def _parts(text: str) -> tuple[int, int, int] | None:
    if found := _WORDS.match(text):
        day, month, year = found.groups()
        number = _MONTHS.get((month or "").lower(), 0)
        return None if month and not number else (int(year), number, int(day or 0))
    if found := _ISO.match(text):
        year, month, day = found.groups()
        return int(year), int(month or 0), int(day or 0)
    if found := _SLASHES.match(text):
        day, month, year = (part if part and part.isdigit() else "0" for part in found.groups())
        return int(year), int(month), int(day)
    return None


def _first_day(year: int, month: int, day: int) -> date:
    return date(year, month or 1, (day or 1) if month else 1)


def _last_day(year: int, month: int, day: int) -> date:
    if not month:
        return date(year, 12, 31)
    if not 1 <= month <= 12:
        raise ValueError(f"month `{month}`")
    return date(year, month, day or monthrange(year, month)[1])
