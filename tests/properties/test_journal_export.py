"""Whatever is done to an export of the journal, the verifier finds it; and what was exported verifies."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from unittest.mock import patch

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from habeas import verifier
from habeas.domain.errors import BadInputError
from habeas.domain.ids import AccountId
from habeas.service.checkpoints import body_hash, take_checkpoint
from habeas.service.journal_export import FORMAT, export_lines, uncovered
from habeas.service.ports import Store
from habeas.store.memory import MemoryStore
from habeas.store.vault import SigningKey
from tests.builders import NOON, a_decision, a_restriction, an_enriched_event, an_event
from tests.properties.canary import catches

WHOLE, ONE = None, AccountId("acct-1")
BOTH = pytest.mark.parametrize("account", [WHOLE, ONE], ids=["whole", "one account"])
SEAL_CHARS = 2 * 64


def record(store: Store, id_: str, account: str) -> None:
    enriched = an_enriched_event(an_event(id_, account=account))
    decision = a_decision(enriched, restrictions=(a_restriction(f"rs_{id_}", account=account),))
    with store.transaction() as work:
        work.record(enriched, decision, "builtin-1")


@cache
def a_store() -> Store:
    """Three accounts under three checkpoints of 14, 10 and 2 entries, and two entries under none."""
    store = MemoryStore()
    for batch, count in enumerate((7, 5, 1)):
        for number in range(count):
            record(store, f"ev-{batch}-{number}", f"acct-{number % 3}")
        assert take_checkpoint(store, NOON) is not None
    record(store, "late", "acct-1")
    return store


@cache
def exported(account: AccountId | None) -> tuple[bytes, ...]:
    store = a_store()
    with store.reading() as reader:
        return tuple(line + b"\n" for line in export_lines(reader, store.signer(), account))


def verifies(content: bytes, *more: str, key: bytes | None = None) -> bool:
    """Whether the verifier accepts a file."""
    key = key or a_store().public_key()
    assert key is not None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export"
        path.write_bytes(content)
        return verifier.main([str(path), "--public-key", key.hex(), *more]) == 0


def sealed_again(*lines: bytes) -> bytes:
    """Lines under a seal of the store's own key: what somebody inside could hand out."""
    seal = a_store().signer().sign(FORMAT.encode() + b"\0" + sha256(b"".join(lines)).digest())
    return b"".join(lines) + msgspec.json.encode({"signature": seal.hex()}) + b"\n"


@BOTH
def test_what_was_exported_verifies(account: AccountId | None) -> None:
    assert verifies(b"".join(exported(account)))
    assert sealed_again(*exported(account)[:-1]) == b"".join(exported(account))


def test_a_whole_export_has_every_entry_that_is_under_a_checkpoint() -> None:
    with a_store().reading() as reader:
        assert reader.journal_length() == 28
        assert uncovered(reader) == 2
    assert len(exported(WHOLE)) == 1 + 3 + 26 + 1


def test_one_accounts_export_has_its_entries_only() -> None:
    entries = [msgspec.json.decode(line) for line in exported(ONE) if b'"entry"' in line]
    assert [len(entry["proof"]) > 0 for entry in entries] == [True] * 8
    assert len(exported(ONE)) == 1 + 3 + 8 + 1


def test_an_account_under_no_checkpoint_is_not_exported() -> None:
    with (
        a_store().reading() as reader,
        pytest.raises(BadInputError, match="no checkpoint is over any entry of account"),
    ):
        list(export_lines(reader, a_store().signer(), AccountId("nobody")))
    fresh = MemoryStore()
    with fresh.reading() as reader, pytest.raises(BadInputError, match="run `habeas journal checkpoint` first"):
        list(export_lines(reader, fresh.signer()))


@st.composite
def flips(draw: st.DrawFn) -> tuple[AccountId | None, int, int]:
    """Which export, which of its bytes, and which bits of that; every third time a byte of the seal."""
    account = draw(st.sampled_from((WHOLE, ONE)))
    size = sum(map(len, exported(account)))
    first = draw(st.sampled_from((0, 0, size - SEAL_CHARS - 3)))
    return account, draw(st.integers(first, size - 1)), draw(st.sampled_from((1, 0x20, 0x80)) | st.integers(1, 255))


