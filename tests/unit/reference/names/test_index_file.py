"""The index as a file: the same answers, and refused unless it is whole."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from habeas.domain.errors import BadInputError
from habeas.domain.screening import Query
from habeas.reference.names.index import NameIndex
from habeas.reference.names.index_file import decode, encode, kept, load, save
from habeas.reference.names.table_file import TableFileError
from tests.unit.reference.names.lists import ORGANISATIONS, PEOPLE, an_entity, an_index, some_entities

INDEX = an_index(*some_entities())
BYTES = encode(INDEX)


@pytest.mark.parametrize("name", [*PEOPLE, *ORGANISATIONS, "Grigori Korolenka", "nobody"])
def test_a_loaded_index_answers_as_the_one_that_was_saved(name: str) -> None:
    assert decode(BYTES).screen(Query(name=name)) == INDEX.screen(Query(name=name))


def test_the_same_lists_make_the_same_bytes() -> None:
    assert encode(an_index(*some_entities())) == BYTES


def test_an_empty_index_can_be_kept() -> None:
    index = decode(encode(an_index(an_entity("..."))))
    assert index.screen(Query(name="anybody")) == ()


@given(st.integers(0, len(BYTES) - 1), st.integers(1, 255))
def test_an_index_with_any_byte_changed_is_refused(at: int, by: int) -> None:
    changed = bytearray(BYTES)
    changed[at] ^= by
    with pytest.raises(TableFileError):
        decode(bytes(changed))


@given(st.integers(0, len(BYTES) - 1))
def test_a_part_of_an_index_is_refused(length: int) -> None:
    with pytest.raises(TableFileError):
        decode(BYTES[:length])


def test_a_file_that_is_not_there_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"cannot read `.*`: No such file"):
        load(tmp_path / "none")


def test_an_index_is_made_once_and_kept(tmp_path: Path) -> None:
    made: list[NameIndex] = []

    def make() -> NameIndex:
        made.append(INDEX)
        return INDEX

    for _ in range(3):
        kept(tmp_path / "new", ["a"], make)
    assert len(made) == 1
    kept(tmp_path / "new", ["b"], make)
    assert len(made) == 2


def test_a_damaged_copy_is_made_again(tmp_path: Path) -> None:
    kept(tmp_path, ["a"], lambda: INDEX)
    (path,) = tmp_path.iterdir()
    path.write_bytes(BYTES[:-1])
    assert kept(tmp_path, ["a"], lambda: INDEX) is INDEX
    assert path.read_bytes() == BYTES


def test_a_folder_that_cannot_be_written_to_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert kept(tmp_path / "file", ["a"], lambda: INDEX) is INDEX


def test_nothing_unfinished_is_left_behind(tmp_path: Path) -> None:
    save(INDEX, tmp_path / "names.index")
    assert [path.name for path in tmp_path.iterdir()] == ["names.index"]
