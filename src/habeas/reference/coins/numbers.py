"""A long row of whole numbers up to 2^127: eight bytes each, and sixteen once one of them needs it."""

from array import array
from collections.abc import Callable

_LOW = 2**64 - 1


class Numbers:
    """Numbers that are not negative, by position."""

    def __init__(self) -> None:
        self._low = array("Q")
        self._high: array[int] | None = None
        self.at: Callable[[int], int] = self._low.__getitem__
        """The number at a position. A method of C as long as all are small, which makes searching fast."""

    def __len__(self) -> int:
        return len(self._low)

    @property
    def nbytes(self) -> int:
        """What they take in memory."""
        return len(self._low) * (8 if self._high is None else 16)

    def append(self, number: int) -> None:
        if self._high is not None:
            self._high.append(number >> 64)
            self._low.append(number & _LOW)
        elif number <= _LOW:
            self._low.append(number)
        else:
            self._widen()
            self.append(number)

    def set(self, position: int, number: int) -> None:
        if self._high is not None:
            self._high[position] = number >> 64
            self._low[position] = number & _LOW
        elif number <= _LOW:
            self._low[position] = number
        else:
            self._widen()
            self.set(position, number)

    def cut(self, length: int) -> None:
        """Forget all from this position on."""
        del self._low[length:]
        if self._high is not None:
            del self._high[length:]

    def _widen(self) -> None:
        self._high = array("Q", bytes(8 * len(self._low)))
        self.at = self._wide

    def _wide(self, position: int) -> int:
        assert self._high is not None
        return self._high[position] << 64 | self._low[position]
