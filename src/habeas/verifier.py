"""Checks an export of a Habeas journal offline. Stands alone: it needs `cryptography`, `msgspec` and nothing of Habeas.

    python -m habeas.verifier FILE --public-key KEY [--kept HASH]...

KEY is 64 hexadecimal digits, or a file that holds them: what `habeas journal public-key` printed, got on another way than
the export. HASH names a checkpoint that you kept earlier, and that must be in the export. Exit codes: 0 it verifies, 1 it
does not, 2 it cannot be read.

There is one way to write each line. Every checkpoint is signed, counts on from the one before and names its hash. Every entry
is a leaf of its checkpoint's Merkle tree (RFC 6962): by all leaves together in a whole export, by a proof each in the export
of one account. Every account's entries count from 1, and each names the hash of the one before. The whole file is signed,
which is what shows that nothing was cut off the end of one account's entries.

What it cannot show: that the owner of the key did not sign another history. Whoever keeps checkpoints elsewhere can (--kept).
"""

import argparse
import json
import sys
from base64 import b64decode
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EXPORT = "habeas journal export 1"
CHECKPOINT = "habeas checkpoint 1"


def need(is_so: bool, otherwise: str) -> None:
    """Raise ValueError unless it is so."""
    if not is_so:
        raise ValueError(otherwise)


def canonical(value: Any) -> bytes:
    """The one way to write a line."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def fields(line: bytes, names: str) -> dict[str, Any]:
    """A line as a JSON object with exactly these fields, written in the one way."""
    value = json.loads(line)
    need(isinstance(value, dict) and " ".join(sorted(value)) == names, f"the fields are not {names}")
    need(canonical(value) == line, "it is not written in the one way that there is")
    return dict(value)


def signed(key: Ed25519PublicKey, signature: str, message: bytes) -> bool:
    """Whether the key made this signature; capital letters in it count as a change."""
    try:
        key.verify(bytes.fromhex(signature), message)
    except InvalidSignature:
        return False
    return signature == signature.lower() and len(signature) == 128


def node(left: bytes, right: bytes) -> bytes:
    """RFC 6962: the hash of two neighbours."""
    return sha256(b"\1" + left + right).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """RFC 6962: the root over leaf hashes, by the definition's own halving."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1 << ((len(leaves) - 1).bit_length() - 1)
    return node(root_of(leaves[:half]), root_of(leaves[half:]))


def root_by_proof(leaf: bytes, index: int, size: int, proof: list[bytes]) -> bytes:
    """The root that a leaf at an index of a tree of a size has, by the hashes beside its way up."""
    beside = list(reversed(proof))
    while size > 1:
        if index ^ 1 < size:
            need(bool(beside), "its proof is too short")
            leaf = node(beside.pop(), leaf) if index % 2 else node(leaf, beside.pop())
        index, size = index // 2, (size + 1) // 2
    need(not beside, "its proof is too long")
    return leaf


