"""What a relay tells of itself: metrics, and its health for /readyz."""

from dataclasses import dataclass
from datetime import datetime

from prometheus_client import Counter, Gauge

from chassis.foundation.clock import now

EVENTS_PUBLISHED = Counter("l2c_relay_published", "Events published", ["service", "topic"])
EVENTS_QUARANTINED = Counter("l2c_relay_quarantined", "Events kept back for good", ["service"])
RELAY_RESTARTS = Counter("l2c_relay_restarts", "Lives ended by an error", ["service"])
RELAY_LAG = Gauge("l2c_relay_lag_seconds", "Age of the oldest event not yet published", ["service"])
WINDOW_ROWS = Gauge("l2c_relay_window_rows", "Rows of the last window", ["service"])
OWNED_BUCKETS = Gauge("l2c_relay_owned_buckets", "Buckets owned", ["service"])
LAST_PROGRESS = Gauge("l2c_relay_last_progress_timestamp_seconds", "Last pass", ["service"])


@dataclass(frozen=True)
class RelayHealth:
    """`last_progress` is the last pass over the buckets, also an idle one; None before the first.

    `error` is what ended the last life, until the next one makes progress.
    """

    last_progress: datetime | None = None
    buckets: frozenset[int] = frozenset()
    error: str | None = None


class RelayMeter:
    """Keeps the metrics and the health of one relay."""

    def __init__(self, service: str) -> None:
        self._service = service
        self.health = RelayHealth()

    def published(self, topics: dict[str, int], last_created: datetime) -> None:
        for topic, count in topics.items():
            EVENTS_PUBLISHED.labels(self._service, topic).inc(count)
        self.waits_since(last_created)

    def waits_since(self, created: datetime | None) -> None:
        """How old the oldest event is that is not sent; None when there is none."""
        age = 0.0 if created is None else (now() - created).total_seconds()
        RELAY_LAG.labels(self._service).set(age)

    def quarantined(self, count: int) -> None:
        EVENTS_QUARANTINED.labels(self._service).inc(count)

    def window(self, rows: int) -> None:
        WINDOW_ROWS.labels(self._service).set(rows)

    def progressed(self, buckets: frozenset[int]) -> None:
        instant = now()
        self.health = RelayHealth(instant, buckets)
        LAST_PROGRESS.labels(self._service).set(instant.timestamp())
        OWNED_BUCKETS.labels(self._service).set(len(buckets))

    def failed(self, error: str) -> None:
        self.health = RelayHealth(self.health.last_progress, frozenset(), error)
        RELAY_RESTARTS.labels(self._service).inc()
        OWNED_BUCKETS.labels(self._service).set(0)

    def stopped(self) -> None:
        self.health = RelayHealth(self.health.last_progress)
        OWNED_BUCKETS.labels(self._service).set(0)
