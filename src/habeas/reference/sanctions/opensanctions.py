"""OpenSanctions' collections as FollowTheMoney JSON lines (`entities.ftm.json`): one entity a line, properties as lists.

OpenSanctions licenses its data under CC BY-NC 4.0: free for non-commercial use, for everything else under a licence of its
own (opensanctions.org/licensing). Habeas brings none of it; an operator who loads it has that licence.

Read are the schemata that can be listed, and the wallets, passports and identifications that point at them (`holder`).
An entity counts when its topics say that it is sanctioned; one without topics counts too, as in a file of sanctions alone.
"""

from collections.abc import Iterable, Iterator
from datetime import date

import msgspec
from msgspec import Struct

from habeas.domain.listing import (
    EntityKind,
    Identifier,
    IdentifierKind,
    ListedAddress,
    ListedEntity,
    ListedName,
    ListedWallet,
    ListVersion,
    NameQuality,
    ParsedList,
    SourceFile,
    identifier_kind,
    script_of,
)
from habeas.reference.sanctions.births import birth_in
from habeas.reference.sanctions.country_names import country_code, country_codes
from habeas.reference.sanctions.damage import ListDamagedError, digest_of, text_of
from habeas.reference.sanctions.whole import whole_list

LIST = "OPENSANCTIONS"
_WHAT = "the OpenSanctions file"
_KINDS = {
    "Person": EntityKind.PERSON,
    "Organization": EntityKind.ORGANISATION,
    "Company": EntityKind.ORGANISATION,
    "PublicBody": EntityKind.ORGANISATION,
    "LegalEntity": EntityKind.ORGANISATION,
    "Vessel": EntityKind.VESSEL,
    "Airplane": EntityKind.AIRCRAFT,
    "CryptoWallet": EntityKind.UNNAMED,
}
_DOCUMENTS = frozenset({"Passport", "Identification"})
_SANCTIONED = frozenset({"sanction"})
_NUMBERS: dict[str, IdentifierKind] = {
    "passportNumber": IdentifierKind.PASSPORT,
    "idNumber": IdentifierKind.NATIONAL_ID,
    "socialSecurityNumber": IdentifierKind.NATIONAL_ID,
    "taxNumber": IdentifierKind.TAX_ID,
    "innCode": IdentifierKind.TAX_ID,
    "vatCode": IdentifierKind.TAX_ID,
    "registrationNumber": IdentifierKind.REGISTRATION,
    "ogrnCode": IdentifierKind.REGISTRATION,
    "leiCode": IdentifierKind.REGISTRATION,
    "imoNumber": IdentifierKind.IMO,
    "mmsi": IdentifierKind.MMSI,
    "swiftBic": IdentifierKind.BIC,
    "serialNumber": IdentifierKind.AIRCRAFT,
    "email": IdentifierKind.EMAIL,
    "phone": IdentifierKind.PHONE,
    "website": IdentifierKind.WEBSITE,
}


class FtmEntity(Struct):
    """One line of the file; all other fields are passed over."""

    id: str
    schema: str
    properties: dict[str, list[str]] = {}
    caption: str = ""
    last_change: str = ""


def parse(data: bytes, as_of: date | None = None) -> ParsedList:
    """The list. It says nowhere from when it is, so the latest change in it counts where `as_of` is not given.

    Raises ListDamagedError.
    """
    text_of(data, _WHAT)
    lines = list(_lines(data))
    holders: dict[str, list[FtmEntity]] = {}
    for line in lines:
        if line.schema in _DOCUMENTS or line.schema == "CryptoWallet":
            for holder in line.properties.get("holder", ()):
                holders.setdefault(holder, []).append(line)
    entities = [_entity(line, holders.get(line.id, [])) for line in lines if _is_listed(line)]
    day = as_of or _latest(lines)
    digest = digest_of(data)
    version = ListVersion(
        list=LIST,
        version=day.isoformat() if day else digest[:12],
        as_of=day,
        sha256=digest,
        entries=len(entities),
        files=(SourceFile("entities.ftm.json", digest, day),),
        notes=("OpenSanctions data is licensed under CC BY-NC 4.0; commercial use needs a licence from OpenSanctions",),
    )
    return whole_list(version, entities, what=_WHAT)


def _lines(data: bytes) -> Iterator[FtmEntity]:
    decode = msgspec.json.Decoder(FtmEntity).decode
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            yield decode(line)
        except msgspec.DecodeError as error:
            raise ListDamagedError(
                f"{_WHAT} is cut off or damaged: line {number} is no entity ({error}); fetch it again"
            ) from None


