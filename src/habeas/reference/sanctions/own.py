"""Habeas' own format for a small list: TOML that a person can write and read, with the source and the date of its facts.

list = "MY-BANK"
source = "decision of the risk committee"
as_of = 2026-11-22

[[entry]]
id = "1"
kind = "person"
names = ["DOE, John"]
weak_names = ["JD"]
births = ["15 Jan 1955"]
nationalities = ["GB"]
programmes = ["INTERNAL"]
wallets = ["XBT 1BoatSLRHtKNngkdXEeobR76b53LETtpyT"]
documents = ["Passport 645720381 (Russia)"]
"""

from datetime import date

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from habeas.domain.listing import (
    EntityKind,
    ListedEntity,
    ListedName,
    ListedWallet,
    ListVersion,
    NameQuality,
    ParsedList,
    SourceFile,
)
from habeas.reference.sanctions.births import birth_in
from habeas.reference.sanctions.country_names import country_codes
from habeas.reference.sanctions.damage import ListDamagedError, digest_of, text_of
from habeas.reference.sanctions.ofac_csv import listed_name
from habeas.reference.sanctions.ofac_remarks import document_in
from habeas.reference.sanctions.wallets import chains_of
from habeas.reference.sanctions.whole import whole_list

_WHAT = "the list in Habeas' own format"


class Entry(Struct, forbid_unknown_fields=True):
    """One `[[entry]]`."""

    id: str
    kind: EntityKind
    names: list[str] = []
    aliases: list[str] = []
    weak_names: list[str] = []
    births: list[str] = []
    birth_places: list[str] = []
    nationalities: list[str] = []
    programmes: list[str] = []
    wallets: list[str] = []
    documents: list[str] = []
    gender: str = ""
    remarks: str = ""


class OwnFile(Struct, forbid_unknown_fields=True, rename={"name": "list"}):
    """The whole file."""

    name: str
    source: str
    as_of: date
    entry: list[Entry]


def parse(data: bytes, as_of: date | None = None) -> ParsedList:
    """The list. Its own date counts, whatever `as_of` says. Raises ListDamagedError."""
    del as_of  # the format demands a date
    text = text_of(data, _WHAT)
    try:
        file = msgspec.toml.decode(text, type=OwnFile)
    except msgspec.DecodeError as error:
        raise ListDamagedError(f"{_WHAT} cannot be read: {error}") from None
    digest = digest_of(data)
    version = ListVersion(
        list=file.name,
        version=file.as_of.isoformat(),
        as_of=file.as_of,
        sha256=digest,
        entries=len(file.entry),
        files=(SourceFile(file.source, digest, file.as_of),),
    )
    return whole_list(version, [_entity(file.name, entry) for entry in file.entry], what=_WHAT)


def _entity(list_: str, entry: Entry) -> ListedEntity:
    births = [birth_in(text) for text in entry.births]
    wallets = [_wallet(text) for text in entry.wallets]
    documents = [document_in(text) for text in entry.documents]
    for texts, values in ((entry.births, births), (entry.wallets, wallets), (entry.documents, documents)):
        unread = [text for text, value in zip(texts, values, strict=True) if value is None]
        if unread:
            raise ListDamagedError(f"{_WHAT} has `{unread[0]}` in its entry `{entry.id}`, which cannot be read")
    return ListedEntity(
        list=list_,
        entry=entry.id,
        kind=entry.kind,
        names=(
            *(_name(text, entry.kind, NameQuality.PRIMARY) for text in entry.names[:1]),
            *(_name(text, entry.kind, NameQuality.STRONG) for text in (*entry.names[1:], *entry.aliases)),
            *(_name(text, entry.kind, NameQuality.WEAK) for text in entry.weak_names),
        ),
        births=tuple(birth for birth in births if birth),
        birth_places=tuple(entry.birth_places),
        nationalities=country_codes(entry.nationalities),
        identifiers=tuple(document for document in documents if document),
        wallets=tuple(wallet for wallet in wallets if wallet),
        programmes=tuple(entry.programmes),
        gender=entry.gender,
        remarks=entry.remarks,
    )


def _name(text: str, kind: EntityKind, quality: NameQuality) -> ListedName:
    return replace(listed_name(text, kind), quality=quality)


def _wallet(text: str) -> ListedWallet | None:
    asset, _, address = text.partition(" ")
    return ListedWallet(asset, address) if chains_of(address, asset=asset) else None
