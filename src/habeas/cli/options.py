"""Options and arguments that several commands accept, and how their text is read."""

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from typing import Annotated

import msgspec
import typer

from habeas.domain.actor import Actor, Role
from habeas.domain.errors import BadInputError
from habeas.domain.event_data import AccountName
from habeas.domain.ids import AccountId

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="Where the records are, for example sqlite:///habeas.db or postgresql://HOST/NAME. Default: HABEAS_STORE, else "
        "your data directory.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Machine output: one JSON value, or one per line.")]
ActorOption = Annotated[str, typer.Option("--as", metavar="NAME:ROLE", help="Who acts, for example jane:analyst.")]
NoteOption = Annotated[str, typer.Option("--note", help="Why, in your own words. It is recorded.")]
AtOption = Annotated[str | None, typer.Option("--at", metavar="TIME", help="An RFC 3339 instant. Default: now.")]
AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's id.")]

DIGITS_MAX = 5
NOTE_MAX = 1000
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def account_id(text: str) -> AccountId:
    """An account id. Raises BadInputError if it is malformed."""
    try:
        return msgspec.convert(text, AccountName)
    except msgspec.ValidationError:
        shown = text if len(text) <= 40 else f"{text[:40]}..."
        raise BadInputError(
            f"`{shown}` is no account id; it must be 1 to 128 letters, digits, or any of . _ : @ -, beginning with a letter "
            "or digit"
        ) from None


def instant(text: str, option: str) -> datetime:
    """An instant with a time zone. Raises BadInputError otherwise."""
    try:
        at = msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        raise BadInputError(f"{option} `{text}` is no time; write it like 2026-11-22T10:00:00Z") from None
    if at.tzinfo is None:
        raise BadInputError(f"{option} `{text}` has no time zone; write it like 2026-11-22T10:00:00Z")
    return at


def note_text(text: str) -> str:
    """Why somebody acts. Raises BadInputError where that is left out, or longer than an event takes."""
    if len(text.strip()) < 3:
        raise BadInputError("--note must say why, in a few words")
    if len(text.strip()) > NOTE_MAX:
        raise BadInputError(f"--note has more than {NOTE_MAX} characters; longer matters belong into the case file")
    return text.strip()


def duration(text: str, option: str) -> timedelta:
    """A duration such as 90m, 24h or 7d. Raises BadInputError otherwise."""
    number, unit = text[:-1], text[-1:]
    is_readable = number.isdigit() and len(number) <= DIGITS_MAX and unit in _UNITS and int(number) > 0
    if not is_readable:
        raise BadInputError(f"{option} `{text}` is no duration; write it like 90m, 24h or 7d")
    return timedelta(**{_UNITS[unit]: int(number)})


def amount(text: str | None, option: str) -> Decimal | None:
    """A decimal amount of zero or more. Raises BadInputError otherwise."""
    if text is None:
        return None
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise BadInputError(f"{option} `{text}` is no amount; write it like 0.25") from None
    if not value.is_finite() or value < 0:
        raise BadInputError(f"{option} `{text}` is no amount of zero or more")
    return value


def ip(text: str | None, option: str) -> str | None:
    """An IP address. Raises BadInputError otherwise."""
    if text is not None:
        try:
            ip_address(text)
        except ValueError:
            raise BadInputError(f"{option} `{text}` is no IP address") from None
    return text


def actor(text: str) -> Actor:
    """Who acts, from NAME:ROLE. Raises BadInputError for an unknown role."""
    name, _, role = text.rpartition(":")
    people = [r.value for r in Role if r not in (Role.DETECTOR, Role.USER)]
    if not name or role not in people:
        raise BadInputError(f"--as `{text}` must be NAME:ROLE with one of the roles {', '.join(people)}")
    return Actor(name, Role(role))
