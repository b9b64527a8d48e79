from pathlib import Path

import pytest

from scripts.rows import Mark, MarkError, Row, by_row, finished_homes, main, marks_in, problems, table_of

VIEW = Row("B047", "main job", "region lock: view allowed")
ORDER = Row("B051", "main job", "region lock: place_order denied")
PROMPT = Row("B001", "faces", "prompt text variant 1 at login")


def the_marks(source: str) -> list[tuple[str, str]]:
    return [(mark.row, mark.test) for mark in marks_in(source, "tests/unit/test_lock.py")]


def a_project(root: Path, *, tests: str = "", finished: str = "") -> Path:
    (root / "docs").mkdir()
    (root / "tests").mkdir()
    table = "id,home,test\nB001,faces,prompt text variant 1 at login\nB047,main job,region lock: view allowed\n"
    (root / "docs/requirements.csv").write_text(table)
    (root / "docs/homes-finished.txt").write_text(finished)
    (root / "tests/test_lock.py").write_text(tests)
    return root


VIEWING_IS_TESTED = '@pytest.mark.row("B047")\ndef test_a_region_locked_account_may_be_viewed(): ...\n'


# --- reading marks


def test_a_mark_on_a_function_names_the_file_and_the_function() -> None:
    source = '@pytest.mark.row("B047")\ndef test_view(): ...'
    assert the_marks(source) == [("B047", "tests/unit/test_lock.py::test_view")]


def test_one_mark_may_name_several_rows() -> None:
    source = '@pytest.mark.row("B047", "B048")\nasync def test_view(): ...'
    assert [row for row, _ in the_marks(source)] == ["B047", "B048"]


def test_a_mark_on_a_class_names_the_class() -> None:
    source = '@pytest.mark.row("B047")\nclass TestView:\n    def test_page(self): ...'
    assert the_marks(source) == [("B047", "tests/unit/test_lock.py::TestView")]


def test_a_mark_on_a_method_names_class_and_method() -> None:
    source = 'class TestView:\n    @pytest.mark.row("B047")\n    def test_page(self): ...'
    assert the_marks(source) == [("B047", "tests/unit/test_lock.py::TestView::test_page")]


@pytest.mark.parametrize(
    "source",
    [
        'pytestmark = pytest.mark.row("B047")',
        'pytestmark = [pytest.mark.slow, pytest.mark.row("B047")]',
        'CASES = [pytest.param(1, marks=pytest.mark.row("B047"))]',
        'from pytest import mark\npytestmark = mark.row("B047")',
    ],
    ids=["pytestmark", "pytestmark-list", "param-in-a-table", "imported-mark"],
)
def test_a_mark_outside_of_tests_stands_for_the_file(source: str) -> None:
    assert the_marks(source) == [("B047", "tests/unit/test_lock.py")]


def test_a_mark_on_a_parameter_names_the_test() -> None:
    source = '@pytest.mark.parametrize("x", [pytest.param(1, marks=pytest.mark.row("B047"))])\ndef test_view(x): ...'
    assert the_marks(source) == [("B047", "tests/unit/test_lock.py::test_view")]


def test_other_marks_and_words_claim_nothing() -> None:
    source = '@pytest.mark.soak\ndef test_view():\n    """Not pytest.mark.row("B047")."""\n    table.row("B047")'
    assert the_marks(source) == []


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("@pytest.mark.row(VIEW)\ndef test_view(): ...", "literally, not as `VIEW`"),
        ("@pytest.mark.row()\ndef test_view(): ...", "takes ids of rows"),
        ('@pytest.mark.row("B047")\ndef check_view(): ...', "`check_view` has a row mark"),
        ('@pytest.mark.row("B047")\nclass Views: ...', "`Views` has a row mark"),
    ],
    ids=["a-name", "nothing", "a-helper", "a-plain-class"],
)
def test_a_mark_that_cannot_be_counted_on_is_refused(source: str, problem: str) -> None:
    with pytest.raises(MarkError, match=problem):
        the_marks(source)


