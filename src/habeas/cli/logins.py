"""`habeas evaluate logins`: how well unusual logins are told from usual ones."""

from pathlib import Path
from typing import Annotated

import typer

from habeas.cli import show, wiring
from habeas.cli.options import JsonOption
from habeas.domain.errors import BadInputError


def evaluate_logins(
    users: Annotated[int, typer.Option("--users", min=100, help="People in each population.")] = 2000,
    seed: Annotated[int, typer.Option("--seed", help="The first seed; another one draws other people.")] = 1,
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="How many seeds; figures come with their spread.")] = 5,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Write logins.json, logins.md and logins.svg there.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """How often owners are asked for a proof when so many of the attackers are, beside the published figures.

    People and attackers are synthetic; the model's figures are those of the playbook in use.

    Example: habeas evaluate logins --users 1000 --out build/evaluation
    """
    from rich.console import Console
    from rich.progress import Progress

    from habeas.detection.login_score import Params
    from habeas.evaluation import logins, report
    from habeas.evaluation.login_world import Population
    from habeas.playbook.policy import DEFAULT_ENTITY

    params = wiring.playbook().policy(DEFAULT_ENTITY).detectors.get("login_score")
    if not isinstance(params, Params):
        raise BadInputError("the playbook in use has switched `login_score` off; name one that has it on")
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("playing", total=len(Population) * seeds)
        figures = logins.evaluate_logins(
            params, users=users, seed=seed, seeds=seeds, progress=lambda done: progress.advance(task, done)
        )
    written = report.write_logins(figures, out) if out else ()
    if json:
        show.json_line(figures)
        return
    print(report.logins_table(figures), end="")
    for path in written:
        print(f"wrote {path}")
