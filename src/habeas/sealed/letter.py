"""A legal order as it arrives: one authorisation, many tasks, documents (the shape of ETSI TS 103 120, as JSON).

The sender says which status it desires; ours is in `habeas.sealed.order`. A letter is not believed: it is what is checked.
"""

from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from habeas.domain.errors import BadInputError
from habeas.domain.event_data import Instant, Text, Token

LETTER_BYTES_MAX = 1024 * 1024


class OrderType(StrEnum):
    """What a task asks for (model 1.8)."""

    PRESERVATION = "preservation"
    """Keep a copy of what there is; nothing is handed over, nothing is limited."""
    PRODUCTION = "production"
    """Hand over data."""
    EMERGENCY = "emergency"
    """Hand over the least data that averts a danger; the legal process follows."""
    PROVISIONAL_HOLD = "provisional_hold"
    """Hold an account while the instrument is on its way."""
    FREEZE = "freeze"
    FIU_SUSPENSION = "fiu_suspension"
    """A financial intelligence unit suspends an account or a transaction."""
    SEIZURE = "seizure"
    """Hand over assets."""
    NONDISCLOSURE = "nondisclosure"
    """Tell the user nothing about another order."""
    KEEP_OPEN = "keep_open"
    """Do not close or limit the account of your own accord."""
    RELEASE = "release"
    """End another order."""


class LegalType(StrEnum):
    """What kind of instrument a letter rests on."""

    COURT_ORDER = "court_order"
    SEIZURE_WARRANT = "seizure_warrant"
    SUBPOENA = "subpoena"
    PROSECUTOR_ORDER = "prosecutor_order"
    FIU_INSTRUCTION = "fiu_instruction"
    STATUTE = "statute"
    REQUEST = "request"
    """A letter without legal force of its own."""


class GagForce(StrEnum):
    """With what force an authority asks that the user is not told (model X2). A wish is no order."""

    NONE = "none"
    REQUESTED = "requested"
    ORDERED = "ordered"
    STATUTORY = "statutory"


class TargetKind(StrEnum):
    """What a task is about."""

    ACCOUNT = "account"
    HOLDER = "holder"
    WALLET = "wallet"


class Priority(StrEnum):
    NORMAL = "normal"
    URGENT = "urgent"


class Level(IntEnum):
    """The steps of verification (model 3.6)."""

    V0 = 0
    """It arrived."""
    V1 = 1
    """From a domain of the agency's, and the mail proves it (DMARC)."""
    V2 = 2
    """By an officer who is enrolled: named, with a key."""
    V3 = 3
    """The agency was called back, at the number of the registry and never at that of the letter."""
    V4 = 4
    """The issuing court confirmed it, or the signature was checked."""
    V5 = 5
    """A second officer or a supervisor confirmed it."""


class Gag(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Whether the user may be told, and what that rests on."""

    force: GagForce = GagForce.NONE
    until_at: Instant | None = None
    review_at: Instant | None = None
    """When it is looked at again, where the instrument has no end."""
    instrument: Token | None = None
    """The document that orders it."""
    prejudice: Text = ""
    """Why telling would do harm: it may have to be shown later (Lonsdale v NatWest)."""


class Document(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One file that came with the letter."""

    id: Token
    name: Text
    sha256: Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
    signed_by: Text = ""
    """Who signed it; empty: nobody."""


class Named(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a task names."""

    kind: TargetKind
    value: Token
    """The account's or the holder's id, or the address."""
    asset: Token | None = None
    """For a wallet its asset; for an amount the asset that is meant."""
    amount: Decimal | None = None


class Task(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing that is asked for, about one target."""

    id: Token
    type: OrderType
    target: Named
    about: Token | None = None
    """For a release or a non-disclosure: the reference of the order that it is about."""
    destination: Token | None = None
    """For a seizure: where the assets are to go."""
    data: tuple[Token, ...] = ()
    """For production: which data."""


class Authorisation(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Who orders what on which ground."""

    reference: Token
    agency: Token
    """As the registry calls it."""
    officer: Token
    jurisdiction: Token
    legal_type: LegalType
    sent_from: Token
    """The address that the letter came from."""
    reply_to: Token | None = None
    call_back: Text = ""
    """The number that the letter gives. It is never called."""
    docket: Text = ""
    issued_at: Instant
    ends_at: Instant | None = None
    priority: Priority = Priority.NORMAL
    desired_status: Token = "active"
    generation: int = 1
    is_emergency: bool = False
    is_test: bool = False
    gag: Gag = Gag()
    notice_by: Annotated[str, Meta(pattern="^(authority|us)$")] = "authority"
    """Who must tell the user of a seizure (model X27)."""


class Letter(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All that arrived."""

    authorisation: Authorisation
    tasks: Annotated[tuple[Task, ...], Meta(min_length=1, max_length=1000)]
    documents: Annotated[tuple[Document, ...], Meta(max_length=100)] = ()

    @property
    def types(self) -> tuple[OrderType, ...]:
        return tuple(dict.fromkeys(task.type for task in self.tasks))

    @property
    def is_signed(self) -> bool:
        return any(document.signed_by for document in self.documents)


_decode = msgspec.json.Decoder(Letter).decode


def read_letter(content: bytes, name: str) -> Letter:
    """A letter from its JSON. Raises BadInputError in one sentence."""
    if len(content) > LETTER_BYTES_MAX:
        raise BadInputError(f"`{name}` has {len(content)} bytes; a letter has at most {LETTER_BYTES_MAX}")
    try:
        letter = _decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise BadInputError(f"`{name}` is no order in the expected shape: {exc}; docs/orders.md shows one") from None
    ids = [task.id for task in letter.tasks]
    if len(set(ids)) < len(ids):
        raise BadInputError(f"`{name}` has two tasks with the same id")
    return letter
