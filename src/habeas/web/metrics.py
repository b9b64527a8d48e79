"""Figures for Prometheus: how many requests, answered how, in which time. Labels name routes and statuses, and nobody."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """What one process has answered."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "habeas_requests", "Requests that were answered.", ("route", "status"), registry=self.registry
        )
        self._seconds = Histogram(
            "habeas_request_seconds", "How long answers took.", ("route",), registry=self.registry, buckets=BUCKETS_S
        )
        self._counting: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def count(self, route: str, status: int, seconds: float) -> None:
        """One more answer."""
        found = self._counting.get((route, status))
        if found is None:
            found = self._requests.labels(route, str(status)), self._seconds.labels(route)
            self._counting[route, status] = found
        found[0].inc()
        found[1].observe(seconds)

    def told(self) -> bytes:
        """Everything that was counted, in Prometheus' text format."""
        return generate_latest(self.registry)
