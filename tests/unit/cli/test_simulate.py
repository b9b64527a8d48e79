"""`habeas simulate` on the command line."""

import json
from pathlib import Path

import pytest

from habeas.cli.world import simulate
from habeas.domain.errors import BadInputError


def test_it_prints_targets_and_rules_and_writes_figures_tables_and_plots(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate(users=60, days=4, seeds=1, first_seed=1, takeovers=8, out=tmp_path)
    printed = capsys.readouterr().out
    assert "recall, takeovers from abroad" in printed
    assert "| naive 900 km/h |" in printed
    assert {path.name for path in tmp_path.iterdir()} == {
        "simulation.json",
        "simulation.md",
        "justice.svg",
        "release.svg",
    }
    assert "<circle" in (tmp_path / "justice.svg").read_text(encoding="utf-8")


def test_json_is_one_value_with_all_guards(capsys: pytest.CaptureFixture[str]) -> None:
    simulate(users=40, days=3, seeds=1, first_seed=2, takeovers=4, json=True)
    figures = json.loads(capsys.readouterr().out)
    assert {"Habeas", "nothing", "lock everything"} < set(figures["guards"])
    assert figures["seeds"] == [2]


def test_more_takeovers_than_users_are_refused_in_one_sentence() -> None:
    with pytest.raises(BadInputError, match="change --users"):
        simulate(users=5, takeovers=6)


def test_a_folder_that_cannot_be_written_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(BadInputError, match="cannot write"):
        simulate(users=20, days=2, seeds=1, first_seed=1, takeovers=2, out=tmp_path / "file")
