"""The sealed store: a key and a journal of its own."""

import sqlite3
from pathlib import Path

import pytest

from habeas.domain.errors import BadInputError
from habeas.sealed.order import Order
from habeas.sealed.store import SealedStore, open_sealed_store
from habeas.store.errors import LostKeyError, WrongKeyError
from tests.desks import LENA, ORDERED, Office, a_letter

TABLES = ("record", "command", "attachment", "journal", "subject")


def raw(office: Office) -> sqlite3.Connection:
    return sqlite3.connect(office.sealed.path)


def test_nothing_of_an_order_stands_readable_in_the_file(office: Office) -> None:
    office.executed(a_letter(gag=ORDERED | {"prejudice": "the suspect would flee"}))
    office.executed(a_letter("preservation", "bob", reference="2"))
    with raw(office) as connection:
        everything = b"".join(
            value if isinstance(value, bytes) else str(value).encode()
            for table in TABLES
            for row in connection.execute(f"SELECT * FROM {table}")
            for value in row
        )
    for secret in (b"alice", b"bob", b"Oslo", b"12/26", b"suspect", b"lena", b"GAGGED", b"203.0.113"):
        assert secret not in everything


@pytest.mark.parametrize(
    "tampering",
    [
        "DELETE FROM journal WHERE sequence = 3",
        "DELETE FROM journal WHERE sequence = (SELECT max(sequence) FROM journal)",
        "UPDATE journal SET entry = (SELECT entry FROM journal WHERE sequence = 1) WHERE sequence = 2",
        "UPDATE meta SET value = x'00' WHERE name = 'head'",
    ],
)
def test_a_journal_that_was_tampered_with_does_not_verify(office: Office, tampering: str) -> None:
    office.received(a_letter())
    with office.sealed.reading() as reader:
        assert list(reader.verify()) == []
    with raw(office) as connection:
        connection.execute(tampering)
    connection.close()
    with office.sealed.reading() as reader:
        assert list(reader.verify()) != []


def test_an_act_that_is_refused_is_in_the_journal_and_changes_nothing_else(office: Office) -> None:
    order = office.received(a_letter())
    office.desk.execute(order.id, LENA)
    assert office.order(order.id) == order
    assert office.acts(order.id) == ["receive", "execute.refused"]


def test_the_store_opens_with_its_own_key_and_with_no_other(office: Office, tmp_path: Path) -> None:
    key = tmp_path / "elsewhere.key"
    made = SealedStore(tmp_path / "other.db", key)
    made.close()
    assert not (tmp_path / "other.db.key").exists()
    assert key.stat().st_mode & 0o777 == 0o600
    with pytest.raises(LostKeyError):
        SealedStore(tmp_path / "other.db")
    with pytest.raises(WrongKeyError):
        SealedStore(tmp_path / "other.db", tmp_path / "sealed.db.key")


@pytest.mark.parametrize("url", ["memory:", "sqlite:///", "postgresql://x", ""])
def test_a_url_that_names_no_sealed_store_is_refused(url: str) -> None:
    with pytest.raises(BadInputError, match="no sealed store"):
        open_sealed_store(url)


def test_what_is_not_there_is_said(office: Office) -> None:
    with office.sealed.reading() as reader, pytest.raises(BadInputError, match="there is no order `or_none` here"):
        reader.get(Order, "or_none")


def test_the_public_store_has_no_gap_where_the_sealed_one_has_an_entry(office: Office) -> None:
    before = len(office.public_events("alice"))
    order = office.scoped(a_letter(gag=ORDERED))
    assert len(office.public_events("alice")) == before
    office.desk.execute(order.id, LENA)
    office.sweep()
    assert len(office.public_events("alice")) == before + 1
