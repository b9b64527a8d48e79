"""How often somebody may call: a bucket of tokens for each credential, and for each address that shows none."""

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

BUCKETS_MAX = 50_000


class Buckets:
    """A bucket fills at a rate and holds what comes in `burst_for_s` seconds. Safe to use from several threads."""

    def __init__(self, burst_for_s: float = 2.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst_for_s = burst_for_s
        self._clock = clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def take(self, whose: str, rate_per_s: float, tokens: float = 1.0) -> float:
        """Take tokens out; returns after how many seconds to come again, 0 where there were any.

        A bucket may go below zero, so that one large batch passes and is paid for by waiting afterwards.
        """
        now, full = self._clock(), max(1.0, rate_per_s * self._burst_for_s)
        with self._lock:
            level, at = self._levels.pop(whose, (full, now))
            level = min(full, level + (now - at) * rate_per_s)
            wait_s = 0.0 if level > 0 else (1.0 - level) / rate_per_s
            self._levels[whose] = (level if wait_s else level - tokens), now
            if len(self._levels) > BUCKETS_MAX:
                self._levels.popitem(last=False)
        return wait_s
