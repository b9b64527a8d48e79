import stat
from pathlib import Path

import pytest

from habeas.domain.ids import AccountId
from habeas.store.vault import CannotOpenError, Sealer, Vault, make_key, read_key

ACCOUNT = AccountId("acct-1")


def test_what_was_sealed_opens_again() -> None:
    sealer = Sealer(ACCOUNT, bytes(32))
    assert sealer.open("state/1", sealer.seal("state/1", b"payload")) == b"payload"


def test_the_same_payload_is_never_sealed_alike() -> None:
    sealer = Sealer(ACCOUNT, bytes(32))
    assert sealer.seal("state/1", b"payload") != sealer.seal("state/1", b"payload")


@pytest.mark.parametrize(
    ("account", "purpose", "key"),
    [
        ("acct-2", "state/1", bytes(32)),
        ("acct-1", "state/2", bytes(32)),
        ("acct-1", "state/1", b"k" * 32),
        ("acct-", "1state/1", bytes(32)),
    ],
)
def test_it_opens_for_its_account_its_purpose_and_its_key_only(account: str, purpose: str, key: bytes) -> None:
    sealed = Sealer(ACCOUNT, bytes(32)).seal("state/1", b"payload")
    with pytest.raises(CannotOpenError, match=rf"`{purpose}` of account `{account}` does not open"):
        Sealer(AccountId(account), key).open(purpose, sealed)


@pytest.mark.parametrize("sealed", [b"", b"short", bytes(12), bytes(13), bytes(40)])
def test_bytes_that_were_never_sealed_do_not_open(sealed: bytes) -> None:
    with pytest.raises(CannotOpenError):
        Sealer(ACCOUNT, bytes(32)).open("state/1", sealed)


def test_a_wrapped_key_works_in_another_process_with_the_same_master_key() -> None:
    wrapped = Vault(b"m" * 32).new_key(ACCOUNT)
    sealed = Vault(b"m" * 32).sealer(ACCOUNT, wrapped).seal("state/1", b"payload")
    assert Vault(b"m" * 32).sealer(ACCOUNT, wrapped).open("state/1", sealed) == b"payload"


def test_a_wrapped_key_is_worth_nothing_without_the_master_key() -> None:
    wrapped = Vault(b"m" * 32).new_key(ACCOUNT)
    with pytest.raises(CannotOpenError):
        Vault(b"n" * 32).sealer(ACCOUNT, wrapped)


def test_a_wrapped_key_belongs_to_one_account() -> None:
    vault = Vault(b"m" * 32)
    with pytest.raises(CannotOpenError):
        vault.sealer(AccountId("acct-2"), vault.new_key(ACCOUNT))


def test_every_account_has_a_key_of_its_own() -> None:
    vault = Vault(b"m" * 32)
    sealed = vault.sealer(ACCOUNT, vault.new_key(ACCOUNT)).seal("state/1", b"payload")
    with pytest.raises(CannotOpenError):
        vault.sealer(ACCOUNT, vault.new_key(ACCOUNT)).open("state/1", sealed)


def test_a_vault_knows_its_own_proof() -> None:
    proof = Vault(b"m" * 32).proof()
    assert Vault(b"m" * 32).is_proved_by(proof)
    assert not Vault(b"n" * 32).is_proved_by(proof)
    assert not Vault(b"m" * 32).is_proved_by(b"")


def test_the_key_of_ids_follows_from_the_master_key_and_does_not_tell_it() -> None:
    assert Vault(b"m" * 32).identity_key == Vault(b"m" * 32).identity_key
    assert Vault(b"m" * 32).identity_key != Vault(b"n" * 32).identity_key
    assert Vault(b"m" * 32).identity_key != b"m" * 32


def test_a_key_file_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "habeas.db.key"
    first = make_key(path)
    assert make_key(path) == first
    assert read_key(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["habeas.db.key"]


def test_no_key_file_is_no_key(tmp_path: Path) -> None:
    assert read_key(tmp_path / "habeas.db.key") is None
