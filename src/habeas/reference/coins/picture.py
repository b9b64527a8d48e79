"""The flow of one exposure as a picture (SVG): sources and what was not traced on the left, the deposit on the right.

Each band is as thick as its amount.
"""

from decimal import Decimal
from html import escape

from habeas.domain.exposure import Exposure, Source

_WIDTH, _MARGIN, _TOP = 960, 24, 92
_THICKNESS = 220
"""All bands together, in pixels."""
_GAP = 26
_ROWS_MAX = 24
_INK, _SOURCE, _OTHER, _DEPOSIT = "#1b1b1b", "#b3261e", "#8a8f98", "#3b6ea8"


def picture(exposure: Exposure, title: str) -> str:
    """The picture. Colours are not all that tells sources from the rest: the words beside each band say what it is."""
    rows = _rows(exposure)
    height = int(_TOP + _THICKNESS + _GAP * len(rows) + 2 * _MARGIN)
    total = exposure.amount or Decimal(1)
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
            'role="img" aria-labelledby="title desc" font-family="system-ui, sans-serif" font-size="13">'
        ),
        f'<title id="title">Where {escape(str(exposure.amount))} {escape(exposure.asset)} came from</title>',
        f'<desc id="desc">{escape("; ".join(words for words, _, _ in rows))}</desc>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(_MARGIN, 34, f"Where {exposure.amount} {exposure.asset} came from", 20),
        _text(_MARGIN, 60, _short(title, 110), 13),
    ]
    left, right = 420, _WIDTH - 150
    y, at = float(_TOP), float(_TOP)
    for words, amount, colour in rows:
        thick = max(1.0, float(amount / total) * _THICKNESS)
        middle = (left + right) / 2
        parts.append(
            f'<path d="M{left},{y:.1f} C{middle},{y:.1f} {middle},{at:.1f} {right},{at:.1f} '
            f'L{right},{at + thick:.1f} C{middle},{at + thick:.1f} {middle},{y + thick:.1f} {left},{y + thick:.1f} Z" '
            f'fill="{colour}" fill-opacity="0.75"/>'
        )
        parts.append(_text(_MARGIN, y + thick / 2 + 4, _short(words, 62), 13))
        y += thick + _GAP
        at += thick
    parts.append(f'<rect x="{right}" y="{_TOP}" width="14" height="{at - _TOP:.1f}" fill="{_DEPOSIT}"/>')
    parts.append(_text(right + 22, (_TOP + at) / 2 + 4, "the deposit", 13))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _rows(exposure: Exposure) -> list[tuple[str, Decimal, str]]:
    rows = [(_said(source), source.fifo, _SOURCE) for source in exposure.sources if source.fifo]
    rows += [
        (f"{part.amount} not traced: {part.why}{f' at {_middle(part.at)}' if part.at else ''}", part.amount, _OTHER)
        for part in exposure.untraced
    ]
    if len(rows) > _ROWS_MAX:
        rest = sum((amount for _, amount, _ in rows[_ROWS_MAX:]), Decimal(0))
        rows[_ROWS_MAX:] = [(f"{rest} in {len(rows) - _ROWS_MAX} smaller parts", rest, _OTHER)]
    return rows


def _said(source: Source) -> str:
    return f"{source.fifo} from {source.tags[0].label}, {_middle(source.address)}, {source.hops} transfer(s)"


def _middle(address: str) -> str:
    return address if len(address) <= 14 else f"{address[:7]}…{address[-5:]}"


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _text(x: float, y: float, text: str, size: int) -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size}" fill="{_INK}">{escape(text)}</text>'
