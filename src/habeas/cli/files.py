"""Files that a command writes: readable by their owner only, there as a whole or not at all, and never over another."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from habeas.cli import show
from habeas.domain.errors import BadInputError


@contextmanager
def written(path: Path) -> Iterator[BinaryIO]:
    """A new file to write into. It gets its name when the block ends; nothing is left if the block raises.

    Raises BadInputError if it is there already or cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if path.exists():
            raise BadInputError(f"`{path}` is there already; name a file that is not")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            yield file
        draft.rename(path)
    except OSError as exc:
        raise BadInputError(f"cannot write `{path}`: {exc.strerror}; check the folder and its permissions") from None
    finally:
        draft.unlink(missing_ok=True)


def write_pair(path: Path, name: str, value: Any, text: str) -> None:
    """One matter in a folder of its own, for machines (`NAME.json`) and for people (`NAME.md`)."""
    place = folder(path)
    for file_name, content in ((f"{name}.json", show.pretty(value)), (f"{name}.md", text.encode())):
        with written(place / file_name) as file:
            file.write(content)
    print(f"written to {place / name}.json and {place / name}.md")


def folder(path: Path) -> Path:
    """An empty folder for its owner only, made if need be. Raises BadInputError if it is no folder or not empty."""
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        is_empty = not any(path.iterdir())
    except OSError as exc:
        raise BadInputError(f"cannot use the folder `{path}`: {exc.strerror}; name another") from None
    if not is_empty:
        raise BadInputError(f"the folder `{path}` is not empty; name one that is empty or not there yet")
    return path
