"""Many events of our own, one after another, without waiting for each: only so many are on their way at a time."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future

from habeas.domain.decision import Outcome
from habeas.domain.event import Event
from habeas.service.intake import Intake

IN_FLIGHT_MAX = 1_000


def _unheard(_position: int, _outcome: Outcome) -> None:
    pass


class Pipeline:
    """Events that were submitted and are not durable yet; so many at most that memory does not grow.

    `hears` is told of each outcome with the position that its event was submitted with, in the order of submission, once it
    is durable.
    """

    def __init__(self, intake: Intake, hears: Callable[[int, Outcome], None] = _unheard) -> None:
        self._intake = intake
        self._hears = hears
        self._waiting: deque[tuple[int, Future[Outcome]]] = deque()

    def submit(self, event: Event, position: int = 0) -> None:
        """Send an event on its way. Raises what an earlier one was refused with."""
        self._waiting.append((position, self._intake.submit(event)))
        if len(self._waiting) > IN_FLIGHT_MAX:
            self._hear()

    def finish(self) -> None:
        """Wait for all that is on its way. Raises what one of them was refused with."""
        while self._waiting:
            self._hear()

    def _hear(self) -> None:
        position, future = self._waiting.popleft()
        self._hears(position, future.result())