def _is_listed(line: FtmEntity) -> bool:
    if line.schema not in _KINDS:
        return False
    topics = line.properties.get("topics")
    if line.schema == "CryptoWallet":
        # A wallet with a holder is told as the holder's.
        return bool(line.properties.get("publicKey")) and not line.properties.get("holder")
    return bool(_names(line)) and (topics is None or not _SANCTIONED.isdisjoint(topics))


def _latest(lines: Iterable[FtmEntity]) -> date | None:
    days = [line.last_change[:10] for line in lines if line.last_change]
    try:
        return date.fromisoformat(max(days)) if days else None
    except ValueError:
        raise ListDamagedError(f"{_WHAT} has a `last_change` that is no date: `{max(days)}`; fetch it again") from None


def _entity(line: FtmEntity, held: list[FtmEntity]) -> ListedEntity:
    said = line.properties
    places = [*said.get("country", ()), *said.get("jurisdiction", ())]
    return ListedEntity(
        list=LIST,
        entry=line.id,
        kind=_KINDS[line.schema],
        names=_names(line),
        births=tuple(dict.fromkeys(birth for birth in map(birth_in, said.get("birthDate", ())) if birth)),
        birth_places=tuple(dict.fromkeys(said.get("birthPlace", ()))),
        nationalities=country_codes([*said.get("nationality", ()), *said.get("citizenship", ())]),
        identifiers=tuple(dict.fromkeys((*_numbers(said), *(number for one in held for number in _documents(one))))),
        wallets=tuple(dict.fromkeys(wallet for one in (line, *held) for wallet in _wallets(one))),
        addresses=tuple(
            dict.fromkeys(
                (
                    *(ListedAddress(text) for text in said.get("address", ())),
                    *(ListedAddress("", country_code(place)) for place in places),
                )
            )
        ),
        programmes=tuple(dict.fromkeys((*said.get("programId", ()), *said.get("program", ())))),
        titles=tuple(dict.fromkeys((*said.get("title", ()), *said.get("position", ())))),
        gender=next(iter(said.get("gender", ())), ""),
        remarks="; ".join(said.get("notes", ())),
    )


def _names(line: FtmEntity) -> tuple[ListedName, ...]:
    """The caption leads as the primary name; other names and aliases are strong, weak aliases weak. Each once."""
    if line.schema == "CryptoWallet":
        return ()
    said = line.properties
    names = list(dict.fromkeys(name for name in (line.caption, *said.get("name", ())) if name))
    family, given = (next(iter(said.get(part, ())), "") for part in ("lastName", "firstName"))
    sorted_by_quality = (
        *((name, NameQuality.STRONG if place else NameQuality.PRIMARY) for place, name in enumerate(names)),
        *((name, NameQuality.STRONG) for name in (*said.get("alias", ()), *said.get("previousName", ()))),
        *((name, NameQuality.WEAK) for name in said.get("weakAlias", ())),
    )
    found: dict[str, ListedName] = {}
    for text, quality in sorted_by_quality:
        parts = (family, given) if quality is NameQuality.PRIMARY else ("", "")
        found.setdefault(text, ListedName(text, quality, script_of(text), *parts))
    return tuple(found.values())


def _numbers(said: dict[str, list[str]]) -> Iterator[Identifier]:
    nationalities = country_codes([*said.get("nationality", ()), *said.get("citizenship", ())])
    issuer = nationalities[0] if len(nationalities) == 1 else ""
    for name, kind in _NUMBERS.items():
        country = issuer if kind in (IdentifierKind.PASSPORT, IdentifierKind.NATIONAL_ID) else ""
        for number in said.get(name, ()):
            yield Identifier(kind, number, country, name)


def _documents(line: FtmEntity) -> Iterator[Identifier]:
    if line.schema not in _DOCUMENTS:
        return
    label = next(iter(line.properties.get("type", ())), line.schema)
    kind = IdentifierKind.PASSPORT if line.schema == "Passport" else identifier_kind(label)
    country = country_code(next(iter(line.properties.get("country", ())), ""))
    for number in line.properties.get("number", ()):
        yield Identifier(kind, number, country, label)


def _wallets(line: FtmEntity) -> Iterator[ListedWallet]:
    if line.schema == "CryptoWallet":
        asset = next(iter(line.properties.get("currency", ())), "")
        for address in line.properties.get("publicKey", ()):
            yield ListedWallet(asset, address)
