"""`habeas playbook ...`: policy as data."""

from pathlib import Path
from typing import Annotated

import typer

from habeas.cli import show, wiring
from habeas.cli.options import JsonOption

app = typer.Typer(no_args_is_help=True, help="Policy as data: check a playbook before it is used.")


@app.command()
def validate(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A playbook; without one, the playbook in use.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Check a playbook and say what is wrong with it, or what it holds.

    Example: habeas playbook validate my-playbook.toml
    """
    playbook = wiring.playbook_file(file) if file else wiring.playbook()
    policy = next(iter(playbook.policies.values()))
    summary = {
        "version": playbook.version,
        "entities": sorted(playbook.policies),
        "reasons": len(policy.reasons),
        "responses": sum(len(rows) for rows in policy.responses.values()),
        "detectors": sorted(policy.detectors),
    }
    if json:
        show.json_line(summary)
    else:
        print(f"playbook {playbook.version} is usable")
        print(
            f"entities {', '.join(sorted(playbook.policies))}; {summary['reasons']} reasons, {summary['responses']} responses"
        )
        print(f"detectors on: {', '.join(sorted(policy.detectors))}")
