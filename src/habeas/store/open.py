"""A store by its URL."""

from pathlib import Path

from habeas.service.ports import Store
from habeas.store.errors import UnknownStoreError

_SQLITE = "sqlite:///"
_POSTGRES = ("postgresql://", "postgres://")


def open_store(url: str, key_file: Path | None = None) -> Store:
    """The store that a URL names, ready for use.

    `sqlite:///PATH` is a file, made on first use with its folders, its tables and its key file; PATH is relative to the
    working directory unless it begins with a slash of its own (`sqlite:////var/lib/habeas/habeas.db`). `memory:` is gone
    with the process. `postgresql://...` is a database in a server, whose tables are made on first use; its keys are in
    `key_file` and beside it, made on first use as well. Raises StoreError, in one sentence.
    """
    # Adapters are imported by name, so that nobody needs the libraries of another.
    if url.startswith(_SQLITE) and url != _SQLITE:
        from habeas.store.sqlite import SqliteStore  # noqa: PLC0415

        return SqliteStore(Path(url.removeprefix(_SQLITE)))
    if url.startswith(_POSTGRES):
        from habeas.store.postgres import PostgresStore  # noqa: PLC0415

        return PostgresStore(url, key_file)
    if url == "memory:":
        from habeas.store.memory import MemoryStore  # noqa: PLC0415

        return MemoryStore()
    raise UnknownStoreError(url)


def key_path_of(url: str, key_file: Path | None = None) -> Path | None:
    """Where the master key of a store lies or will lie; None for one that keeps none in a file."""
    if url.startswith(_SQLITE) and url != _SQLITE:
        path = Path(url.removeprefix(_SQLITE)).absolute()
        return path.with_name(f"{path.name}.key")
    return key_file if url.startswith(_POSTGRES) else None
