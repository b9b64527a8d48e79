"""Plots as SVG, written by hand: bars of shares with their intervals, a curve of two shares, and measured beside published."""

from collections.abc import Sequence
from html import escape

from habeas.evaluation.intervals import Share
from habeas.evaluation.login_world import Attacker, Population
from habeas.evaluation.logins import HISTORY, LoginsEvaluation
from habeas.evaluation.names import NamesEvaluation

_WIDTH = 900
_LEFT, _RIGHT = 190, 120
_ROW = 30
_INK, _BAR, _MARK, _GRID = "#1b1b1b", "#3b6ea8", "#b3261e", "#d0d0d0"


def names_plot(figures: NamesEvaluation) -> str:
    """Recall by kind of damage, false hits by population, and recall against false hits as the threshold moves."""
    recall = [("all kinds", figures.recall), *figures.recall_by_damage.items()]
    false = [("people", figures.false_hits), *figures.false_hits_by_population.items()]
    worst = min(each.low for _, each in recall)
    lowest = 0.9 if worst >= 0.9 else 0.8 if worst >= 0.8 else 0.5 if worst >= 0.5 else 0.0
    most = max(0.01, *(each.high for _, each in false))
    top = 86
    recall_end = top + _ROW * len(recall)
    false_top = recall_end + 96
    false_end = false_top + _ROW * len(false)
    curve_top = false_end + 96
    height = curve_top + 300 + 70
    title = f"Name screening at threshold {figures.threshold:.2f}"
    described = (
        f"Recall {_percent(figures.recall)} of {figures.recall.of} damaged names; "
        f"false hits {_percent(figures.false_hits)} of {figures.false_hits.of} ordinary people, by the name alone. "
        "Lines are 95 % intervals."
    )
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
            'role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif" font-size="14">'
        ),
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(described)}</desc>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(20, 30, title, size=20),
        _text(
            20, 56, f"Recall by kind of damage, with 95 % intervals; seed {figures.seed}, {', '.join(figures.lists)}"
        ),
        *_bars(recall, top, lowest, 1.0, 0.97),
        _text(20, false_top - 22, "False hits on ordinary names, by the name alone"),
        *_bars(false, false_top, 0.0, most, 0.005),
        _text(20, curve_top - 22, "Recall against false hits on people, as the threshold moves"),
        *_curve(figures, curve_top, 300, lowest),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _bars(rows: Sequence[tuple[str, Share]], top: int, low: float, high: float, target: float) -> list[str]:
    span = _WIDTH - _LEFT - _RIGHT

    def x(value: float) -> float:
        return _LEFT + span * (min(max(value, low), high) - low) / (high - low)

    bottom = top + _ROW * len(rows)
    out = []
    for step in range(6):
        value = low + (high - low) * step / 5
        out.append(_line(x(value), top - 6, x(value), bottom, _GRID))
        out.append(_text(x(value), bottom + 18, f"{value * 100:.3g} %", anchor="middle", size=12))
    for at, (label, each) in enumerate(rows):
        y = top + _ROW * at
        out.append(_text(_LEFT - 10, y + 17, label, anchor="end"))
        out.append(
            f'<rect x="{_LEFT}" y="{y + 4}" width="{max(0.0, x(each.share) - _LEFT):.1f}" height="18" fill="{_BAR}"/>'
        )
        out.append(_line(x(each.low), y + 13, x(each.high), y + 13, _INK, width=2))
        out += [_line(x(end), y + 8, x(end), y + 18, _INK, width=2) for end in (each.low, each.high)]
        out.append(_text(_WIDTH - _RIGHT + 10, y + 17, _percent(each)))
    if low <= target <= high:
        out.append(_line(x(target), top - 6, x(target), bottom, _MARK, width=2, dashes="6 4"))
        out.append(
            _text(x(target), bottom + 36, f"target {target * 100:.3g} %", anchor="middle", size=12, colour=_MARK)
        )
    return out


