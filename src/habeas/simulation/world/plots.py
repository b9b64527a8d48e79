"""Two plots as SVG, written by hand: value saved against innocent lock-hours, and time to release."""

from collections.abc import Iterator
from html import escape
from math import log10

from habeas.simulation.world.figures import Figures

_WIDTH, _HEIGHT = 900, 520
_LEFT, _RIGHT, _TOP, _BOTTOM = 90, 30, 80, 70
_INK, _GRID = "#1b1b1b", "#d0d0d0"
_COLOURS = ("#3b6ea8", "#b3261e", "#c77700", "#6a4c93", "#555555", "#2e7d32")
_HOURS = "innocent lock-hours, takeover reasons /1000/month"
_ALL_HOURS = "innocent lock-hours /1000/month"


def justice_plot(figures: Figures) -> str:
    """One point for each set of rules: what it saves of what takeovers would take, and what it costs the innocent."""
    points = []
    for name, guard in figures.guards.items():
        hours = guard.overall[_ALL_HOURS if name == "lock everything" else _HOURS]
        saved = guard.overall.get("value saved, takeover")
        if saved is not None:
            points.append((name, hours, saved))
    most = max(3.0, *(log10(max(1.0, hours.high)) for _, hours, _ in points))

    def x(hours: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * log10(max(1.0, hours)) / most

    title = "Value saved against innocent lock-hours"
    said = "; ".join(f"{name}: {saved.mean * 100:.0f} % saved, {hours.mean:.0f} hours" for name, hours, saved in points)
    out = list(_begin(title, said))
    for step in range(int(most) + 1):
        out += [_line(x(10**step), _TOP, x(10**step), _HEIGHT - _BOTTOM, _GRID)]
        out += [_text(x(10**step), _HEIGHT - _BOTTOM + 20, f"{10**step:,}", anchor="middle", size=12)]
    out += _shares("of what takeovers take")
    axis = "innocent lock-hours for takeover reasons, per 1,000 accounts and month (logarithmic; left is better)"
    out.append(_text(_WIDTH / 2, _HEIGHT - 16, axis, anchor="middle", size=12))
    for index, (name, hours, saved) in enumerate(points):
        colour = _COLOURS[index % len(_COLOURS)]
        out.append(_line(x(hours.low), _y(saved.mean), x(hours.high), _y(saved.mean), colour, width=2))
        out.append(_line(x(hours.mean), _y(saved.low), x(hours.mean), _y(saved.high), colour, width=2))
        out.append(f'<circle cx="{x(hours.mean):.1f}" cy="{_y(saved.mean):.1f}" r="6" fill="{colour}"/>')
        out.append(_text(_LEFT + 12, _TOP + 150 + 20 * index, name, colour=colour))
    return "\n".join([*out, "</svg>"]) + "\n"


def release_plot(figures: Figures) -> str:
    """How many of the innocents' locks were over after so many hours, for each set of rules."""
    curves = {
        name: guard.release_curve
        for name, guard in figures.guards.items()
        if guard.release_curve and name != "lock everything"
    }
    most = max(72.0, *(curve[-1][1] for curve in curves.values())) if curves else 72.0

    def x(hours: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * log10(1 + hours) / log10(1 + most)

    out = list(_begin("Time to release of the innocent", "Share of innocents' locks over, by hours since they began."))
    for hours in (1, 3, 6, 12, 24, 48, 72, 168, 720):
        if hours <= most:
            out += [_line(x(hours), _TOP, x(hours), _HEIGHT - _BOTTOM, _GRID)]
            out += [_text(x(hours), _HEIGHT - _BOTTOM + 20, str(hours), anchor="middle", size=12)]
    out += _shares("of innocents' locks over")
    out.append(_text(_WIDTH / 2, _HEIGHT - 16, "hours since the lock began (logarithmic)", anchor="middle", size=12))
    for index, (name, curve) in enumerate(curves.items()):
        colour = _COLOURS[index % len(_COLOURS)]
        path = " ".join(f"{x(hours):.1f},{_y(share):.1f}" for share, hours in curve)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out.append(_text(_WIDTH - _RIGHT - 10, _HEIGHT - _BOTTOM - 30 - 20 * index, name, anchor="end", colour=colour))
    return "\n".join([*out, "</svg>"]) + "\n"


def _begin(title: str, described: str) -> Iterator[str]:
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}" '
        'role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif" font-size="14">'
    )
    yield f'<title id="title">{escape(title)}</title>'
    yield f'<desc id="desc">{escape(described)}</desc>'
    yield f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>'
    yield _text(20, 30, title, size=20)


def _shares(what: str) -> list[str]:
    out = [_text(20, _TOP - 20, what, size=12)]
    for step in range(6):
        share = step / 5
        out.append(_line(_LEFT, _y(share), _WIDTH - _RIGHT, _y(share), _GRID))
        out.append(_text(_LEFT - 10, _y(share) + 4, f"{share * 100:.0f} %", anchor="end", size=12))
    return out


def _y(share: float) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - min(1.0, max(0.0, share)))


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: int = 1) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 14, colour: str = _INK) -> str:
    said = f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" fill="{colour}">'
    return f"{said}{escape(text)}</text>"
