"""`habeas bench` and `habeas evaluate errors`: performance figures, and how often what placed a restriction was wrong."""

from typing import Annotated

import typer

from habeas.cli import show, wiring
from habeas.cli.options import JsonOption, StoreOption
from habeas.domain.errors import BadInputError


def bench(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME...]", help="Which; without one, all.")] = None,
    scale: Annotated[
        float, typer.Option("--scale", help="Multiply every size, for example 0.1 for a quick look.")
    ] = 1.0,
    json: JsonOption = False,
) -> None:
    """Measure, and print the figures with the machine and the versions they belong to.

    Example: habeas bench sqlite --json
    """
    from habeas.bench.machine import describe
    from habeas.bench.table import BENCHES

    unknown = [name for name in names or () if name not in BENCHES]
    if unknown:
        raise BadInputError(f"`{unknown[0]}` is no bench; known are {', '.join(BENCHES)}")
    if scale <= 0:
        raise BadInputError(f"--scale `{scale}` must be more than zero")
    figures = {
        name: row.run(max(100, round(row.size * scale))) for name, row in BENCHES.items() if not names or name in names
    }
    report = {"machine": describe(), "figures": figures}
    if json:
        show.json_line(report)
        return
    for name, values in figures.items():
        print(name)
        for key, value in values.items():
            print(f"  {key}: {value}")


def errors(store: StoreOption = None, json: JsonOption = False) -> None:
    """How often what placed a restriction was wrong: annulled restrictions by detector and role, and how long they stood.

    Example: habeas evaluate errors
    """
    from habeas.service.errors import errors as counted

    with wiring.opened_store(store) as opened, opened.reading() as reader:
        found = counted(reader)
    for each in found:
        stood = (
            ""
            if each.annulled_median_h is None
            else f", stood {each.annulled_median_h} h (p95 {each.annulled_p95_h} h)"
        )
        show.json_line(each) if json else print(
            f"{each.placed_by}: {each.placed} placed, {each.lifted} lifted, {each.annulled} annulled{stood}"
        )
    if not found and not json:
        print("nothing was placed yet")
