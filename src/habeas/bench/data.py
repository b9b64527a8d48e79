"""Where the real files lie that are measured on."""

import os
from pathlib import Path
from typing import Any


def data_folder(given: Path | None) -> Path:
    """The folder as given, else `HABEAS_DATA`, else `../shared/data`."""
    return given or Path(os.environ.get("HABEAS_DATA") or "../shared/data")


def skipped(*paths: Path) -> dict[str, Any] | None:
    """What a bench answers when one of the files that it needs is not there; None when all are."""
    absent = next((path for path in paths if not path.exists()), None)
    return None if absent is None else {"skipped": f"`{absent}` is not there; HABEAS_DATA says where the data is"}
