"""Where real lists and databases lie, for tests that read them."""

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("HABEAS_DATA") or Path(__file__).parents[2] / "shared" / "data")


def needs(*paths: Path) -> pytest.MarkDecorator:
    """Skips a test where one of these is not there."""
    absent = [str(path) for path in paths if not path.exists()]
    return pytest.mark.skipif(bool(absent), reason=f"needs {', '.join(absent)}; HABEAS_DATA says where real data is")
