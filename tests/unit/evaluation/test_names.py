"""The measurement: figures that add up, and a table and a plot that show them."""

from functools import cache
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import msgspec
import pytest

from habeas.domain.errors import BadInputError
from habeas.domain.screening import BANDS, Bands
from habeas.evaluation import report
from habeas.evaluation.names import NamesEvaluation, Questions, evaluate_names, questions
from habeas.evaluation.svg import names_plot
from habeas.reference.names.index import build_index
from tests.unit.reference.names.lists import a_list, some_entities

LISTED = a_list(*some_entities())


@cache
def asked() -> Questions:
    return questions(LISTED.entities, 120, 1)


@cache
def figures(bands: Bands = BANDS) -> NamesEvaluation:
    return evaluate_names(build_index([LISTED]), [LISTED], asked(), seed=1, bands=bands)


def test_recall_is_counted_over_all_kinds() -> None:
    found = figures()
    assert found.recall.of == 120
    assert found.recall.hits == sum(each.hits for each in found.recall_by_damage.values())
    assert found.recall.hits + len(found.missed) == found.recall.of
    assert found.recall.share > 0.8


def test_false_hits_are_those_on_people() -> None:
    found = figures()
    by = found.false_hits_by_population
    assert found.false_hits.of == by["us"].of + by["world"].of == 240
    assert found.false_hits.hits == by["us"].hits + by["world"].hits
    assert found.false_hits.share < 0.02


def test_a_matcher_that_hits_everybody_shows_in_the_figures() -> None:
    lenient = figures(Bands(review_at=0.05))
    assert lenient.recall.hits >= figures().recall.hits
    assert lenient.threshold == 0.05


def test_recall_and_false_hits_fall_as_the_threshold_rises() -> None:
    curve = figures().curve
    assert all(one.recall >= other.recall for one, other in pairwise(curve))
    assert all(one.false_hits >= other.false_hits for one, other in pairwise(curve))


def test_the_curve_goes_through_the_figures() -> None:
    (point,) = [point for point in figures().curve if point.threshold == 0.7]
    assert point.recall == pytest.approx(figures().recall.share)
    assert point.false_hits == pytest.approx(figures().false_hits.share)


def test_the_plot_is_xml_that_says_what_it_shows() -> None:
    root = ET.fromstring(names_plot(figures()))
    spaces = {"svg": "http://www.w3.org/2000/svg"}
    assert root.get("role") == "img"
    assert root.findtext("svg:title", namespaces=spaces) == "Name screening at threshold 0.70"
    assert "95 % intervals" in (root.findtext("svg:desc", namespaces=spaces) or "")
    words = {text.text for text in root.iter("{http://www.w3.org/2000/svg}text")}
    assert {"one typo", "order", "companies", "recall"} <= words


def test_the_table_has_a_row_for_each_kind() -> None:
    table = report.names_table(figures())
    for kind in figures().recall_by_damage:
        assert f"| {kind} |" in table


def test_three_files_are_written(tmp_path: Path) -> None:
    written = report.write(figures(), tmp_path / "out")
    assert [path.name for path in written] == ["names.json", "names.md", "names.svg"]
    assert msgspec.json.decode(written[0].read_bytes(), type=NamesEvaluation) == figures()


def test_a_folder_that_cannot_be_made_is_refused_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadInputError, match="cannot write to"):
        report.write(figures(), tmp_path / "file")
