"""`habeas evaluate logins`."""

import json
from pathlib import Path

from tests.unit.cli.conftest import Run


def test_the_login_score_is_measured_and_written(run: Run, tmp_path: Path) -> None:
    ran = run("evaluate", "logins", "--users", "100", "--seeds", "1", "--out", str(tmp_path / "figures"))
    assert ran.code == 0
    assert "| national | naive | 98.0 % |" in ran.out
    assert {path.name for path in (tmp_path / "figures").iterdir()} == {"logins.json", "logins.md", "logins.svg"}


def test_the_figures_come_as_json(run: Run) -> None:
    ran = run("evaluate", "logins", "--users", "100", "--seeds", "1", "--json")
    assert ran.code == 0
    assert len(json.loads(ran.out)["points"]) == 18
