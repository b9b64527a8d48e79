"""The flows of each node in order, as ranges of one array: four bytes a flow, and nothing to pay while flows are added."""

from array import array
from collections.abc import Callable, Sequence
from itertools import accumulate
from threading import Lock

_TAIL_MIN = 50_000


class FlowIndex:
    """Which flows a node is at one end of. It follows the array of that end, and catches up when it is asked.

    Most flows are sorted by node in one array; those that came since lie in lists, until they are a quarter of all.
    """

    def __init__(self, ends: "array[int]", nodes: Callable[[], int]) -> None:
        self._ends = ends
        self._nodes = nodes
        self._order = array("I")
        self._starts = array("I", (0,))
        self._tail: dict[int, list[int]] = {}
        self._joined: dict[int, list[int]] = {}
        self._seen = 0
        self._catching_up = Lock()

    @property
    def nbytes(self) -> int:
        """What the sorted part takes in memory."""
        return 4 * (len(self._order) + len(self._starts))

    def span(self, node: int) -> tuple[Sequence[int], int, int]:
        """A sequence, and from where to where in it the node's flows are, in order."""
        if self._seen != len(self._ends):
            with self._catching_up:
                if self._seen != len(self._ends):
                    self._catch_up()
        start, end = (self._starts[node], self._starts[node + 1]) if node + 1 < len(self._starts) else (0, 0)
        late = self._tail.get(node)
        if late is None:
            return self._order, start, end
        joined = self._joined.get(node)
        if joined is None:
            joined = self._joined[node] = [*self._order[start:end], *late]
        return joined, 0, len(joined)

    def cut(self, length: int) -> None:
        """The flows from this one on are gone."""
        if length < self._seen:
            self._tail.clear()
            self._joined.clear()
            if length < self._sorted:
                self._order, self._starts, self._sorted = array("I"), array("I", (0,)), 0
            self._seen = self._sorted

    _sorted = 0
    """Flows that the sorted part knows."""

    def _catch_up(self) -> None:
        """Know all flows. Readers may meet here: `_seen` is changed last, and until then they wait."""
        if len(self._ends) - self._sorted > max(_TAIL_MIN, self._sorted // 4):
            self._sort()
        else:
            for flow in range(self._seen, len(self._ends)):
                node = self._ends[flow]
                if node >= 0:
                    self._tail.setdefault(node, []).append(flow)
                    self._joined.pop(node, None)
        self._seen = len(self._ends)

    def _sort(self) -> None:
        """By counting: two walks over all flows."""
        counts = array("I", bytes(4 * (self._nodes() + 1)))
        for node in self._ends:
            if node >= 0:
                counts[node + 1] += 1
        starts = array("I", accumulate(counts))
        order = array("I", bytes(4 * starts[-1]))
        at = array("I", starts)
        for flow, node in enumerate(self._ends):
            if node >= 0:
                order[at[node]] = flow
                at[node] += 1
        self._order, self._starts, self._sorted = order, starts, len(self._ends)
        self._tail.clear()
        self._joined.clear()
