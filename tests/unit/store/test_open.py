from pathlib import Path

import pytest

from habeas.store.errors import UnknownStoreError
from habeas.store.memory import MemoryStore
from habeas.store.open import open_store
from habeas.store.sqlite import SqliteStore


def test_a_file_is_opened_by_its_absolute_path(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/data/habeas.db")
    store.close()
    assert isinstance(store, SqliteStore)
    assert (tmp_path / "data" / "habeas.db").exists()


def test_a_file_is_opened_by_its_path_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///habeas.db").close()
    assert (tmp_path / "habeas.db").exists()


def test_a_store_in_memory_is_opened() -> None:
    assert isinstance(open_store("memory:"), MemoryStore)


@pytest.mark.parametrize("url", ["", "habeas.db", "sqlite:", "sqlite:///", "sqlite://habeas.db", "mysql://host/habeas"])
def test_an_unknown_url_is_one_clear_sentence(url: str) -> None:
    with pytest.raises(
        UnknownStoreError, match=f"no store is known by `{url}`; give `sqlite:///PATH`, `postgresql://...` or"
    ):
        open_store(url)