# --- judging them


def test_a_row_that_does_not_exist_is_a_problem() -> None:
    assert list(problems([VIEW], [Mark("B999", "tests/test_lock.py::test_view")], [])) == [
        "tests/test_lock.py::test_view is marked with row B999, which docs/requirements.csv does not have."
    ]


def test_a_row_without_a_test_is_a_problem_once_its_home_is_finished() -> None:
    marks = [Mark("B047", "tests/test_lock.py::test_view")]
    assert list(problems([VIEW, ORDER, PROMPT], marks, [])) == []
    assert list(problems([VIEW, ORDER, PROMPT], marks, ["main job"])) == [
        "Row B051 has no test, although its home `main job` is finished: region lock: place_order denied"
    ]


def test_a_finished_home_that_no_row_has_is_a_problem() -> None:
    assert list(problems([VIEW], [], ["mane job"])) == [
        "docs/homes-finished.txt lists `mane job`, which is no row's home."
    ]


def test_a_row_that_is_there_twice_is_a_problem() -> None:
    assert list(problems([VIEW, VIEW], [], [])) == ["docs/requirements.csv has row B047 more than once."]


def test_comments_and_blank_lines_are_no_homes(tmp_path: Path) -> None:
    listing = tmp_path / "homes"
    listing.write_text("# finished\n\nmain job  # since part 1\nway out\n")
    assert finished_homes(listing) == ("main job", "way out")


# --- the table


def test_the_table_lists_every_row_with_its_tests() -> None:
    table = table_of([PROMPT, VIEW], {"B047": ["tests/a.py::test_view", "tests/b.py"]}, ["main job"])
    assert table.endswith(
        "| B001 | faces | prompt text variant 1 at login |  |\n"
        "| B047 | main job | region lock: view allowed | `tests/a.py::test_view`<br>`tests/b.py` |\n"
    )


def test_the_table_counts_by_home() -> None:
    table = table_of([PROMPT, VIEW, ORDER], {"B047": ["tests/a.py"]}, ["main job"])
    assert "| faces | 1 | 0 |  |\n| main job | 2 | 1 | yes |\n" in table


def test_words_cannot_break_the_table() -> None:
    table = table_of([Row("X1", "faces", "a | b\n<c>")], {}, [])
    assert "| X1 | faces | a \\| b &lt;c> |  |" in table


def test_a_test_that_claims_a_row_twice_is_listed_once() -> None:
    assert by_row([Mark("B047", "t"), Mark("B047", "t"), Mark("B047", "u")]) == {"B047": ["t", "u"]}


# --- the command


def test_what_was_just_written_passes_the_check(tmp_path: Path) -> None:
    project = a_project(tmp_path, tests=VIEWING_IS_TESTED, finished="main job\n")
    assert main([], project) == 0
    assert main(["--check"], project) == 0


def test_a_stale_table_fails_the_check_and_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = a_project(tmp_path, tests=VIEWING_IS_TESTED)
    (project / "docs/rows.md").write_text("old")
    assert main(["--check"], project) == 1
    assert capsys.readouterr().err == "rows: docs/rows.md is stale; run scripts/rows.py and commit what it writes.\n"
    assert (project / "docs/rows.md").read_text() == "old"


def test_a_missing_table_is_stale(tmp_path: Path) -> None:
    assert main(["--check"], a_project(tmp_path)) == 1


def test_a_finished_home_with_an_untested_row_fails_even_when_the_table_is_fresh(tmp_path: Path) -> None:
    project = a_project(tmp_path, finished="main job\n")
    assert main([], project) == 1
    assert main(["--check"], project) == 1


def test_a_mark_that_cannot_be_read_is_reported_by_file_and_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = a_project(tmp_path, tests="@pytest.mark.row(VIEW)\ndef test_view(): ...\n")
    assert main(["--check"], project) == 1
    assert capsys.readouterr().err.startswith("rows: tests/test_lock.py:1: ")
