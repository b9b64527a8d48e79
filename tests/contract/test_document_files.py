"""What every store promises about the files that users send."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from habeas.domain.account import AccountState, Life
from habeas.domain.document_file import DocumentFile, MediaType
from habeas.domain.errors import UnreadableRecordError
from habeas.domain.ids import AccountId, DocumentFileId, DocumentRequestId
from habeas.service.ports import Store
from tests.builders import HOUR, NOON, a_decision, a_document_request, an_enriched_event, an_event
from tests.contract.conftest import Intruder

KIM, LEA = AccountId("kim"), AccountId("lea")
CONTENT = b"the picture of a passport, whose number is C01X00T47"


def a_file(id_: str = "df_1", account: AccountId = KIM, **changes: Any) -> DocumentFile:
    values: dict[str, Any] = {
        "account": account,
        "id": DocumentFileId(id_),
        "kind": "passport",
        "request": DocumentRequestId("dr_1"),
        "received_at": NOON,
        "media_type": MediaType.JPEG,
        "size": len(CONTENT),
        "sha256": "0badc0ffee",
    }
    return DocumentFile(**(values | changes))


@pytest.fixture(autouse=True)
def accounts(store: Store) -> None:
    for account in (KIM, LEA):
        record(store, account)


def record(store: Store, account: AccountId, id_: str = "ev-1", **changes: Any) -> None:
    enriched = an_enriched_event(an_event(id_, account=account))
    with store.transaction() as work:
        work.record(enriched, a_decision(enriched, **changes), "builtin-1")


def add(store: Store, *files: DocumentFile, content: bytes = CONTENT) -> list[bool]:
    with store.transaction() as work:
        return [work.add_document_file(file, content) for file in files]


def listed(store: Store, account: AccountId = KIM) -> tuple[DocumentFile, ...]:
    with store.reading() as reader:
        return reader.document_files(account)


def content(store: Store, id_: str = "df_1", account: AccountId = KIM) -> bytes | None:
    with store.reading() as reader:
        return reader.file_content(account, DocumentFileId(id_))


def purge(store: Store, account: AccountId) -> None:
    record(store, account, "purge", state=AccountState(account=account, life=Life.PURGED), is_purge=True)


def test_files_are_listed_by_account_in_the_order_in_which_they_came(store: Store) -> None:
    later, first = a_file("df_a", received_at=NOON + HOUR), a_file("df_z")
    add(store, later, first, a_file("df_z", account=LEA, request=None))
    assert listed(store) == (first, later)
    assert listed(store, LEA) == (a_file("df_z", account=LEA, request=None),)
    assert listed(store, AccountId("nobody")) == ()


def test_the_content_is_read_by_account_and_id(store: Store) -> None:
    add(store, a_file())
    add(store, a_file(account=LEA), content=b"another")
    assert (content(store), content(store, account=LEA)) == (CONTENT, b"another")
    assert content(store, "df_2") is None
    assert content(store, account=AccountId("nobody")) is None


def test_a_file_that_is_there_stays_as_it_is(store: Store) -> None:
    assert add(store, a_file()) == [True]
    assert add(store, a_file(kind="selfie"), content=b"another") == [False]
    assert listed(store) == (a_file(),)
    assert content(store) == CONTENT


def test_a_file_is_there_in_the_transaction_that_adds_it_and_not_if_that_fails(store: Store) -> None:
    with suppress(RuntimeError), store.transaction() as work:
        work.add_document_file(a_file(), CONTENT)
        assert work.document_files(KIM) == (a_file(),)
        raise RuntimeError
    assert listed(store) == ()
    assert content(store) is None


def test_nothing_of_a_file_is_kept_in_the_open(store: Store, intruder: Intruder) -> None:
    add(store, a_file())
    everything = intruder.everything()
    assert b"C01X00T47" not in everything
    assert b"0badc0ffee" not in everything
    assert b"image/jpeg" not in everything


def test_a_file_never_leaves_through_the_outbox_or_the_journal(store: Store) -> None:
    with store.reading() as reader:
        before = reader.journal_length(), reader.queued_messages(0, 10)
    add(store, a_file())
    with store.reading() as reader:
        assert (reader.journal_length(), reader.queued_messages(0, 10)) == before
        assert list(reader.verify_journal()) == []


def test_the_files_of_a_purged_account_are_gone_with_its_key(store: Store) -> None:
    add(store, a_file(), a_file(account=LEA))
    purge(store, KIM)
    assert (listed(store), content(store)) == ((), None)
    assert len(listed(store, LEA)) == 1
    with pytest.raises(UnreadableRecordError):
        add(store, a_file("df_2"))
    record(store, KIM, "ev-late", state=AccountState(account=KIM, life=Life.PURGED))
    assert (listed(store), content(store)) == ((), None)


def test_a_purge_that_fails_keeps_the_files(store: Store) -> None:
    add(store, a_file())
    enriched = an_enriched_event(an_event("purge", account=KIM))
    with suppress(RuntimeError), store.transaction() as work:
        work.record(enriched, replace(a_decision(enriched), is_purge=True), "builtin-1")
        raise RuntimeError
    assert (listed(store), content(store)) == ((a_file(),), CONTENT)


def test_files_whose_key_is_lost_are_said_to_be_unreadable(store: Store, intruder: Intruder) -> None:
    add(store, a_file())
    intruder.forget_key("kim")
    with pytest.raises(UnreadableRecordError, match="df_1"):
        listed(store)
    with pytest.raises(UnreadableRecordError, match="df_1"):
        content(store)


def test_an_account_that_nobody_knows_has_no_key_to_seal_with(store: Store) -> None:
    with pytest.raises(UnreadableRecordError):
        add(store, a_file(account=AccountId("nobody")))


def test_the_account_of_a_request_is_found(store: Store) -> None:
    request = a_document_request("dr_7", account=KIM, due_at=NOON + timedelta(days=9))
    record(store, KIM, "ev-2", requests=(request,))
    with store.reading() as reader:
        assert reader.request_account(DocumentRequestId("dr_7")) == KIM
        assert reader.request_account(DocumentRequestId("dr_8")) is None