class Check:
    """One export, read line by line."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self.key = key
        self.hashes = ["00" * 32]
        self.header: dict[str, Any] = {}
        self.body: dict[str, Any] = {"first": 0, "size": 0}
        self.leaves: list[bytes] = []
        self.chains: dict[str, tuple[int, bytes]] = {}
        self.entries = self.position = self.number = 0

    def file(self, lines: Iterable[bytes]) -> None:
        """Check all lines; the last one signs those before it. Whatever is raised says that the export does not verify."""
        digest, last = sha256(), b""
        for self.number, line in enumerate(lines):
            if self.number:
                digest.update(last)
                self.line(last.removesuffix(b"\n"))
            last = line
        self.close_tree()
        seal = fields(last.removesuffix(b"\n"), "signature")["signature"]
        need(signed(self.key, seal, EXPORT.encode() + b"\0" + digest.digest()), "the file is not signed with this key")
        need(last.endswith(b"\n"), "the file is cut off")
        counts = len(self.hashes) - 1, self.entries
        need(counts == (self.header["checkpoints"], self.header["entries"]), "the numbers in the header are not kept")

    def line(self, line: bytes) -> None:
        """Check the header, a checkpoint or an entry."""
        if self.number == 1:
            self.header = fields(line, "account checkpoints entries format")
            need(self.header["format"] == EXPORT, "the format is unknown")
        elif line.startswith(b'{"body"'):
            self.close_tree()
            self.checkpoint(fields(line, "body signature"))
        elif self.header["account"] is None:
            self.leaves.append(self.entry(fields(line, "entry position")))
        else:
            self.proved(fields(line, "entry position proof"))

    def checkpoint(self, line: dict[str, Any]) -> None:
        """A checkpoint is signed and follows from the one before."""
        body, before = line["body"], self.body
        written = canonical(body)
        need(body["format"] == CHECKPOINT, "the checkpoint's format is unknown")
        need(signed(self.key, line["signature"], written), "the checkpoint is not signed with this key")
        need(body["number"] == len(self.hashes), "a checkpoint is missing")
        need(body["previous"] == self.hashes[-1], "the checkpoint does not follow from the one before")
        need(body["first"] == before["first"] + before["size"], "the checkpoint leaves entries out")
        self.hashes.append(sha256(written).hexdigest())
        self.body = body

    def entry(self, line: dict[str, Any]) -> bytes:
        """An entry belongs to its account's chain; the answer is its leaf hash."""
        stored, position = b64decode(line["entry"], validate=True), line["position"]
        is_behind = max(self.body["first"], self.position) < position
        need(is_behind and position <= self.body["first"] + self.body["size"], "the entry is out of place")
        format_, account, sequence, _, _, previous, _ = msgspec.msgpack.decode(stored)
        need(self.header["account"] in (None, account), "the entry is another account's")
        before = self.chains.get(account, (0, sha256(b"habeas journal 1\0" + account.encode()).digest()))
        need(
            (format_, sequence - 1, previous) == (1, *before),
            f"the entry does not follow from the one before it of `{account}`",
        )
        self.chains[account] = sequence, sha256(stored).digest()
        self.entries, self.position = self.entries + 1, position
        return sha256(b"\0" + stored).digest()

    def proved(self, line: dict[str, Any]) -> None:
        """An entry of one account's export is in its checkpoint's tree by its proof."""
        leaf, index = self.entry(line), line["position"] - self.body["first"] - 1
        root = root_by_proof(leaf, index, self.body["size"], [bytes.fromhex(each) for each in line["proof"]])
        need(root.hex() == self.body["root"], "the entry is not in the tree that was signed")

    def close_tree(self) -> None:
        """All entries of a checkpoint are there and make its root."""
        if self.header and self.header["account"] is None and self.body["size"]:
            need(len(self.leaves) == self.body["size"], "entries of the checkpoint above are missing")
            need(root_of(self.leaves).hex() == self.body["root"], "the entries above are not the ones that were signed")
        self.leaves = []


def read_key(text: str) -> Ed25519PublicKey:
    """A public key, from its digits or from a file that holds them. Raises ValueError or OSError."""
    digits = text if len(text) == 64 else Path(text).read_text("ascii")
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(digits))


def main(args: list[str] | None = None) -> int:
    """Check a file and say what was found."""
    parser = argparse.ArgumentParser(prog="habeas.verifier")
    parser.add_argument("file", type=Path)
    parser.add_argument("--public-key", required=True, metavar="KEY", help="64 hexadecimal digits, or a file with them")
    parser.add_argument("--kept", action="append", default=[], metavar="HASH", help="a checkpoint that must be in it")
    given = parser.parse_args(args)
    try:
        check, lines = Check(read_key(given.public_key)), given.file.open("rb")
    except (OSError, ValueError) as exc:
        parser.error(f"it cannot be read: {exc}")
    with lines:
        try:
            check.file(lines)
            need(set(given.kept) <= set(check.hashes[1:]), "a checkpoint that was kept is not in it")
        except Exception as exc:  # noqa: BLE001 - whatever stands in the file, the answer is a sentence
            sys.stderr.write(f"does not verify: line {check.number}: {str(exc) or type(exc).__name__}\n")
            return 1
    whose = check.header["account"] or f"{len(check.chains)} accounts"
    sys.stdout.write(f"verifies: {check.entries} entries of {whose} under {len(check.hashes) - 1} checkpoints\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
