"""How far a measured share may be from the truth: Wilson's 95 % interval, which holds for shares near 0 and 1 too."""

from math import sqrt

from msgspec import Struct

_Z = 1.959963984540054


class Share(Struct, frozen=True):
    """So many of so many, with the ends of the 95 % interval of the share."""

    hits: int
    of: int
    share: float
    low: float
    high: float


def share(hits: int, of: int) -> Share:
    """The share and its interval. Of nothing the share is 0 and the interval everything."""
    assert 0 <= hits <= of
    if of == 0:
        return Share(0, 0, 0.0, 0.0, 1.0)
    p, z2 = hits / of, _Z * _Z
    middle = (p + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return Share(
        hits, of, p, 0.0 if hits == 0 else max(0.0, middle - half), 1.0 if hits == of else min(1.0, middle + half)
    )
