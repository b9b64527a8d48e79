"""`habeas order agency ...`: the registry of agencies, which two people change."""

from pathlib import Path
from typing import Annotated

import typer

from habeas.cli import show, wiring
from habeas.cli.options import ActorOption, JsonOption, StoreOption, actor
from habeas.cli.sealed import SealedKeyOption, SealedStoreOption, done, opened_desk
from habeas.domain.decision import Refusal

app = typer.Typer(no_args_is_help=True, help="The registry of agencies: domains, officers, call-back numbers.")


@app.command()
def load(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The whole registry, in TOML (docs/orders.md).")],
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Propose a new version of the registry. It counts when another person has signed it.

    Example: habeas order agency load agencies.toml --as lena:le_desk
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        proposed = opened.desk.load_registry(wiring.read_input(file), str(file), actor(as_))
    line = "" if isinstance(proposed, Refusal) else f"{proposed.id} waits for its second signature"
    done(proposed, json=json, line=line)


@app.command()
def approve(
    version: Annotated[str, typer.Argument(metavar="VERSION", help="As `load` has named it.")],
    as_: ActorOption,
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """Sign a version of the registry that somebody else proposed.

    Example: habeas order agency approve rg_5k2jq3v7x4m6a2bc --as cora:counsel
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        signed = opened.desk.sign_registry(version, actor(as_))
    done(signed, json=json, line=f"{version} is in use")


@app.command("list")
def list_(
    store: StoreOption = None,
    sealed_store: SealedStoreOption = None,
    sealed_key: SealedKeyOption = None,
    json: JsonOption = False,
) -> None:
    """The agencies that we know, and at which number each is called back.

    Example: habeas order agency list
    """
    with opened_desk(store, sealed_store, sealed_key) as opened:
        registry = opened.desk.registry()
    for id_, agency in registry.agencies.items():
        line = f"{id_}  {agency.name}  {', '.join(agency.jurisdictions)}  call back {', '.join(agency.call_back)}"
        show.json_line({"id": id_, "agency": agency}) if json else print(line)
