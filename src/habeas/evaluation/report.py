"""An evaluation as files for people: a table in Markdown, the plot, and all figures as JSON."""

from pathlib import Path

import msgspec

from habeas.domain.errors import BadInputError
from habeas.evaluation.intervals import Share
from habeas.evaluation.names import FALSE_HITS_TARGET, P50_TARGET_MS, P99_TARGET_MS, RECALL_TARGET, NamesEvaluation
from habeas.evaluation.svg import names_plot


def write(figures: NamesEvaluation, folder: Path) -> tuple[Path, ...]:
    """Write `names.json`, `names.md` and `names.svg`. Raises BadInputError when the folder cannot be written to."""
    files = {
        "names.json": msgspec.json.format(msgspec.json.encode(figures), indent=1),
        "names.md": names_table(figures).encode(),
        "names.svg": names_plot(figures).encode(),
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


def names_table(figures: NamesEvaluation) -> str:
    """The figures in Markdown."""
    lines = [
        "# Name screening, measured",
        "",
        (
            f"{', '.join(figures.lists)}: {figures.entries} entries, {figures.listed_names} names. Seed {figures.seed}, "
            f"threshold {figures.threshold:.2f}, by the name alone. Intervals are Wilson's at 95 %."
        ),
        "",
        "| what | share | 95 % interval | of |",
        "|---|---|---|---|",
        _row("**recall, all kinds**", figures.recall),
        *(_row(kind, each) for kind, each in figures.recall_by_damage.items()),
        _row("recall with the birth year, where the list gives one", figures.recall_with_birth_year),
        _row("**false hits, people**", figures.false_hits),
        *(_row(f"false hits, {population}", each) for population, each in figures.false_hits_by_population.items()),
        "",
        "| | measured | target |",
        "|---|---|---|",
        f"| recall | {figures.recall.share * 100:.2f} % | at least {RECALL_TARGET * 100:.0f} % |",
        f"| false hits on people | {figures.false_hits.share * 100:.2f} % | at most {FALSE_HITS_TARGET * 100:.1f} % |",
        f"| a damaged name, p50 | {figures.latency_damaged.p50_ms:.2f} ms | at most {P50_TARGET_MS:.1f} ms |",
        f"| a damaged name, p99 | {figures.latency_damaged.p99_ms:.2f} ms | at most {P99_TARGET_MS:.1f} ms |",
        f"| an ordinary name, p50 | {figures.latency_ordinary.p50_ms:.2f} ms | |",
        f"| an ordinary name, p99 | {figures.latency_ordinary.p99_ms:.2f} ms | |",
        "",
        f"Targets are {'met' if figures.meets_targets else 'not met'}.",
    ]
    if figures.oracle is not None:
        lines += ["", "## Beside nomenklatura", "", "| | |", "|---|---|"]
        lines += [f"| {what} | {value} |" for what, value in figures.oracle.items()]
    return "\n".join(lines) + "\n"


def _row(what: str, each: Share) -> str:
    return f"| {what} | {each.share * 100:.2f} % | {each.low * 100:.2f} to {each.high * 100:.2f} % | {each.of} |"
