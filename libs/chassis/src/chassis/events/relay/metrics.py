"""The metrics of a relay, and its health for /readyz."""

from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Counter, Gauge

from chassis.foundation.clock import now

EVENTS_PUBLISHED = Counter("l2c_relay_published", "Events published", ["service", "topic"])
EVENTS_RESENT = Counter("l2c_relay_resent", "Events sent again on request", ["service", "topic"])
EVENTS_QUARANTINED = Counter("l2c_relay_quarantined", "Events quarantined", ["service"])
RELAY_RESTARTS = Counter("l2c_relay_restarts", "Relay sessions ended by an error", ["service"])
WINDOW_ROWS = Gauge("l2c_relay_window_rows", "Rows of the last window", ["service"])
OWNED_BUCKETS = Gauge("l2c_relay_owned_buckets", "Buckets owned", ["service"])
LAST_PROGRESS = Gauge("l2c_relay_last_progress_timestamp_seconds", "Last pass", ["service"])


@dataclass(frozen=True)
class RelayHealth:
    """The state of a relay at its last pass.

    `last_progress` is the time of the last pass over the buckets, including a pass that sent
    nothing; None before the first. `error` is what ended the last session, until the next one
    makes progress.
    """

    last_progress: datetime | None = None
    buckets: frozenset[int] = frozenset()
    error: str | None = None


class RelayMeter:
    """Updates the metrics and the health of one relay."""

    def __init__(self, service: str) -> None:
        self._service = service
        self.health = RelayHealth()

    def published(self, topics: dict[str, int]) -> None:
        """Count events published per topic."""
        for topic, count in topics.items():
            EVENTS_PUBLISHED.labels(self._service, topic).inc(count)

    def resent(self, topics: dict[str, int]) -> None:
        """Count events per topic that were sent again on an operator's request."""
        for topic, count in topics.items():
            EVENTS_RESENT.labels(self._service, topic).inc(count)

    def quarantined(self, count: int) -> None:
        """Count events put into quarantine."""
        EVENTS_QUARANTINED.labels(self._service).inc(count)

    def window(self, rows: int) -> None:
        """Set the number of rows of the last window."""
        WINDOW_ROWS.labels(self._service).set(rows)

    def progressed(self, buckets: frozenset[int]) -> None:
        """Record a pass over the buckets this relay owns."""
        instant = now()
        self.health = RelayHealth(instant, buckets)
        LAST_PROGRESS.labels(self._service).set(instant.timestamp())
        OWNED_BUCKETS.labels(self._service).set(len(buckets))

    def failed(self, error: str) -> None:
        """Record that an error ended a session."""
        self.health = RelayHealth(self.health.last_progress, frozenset(), error)
        RELAY_RESTARTS.labels(self._service).inc()
        OWNED_BUCKETS.labels(self._service).set(0)

    def stopped(self) -> None:
        """Record that the relay was stopped."""
        self.health = RelayHealth(self.health.last_progress)
        OWNED_BUCKETS.labels(self._service).set(0)
