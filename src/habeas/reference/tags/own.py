"""Habeas' own format for tags: what staff know of an incident, and what law enforcement has flagged. TOML, or csv.

set = "incidents"
origin = "own_incident"
as_of = 2026-11-22

[[tag]]
id = "INC-17"
address = ["0x098B716B8Aaf21512996dC57EB0615e2383E2f96"]
chain = "ethereum"
role = "perpetrator"
category = "theft"
label = "theft from hot wallet 3"
valid_from = 2026-11-20T18:00:00Z
note = "thief's first address, from our own node"
by = "jane:analyst"

A csv file has the same columns, and `origin` in each row. What matters is who says it: `own_incident` and `law_enforcement`
need `note` and `by`; `published` needs `url`. Only a sanctions list itself makes a tag of a sanction.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

import msgspec
from msgspec import Struct

from habeas.domain.errors import BadInputError
from habeas.domain.tag import Tag, TagOrigin, TagRole
from habeas.reference.sanctions.wallets import chain_named, wallet_keys
from habeas.reference.tags.allowed import what_it_is
from habeas.reference.tags.csv_rows import csv_text, rows
from habeas.reference.tags.making import TagSet, checked_address, version_of

ORIGINS = frozenset({TagOrigin.OWN_INCIDENT, TagOrigin.LAW_ENFORCEMENT, TagOrigin.PUBLISHED})
"""Whose word such a file may be. What the crowd says, and what lists say, is read from their own files."""

NEEDED = ("address", "chain", "role", "category", "label", "origin")


class OwnTag(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One `[[tag]]`, or one row."""

    address: str | tuple[str, ...]
    chain: str
    role: TagRole
    category: str
    label: str
    id: str = ""
    origin: TagOrigin | None = None
    confidence: int = 100
    url: str = ""
    note: str = ""
    by: str = ""
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    known_from: datetime | None = None


class OwnFile(Struct, frozen=True, forbid_unknown_fields=True, rename={"name": "set"}):
    """The whole file."""

    name: str
    as_of: date
    tag: tuple[OwnTag, ...]
    origin: TagOrigin | None = None


def parse_toml(data: bytes, file: str, name: str = "", origins: frozenset[TagOrigin] = ORIGINS) -> TagSet:
    """The tags of a TOML file, under `name` if one is given. Raises BadInputError, naming the entry."""
    try:
        own = msgspec.toml.decode(csv_text(data, file), type=OwnFile)
    except msgspec.DecodeError as exc:
        raise BadInputError(f"`{file}` cannot be read: {exc}; correct it") from None
    named = ((f"`{file}`, entry {number}", tag) for number, tag in enumerate(own.tag, 1))
    return _set(data, name or own.name, own.as_of, named, own.origin, origins)


def parse_csv(data: bytes, file: str, name: str, as_of: date | None = None) -> TagSet:
    """The tags of a csv file. Raises BadInputError, naming the line."""
    return _set(data, name, as_of, _rows(data, file), None, ORIGINS)


def _rows(data: bytes, file: str) -> Iterator[tuple[str, OwnTag]]:
    for line, row in rows(data, file, NEEDED):
        where = f"`{file}`, line {line}"
        try:
            yield where, msgspec.convert({key: value for key, value in row.items() if value}, OwnTag, strict=False)
        except msgspec.ValidationError as exc:
            raise BadInputError(f"{where}: {exc}; correct it") from None


def _set(
    data: bytes,
    name: str,
    as_of: date | None,
    named: Iterable[tuple[str, OwnTag]],
    origin: TagOrigin | None,
    origins: frozenset[TagOrigin],
) -> TagSet:
    version = version_of(data, as_of)
    tags: dict[Tag, None] = {}
    for where, own in named:
        try:
            tags.update(dict.fromkeys(_tags(own, own.origin or origin, origins, f"{name}@{version}")))
        except BadInputError as exc:
            raise BadInputError(f"{where}: {exc}") from None
    if not tags:
        raise BadInputError(f"`{name}` has no tags; write at least one, or take the set out of use")
    return TagSet(name=name, version=version, as_of=as_of, tags=tuple(tags))


def _tags(own: OwnTag, origin: TagOrigin | None, origins: frozenset[TagOrigin], source: str) -> Iterator[Tag]:
    if origin not in origins:
        raise BadInputError(f"`origin` must be one of {', '.join(sorted(origins))}, and is `{origin or 'missing'}`")
    _check(own, origin)
    for written in (own.address,) if isinstance(own.address, str) else own.address:
        chain = chain_named(own.chain)
        keys = dict(wallet_keys(checked_address(written), own.chain))
        if chain is None:
            raise BadInputError(f"`{own.chain[:40]}` is no chain that is known; name one like `ethereum` or `bitcoin`")
        if chain not in keys:
            raise BadInputError(f"`{written}` is no address of {chain}; correct one of them")
        known = what_it_is(chain, keys[chain])
        if own.role is TagRole.PERPETRATOR and known and origin is not TagOrigin.SANCTION:
            raise BadInputError(
                f"`{written}` is {known}, which is nobody's, and no perpetrator; look again who was meant"
            )
        yield Tag(
            chain=chain,
            address=keys[chain],
            role=own.role,
            category=own.category,
            label=own.label,
            confidence=own.confidence,
            origin=origin,
            source=source,
            entry=own.id,
            url=own.url,
            valid_from=own.valid_from,
            valid_to=own.valid_to,
            known_from=own.known_from,
        )


def _check(own: OwnTag, origin: TagOrigin) -> None:
    needed = ("note", "by") if origin in (TagOrigin.OWN_INCIDENT, TagOrigin.LAW_ENFORCEMENT) else ("url",)
    empty = next((field for field in (*needed, "category", "label") if not getattr(own, field).strip()), None)
    if empty is not None:
        raise BadInputError(f"`{empty}` is missing; a tag says who found what, and where that is written")
    if not 0 <= own.confidence <= 100:
        raise BadInputError(f"`confidence` is {own.confidence}; it goes from 0 to 100")
    for field in ("valid_from", "valid_to", "known_from"):
        at = getattr(own, field)
        if at is not None and at.tzinfo is None:
            raise BadInputError(f"`{field}` needs a time zone, as in `{at.isoformat()}Z`")
    if own.valid_from is not None and own.valid_to is not None and own.valid_to <= own.valid_from:
        raise BadInputError("`valid_to` is not after `valid_from`; correct one of them")
