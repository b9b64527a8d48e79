"""From a file to its tags: which format it has, by its content, and that format's reader."""

import re
from collections.abc import Callable
from datetime import date

from msgspec import Struct

from habeas.reference.tags import flat, forta, own, tagpack
from habeas.reference.tags.csv_rows import header_of
from habeas.reference.tags.making import TagSet

_Parse = Callable[[bytes, str, str, date | None], TagSet]

_SET = re.compile(rb'^set *= *"([A-Za-z0-9._-]{1,64})"', re.MULTILINE)
_PACK = re.compile(rb"^tags:\s*(?:#.*)?$", re.MULTILINE)
_ADDRESS = re.compile(rb"\b(?:address|tx_hash)[\"']?:")


class Format(Struct, frozen=True):
    """A known format: how it shows, and what reads it (bytes, file, name of the set or "" if the file may say, day)."""

    shows: Callable[[bytes], bool]
    parse: _Parse


FORMATS: dict[str, Format] = {
    "tagpack": Format(lambda data: bool(_PACK.search(data) and _ADDRESS.search(data)), tagpack.parse),
    "own-toml": Format(
        lambda data: bool(re.search(rb"^\[\[tag\]\]", data, re.MULTILINE)),
        lambda data, file, name, _: own.parse_toml(data, file, name),
    ),
    "flat": Format(lambda data: set(flat.COLUMNS) <= set(header_of(data)), flat.parse),
    "forta": Format(lambda data: forta.is_forta(header_of(data)), forta.parse),
    "own-csv": Format(lambda data: {"address", "chain", "role"} <= set(header_of(data)), own.parse_csv),
}


def tags_format(data: bytes) -> str | None:
    """The format of a file of tags; None for every other file."""
    return next((name for name, known in FORMATS.items() if known.shows(data)), None)


def set_name(data: bytes) -> str:
    """What a file in our own TOML calls its set; "" for every other."""
    found = _SET.search(data) if tags_format(data) == "own-toml" else None
    return found[1].decode() if found else ""


def load_tags(data: bytes, file: str, name: str, as_of: date | None = None) -> TagSet:
    """The tags of a file called `file`, as the set `name`; `as_of` counts where the file itself tells no day.

    Raises BadInputError if the file cannot be used, and then nothing of it is.
    """
    format_ = tags_format(data)
    assert format_ is not None, "only a file that was recognised is read"
    return FORMATS[format_].parse(data, file, name, as_of)
