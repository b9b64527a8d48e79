"""How far one trace may go. What is beyond is `truncated`, never left out."""

from collections.abc import Callable

from msgspec import Struct

STEPS = 50_000


class Budget(Struct, frozen=True):
    """Each of the two methods may read so many flows. `is_over` may stop it earlier, by a clock that the caller reads: then
    the same question may get another answer, so what was answered has to be kept.
    """

    steps: int = STEPS
    is_over: Callable[[], bool] | None = None


_LOOK_EVERY = 256


class Meter:
    """What is left of a budget."""

    def __init__(self, budget: Budget) -> None:
        self.left = budget.steps
        self._is_over = budget.is_over
        self._look_at = budget.steps

    def use(self, steps: int) -> None:
        """So many flows were read."""
        self.left -= steps
        if self._is_over is not None and self.left <= self._look_at:
            self._look_at = self.left - _LOOK_EVERY
            if self._is_over():
                self.left = 0
