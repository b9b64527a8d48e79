"""`habeas simulate`: a labelled world, and how justly it is judged."""

from pathlib import Path
from typing import Annotated

import typer

from habeas.cli.options import JsonOption
from habeas.domain.errors import BadInputError


def simulate(
    users: Annotated[int, typer.Option("--users", min=1, help="People with an account, in each world.")] = 2_000,
    days: Annotated[int, typer.Option("--days", min=1, help="Days that are measured.")] = 30,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="How many worlds.")] = 3,
    first_seed: Annotated[int, typer.Option("--first-seed", help="The seed of the first world.")] = 1,
    takeovers: Annotated[int, typer.Option("--takeovers", min=0, help="Accounts taken over, in each world.")] = 200,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write the figures, the tables and two plots there.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Play labelled worlds against Habeas, three published rules and two extremes; print what was saved and what it cost.

    Example: habeas simulate --users 20000 --takeovers 1000 --seeds 5 --out build/simulation
    """
    import sys

    from rich.console import Console
    from rich.progress import Progress

    from habeas.simulation.world import report
    from habeas.simulation.world.parameters import Parameters
    from habeas.simulation.world.simulate import clusters
    from habeas.simulation.world.simulate import simulate as run

    try:
        parameters = Parameters(users=users, days=days, takeovers=takeovers)
    except ValueError as exc:
        raise BadInputError(f"{exc}; change --users, --days or --takeovers") from None
    chosen = tuple(range(first_seed, first_seed + seeds))
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("playing", total=clusters(parameters, chosen))
        figures = run(parameters, chosen, progress=lambda more: progress.advance(task, more))
    if json:
        sys.stdout.buffer.write(report.as_json(figures))
        sys.stdout.buffer.flush()
    else:
        print(report.tables(figures), end="")
    if out is not None:
        written = report.write(figures, out)
        if not json:
            print(f"\nwrote {', '.join(map(str, written))}")