def _curve(figures: NamesEvaluation, top: int, height: int, low: float) -> list[str]:
    span = _WIDTH - _LEFT - _RIGHT
    most = max(0.006, *(point.false_hits for point in figures.curve))

    def x(false_hits: float) -> float:
        return _LEFT + span * false_hits / most

    def y(recall: float) -> float:
        return top + height * (1 - (max(recall, low) - low) / (1 - low))

    out = []
    for step in range(6):
        false_hits, recall = most * step / 5, low + (1 - low) * step / 5
        out.append(_line(x(false_hits), top, x(false_hits), top + height, _GRID))
        out.append(_text(x(false_hits), top + height + 18, f"{false_hits * 100:.2f} %", anchor="middle", size=12))
        out.append(_line(_LEFT, y(recall), _LEFT + span, y(recall), _GRID))
        out.append(_text(_LEFT - 10, y(recall) + 4, f"{recall * 100:.3g} %", anchor="end", size=12))
    shown = [point for point in figures.curve if point.recall >= low]
    path = " ".join(f"{x(point.false_hits):.1f},{y(point.recall):.1f}" for point in shown)
    out.append(f'<polyline points="{path}" fill="none" stroke="{_BAR}" stroke-width="2"/>')
    for point in shown:
        chosen = abs(point.threshold - figures.threshold) < 0.001
        colour, radius = (_MARK, 6) if chosen else (_BAR, 3)
        out.append(f'<circle cx="{x(point.false_hits):.1f}" cy="{y(point.recall):.1f}" r="{radius}" fill="{colour}"/>')
        if chosen:
            out.append(_text(x(point.false_hits) + 10, y(point.recall) + 18, f"{point.threshold:.2f}", colour=_MARK))
    out.append(_text(_LEFT + span / 2, top + height + 42, "false hits on people", anchor="middle", size=12))
    out.append(_text(20, top + height / 2, "recall", size=12))
    return out


def _percent(each: Share) -> str:
    return f"{each.share * 100:.2f} %"


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: int = 1, dashes: str = "") -> str:
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"{dashed}/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 14, colour: str = _INK) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">{escape(text)}</text>'
    )


def logins_plot(figures: LoginsEvaluation) -> str:
    """How often owners are asked in twelve logins, for each attacker and rate of attackers asked; published figures beside."""
    rows = [
        (population, attacker, [p for p in figures.points if (p.population, p.attacker) == (population, attacker)])
        for population in Population
        for attacker in Attacker
    ]
    top, block = 100, 3 * _ROW + 24
    height = top + block * len(rows) + 70
    span = _WIDTH - _LEFT - _RIGHT
    title = f"Owners asked for a proof in their first {HISTORY} logins"
    described = (
        f"Median of {figures.users} people and {figures.seeds} seeds, the line from the lowest to the highest seed; "
        "the red mark is the published figure."
    )

    def x(value: float) -> float:
        return _LEFT + span * value

    out = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
            'role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif" font-size="14">'
        ),
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(described)}</desc>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(20, 30, title, size=20),
        _text(20, 56, described),
    ]
    for step in range(6):
        out.append(_line(x(step / 5), top - 20, x(step / 5), height - 50, _GRID))
        out.append(_text(x(step / 5), height - 30, f"{step * 20} %", anchor="middle", size=12))
    for number, (population, attacker, points) in enumerate(rows):
        y = top + block * number
        out.append(_text(20, y - 6, f"{population}, {attacker} attackers"))
        for at, point in enumerate(points):
            middle = y + _ROW * at + 13
            out.append(
                _text(_LEFT - 10, middle + 4, f"{point.asked_attackers * 100:.1f} % asked", anchor="end", size=12)
            )
            out.append(
                f'<rect x="{_LEFT}" y="{middle - 9}" width="{span * point.median:.1f}" height="18" fill="{_BAR}"/>'
            )
            out.append(_line(x(point.low), middle, x(point.high), middle, _INK, width=2))
            out += [_line(x(end), middle - 5, x(end), middle + 5, _INK, width=2) for end in (point.low, point.high)]
            out.append(_line(x(point.published), middle - 11, x(point.published), middle + 11, _MARK, width=3))
            out.append(_text(_WIDTH - _RIGHT + 10, middle + 4, f"{point.median:.2f} / {point.published:.2f}"))
    out.append("</svg>")
    return "\n".join(out) + "\n"
