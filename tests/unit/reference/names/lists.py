"""Small lists of names for tests."""

from habeas.domain.listing import Birth, EntityKind, Identifier, ListedEntity, ListedName, ListVersion, ParsedList
from habeas.reference.names.index import NameIndex, build_index

PEOPLE = (
    "KOROLENKO, Grigory Arkadyevich",
    "MARTINENGO, Beatrice",
    "AL-QASIMI, Mohammad Hossein",
    "HERRERA VALDIVIESO, Joaquin",
    "ABDULRAHMAN, Yusuf",
    "TCHERNOVA, Ekaterina",
    "SATTERTHWAITE, William",
    "OYELARAN, Babatunde",
)
ORGANISATIONS = (
    "LIMITED LIABILITY COMPANY SEVERNEFTESTROY",
    "Blue Lantern Shipping Co., Ltd.",
    "ZARYA TRADING HOUSE JSC",
)


def an_entity(
    name: str,
    *aliases: str,
    entry: str = "1",
    kind: EntityKind = EntityKind.PERSON,
    births: tuple[Birth, ...] = (),
    nationalities: tuple[str, ...] = (),
    identifiers: tuple[Identifier, ...] = (),
) -> ListedEntity:
    return ListedEntity(
        list="TEST",
        entry=entry,
        kind=kind,
        names=tuple(ListedName(text) for text in (name, *aliases)),
        births=births,
        nationalities=nationalities,
        identifiers=identifiers,
    )


def a_list(*entities: ListedEntity) -> ParsedList:
    version = ListVersion(list="TEST", version="v1", as_of=None, sha256="0" * 64, entries=len(entities))
    return ParsedList(version, entities)


def an_index(*entities: ListedEntity) -> NameIndex:
    return build_index([a_list(*entities)])


def some_entities() -> tuple[ListedEntity, ...]:
    people = [an_entity(name, entry=f"p{at}") for at, name in enumerate(PEOPLE)]
    others = [an_entity(name, entry=f"o{at}", kind=EntityKind.ORGANISATION) for at, name in enumerate(ORGANISATIONS)]
    return (*people, *others)
