"""OFAC's SDN list as XML (`SDN.XML`), by the published schema `sdnList`: one `sdnEntry` an entry, nothing cut off.

`publshInformation` (so spelled) says from when the list is and how many entries it has; a file with another number of
entries is not whole.
"""

from datetime import date, datetime
from xml.etree.ElementTree import Element

from habeas.domain.listing import (
    EntityKind,
    ListedAddress,
    ListedEntity,
    ListedName,
    ListedWallet,
    ListVersion,
    NameQuality,
    ParsedList,
    SourceFile,
    script_of,
)
from habeas.reference.sanctions.births import birth_in
from habeas.reference.sanctions.country_names import country_code
from habeas.reference.sanctions.damage import ListDamagedError, digest_of
from habeas.reference.sanctions.ofac_csv import LIST, entity_from
from habeas.reference.sanctions.ofac_remarks import (
    WALLET_LABEL,
    Remarks,
    identifier_from,
    is_document_label,
    read_remarks,
)
from habeas.reference.sanctions.whole import whole_list
from habeas.reference.sanctions.xml_tree import text_at, texts_at, tree_of

_WHAT = "the SDN list as XML"
_KINDS = {
    "Entity": EntityKind.ORGANISATION,
    "Individual": EntityKind.PERSON,
    "Vessel": EntityKind.VESSEL,
    "Aircraft": EntityKind.AIRCRAFT,
}
_QUALITIES = {"strong": NameQuality.STRONG, "weak": NameQuality.WEAK}
_STREET = ("address1", "address2", "address3", "city", "stateOrProvince", "postalCode")
_VESSEL = ("callSign", "vesselType", "tonnage", "grossRegisteredTonnage", "vesselFlag", "vesselOwner")


def parse(data: bytes, as_of: date | None = None) -> ParsedList:
    """The list. Its own date counts; `as_of` only where it says none. Raises ListDamagedError."""
    root = tree_of(data, _WHAT)
    entities = [_entity(element) for element in root.iterfind("sdnEntry")]
    stated = text_at(root, "publshInformation/Record_Count")
    if stated and stated != str(len(entities)):
        raise ListDamagedError(f"{_WHAT} says that it has {stated} entries but has {len(entities)}; fetch it again")
    published = _published(text_at(root, "publshInformation/Publish_Date")) or as_of
    digest = digest_of(data)
    version = ListVersion(
        list=LIST,
        version=published.isoformat() if published else digest[:12],
        as_of=published,
        sha256=digest,
        entries=len(entities),
        files=(SourceFile("SDN.XML", digest, published),),
    )
    return whole_list(version, entities, what=_WHAT)


def _published(text: str) -> date | None:
    try:
        return datetime.strptime(text, "%m/%d/%Y").date() if text else None  # noqa: DTZ007 - a day, not an instant
    except ValueError:
        raise ListDamagedError(f"{_WHAT} says that it is of `{text}`, which is no date; fetch it again") from None


def _entity(element: Element) -> ListedEntity:
    entry, kind_word = text_at(element, "uid"), text_at(element, "sdnType")
    kind = _KINDS.get(kind_word)
    if not entry or kind is None:
        raise ListDamagedError(f"{_WHAT} has an entry `{entry}` of the unknown type `{kind_word}`; fetch it again")
    remarks = read_remarks(text_at(element, "remarks"))
    for item in element.iterfind("idList/id"):
        _read_id(remarks, item)
    for text in texts_at(element, "dateOfBirthList/dateOfBirthItem/dateOfBirth"):
        if birth := birth_in(text):
            remarks.births.append(birth)
        else:
            remarks.rest.append(f"DOB {text}")
    remarks.birth_places += texts_at(element, "placeOfBirthList/placeOfBirthItem/placeOfBirth")
    for path in ("nationalityList/nationality/country", "citizenshipList/citizenship/country"):
        remarks.nationalities += map(country_code, texts_at(element, path))
    return entity_from(
        entry,
        kind,
        (_name(element, NameQuality.PRIMARY), *(_alias(aka) for aka in element.iterfind("akaList/aka"))),
        remarks,
        programmes=texts_at(element, "programList/program"),
        titles=texts_at(element, "title"),
        addresses=tuple(_address(address) for address in element.iterfind("addressList/address")),
        vessel=[text_at(element, f"vesselInfo/{field}") for field in _VESSEL],
    )


def _read_id(remarks: Remarks, item: Element) -> None:
    label, number = text_at(item, "idType"), text_at(item, "idNumber")
    if label.startswith(WALLET_LABEL):
        remarks.wallets.append(ListedWallet(label.removeprefix(WALLET_LABEL), number))
    elif label == "Gender":
        remarks.gender = number.lower()
    elif is_document_label(label) and (identifier := identifier_from(label, number, text_at(item, "idCountry"))):
        remarks.identifiers.append(identifier)
    else:
        remarks.rest.append(f"{label} {number}".strip())


def _alias(aka: Element) -> ListedName:
    return _name(aka, _QUALITIES.get(text_at(aka, "category"), NameQuality.STRONG))


def _name(element: Element, quality: NameQuality) -> ListedName:
    family, given = text_at(element, "lastName"), text_at(element, "firstName")
    if not given:
        return ListedName(family, quality, script_of(family))
    return ListedName(f"{family}, {given}", quality, script_of(family), family, given)


def _address(address: Element) -> ListedAddress:
    parts = (text_at(address, part) for part in _STREET)
    return ListedAddress(", ".join(part for part in parts if part), country_code(text_at(address, "country")))
