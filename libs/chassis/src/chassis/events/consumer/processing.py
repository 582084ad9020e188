"""The core of a consumer, without a transport: records in, effects and counts committed."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import structlog

from chassis.database.engine import Database
from chassis.database.transient import is_transient
from chassis.events.consumer import counts
from chassis.events.consumer.batch_transaction import BatchTransaction, RecentEvents, RecordOutcomes
from chassis.events.consumer.counts import Outcome
from chassis.events.consumer.decoded_records import ConsumerRecord, DecodedRecord, decode_record
from chassis.events.consumer.failures import Failure, ParkingReason
from chassis.events.consumer.metrics import (
    EFFECT_DELAY,
    RECORDS_CONSUMED,
    TRANSACTION_RETRIES,
    TRANSACTION_SECONDS,
)
from chassis.events.subscriptions import Subscription, SubscriptionKind
from chassis.foundation import clock
from chassis.foundation.waits import Backoff

log = structlog.get_logger()

PROCESS_EVENTS, PROCESS_SECONDS = 20, 0.1
REPLICA_EVENTS = 1_000


class HandlerNotReached(Exception):
    """A transaction failed before any handler ran, and the error is not transient."""

    def __init__(self) -> None:
        super().__init__("The event failed before its handler ran; see the worker's log.")


class BatchSize:
    """How many events a transaction takes: adapted to its duration, up to the subscription's cap.

    The batches of a replica have a fixed size.
    """

    def __init__(self, subscription: Subscription) -> None:
        self._fixed = subscription.kind is SubscriptionKind.REPLICA
        self._maximum = subscription.batch_limit or PROCESS_EVENTS
        self.size = REPLICA_EVENTS if self._fixed else 1

    def adapt(self, seconds: float) -> None:
        """Halve the size after a slow transaction, double it after a fast one."""
        if self._fixed:
            return
        if seconds > PROCESS_SECONDS:
            self.size = max(1, self.size // 2)
        elif seconds < PROCESS_SECONDS / 2:
            self.size = min(self._maximum, self.size * 2)


class Processor:
    """Applies records to one service's database for one subscription: an exactly-once effect.

    Two processors may get the same records at the same time: each event still has its effect once.
    `monotonic_offsets` is False where the first deliveries of a partition do not come in order of
    their offsets.
    """

    def __init__(
        self,
        subscription: Subscription,
        database: Database,
        *,
        now: Callable[[], datetime] = clock.now,
        monotonic_offsets: bool = True,
    ) -> None:
        self.subscription = subscription
        self.on_progress: Callable[[], None] = lambda: None
        self._database = database
        self._now = now
        self.monotonic_offsets = monotonic_offsets
        self._recent = RecentEvents()
        self._batch_size = BatchSize(subscription)

    async def apply(self, records: Sequence[ConsumerRecord]) -> None:
        """Return when every record is applied, skipped, ignored or parked, and committed.

        Waits for the database for as long as it takes.
        """
        by_tenant: dict[UUID, list[DecodedRecord]] = {}
        for record in records:
            decoded = decode_record(self.subscription, record)
            by_tenant.setdefault(decoded.tenant, []).append(decoded)
        for tenant, tenant_records in by_tenant.items():
            processed = 0
            while processed < len(tenant_records):
                batch = _next_batch(tenant_records, processed, self._batch_size.size)
                await self._process(tenant, batch, Backoff(0.05, 5.0))
                processed += len(batch)

    async def _process(
        self, tenant: UUID, batch: Sequence[DecodedRecord], backoff: Backoff
    ) -> None:
        """Commit the batch: whole, or in halves after a failure; a single failing event is parked.

        Where even parking fails, the database is at fault, so everything is tried again.
        """
        failure: Failure | None = None
        while True:
            try:
                await self._commit(tenant, batch, failure)
                return backoff.reset()
            except Exception as error:  # noqa: BLE001  # the consumer loop: park or try again
                if failure is not None or is_transient(error):
                    failure = None
                    await self._wait_to_retry(error, backoff)
                elif len(batch) == 1:
                    failure = await self._failure_of(batch[0], error)
            if len(batch) > 1:
                middle = len(batch) // 2
                await self._process(tenant, batch[:middle], backoff)
                await self._process(tenant, batch[middle:], backoff)
                return None

    async def _commit(
        self, tenant: UUID, batch: Sequence[DecodedRecord], failure: Failure | None
    ) -> None:
        started = time.perf_counter()
        transaction: BatchTransaction | None = None
        try:
            async with self._database.begin(tenant) as tx:
                transaction = BatchTransaction(
                    tx,
                    tenant,
                    self.subscription,
                    recent=self._recent,
                    monotonic_offsets=self.monotonic_offsets,
                    now=self._now(),
                )
                outcomes = await transaction.run(batch, failure)
        except Exception as error:
            if is_transient(error) or (transaction is not None and transaction.handling):
                raise
            raise HandlerNotReached from error
        self._report(outcomes, time.perf_counter() - started)

    def _report(self, outcomes: RecordOutcomes, seconds: float) -> None:
        """Update metrics, log and batch size after a commit."""
        name = self.subscription.name
        self._batch_size.adapt(seconds)
        self._recent.add(record.event_id for record, _ in outcomes)
        TRANSACTION_SECONDS.labels(name).observe(seconds)
        tallies = counts.tally((r.source.topic_partition, outcome) for r, outcome in outcomes)
        for (topic, _), tally in tallies.items():
            for outcome, count in tally.items():
                RECORDS_CONSUMED.labels(name, topic, outcome.value).inc(count)
        now = self._now()
        for record, outcome in outcomes:
            if outcome is Outcome.APPLIED and record.envelope is not None:
                EFFECT_DELAY.labels(name).observe((now - record.envelope.time).total_seconds())
            self._log(record, outcome)
        self.on_progress()

    def _log(self, record: DecodedRecord, outcome: Outcome) -> None:
        """Log each effect with its correlation ids, and each record that cannot be decoded."""
        fields = {
            "subscription": self.subscription.name,
            "event_id": str(record.event_id),
            "tenant": str(record.tenant),
        }
        if outcome is Outcome.PARKED and record.error is not None:
            log.error("event_unreadable", key=record.key, error=record.error, **fields)
        elif outcome is Outcome.APPLIED and self.subscription.kind is SubscriptionKind.PROCESS:
            envelope = record.envelope
            assert envelope is not None
            log.info(
                "event_applied",
                type=envelope.type,
                subject=str(envelope.subject),
                correlation_id=envelope.correlationid,
                trace_id=envelope.traceparent.split("-")[1],
                **fields,
            )

    async def _wait_to_retry(self, error: Exception, backoff: Backoff) -> None:
        """Back off after a transient error; it counts as progress, as the database is at fault."""
        TRANSACTION_RETRIES.labels(self.subscription.name).inc()
        delay = backoff.next()
        await log.awarning(
            "consumer_retries",
            subscription=self.subscription.name,
            error=repr(error),
            seconds=round(delay, 3),
        )
        self.on_progress()
        await asyncio.sleep(delay)

    async def _failure_of(self, record: DecodedRecord, error: Exception) -> Failure:
        """Return the failure to park the record with, and log it."""
        failure = Failure.of(error)
        retried = failure.reason is ParkingReason.NOT_YET
        await log.alog(
            logging.INFO if retried else logging.ERROR,
            "event_parked",
            subscription=self.subscription.name,
            event_id=str(record.event_id),
            key=record.key,
            reason=failure.reason,
            error=failure.error,
            exc_info=None if retried else error,
        )
        return failure


def _next_batch(records: Sequence[DecodedRecord], start: int, size: int) -> Sequence[DecodedRecord]:
    """Return the next `size` records to be handled, and the ignored ones between them.

    A topic carries many types that a subscription has no handler for; these are only counted.
    """
    handled = 0
    for position in range(start, len(records)):
        handled += not records[position].ignored
        if handled > size:
            return records[start:position]
    return records[start:]
