"""The map of an import: which column of an older system's file says what, and what each of its statuses means here."""

import tomllib
from enum import StrEnum
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct

from habeas.domain.errors import BadInputError
from habeas.domain.evidence import Evidence
from habeas.domain.kind import ACCOUNT_KINDS, Kind
from habeas.domain.reason import Disclosure
from habeas.domain.restriction import ACCOUNT_WIDE, Scope
from habeas.playbook.policy import Policy

M = TypeVar("M", bound=Struct)

NONE: Literal["none"] = "none"
"""What a status means that limits nothing."""


class DateForm(StrEnum):
    """How the file writes instants."""

    ISO = "iso"
    """ISO 8601, a day or an instant; without a time zone it is UTC."""
    EPOCH = "epoch"
    """Seconds since 1970."""
    EPOCH_MS = "epoch_ms"


class FileForm(Struct, frozen=True, forbid_unknown_fields=True):
    """`[file]`: how the file is written."""

    delimiter: str = ","
    empty: tuple[str, ...] = ("", "NULL", "null", "\\N")
    """What stands where there is nothing."""
    dates: DateForm = DateForm.ISO

    def __post_init__(self) -> None:
        if len(self.delimiter) != 1:
            raise ValueError("`delimiter` is one character")


class Meaning(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a status of the older system means: a restriction of this kind, for this reason."""

    kind: Kind
    reason: str
    scope: Scope = Scope.ACCOUNT
    evidence: Evidence = Evidence.E3
    disclosure: Disclosure | None = None

    def __str__(self) -> str:
        return f"{self.kind} for {self.reason}"


class RestrictionColumns(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[column]` of a map of restrictions: the names of the columns. What is left out is not in the file."""

    account: str
    status: str
    since: str = ""
    until: str = ""
    note: str = ""
    facts: dict[str, str] = {}
    """What the user may be told, by the name of the fact, such as `country`."""

    @property
    def named(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.account, self.status, self.since, self.until, self.note, *self.facts.values())))


class RestrictionMap(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a file of restrictions is read. Every status that occurs must be in it, so that none is passed by silently."""

    column: RestrictionColumns
    status: dict[str, Meaning | Literal["none"]]
    file: FileForm = FileForm()


class AccountColumns(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[column]` of a map of accounts."""

    account: str
    entity: str = ""
    holder: str = ""
    name: str = ""
    birth_date: str = ""
    residence: str = ""
    nationalities: str = ""
    """Several in one column stand apart by spaces, commas or semicolons."""
    document_kind: str = ""
    document_number: str = ""
    """The number, or what stands for it in all events about the account, such as a hash of the exchange's own."""
    document_country: str = ""
    parent: str = ""
    email: str = ""
    phone: str = ""
    locale: str = ""

    @property
    def named(self) -> tuple[str, ...]:
        return tuple(filter(None, msgspec.structs.astuple(self)))


class AccountMap(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a file of accounts is read."""

    column: AccountColumns
    always: dict[str, str] = {}
    """What is the same for every account, by the name of the field, such as `document_kind`."""
    country: dict[str, str] = {}
    """ISO 3166 codes of countries that the file writes otherwise."""
    file: FileForm = FileForm()

    def __post_init__(self) -> None:
        unknown = self.always.keys() - set(AccountColumns.__struct_fields__) | self.always.keys() & {"account"}
        if unknown:
            raise ValueError(f"`always` cannot say `{min(unknown)}`")


def read_account_map(text: bytes, name: str) -> AccountMap:
    """The map in a TOML file. Raises BadInputError."""
    return _read(text, AccountMap, name)


def read_restriction_map(text: bytes, name: str, policy: Policy) -> RestrictionMap:
    """The map in a TOML file, as far as the playbook knows what it speaks of. Raises BadInputError."""
    read = _read(text, RestrictionMap, name)
    for status, meaning in read.status.items():
        fault = _fault(meaning, policy) if isinstance(meaning, Meaning) else None
        if fault is not None:
            raise BadInputError(f"{name}: at `status.{status}`: {fault}")
    return read


def _read(text: bytes, type_: type[M], name: str) -> M:
    try:
        tree: dict[str, Any] = tomllib.loads(text.decode())
        return msgspec.convert(tree, type_, strict=True)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise BadInputError(f"{name} is no TOML: {exc}; docs/importing.md shows a map") from None
    except msgspec.ValidationError as exc:
        message, _, path = str(exc).partition(" - at `$")
        where = path.rstrip("`").lstrip(".") or "the top"
        raise BadInputError(f"{name}: at `{where}`: {message[:1].lower()}{message[1:]}") from None


def _fault(meaning: Meaning, policy: Policy) -> str | None:
    if meaning.reason not in policy.reasons:
        return f"the playbook has no reason `{meaning.reason}`; it has {', '.join(sorted(policy.reasons))}"
    if meaning.kind not in ACCOUNT_KINDS:
        return f"{meaning.kind} limits one request and is never stored; choose another kind"
    if meaning.scope not in ACCOUNT_WIDE:
        return f"a status limits a whole account: its scope is {' or '.join(sorted(ACCOUNT_WIDE))}, not {meaning.scope}"
    if meaning.disclosure in (Disclosure.GAGGED, Disclosure.STATUTORY):
        return f"the disclosure class {meaning.disclosure} belongs to the sealed desk"
    return None
