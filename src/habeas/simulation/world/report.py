"""One run as files for people: tables in Markdown, two plots, and all figures as JSON."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from habeas.domain.errors import BadInputError
from habeas.simulation.world.figures import Figures, Row, shown
from habeas.simulation.world.plots import justice_plot, release_plot

_REASON_COLUMNS = (
    "plots",
    "recall",
    "precision",
    "false holds /1000/day",
    "value saved",
    "innocent lock-hours /1000/month",
    "release median h",
    "release p95 h",
)
_GUARD_COLUMNS = (
    "recall, abroad",
    "recall, at home",
    "value saved, takeover",
    "false holds /1000/day",
    "innocent lock-hours, takeover reasons /1000/month",
    "innocent lock-hours /1000/month",
    "release median h",
    "release p95 h",
)


def as_json(figures: Figures) -> bytes:
    """All figures as JSON, keys in a fixed order: the same seeds give the same bytes."""
    return msgspec.json.format(msgspec.json.encode(figures, order="sorted"), indent=1) + b"\n"


def write(figures: Figures, folder: Path) -> tuple[Path, ...]:
    """Write `simulation.json`, `simulation.md` and two plots. Raises BadInputError when the folder cannot be written to."""
    files = {
        "simulation.json": as_json(figures),
        "simulation.md": tables(figures).encode(),
        "justice.svg": justice_plot(figures).encode(),
        "release.svg": release_plot(figures).encode(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)
    except OSError as exc:
        raise BadInputError(
            f"cannot write to `{folder}`: {exc.strerror}; check the folder and its permissions"
        ) from None
    return tuple(folder / name for name in files)


def tables(figures: Figures) -> str:
    """The figures in Markdown."""
    p, ours = figures.parameters, figures.guards["Habeas"]
    lines = [
        "# Justice, measured",
        "",
        (
            f"{len(figures.seeds)} worlds (seeds {figures.seeds[0]} to {figures.seeds[-1]}) of {p.users} users "
            f"over {p.days} days with {p.takeovers} takeovers each. In brackets: 95 % intervals over seeds."
        ),
        "",
        "## Targets",
        "",
        "| | wanted | measured | |",
        "|---|---|---|---|",
        *(f"| {t.what} | {t.wanted} | {t.measured} | {'met' if t.is_met else '**missed**'} |" for t in figures.targets),
        "",
        "## Habeas beside published rules and the two extremes",
        "",
        *_table("rules", {name: guard.overall for name, guard in figures.guards.items()}, _GUARD_COLUMNS),
        "",
        "## Habeas by reason",
        "",
        "Recall here: of what this reason is for, how much was limited. Rates are per 1,000 accounts; times are hours.",
        "",
        *_table("reason", ours.reasons, _REASON_COLUMNS),
        "",
        "## Habeas by what happened",
        "",
        *_table("what", ours.plots, ("plots", "limited", "recall", "value saved")),
        "",
        "## Promises",
        "",
        "| promise | broken |",
        "|---|---|",
        *(f"| {name} | {count} |" for name, count in ours.broken.items()),
        *(f"- {where}" for where in ours.broken_where),
    ]
    return "\n".join(lines) + "\n"


def _table(first: str, rows: Mapping[str, Row], columns: Sequence[str]) -> list[str]:
    return [
        f"| {first} | {' | '.join(columns)} |",
        f"|---|{'---|' * len(columns)}",
        *(f"| {name} | {' | '.join(shown(row.get(column)) for column in columns)} |" for name, row in rows.items()),
    ]
