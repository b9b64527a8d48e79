"""The consolidated list of the UN Security Council, as XML by its published schema (`CONSOLIDATED_LIST`).

An entry's own id is `DATAID`; the reference number by which people cite it (`QDi.001`) begins its `remarks`. The names
come in up to four parts in the order in which they are said.
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
from habeas.reference.sanctions.births import birth_in
from habeas.reference.sanctions.country_names import country_code, country_codes
from habeas.reference.sanctions.damage import ListDamagedError, digest_of
from habeas.reference.sanctions.whole import whole_list
from habeas.reference.sanctions.xml_tree import text_at, texts_at, tree_of

LIST = "UN-SC"
_WHAT = "the UN list"
_KINDS = {"INDIVIDUAL": EntityKind.PERSON, "ENTITY": EntityKind.ORGANISATION}
_NAME_PARTS = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_WEAK = frozenset({"Low"})
_ADDRESS_PARTS = ("STREET", "CITY", "STATE_PROVINCE", "ZIP_CODE", "NOTE")
_PLACE_PARTS = ("CITY", "STATE_PROVINCE", "COUNTRY")


def parse(data: bytes, as_of: date | None = None) -> ParsedList:
    """The list. Its own date counts; `as_of` only where it says none. Raises ListDamagedError."""
    root = tree_of(data, _WHAT)
    generated = root.get("dateGenerated", "")[:10]
    day = _day(generated) or as_of
    elements = [*root.iterfind("INDIVIDUALS/INDIVIDUAL"), *root.iterfind("ENTITIES/ENTITY")]
    entities = [_entity(element) for element in elements]
    digest = digest_of(data)
    version = ListVersion(
        list=LIST,
        version=root.get("dateGenerated") or (day.isoformat() if day else digest[:12]),
        as_of=day,
        sha256=digest,
        entries=len(entities),
        files=(SourceFile("consolidated.xml", digest, day),),
    )
    return whole_list(version, entities, what=_WHAT)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ListDamagedError(f"{_WHAT} says that it is of `{text}`, which is no date; fetch it again") from None


def _entity(element: Element) -> ListedEntity:
    entry, kind = text_at(element, "DATAID"), element.tag
    if not entry:
        raise ListDamagedError(f"{_WHAT} has an entry without `DATAID`; fetch it again")
    primary = " ".join(part for part in (text_at(element, part) for part in _NAME_PARTS) if part)
    original = text_at(element, "NAME_ORIGINAL_SCRIPT")
    names = (
        *((ListedName(primary, NameQuality.PRIMARY, script_of(primary)),) if primary else ()),
        *((ListedName(original, NameQuality.STRONG, script_of(original)),) if original else ()),
        *(_alias(alias) for alias in element.iterfind(f"{kind}_ALIAS") if text_at(alias, "ALIAS_NAME")),
    )
    return ListedEntity(
        list=LIST,
        entry=entry,
        kind=_KINDS[kind],
        names=tuple(dict.fromkeys(names)),
        births=_births(element),
        birth_places=_places(element),
        nationalities=country_codes(list(texts_at(element, "NATIONALITY/VALUE"))),
        identifiers=tuple(
            dict.fromkeys(
                _identifier(document)
                for document in element.iterfind(f"{kind}_DOCUMENT")
                if text_at(document, "NUMBER")
            )
        ),
        addresses=tuple(dict.fromkeys(_addresses(element, f"{kind}_ADDRESS"))),
        programmes=texts_at(element, "UN_LIST_TYPE"),
        titles=(*texts_at(element, "TITLE/VALUE"), *texts_at(element, "DESIGNATION/VALUE")),
        gender=text_at(element, "GENDER").lower(),
        remarks=" ".join(
            part for part in (text_at(element, "REFERENCE_NUMBER"), text_at(element, "COMMENTS1")) if part
        ),
    )


def _alias(alias: Element) -> ListedName:
    text = text_at(alias, "ALIAS_NAME")
    quality = NameQuality.WEAK if text_at(alias, "QUALITY") in _WEAK else NameQuality.STRONG
    return ListedName(text, quality, script_of(text))


def _births(element: Element) -> tuple[Birth, ...]:
    births = []
    for item in element.iterfind("INDIVIDUAL_DATE_OF_BIRTH"):
        about = "circa " if text_at(item, "TYPE_OF_DATE").upper() == "APPROXIMATELY" else ""
        first, last = text_at(item, "FROM_YEAR"), text_at(item, "TO_YEAR")
        said = text_at(item, "DATE") or text_at(item, "YEAR") or (f"{first} to {last}" if first and last else first)
        if birth := birth_in(about + said):
            births.append(birth)
    return tuple(dict.fromkeys(births))


def _places(element: Element) -> tuple[str, ...]:
    places = (
        ", ".join(part for part in (text_at(place, part) for part in _PLACE_PARTS) if part)
        for place in element.iterfind("INDIVIDUAL_PLACE_OF_BIRTH")
    )
    return tuple(dict.fromkeys(place for place in places if place))


def _identifier(document: Element) -> Identifier:
    label = text_at(document, "TYPE_OF_DOCUMENT")
    country = text_at(document, "ISSUING_COUNTRY") or text_at(document, "COUNTRY_OF_ISSUE")
    return Identifier(identifier_kind(label), text_at(document, "NUMBER"), country_code(country), label)


def _addresses(element: Element, tag: str) -> list[ListedAddress]:
    found = []
    for address in element.iterfind(tag):
        text = ", ".join(part for part in (text_at(address, part) for part in _ADDRESS_PARTS) if part)
        country = country_code(text_at(address, "COUNTRY"))
        if text or country:
            found.append(ListedAddress(text, country))
    return found
