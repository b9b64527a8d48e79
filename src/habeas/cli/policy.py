"""`habeas playbook ...`: policy as data."""

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from habeas.cli import show, wiring
from habeas.cli.options import JsonOption
from habeas.playbook.rules import run_examples
from habeas.playbook.summary import summary_of

app = typer.Typer(
    no_args_is_help=True, help="Policy as data: check a playbook, and run the tests of its rules, before it is used."
)


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
    summary = summary_of(playbook)
    if json:
        show.json_line(summary)
    else:
        print(f"playbook {summary.version} is usable")
        print(f"entities {', '.join(summary.entities)}; {summary.reasons} reasons, {summary.responses} responses")
        print(f"detectors on: {', '.join(summary.detectors)}")
        print(f"{summary.rules} rules of analysts, {summary.features} features")


@app.command("test")
def run_tests(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="A playbook; without one, the playbook in use.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Run the tests that stand beside the rules. Exits with 1 if one fails.

    Example: habeas playbook test my-playbook.toml
    """
    playbook = wiring.playbook_file(file) if file else wiring.playbook()
    results = [
        {"entity": entity, **msgspec.structs.asdict(result)}
        for entity, policy in playbook.policies.items()
        for result in run_examples(policy.rules)
    ]
    if json:
        for row in results:
            show.json_line(row)
    else:
        _print_results(playbook.version, results)
    if not all(row["has_passed"] for row in results):
        raise typer.Exit(1)


def _print_results(version: str, results: list[dict[str, Any]]) -> None:
    """One line a test. What a test did comes last, and only where it is not what it should have done."""
    rows = [(f"{row['entity']}/{row['rule']}", row) for row in results]
    width = max((len(name) for name, _ in rows), default=0)
    for name, row in rows:
        expected = "fires" if row["expected"] else "does not fire"
        mark, said = ("ok", "") if row["has_passed"] else ("FAILED", f": {row['said']}")
        print(f"{mark:6}  {name:{width}}  {expected:13}  {row['about']}{said}")
    failed = sum(not row["has_passed"] for row in results)
    print(f"playbook {version}: {len(results)} tests, {failed} failed")
