"""Keys, and what is sealed or signed with them: one master key and one signing key a store, one data key an account, kept
wrapped.

Whoever forgets an account's data key has destroyed everything sealed with it, wherever copies of it are (crypto-shredding).
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from habeas.domain.ids import AccountId
from habeas.store.errors import StoreError

KEY_BYTES = 32
NONCE_BYTES = 12

_PROOF_SUBJECT = AccountId("")
_PROOF = b"habeas"


class CannotOpenError(StoreError):
    """Sealed bytes do not open: another key, another subject, another purpose, or changed bytes."""

    def __init__(self, subject: str, purpose: str) -> None:
        super().__init__(f"the sealed `{purpose}` of account `{subject}` does not open")


class Sealer:
    """Seals what is said about one account, each thing for one purpose: sealed bytes open nowhere else."""

    __slots__ = ("_aead", "_subject")

    def __init__(self, subject: AccountId, key: bytes) -> None:
        self._subject = subject
        self._aead = AESGCM(key)

    def seal(self, purpose: str, payload: bytes) -> bytes:
        """A random nonce, then the payload, encrypted and bound to the account and the purpose."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, payload, _binding(self._subject, purpose))

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """The payload. Raises CannotOpenError."""
        try:
            return self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _binding(self._subject, purpose))
        except (InvalidTag, ValueError):
            raise CannotOpenError(self._subject, purpose) from None


class Vault:
    """What follows from the master key: the key that ids derive from, and the key that wraps every account's data key."""

    def __init__(self, master: bytes) -> None:
        assert len(master) == KEY_BYTES
        self.identity_key = _derived(master, b"habeas identity 1")
        self._wrapping = _derived(master, b"habeas wrapping 1")

    def new_key(self, account: AccountId) -> bytes:
        """A new random data key, wrapped: fit to be stored, worth nothing without the master key."""
        return Sealer(account, self._wrapping).seal("key", secrets.token_bytes(KEY_BYTES))

    def sealer(self, account: AccountId, wrapped: bytes) -> Sealer:
        """What seals and opens with this data key. Raises CannotOpenError.

        Nothing is remembered: unwrapping costs some 3 us, and a forgotten key is then forgotten in every process.
        """
        return Sealer(account, Sealer(account, self._wrapping).open("key", wrapped))

    def proof(self) -> bytes:
        """Bytes that only this master key opens, for a store to tell whether a key file is its own."""
        return Sealer(_PROOF_SUBJECT, self._wrapping).seal("proof", _PROOF)

    def is_proved_by(self, proof: bytes) -> bool:
        """Whether the same master key made this proof."""
        with suppress(CannotOpenError):
            return Sealer(_PROOF_SUBJECT, self._wrapping).open("proof", proof) == _PROOF
        return False


class SigningKey:
    """Signs checkpoints and exports of the journal (Ed25519, `service.ports.Signer`)."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def new_key() -> bytes:
    """A new random master or signing key."""
    return secrets.token_bytes(KEY_BYTES)


def read_key(path: Path) -> bytes | None:
    """The key in a file, or None if there is no file. Raises StoreError if it holds something else."""
    try:
        key = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise StoreError(f"the key file `{path}` cannot be read: {exc.strerror}") from None
    if len(key) != KEY_BYTES:
        raise StoreError(
            f"the key file `{path}` holds {len(key)} bytes where a key has {KEY_BYTES}; put back the right file"
        )
    return key


def signing_key_path(key_path: Path) -> Path:
    """Where the key lies that signs what is in the store of a master key: beside that."""
    return key_path.with_suffix(".signing-key")


def copy_key(source: Path, target: Path) -> None:
    """Have the same key in another file, readable by its owner only. Raises StoreError if another key is there.

    Where there is no source nothing is copied.
    """
    key, there = read_key(source), read_key(target)
    if key is None or key == there:
        return
    if there is not None:
        raise StoreError(f"the key file `{target}` holds another key than `{source}`; name one that is not there yet")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _put_file(target, key)
    except OSError as exc:
        raise StoreError(f"the key file `{target}` cannot be made: {exc.strerror}") from None


def make_key(path: Path) -> bytes:
    """The key in a file that is made now, readable by its owner only; the key that is there, if one is.

    The file appears with its whole content or not at all, and is on the disk before this returns: it is the one thing
    whose loss loses everything.
    """
    _put_file(path, new_key())
    key = read_key(path)
    assert key is not None
    return key


def _put_file(path: Path, content: bytes) -> None:
    """A file as a whole, unless there is one."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(descriptor, content)
        os.fsync(descriptor)
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        os.close(descriptor)
        draft.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _derived(master: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(master)


def _binding(subject: AccountId, purpose: str) -> bytes:
    # The length in front keeps ("ab", "c") and ("a", "bc") apart.
    return f"{len(subject)}:{subject}{purpose}".encode()
