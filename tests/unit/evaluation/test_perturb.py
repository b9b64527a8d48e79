"""The questions: of every kind, the same for the same seed, and without the matcher's help."""

import ast
from pathlib import Path

import pytest

from habeas.domain.errors import BadInputError
from habeas.domain.listing import EntityKind
from habeas.evaluation import perturb
from habeas.evaluation.ordinary import ordinary_names
from habeas.evaluation.perturb import Damage, damaged_names
from habeas.reference.sanctions.builtin import builtin_list
from tests.unit.reference.names.lists import an_entity, some_entities

ENTITIES = (*builtin_list().entities, *some_entities())


def test_the_generator_shares_nothing_with_the_matcher() -> None:
    tree = ast.parse(Path(perturb.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert {name for name in imported if name and name.startswith("habeas")} == {"habeas.domain.listing"}
    assert not imported & {"rapidfuzz", "jellyfish", "anyascii"}


def test_the_same_seed_asks_the_same_and_another_one_other_things() -> None:
    assert damaged_names(ENTITIES, 100, 1) == damaged_names(ENTITIES, 100, 1)
    assert damaged_names(ENTITIES, 100, 1) != damaged_names(ENTITIES, 100, 2)


def test_every_kind_of_damage_is_done_and_none_is_rare() -> None:
    made = damaged_names(ENTITIES, 500, 3)
    counts = {damage: sum(name.damage is damage for name in made) for damage in Damage}
    assert min(counts.values()) >= 20


def test_only_persons_and_organisations_are_asked_about() -> None:
    ships = [an_entity("BLUE LANTERN", kind=EntityKind.VESSEL), an_entity("EP-IBK", kind=EntityKind.AIRCRAFT)]
    assert damaged_names(ships, 10, 1) == []


def test_typos_change_the_name_and_keep_its_length_about() -> None:
    for name in damaged_names(ENTITIES, 500, 4):
        if name.damage is Damage.TYPO_ONE:
            assert name.text != name.original
            assert abs(len(name.text.replace(",", "")) - len(name.original.replace(",", ""))) <= 1


def test_another_script_has_no_latin_letters() -> None:
    made = [name.text for name in damaged_names(ENTITIES, 500, 5) if name.damage is Damage.SCRIPT]
    assert made
    assert not any(letter.isascii() and letter.isalpha() for text in made for letter in text)


@pytest.mark.parametrize("population", ["us", "world", "companies"])
def test_ordinary_names_are_the_same_for_the_same_seed(population: str) -> None:
    names = ordinary_names(population, 50, 7)
    assert names == ordinary_names(population, 50, 7)
    assert names != ordinary_names(population, 50, 8)
    assert all(name.strip() for name in names)


def test_without_faker_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "faker", None)
    with pytest.raises(BadInputError, match=r"install habeas\[evaluate\]"):
        ordinary_names("us", 1, 1)
