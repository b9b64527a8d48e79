from pathlib import Path

import pytest

from habeas.domain.reason import Reason
from scripts import notices


def test_the_page_of_notices_is_current() -> None:
    assert notices.main(["--check"]) == 0, "a page is stale; run scripts/notices.py"


def test_every_reason_has_a_row() -> None:
    for name in ("notices.md", "notices.fr.md"):
        text = (notices.PROJECT / "docs" / name).read_text("utf-8")
        assert all(f"| `{reason}` | " in text for reason in Reason)


def test_a_stale_page_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/notices.md").write_text("old")
    assert notices.main(["--check"], tmp_path) == 1
    assert "run scripts/notices.py" in capsys.readouterr().err


def test_the_page_is_written(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    assert notices.main([], tmp_path) == 0
    assert notices.main(["--check"], tmp_path) == 0