def a_flipped_byte_is_found(flip: tuple[AccountId | None, int, int]) -> None:
    account, at, bits = flip
    content = bytearray(b"".join(exported(account)))
    content[at] ^= bits
    assert not verifies(bytes(content))


@given(flips())
def test_any_flipped_byte_is_found(flip: tuple[AccountId | None, int, int]) -> None:
    a_flipped_byte_is_found(flip)


def test_every_byte_of_a_short_export_counts() -> None:
    content = b"".join(exported(ONE))
    for at in range(0, len(content), 7):
        a_flipped_byte_is_found((ONE, at, 0x20))
    for at in range(len(content) - SEAL_CHARS - 20, len(content)):
        a_flipped_byte_is_found((ONE, at, 0x20))


@contextmanager
def careless_about_letters() -> Iterator[None]:
    """A verifier for which `af` and `AF` are the same digits, and any way to write a line will do."""
    signed, fields = verifier.signed, verifier.fields
    with (
        patch.object(verifier, "signed", lambda key, seal, message: signed(key, seal.lower(), message)),
        patch.object(verifier, "canonical", msgspec.json.Encoder(order="sorted").encode),
        patch.object(
            verifier,
            "fields",
            lambda line, names: fields(line.lower(), names) if b'{"sig' in line else fields(line, names),
        ),
    ):
        yield


def test_a_verifier_that_is_careless_about_letters_would_be_caught() -> None:
    def check(flip: tuple[AccountId | None, int, int]) -> None:
        with careless_about_letters():
            a_flipped_byte_is_found(flip)

    assert catches(check, flips())


def tampered(content: tuple[bytes, ...], how: str, at: int) -> tuple[bytes, ...]:
    lines = list(content[:-1])
    at = 1 + at % (len(lines) - 1)
    match how:
        case "dropped":
            del lines[at]
        case "doubled":
            lines.insert(at, lines[at])
        case "swapped":
            other = 1 + at % (len(lines) - 1)
            lines[at], lines[other] = lines[other], lines[at]
        case _:
            line = lines[at]
            middle = len(line) // 2
            lines[at] = line[:middle] + bytes([line[middle] ^ 1]) + line[middle + 1 :]
    return tuple(lines)


@given(st.sampled_from((WHOLE, ONE)), st.sampled_from(("dropped", "doubled", "swapped", "changed")), st.integers(0, 50))
def test_somebody_with_the_key_cannot_hand_out_another_journal_under_the_same_checkpoints(
    account: AccountId | None, how: str, at: int
) -> None:
    assert not verifies(sealed_again(*tampered(exported(account), how, at)))


@BOTH
@pytest.mark.parametrize("kept", [0, 1, 2, 5, -2, -1])
def test_a_file_that_was_cut_off_is_found(account: AccountId | None, kept: int) -> None:
    assert not verifies(b"".join(exported(account)[:kept]))


@BOTH
def test_a_file_without_its_last_line_end_is_found(account: AccountId | None) -> None:
    assert not verifies(b"".join(exported(account))[:-1])
    assert not verifies(b"".join(exported(account)) + b"\n")


def test_another_key_does_not_verify() -> None:
    assert not verifies(b"".join(exported(WHOLE)), key=SigningKey(bytes(32)).public_key)


def test_a_checkpoint_that_was_kept_must_be_in_the_export() -> None:
    with a_store().reading() as reader:
        hashes = [body_hash(each.body) for each in reader.checkpoints()]
    content = b"".join(exported(ONE))
    assert verifies(content, "--kept", hashes[0], "--kept", hashes[2])
    assert not verifies(content, "--kept", hashes[0], "--kept", "00" * 32)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_a_file_that_is_something_else_is_refused_in_one_sentence(content: bytes) -> None:
    assert not verifies(content)
