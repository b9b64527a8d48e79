"""The EU's consolidated list of financial sanctions, as XML by the published schema FSF 1.1 (namespace `fpi/fsd/export`).

Everything stands in attributes. An entry's own id is `logicalId`, since not every entry has an EU reference number. The list
marks no name as the primary one and repeats a name for each regulation that amended it: the first is taken as primary.
"""

from datetime import date
from xml.etree.ElementTree import Element

from habeas.domain.listing import (
    Birth,
    EntityKind,
    Identifier,
    ListedAddress,
    ListedEntity,
    ListedName,
    ListVersion,
    NameQuality,
    ParsedList,
    SourceFile,
    identifier_kind,
    script_of,
)
from habeas.reference.sanctions.births import birth_in, birth_within
from habeas.reference.sanctions.country_names import country_code, country_codes
from habeas.reference.sanctions.damage import ListDamagedError, digest_of
from habeas.reference.sanctions.whole import whole_list
from habeas.reference.sanctions.xml_tree import tree_of

LIST = "EU-FSF"
_WHAT = "the EU list"
_KINDS = {
    "person": EntityKind.PERSON,
    "enterprise": EntityKind.ORGANISATION,
    "P": EntityKind.PERSON,
    "E": EntityKind.ORGANISATION,
}
_GENDERS = {"M": "male", "F": "female"}
_ADDRESS_PARTS = ("street", "poBox", "zipCode", "city", "region", "place")


def parse(data: bytes, as_of: date | None = None) -> ParsedList:
    """The list. Its own date counts; `as_of` only where it says none. Raises ListDamagedError."""
    root = tree_of(data, _WHAT)
    generated = root.get("generationDate", "")
    try:
        day = date.fromisoformat(generated[:10]) if generated else as_of
    except ValueError:
        raise ListDamagedError(f"{_WHAT} says that it is of `{generated}`, which is no date; fetch it again") from None
    entities = [_entity(element) for element in root.iterfind("sanctionEntity")]
    digest = digest_of(data)
    version = ListVersion(
        list=LIST,
        version=root.get("globalFileId") or (day.isoformat() if day else digest[:12]),
        as_of=day,
        sha256=digest,
        entries=len(entities),
        files=(SourceFile("FSF 1.1", digest, day),),
    )
    return whole_list(version, entities, what=_WHAT)


def _entity(element: Element) -> ListedEntity:
    subject = element.find("subjectType")
    word = "" if subject is None else subject.get("code", "") or subject.get("classificationCode", "")
    entry, kind = element.get("logicalId", ""), _KINDS.get(word)
    if not entry or kind is None:
        raise ListDamagedError(f"{_WHAT} has an entry `{entry}` of the unknown type `{word}`; fetch it again")
    names = list(dict.fromkeys(_name(alias) for alias in element.iterfind("nameAlias") if _whole_name(alias)))
    births, citizenships = list(element.iterfind("birthdate")), list(element.iterfind("citizenship"))
    titles = [alias.get(word, "") for alias in element.iterfind("nameAlias") for word in ("title", "function")]
    genders = {alias.get("gender", "") for alias in element.iterfind("nameAlias")}
    return ListedEntity(
        list=LIST,
        entry=entry,
        kind=kind,
        names=_with_primary(names),
        births=tuple(dict.fromkeys(birth for birth in map(_birth, births) if birth)),
        birth_places=tuple(dict.fromkeys(place for place in map(_place, births) if place)),
        nationalities=country_codes([_country(citizenship) for citizenship in citizenships]),
        identifiers=tuple(
            dict.fromkeys(_identifier(item) for item in element.iterfind("identification") if _number(item))
        ),
        addresses=tuple(dict.fromkeys(_address(address) for address in element.iterfind("address"))),
        programmes=tuple(
            dict.fromkeys(item.get("programme", "") for item in element.iterfind("regulation") if item.get("programme"))
        ),
        titles=tuple(dict.fromkeys(title for title in titles if title)),
        gender=next((_GENDERS[gender] for gender in genders if gender in _GENDERS), ""),
        remarks="; ".join(
            part
            for part in (
                element.get("euReferenceNumber", ""),
                element.get("unitedNationId", ""),
                element.get("designationDetails", ""),
                *(" ".join((remark.text or "").split()) for remark in element.iterfind("remark")),
            )
            if part
        ),
    )


def _with_primary(names: list[ListedName]) -> tuple[ListedName, ...]:
    """The first strong name leads, as the primary one; the first of all where none is strong."""
    if not names:
        return ()
    lead = next((name for name in names if name.quality is NameQuality.STRONG), names[0])
    primary = ListedName(lead.text, NameQuality.PRIMARY, lead.script, lead.family, lead.given)
    return (primary, *(name for name in names if name != lead))


def _whole_name(alias: Element) -> str:
    parts = (alias.get(part, "") for part in ("firstName", "middleName", "lastName"))
    return " ".join((alias.get("wholeName") or " ".join(parts)).split())


def _name(alias: Element) -> ListedName:
    text = _whole_name(alias)
    given = " ".join(f"{alias.get('firstName', '')} {alias.get('middleName', '')}".split())
    # Without `strong` the list says nothing against the name, so it counts in full.
    quality = NameQuality.WEAK if alias.get("strong") == "false" else NameQuality.STRONG
    return ListedName(text, quality, script_of(text), alias.get("lastName", "").strip() if given else "", given)


def _birth(item: Element) -> Birth | None:
    circa = item.get("circa") == "true"
    if day := item.get("birthdate"):
        return birth_in(f"circa {day}" if circa else day)
    first, last = _whole_number(item, "yearRangeFrom"), _whole_number(item, "yearRangeTo")
    if first and last:
        return birth_within((first, 0, 0), (last, 0, 0), circa=circa)
    year, month = _whole_number(item, "year"), _whole_number(item, "monthOfYear")
    return birth_within((year, month, _whole_number(item, "dayOfMonth")), circa=circa) if year else None


def _whole_number(item: Element, name: str) -> int:
    text = item.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else 0


def _place(item: Element) -> str:
    parts = [item.get(part, "").strip() for part in ("place", "city", "region", "countryDescription")]
    return ", ".join(part for part in parts if part and part != "UNKNOWN")


def _country(item: Element) -> str:
    code = item.get("countryIso2Code", "")
    return code if code not in ("", "00") else item.get("countryDescription", "")


def _number(item: Element) -> str:
    return (item.get("number") or item.get("latinNumber") or "").strip()


def _identifier(item: Element) -> Identifier:
    label = item.get("identificationTypeDescription") or item.get("identificationTypeCode") or ""
    kind = identifier_kind(f"{item.get('identificationTypeCode', '')} {label}")
    return Identifier(kind, _number(item), country_code(_country(item)), label)


def _address(item: Element) -> ListedAddress:
    text = ", ".join(part for part in (item.get(part, "").strip() for part in _ADDRESS_PARTS) if part)
    return ListedAddress(text, country_code(_country(item)))
