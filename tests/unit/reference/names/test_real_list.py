"""OFAC's own list: sizes, time and memory as they must be, with room for a slow machine."""

from functools import cache
from time import perf_counter

import pytest

from habeas.domain.screening import Band, Query
from habeas.reference.names.index import NameIndex, build_index
from habeas.reference.names.index_file import decode, encode
from habeas.reference.sanctions.births import birth_in
from habeas.reference.sanctions.load import ListFile, load_lists
from tests.real_data import FOLDER, needs

FILES = tuple(FOLDER / "sanctions" / "ofac" / name for name in ("sdn_2024-05-03.csv", "alt_2024-09.csv"))

pytestmark = needs(*FILES)


@cache
def index() -> tuple[NameIndex, float]:
    lists = load_lists([ListFile(path.name, path.read_bytes(), resaved=True) for path in FILES])
    start = perf_counter()
    made = build_index(lists)
    return made, perf_counter() - start


def test_the_whole_list_with_aliases_is_indexed_in_ten_seconds() -> None:
    made, seconds = index()
    assert len(made) > 36_000
    assert seconds < 10


def test_it_is_kept_in_less_than_thirty_megabytes_and_read_in_less_than_a_second() -> None:
    made, _ = index()
    data = encode(made)
    start = perf_counter()
    read = decode(data)
    assert perf_counter() - start < 1
    assert len(data) < 30_000_000
    assert read.screen(Query(name="Sberbank Rossii")) == made.screen(Query(name="Sberbank Rossii"))


@pytest.mark.parametrize(
    ("asked", "birth", "name"),
    [
        ("Vladimir Putin", "1952", "PUTIN, Vladimir Vladimirovich"),
        ("Владимир Владимирович Путин", "1952-10-07", "PUTIN, Vladimir Vladimirovich"),
        ("Wladimir Putin", "1952", "PUTIN, Vladimir Vladimirovich"),
        ("Lukashenka Aleksandr", "1954", "LUKASHENKA, Alyaksandr Ryhorovich"),
    ],
)
def test_well_known_people_are_found(asked: str, birth: str, name: str) -> None:
    hit = index()[0].screen(Query(name=asked, birth=birth_in(birth)))[0]
    assert hit.name == name
    assert hit.band is not Band.NONE
    assert hit.explanation.agrees


def test_a_name_takes_milliseconds() -> None:
    made, _ = index()
    start = perf_counter()
    for number in range(100):
        made.screen(Query(name=f"Mohammad Hosein Kazemi{chr(97 + number % 26)}{chr(97 + number // 26)}"))
    assert (perf_counter() - start) / 100 < 0.02
