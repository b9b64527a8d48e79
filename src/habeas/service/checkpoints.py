"""Checkpoints of the journal: a signed Merkle root over all entries since the last checkpoint, chained to that one.

An account's own chain shows that nothing in it was changed by somebody who could not rewrite all of it. A checkpoint shows
that nobody rewrote it, whoever could write to the database: the signature would have to be made again, and whoever kept an
earlier checkpoint would still know (docs/journal.md).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import sha256

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import Struct

from habeas.domain.errors import BadInputError, JournalBrokenError
from habeas.service.merkle import leaf_hash, root_of
from habeas.service.ports import Reader, SignedCheckpoint, Store

FORMAT = "habeas checkpoint 1"
NOTHING_BEFORE = bytes(32).hex()
"""What the first checkpoint names as the one before it."""


class Checkpoint(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is signed, as JSON with its names in order. Hashes are SHA-256 in hexadecimal digits.

    It is over the `size` entries behind the first `first` ones; `root` is their Merkle root, `previous` the hash of the
    body of the checkpoint before.
    """

    at: datetime
    first: int
    format: str
    number: int
    previous: str
    root: str
    size: int


class CheckpointFault(Struct, frozen=True):
    """One thing that is wrong with a checkpoint, or with the entries that it is over."""

    number: int
    what: str


_encode = msgspec.json.Encoder(order="sorted").encode
_decode = msgspec.json.Decoder(Checkpoint).decode


def read_checkpoint(body: bytes) -> Checkpoint:
    """A checkpoint from the bytes that were signed. Raises JournalBrokenError."""
    try:
        read = _decode(body)
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise JournalBrokenError("the bytes are no checkpoint") from None
    if read.format != FORMAT or _encode(read) != body:
        raise JournalBrokenError("the bytes are no checkpoint of a known format")
    return read


def body_hash(body: bytes) -> str:
    """What names a checkpoint: for the next one, and for whoever keeps it elsewhere."""
    return sha256(body).hexdigest()


def take_checkpoint(store: Store, at: datetime) -> SignedCheckpoint | None:
    """Sign what came since the last checkpoint; None if nothing did.

    Writers wait for no hashing: what there is up to a position is final, so it is read beside them. Raises
    JournalBrokenError, with nothing signed, where an entry or an earlier checkpoint is missing.
    """
    signer = store.signer()
    while True:
        with store.reading() as reader:
            made = _next(reader, at)
        if made is None:
            return None
        body = _encode(made)
        signed = SignedCheckpoint(made.number, body, signer.sign(body))
        with store.transaction() as work:
            if work.add_checkpoint(signed):
                return signed
        # Somebody else took one meanwhile. Perhaps nothing is left to do.


def _next(reader: Reader, at: datetime) -> Checkpoint | None:
    taken, first, previous = reader.last_checkpoint(), 0, NOTHING_BEFORE
    if taken:
        last = next(reader.checkpoints(taken - 1), None)
        if last is None or last.number != taken:
            raise JournalBrokenError(f"checkpoint {taken} is missing; `habeas journal verify` says what is wrong")
        before = read_checkpoint(last.body)
        first, previous = before.first + before.size, body_hash(last.body)
    end = reader.journal_end()
    if end <= first:
        return None
    root, size = root_of(leaf_hash(entry.stored) for entry in reader.journal_entries(first, end))
    if size != end - first:
        raise JournalBrokenError(
            f"of the entries {first + 1} to {end}, {end - first - size} are missing; `habeas journal verify` says where"
        )
    return Checkpoint(
        at=at, first=first, format=FORMAT, number=taken + 1, previous=previous, root=root.hex(), size=size
    )


def checkpoint_faults(
    reader: Reader, public_key: bytes | None, kept: Iterable[SignedCheckpoint] = ()
) -> Iterator[CheckpointFault]:
    """Everything that is wrong with the checkpoints and with the entries under them; nothing when all verifies.

    `kept` are checkpoints that somebody kept elsewhere: each must be among ours, to the byte.
    """
    own: dict[int, bytes] = {}
    covered, previous, number = 0, NOTHING_BEFORE, 0
    for signed in reader.checkpoints():
        for missing in range(number + 1, signed.number):
            yield CheckpointFault(missing, "the checkpoint is missing")
        is_next, number = signed.number == number + 1, signed.number
        own[number] = signed.body
        if public_key is None:
            yield CheckpointFault(number, "there is no key to check the signature with; give the public key")
        elif not is_signed(signed.body, signed.signature, public_key):
            yield CheckpointFault(number, "it is not signed with this key: it was changed, or signed with another one")
        try:
            read = read_checkpoint(signed.body)
        except JournalBrokenError as exc:
            yield CheckpointFault(number, str(exc))
            continue
        if read.number != number or (is_next and (read.previous, read.first) != (previous, covered)):
            yield CheckpointFault(number, "it does not follow from the one before it: one of the two was changed")
        root, size = root_of(leaf_hash(e.stored) for e in reader.journal_entries(read.first, read.first + read.size))
        if (root.hex(), size) != (read.root, read.size):
            yield CheckpointFault(number, _difference(reader, read, size))
        covered, previous = read.first + read.size, body_hash(signed.body)
    for missing in range(number + 1, reader.last_checkpoint() + 1):
        yield CheckpointFault(missing, "the checkpoint is missing")
    yield from _unlike_kept(own, public_key, kept)


def _difference(reader: Reader, read: Checkpoint, size: int) -> str:
    last = read.first + read.size
    there = {entry.position for entry in reader.journal_entries(read.first, last)}
    missing = next((str(position) for position in range(read.first + 1, last + 1) if position not in there), None)
    if missing is not None:
        return f"{read.size - size} of the entries {read.first + 1} to {last} that were signed are missing: {missing} first"
    return f"the entries {read.first + 1} to {last} are not the ones that were signed"


def _unlike_kept(
    own: dict[int, bytes], public_key: bytes | None, kept: Iterable[SignedCheckpoint]
) -> Iterator[CheckpointFault]:
    for signed in kept:
        if public_key is not None and not is_signed(signed.body, signed.signature, public_key):
            yield CheckpointFault(signed.number, "the kept checkpoint is not signed with this key")
        elif signed.number not in own:
            yield CheckpointFault(signed.number, "the checkpoint was kept elsewhere and is missing here")
        elif own[signed.number] != signed.body:
            yield CheckpointFault(signed.number, "it is not the one that was kept elsewhere: history was written again")


def is_signed(message: bytes, signature: bytes, public_key: bytes) -> bool:
    """Whether this key signed this message."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class _KeptLine(Struct):
    body: msgspec.Raw
    signature: str


def checkpoint_line(signed: SignedCheckpoint) -> bytes:
    """A checkpoint as it is printed and exported: one line of JSON."""
    return b'{"body":%s,"signature":"%s"}' % (signed.body, signed.signature.hex().encode())


def read_kept(lines: Iterable[bytes], name: str) -> Iterator[SignedCheckpoint]:
    """The checkpoints in what somebody kept: printed lines, or an export. Raises BadInputError if a line is no JSON."""
    for number, line in enumerate(lines, start=1):
        if b'"body"' not in line:
            continue
        try:
            kept = msgspec.json.decode(line, type=_KeptLine)
            body = bytes(kept.body)
            yield SignedCheckpoint(read_checkpoint(body).number, body, bytes.fromhex(kept.signature))
        except (msgspec.MsgspecError, JournalBrokenError, ValueError):
            raise BadInputError(
                f"{name}, line {number}: this is no checkpoint; give lines as they were printed"
            ) from None
