"""A changed list asks only the customers who could be meant, and loses none of them."""

import pytest

from habeas.domain.listing import EntityKind
from habeas.domain.screening import Query
from habeas.reference.names.customers import build_customer_index
from habeas.reference.sanctions.births import birth_in
from tests.unit.reference.names.lists import an_index, some_entities

NAMES = (
    "Grigory Korolenko",
    "Григорий Короленко",
    "G. Korolenko",
    "Beatrise Martinengo",
    "Yusuf Abdul Rahman",
    "Ekaterina Chernova",
    "Oyelaran Baba Tunde",
    "Jane Doe",
    "Maria Garcia",
    "Grigory Petrov",
    "محمد حسين القاسمي",
    "王伟",
    "...",
)
FIRMS = ("Severneftestroy OOO", "Zarya Trading HouseJSC")
CUSTOMERS = {
    **{
        f"person {name}": Query(name=name, birth=birth_in("1970"), countries=("RU",), kind=EntityKind.PERSON)
        for name in NAMES
    },
    **{f"firm {name}": Query(name=name, kind=EntityKind.ORGANISATION) for name in FIRMS},
    **{f"either {name}": Query(name=name) for name in (*NAMES, *FIRMS)},
}
LISTED = an_index(*some_entities())
EVERYBODY = [("TEST", entity.entry) for entity in some_entities()]
INDEX = build_customer_index(CUSTOMERS.items())


def alike(entries: set[str]) -> set[str]:
    """Whom screening everybody finds."""
    return {id_ for id_, who in CUSTOMERS.items() if any(hit.entry in entries for hit in LISTED.screen(who))}


@pytest.mark.parametrize("entry", [entry for _, entry in EVERYBODY])
def test_nobody_is_left_out_whom_screening_everybody_finds(entry: str) -> None:
    assert INDEX.could_be(LISTED, [("TEST", entry)]) >= alike({entry})


def test_those_who_are_picked_are_found() -> None:
    found = alike({entry for _, entry in EVERYBODY})
    assert {"person Grigory Korolenko", "either Григорий Короленко", "firm Severneftestroy OOO"} <= found


def test_whoever_is_like_nobody_is_not_even_looked_at() -> None:
    looked_at = INDEX.could_be(LISTED, EVERYBODY)
    assert not looked_at & {"person Jane Doe", "person Maria Garcia", "person 王伟", "person ..."}
