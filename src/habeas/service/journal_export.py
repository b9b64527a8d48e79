"""The journal as a file that an auditor checks offline with `habeas.verifier`: stored bytes, checkpoints, proofs.

One JSON value a line, names in order, no spaces, so that there is one way to write each line: a header; every checkpoint,
each with those of its entries that are asked for behind it; and a signature over all of it. For one account each entry has
the proof that it is in its checkpoint's tree; without an account all entries are there, which is a proof in itself.
"""

from base64 import b64encode
from collections import deque
from collections.abc import Iterator
from hashlib import sha256
from typing import Any

import msgspec

from habeas.domain.errors import BadInputError, JournalBrokenError
from habeas.domain.ids import AccountId
from habeas.service.checkpoints import checkpoint_line, read_checkpoint
from habeas.service.merkle import Tree, leaf_hash
from habeas.service.ports import Reader, SignedCheckpoint, Signer, StoredEntry

FORMAT = "habeas journal export 1"

_encode = msgspec.json.Encoder(order="sorted").encode


def uncovered(reader: Reader) -> int:
    """How many entries no checkpoint is over yet: they are not exported."""
    return reader.journal_end() - _covered(list(reader.checkpoints()))


def export_lines(reader: Reader, signer: Signer, account: AccountId | None = None) -> Iterator[bytes]:
    """The lines of the file. Nothing is opened, so it does not matter whose key was forgotten.

    Raises BadInputError where no checkpoint is over any entry, or any of the account's; JournalBrokenError where signed
    entries are missing.
    """
    digest = sha256()
    for line in _content(reader, account):
        digest.update(line + b"\n")
        yield line
    signature = signer.sign(FORMAT.encode() + b"\0" + digest.digest())
    yield _encode({"signature": signature.hex()})


def _content(reader: Reader, account: AccountId | None) -> Iterator[bytes]:
    checkpoints = list(reader.checkpoints())
    covered = _covered(checkpoints)
    chosen = None
    if account is not None:
        chosen = deque(entry for entry in reader.account_entries(account) if entry.position <= covered)
    count = covered if chosen is None else len(chosen)
    if not count:
        of = "" if account is None else f" of account `{account}`"
        raise BadInputError(f"no checkpoint is over any entry{of}; run `habeas journal checkpoint` first")
    yield _encode({"account": account, "checkpoints": len(checkpoints), "entries": count, "format": FORMAT})
    for signed in checkpoints:
        yield checkpoint_line(signed)
        read = read_checkpoint(signed.body)
        until = read.first + read.size
        if chosen is None:
            yield from (_line(entry) for entry in _whole(reader, read.first, until))
        elif chosen and chosen[0].position <= until:
            tree = Tree([leaf_hash(entry.stored) for entry in _whole(reader, read.first, until)])
            while chosen and chosen[0].position <= until:
                entry = chosen.popleft()
                proof = tree.proof(entry.position - read.first - 1)
                yield _line(entry, proof=[each.hex() for each in proof])


def _whole(reader: Reader, after: int, until: int) -> Iterator[StoredEntry]:
    expected = after
    for entry in reader.journal_entries(after, until):
        expected += 1
        if entry.position != expected:
            break
        yield entry
    else:
        if expected == until:
            return
        expected += 1
    raise JournalBrokenError(f"entry {expected} of the journal is missing; `habeas journal verify` says what is wrong")


def _line(entry: StoredEntry, **more: Any) -> bytes:
    return _encode({"entry": b64encode(entry.stored).decode(), "position": entry.position, **more})


def _covered(checkpoints: list[SignedCheckpoint]) -> int:
    if not checkpoints:
        return 0
    last = read_checkpoint(checkpoints[-1].body)
    return last.first + last.size
