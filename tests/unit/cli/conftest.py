"""Commands run as a user runs them, on a store of the test's own."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from habeas.cli.main import main


class Ran(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    def json(self) -> list[Any]:
        """One value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run one command on a store and a cache of the test's own."""
    monkeypatch.setenv("HABEAS_STORE", f"sqlite:///{tmp_path / 'habeas.db'}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("HABEAS_PLAYBOOK", raising=False)
    monkeypatch.chdir(tmp_path)

    def run(*args: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["habeas", *map(str, args)])
        try:
            main()
            code = 0
        except SystemExit as exc:
            code = exc.code if isinstance(exc.code, int) else 0 if exc.code is None else 1
        captured = capsysbinary.readouterr()
        return Ran(code, captured.out.decode(), captured.err.decode())

    return run
