"""The journal: whether it verifies, its checkpoints, and exports that an auditor checks elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from threading import Lock
from typing import Annotated

from msgspec import Meta, Struct

from habeas.domain.errors import UnknownIdError
from habeas.domain.event_data import AccountName
from habeas.service.checkpoints import Checkpoint, CheckpointFault, checkpoint_faults, read_checkpoint, take_checkpoint
from habeas.service.journal_export import export_lines
from habeas.service.library import UnavailableError
from habeas.service.ports import JournalFault, SignedCheckpoint
from habeas.web.backend import Backend
from habeas.web.operation import Call, Reply
from habeas.web.pages import LIMIT, Limit, Page, page

NDJSON = "application/x-ndjson"

_walking = Lock()
"""One walk over everything at a time: it reads all that there is."""


class OfWhom(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of one account, or of all."""

    account: Annotated[AccountName | None, Meta(description="Only this account's; without it, everything.")] = None


class OfOne(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Of which account."""

    account: Annotated[AccountName, Meta(description="The account.")]


class Numbered(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which checkpoints."""

    after: Annotated[int, Meta(ge=0, le=2**63 - 1, description="Those with a higher number.")] = 0
    limit: Limit = LIMIT


class Verified(Struct, frozen=True, kw_only=True):
    """Whether the journal verifies: it does where both lists are empty."""

    faults: Annotated[tuple[JournalFault, ...], Meta(description="What does not verify in chains of accounts.")]
    checkpoint_faults: Annotated[
        tuple[CheckpointFault, ...],
        Meta(
            description="What does not verify in checkpoints; they are over everything, and looked at with everything."
        ),
    ]


class Signed(Struct, frozen=True, kw_only=True):
    """A checkpoint with its signature. Keep it where nobody here can change it."""

    body: Annotated[Checkpoint, Meta(description="What is signed: these members in this order, without spaces.")]
    signature: Annotated[str, Meta(description="Ed25519, in hexadecimal digits.")]


class MaybeSigned(Struct, frozen=True):
    """A checkpoint, if there was something to sign."""

    checkpoint: Annotated[Signed | None, Meta(description="None: nothing came since the last one.")]


class PublicKey(Struct, frozen=True):
    """What checkpoints and exports are checked with."""

    public_key: Annotated[str, Meta(description="Ed25519, 64 hexadecimal digits.")]


def verify(backend: Backend, call: Call) -> Verified:
    """Walk chains and checkpoints."""
    asked: OfWhom = call.query
    with backend.store.reading() as reader:
        if asked.account is not None:
            if reader.account(asked.account) is None:
                raise UnknownIdError(f"account `{asked.account}` is unknown here; check the id")
            return Verified(faults=tuple(reader.verify_journal([asked.account])), checkpoint_faults=())
        with _alone():
            return Verified(
                faults=tuple(reader.verify_journal()),
                checkpoint_faults=tuple(checkpoint_faults(reader, backend.store.public_key(), [])),
            )


def checkpoints(backend: Backend, call: Call) -> Page[Signed]:
    """All checkpoints, by number."""
    asked: Numbered = call.query
    with backend.store.reading() as reader:
        found = list(islice(reader.checkpoints(asked.after), asked.limit + 1))
    signed = [_signed(each) for each in found]
    return page("/v1/journal/checkpoints", signed, lambda each: str(each.body.number), asked.limit)


def take(backend: Backend, call: Call) -> MaybeSigned:  # noqa: ARG001 - every route is called alike
    """Sign everything that came since the last checkpoint."""
    signed = take_checkpoint(backend.store, backend.clock())
    return MaybeSigned(None if signed is None else _signed(signed))


def export(backend: Backend, call: Call) -> Reply:
    """An account's entries as they are stored, with proofs, for `python -m habeas.verifier`."""
    with backend.store.reading() as reader:
        lines = list(export_lines(reader, backend.store.signer(), call.query.account))
    return Reply(content=b"".join(line + b"\n" for line in lines), media_type=NDJSON)


def public_key(backend: Backend, call: Call) -> PublicKey:  # noqa: ARG001 - every route is called alike
    """The key."""
    return PublicKey(backend.store.signer().public_key.hex())


def _signed(signed: SignedCheckpoint) -> Signed:
    return Signed(body=read_checkpoint(signed.body), signature=signed.signature.hex())


@contextmanager
def _alone() -> Iterator[None]:
    if not _walking.acquire(blocking=False):
        raise UnavailableError("the journal is being verified already; wait until that is done")
    try:
        yield
    finally:
        _walking.release()
