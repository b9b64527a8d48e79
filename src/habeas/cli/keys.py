"""`habeas key ...`: who is let in over HTTP, and to what."""

from collections.abc import Iterator
from getpass import getuser
from typing import Annotated

import typer

from habeas.cli import show, wiring
from habeas.cli.acting import one_of
from habeas.cli.options import JsonOption, StoreOption, actor, duration
from habeas.domain.access import ROLE_SCOPES, AccessScope, ApiKey
from habeas.domain.actor import Role
from habeas.domain.errors import BadInputError

app = typer.Typer(no_args_is_help=True, help="API keys: who is let in over HTTP, and to what.")

ByOption = Annotated[
    str | None,
    typer.Option("--as", metavar="NAME:ROLE", help="Who does it; it is recorded. Default: your name on this machine."),
]
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="The key's id, as `habeas key list` has it.")]


@app.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who acts with it: a person's name, or a program's.")],
    role: Annotated[
        str | None, typer.Option("--role", help="A person's role. Without one it is a program's, which does no acts.")
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option("--scope", help="What it opens; may be repeated. Default for a person: all that the role does."),
    ] = None,
    for_: Annotated[str | None, typer.Option("--for", metavar="LENGTH", help="How long it is good.")] = None,
    rate: Annotated[int | None, typer.Option("--rate", min=1, help="Requests a second that it may make.")] = None,
    as_: ByOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Make a key and print its secret, once. Only a keyed hash of it is kept.

    Example: habeas key create withdrawals --scope evaluate --scope events:write
    """
    from habeas.service.keys import make_key

    who = None if role is None else one_of(role, Role, list(ROLE_SCOPES), "--role")
    scopes = {one_of(text, AccessScope, list(AccessScope), "--scope") for text in scope or ()}
    opens = frozenset(scopes or (ROLE_SCOPES[who] if who else ()))
    now = wiring.now()
    ends_at = None if for_ is None else now + duration(for_, "--for")
    with wiring.opened_store(store) as opened:
        made = make_key(opened, name, who, opens, now, expires_at=ends_at, rate_per_s=rate, by=_by(as_))
    _print_made(*made, json=json)


@app.command("list")
def list_(store: StoreOption = None, json: JsonOption = False) -> None:
    """All keys ever made, without their secrets: what each opens, and who made, rotated and revoked it.

    Example: habeas key list
    """
    from habeas.service.keys import list_keys

    with wiring.opened_store(store) as opened:
        keys = list_keys(opened)
    for key in keys:
        show.json_line(_told(key)) if json else print(_line(key))
    if not keys and not json:
        print("none")


@app.command()
def rotate(
    key: KeyArgument,
    both_for: Annotated[
        str, typer.Option("--both-for", metavar="LENGTH", help="How long the old one stays good beside the new one.")
    ] = "24h",
    as_: ByOption = None,
    store: StoreOption = None,
    json: JsonOption = False,
) -> None:
    """Make a new key that opens what an old one does, and end the old one after a while.

    Example: habeas key rotate 4f1d2c3b5a697887 --both-for 1h
    """
    from habeas.service.keys import rotate_key

    with wiring.opened_store(store) as opened:
        made = rotate_key(opened, key, wiring.now(), duration(both_for, "--both-for"), by=_by(as_))
    _print_made(*made, json=json)


@app.command()
def revoke(key: KeyArgument, as_: ByOption = None, store: StoreOption = None, json: JsonOption = False) -> None:
    """End a key. Servers that have just seen it may take a second to know.

    Example: habeas key revoke 4f1d2c3b5a697887
    """
    from habeas.service.keys import revoke_key

    with wiring.opened_store(store) as opened:
        gone = revoke_key(opened, key, wiring.now(), by=_by(as_))
    show.json_line(_told(gone)) if json else print(_line(gone))


def _by(as_: str | None) -> str:
    """Who makes, rotates or revokes a key."""
    if as_ is not None:
        return str(actor(as_))
    try:
        return getuser()
    except (KeyError, OSError, ImportError):
        raise BadInputError("this machine has no name for you; say with --as NAME:ROLE who you are") from None


def _print_made(key: ApiKey, secret: str, *, json: bool) -> None:
    if json:
        show.json_line(_told(key) | {"secret": secret})
        return
    print(_line(key))
    print(f"secret {secret}")
    print("keep it now: it is not shown again")


def _told(key: ApiKey) -> dict[str, object]:
    """What is told of a key: not even the hash of its secret."""
    return {name: getattr(key, name) for name in key.__struct_fields__ if name != "digest"}


def _line(key: ApiKey) -> str:
    whose = f"{key.name}, {key.role}" if key.role else f"{key.name}, a program"
    end = f"until {show.when(key.expires_at)}" if key.expires_at else "without an end"
    used = f"last used {show.when(key.last_used_at)}" if key.last_used_at else "not used yet"
    return "; ".join((f"{key.id}  {whose}: {', '.join(key.scopes)}", end, used, *_acts(key)))


def _acts(key: ApiKey) -> Iterator[str]:
    """Who did what to a key, as far as that is known."""
    for what, by, at in (
        ("made", key.made_by, key.made_at),
        ("rotated", key.rotated_by, key.rotated_at),
        ("revoked", key.revoked_by, key.revoked_at),
    ):
        if at is not None:
            yield f"{what} {show.when(at)}" + (f" by {by}" if by else "")
