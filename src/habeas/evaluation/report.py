"""An evaluation as files for people: a table in Markdown, the plot, and all figures as JSON."""

from pathlib import Path

import msgspec

from habeas.domain.errors import BadInputError
from habeas.evaluation.intervals import Share
from habeas.evaluation.logins import HISTORY, LoginsEvaluation
from habeas.evaluation.names import FALSE_HITS_TARGET, P50_TARGET_MS, P99_TARGET_MS, RECALL_TARGET, NamesEvaluation
from habeas.evaluation.svg import logins_plot, names_plot


def write(figures: NamesEvaluation, folder: Path) -> tuple[Path, ...]:
    """Write `names.json`, `names.md` and `names.svg`. Raises BadInputError when the folder cannot be written to."""
    files = {
        "names.json": msgspec.json.format(msgspec.json.encode(figures), indent=1),
        "names.md": names_table(figures).encode(),
        "names.svg": names_plot(figures).encode(),
    }
    return _write(files, folder)


def write_logins(figures: LoginsEvaluation, folder: Path) -> tuple[Path, ...]:
    """Write `logins.json`, `logins.md` and `logins.svg`. Raises BadInputError when the folder cannot be written to."""
    files = {
        "logins.json": msgspec.json.format(msgspec.json.encode(figures), indent=1),
        "logins.md": logins_table(figures).encode(),
        "logins.svg": logins_plot(figures).encode(),
    }
    return _write(files, folder)


def _write(files: dict[str, bytes], folder: Path) -> tuple[Path, ...]:
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


def logins_table(figures: LoginsEvaluation) -> str:
    """The figures in Markdown."""
    lines = [
        "# Login score, measured",
        "",
        (
            f"Synthetic people: {figures.users} in each population, {HISTORY} logins each, {figures.attacks} attacks of each "
            f"kind on each; {figures.seeds} seeds from {figures.seed}. The share of owners' logins that are asked for a proof "
            "when so many of the attackers are. In brackets the lowest and highest of the seeds."
        ),
        "",
        "| population | attacker | attackers asked | median | published | mean | from S |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {point.population} | {point.attacker} | {point.asked_attackers * 100:.1f} % "
            f"| {point.median:.2f} ({point.low:.2f} to {point.high:.2f}) "
            f"| {point.published:.2f}{'' if point.meets_published else ' (missed)'} "
            f"| {point.mean:.2f} ({point.mean_low:.2f} to {point.mean_high:.2f}) | {point.ratio:.2g} |"
            for point in figures.points
        ),
        "",
        f"With the playbook's own threshold, a score of {figures.unusual_at_least:.2f}:",
        "",
        "| population | naive asked | VPN asked | targeted asked | owners' later logins asked | people never asked |",
        "|---|---|---|---|---|---|",
        *(
            f"| {each.population} | {' | '.join(f'{share * 100:.1f} %' for share in each.attackers.values())} "
            f"| {each.owners * 100:.2f} % | {each.never_asked * 100:.1f} % |"
            for each in figures.at_threshold
        ),
        "",
        f"Scoring and counting one login takes {figures.us_per_login:.0f} us on one core.",
    ]
    return "\n".join(lines) + "\n"
