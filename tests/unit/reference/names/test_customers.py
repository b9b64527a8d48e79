"""A changed list asks only the customers who could be meant, and loses none of them."""

from pathlib import Path

import pytest

from habeas.domain.listing import EntityKind
from habeas.domain.screening import BANDS
from habeas.reference.names.customers import Customer, build_customer_index, decode, encode
from habeas.reference.names.index_file import save
from habeas.reference.names.rescreen import rescreen
from habeas.reference.names.table_file import TableFileError
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
CUSTOMERS = (
    *(Customer(f"c{at}", name, birth_in("1970"), ("RU",)) for at, name in enumerate(NAMES)),
    Customer("firm", "Severneftestroy OOO", kind=EntityKind.ORGANISATION),
    Customer("firm2", "Zarya Trading HouseJSC", kind=EntityKind.ORGANISATION),
)
LISTED = an_index(*some_entities())
EVERYBODY = [("TEST", entity.entry) for entity in some_entities()]
INDEX = build_customer_index(CUSTOMERS)


def one_by_one(entries: set[str]) -> dict[str, set[str]]:
    found = {
        customer.id: {hit.entry for hit in LISTED.screen(customer.query()) if hit.entry in entries}
        for customer in CUSTOMERS
    }
    return {customer: hits for customer, hits in found.items() if hits}


@pytest.mark.parametrize("entry", [entry for _, entry in EVERYBODY])
def test_a_change_finds_whom_screening_everybody_finds(entry: str) -> None:
    found = {customer.id: {hit.entry for hit in hits} for customer, hits in INDEX.rescreen(LISTED, [("TEST", entry)])}
    assert found == one_by_one({entry})


def test_scores_are_those_of_the_ordinary_screening() -> None:
    for customer, hits in INDEX.rescreen(LISTED, EVERYBODY):
        assert set(hits) <= set(LISTED.screen(customer.query()))


def test_whoever_is_like_nobody_is_not_even_looked_at() -> None:
    looked_at = {INDEX.customer(row).name for row in INDEX.could_be(LISTED, EVERYBODY)}
    assert not looked_at & {"Jane Doe", "Maria Garcia", "王伟"}


def test_a_customer_whose_name_says_nothing_is_left_out() -> None:
    assert len(INDEX) == len(CUSTOMERS) - 1


def test_a_saved_index_finds_the_same() -> None:
    data = encode(INDEX)
    assert list(decode(data).rescreen(LISTED, EVERYBODY)) == list(INDEX.rescreen(LISTED, EVERYBODY))
    with pytest.raises(TableFileError):
        decode(data[:-1])


def test_several_processes_find_what_one_finds(tmp_path: Path) -> None:
    save(LISTED, tmp_path / "names.index")
    expected = [(customer, hits) for customer in CUSTOMERS if (hits := LISTED.screen(customer.query(), BANDS))]
    assert list(rescreen(tmp_path / "names.index", iter(CUSTOMERS), processes=2)) == expected
