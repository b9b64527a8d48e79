"""Figures for Prometheus: requests, commits, what waits in the store. Labels name routes, statuses, queues and channels.

What is here may be on a dashboard that everybody on the staff sees, so nothing is told by kind, reason or account.
"""

from math import nan

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from habeas.service.ports import Backlog

BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
BUCKETS_EVENTS = (1, 2, 4, 8, 16, 32, 64)


class Metrics:
    """What one process has answered and decided, and what waited in its store when that was last asked."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self._requests = Counter(
            "habeas_requests", "Requests that were answered.", ("route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "habeas_request_seconds", "How long answers took.", ("route",), registry=registry, buckets=BUCKETS_S
        )
        self._decisions = Counter(
            "habeas_decisions", "Events that were decided here and are durable.", registry=registry
        )
        self._commit_events = Histogram(
            "habeas_commit_events", "How many events shared a commit.", registry=registry, buckets=BUCKETS_EVENTS
        )
        self._commit_seconds = Histogram(
            "habeas_commit_seconds", "From first decision to durable.", registry=registry, buckets=BUCKETS_S
        )
        self.followers = Gauge("habeas_feed_followers", "Who follows the change feed here.", registry=registry)
        self._journal = Gauge("habeas_journal_entries", "Entries of the journal.", registry=registry)
        self._cases = Gauge("habeas_open_cases", "Open cases.", ("queue",), registry=registry)
        self._timers = Gauge("habeas_overdue_timers", "Timers that nobody has fired in time.", registry=registry)
        self._outbox = Gauge("habeas_outbox_waiting", "Messages that nobody has delivered yet.", registry=registry)
        self._deliveries = Gauge(
            "habeas_deliveries_waiting", "Notices that have not arrived yet.", ("channel",), registry=registry
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

    def count_commit(self, events: int, seconds: float) -> None:
        """One more commit, of so many events."""
        self._decisions.inc(events)
        self._commit_events.observe(events)
        self._commit_seconds.observe(seconds)

    def waits(self, journal_entries: int, backlog: Backlog) -> None:
        """What there is in the store now."""
        self._journal.set(journal_entries)
        self._timers.set(backlog.timers)
        self._outbox.set(backlog.messages)
        for gauge, counts in ((self._cases, backlog.cases), (self._deliveries, backlog.deliveries)):
            gauge.clear()
            for label, count in counts.items():
                gauge.labels(label).set(count)

    def waits_unknown(self) -> None:
        """The store cannot be asked: figures of earlier would be taken for current ones."""
        for gauge in (self._journal, self._timers, self._outbox):
            gauge.set(nan)
        self._cases.clear()
        self._deliveries.clear()

    def told(self) -> bytes:
        """Everything that was counted, in Prometheus' text format."""
        return generate_latest(self.registry)
