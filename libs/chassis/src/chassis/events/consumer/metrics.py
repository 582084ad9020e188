"""The consumers' metrics for Prometheus."""

from collections.abc import Mapping
from contextlib import suppress

from aiokafka import TopicPartition
from prometheus_client import Counter, Gauge, Histogram

RECORDS_CONSUMED = Counter(
    "l2c_consumer_records_total",
    "Records consumed, by outcome",
    ["subscription", "topic", "outcome"],
)
TRANSACTION_SECONDS = Histogram(
    "l2c_consumer_transaction_seconds",
    "One transaction of a consumer, from BEGIN to COMMIT",
    ["subscription"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
EFFECT_DELAY = Histogram(
    "l2c_consumer_delay_seconds",
    "From the event's time to the commit of its effect",
    ["subscription"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600),
)
TRANSACTION_RETRIES = Counter(
    "l2c_consumer_retries_total",
    "Transactions rolled back for a transient error",
    ["subscription"],
)
CONSUMER_LAG = Gauge(
    "l2c_consumer_lag", "Records not yet consumed", ["subscription", "topic", "partition"]
)
CONSUMER_RESTARTS = Counter(
    "l2c_consumer_restarts_total",
    "Sessions with the broker ended by an error",
    ["subscription", "cause"],
)


class LagSeries:
    """The lag of the partitions that a subscription has in this process, and of no others."""

    def __init__(self, subscription: str) -> None:
        self._subscription = subscription
        self._shown: set[TopicPartition] = set()

    def show(self, lags: Mapping[TopicPartition, int]) -> None:
        """Show these lags; what is not among them is another member's, or not known."""
        for gone in self._shown - lags.keys():
            with suppress(KeyError):
                CONSUMER_LAG.remove(self._subscription, gone.topic, gone.partition)
        for one, lag in lags.items():
            CONSUMER_LAG.labels(self._subscription, one.topic, one.partition).set(lag)
        self._shown = set(lags)
