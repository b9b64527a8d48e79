"""A process that carries out an order and is killed at one step of it: `python -m tests.dying_desk STEP FOLDER ORDER`."""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from habeas.cli.sealed import opened_desk
from habeas.sealed.desk import Desk
from habeas.sealed.store import SealedWork
from habeas.sealed.submission import Submission
from habeas.service.intake import Intake
from tests.desks import LENA

STEPS: dict[str, tuple[type, str, bool]] = {
    "before the record is kept": (SealedWork, "keep", True),
    "while the record is kept": (SealedWork, "put", False),
    "after the record is kept": (Desk, "execute", False),
    "before the command is submitted": (Intake, "decide", True),
    "after the command is carried out": (Intake, "decide", False),
    "before it is marked": (SealedWork, "mark", True),
    "while it is marked": (SealedWork, "mark", False),
    "after it is marked": (Submission, "_mark", False),
}
"""By name: which method is the last that is called, and whether the process dies before or after it."""


def _dies(method: Callable[..., Any], *, before: bool) -> Callable[..., Any]:
    def dying(*args: Any, **kwargs: Any) -> None:
        if not before:
            method(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    return dying


def main(step: str, folder: Path, order: str) -> None:
    owner, name, before = STEPS[step]
    with (
        opened_desk(f"sqlite:///{folder / 'habeas.db'}", f"sqlite:///{folder / 'sealed.db'}", None) as opened,
        patch.object(owner, name, _dies(getattr(owner, name), before=before)),
    ):
        opened.desk.execute(order, LENA)
        opened.submit()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3])
