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
    """A transaction failed before any handler ran, and not for something that passes."""

    def __init__(self) -> None:
        super().__init__("The record could not be taken over; the worker's log says why.")


class BatchSize:
    """How many events a transaction takes: as many as fit into the time, up to the most."""

    def __init__(self, subscription: Subscription) -> None:
        self._fixed = subscription.kind is SubscriptionKind.REPLICA
        self._most = subscription.most or PROCESS_EVENTS
        self.size = REPLICA_EVENTS if self._fixed else 1

    def took(self, seconds: float) -> None:
        if self._fixed:
            return
        if seconds > PROCESS_SECONDS:
            self.size = max(1, self.size // 2)
        elif seconds < PROCESS_SECONDS / 2:
            self.size = min(self._most, self.size * 2)


class Processor:
    """Applies records to one service's database for one subscription.

    Two processors may be given the same records at once: each event still has its effect once.
    `monotonic_offsets` is false where a partition's first deliveries do not come in order of offset.
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
        self._pace = BatchSize(subscription)

    async def apply(self, records: Sequence[ConsumerRecord]) -> None:
        """Return when every record is applied, skipped, ignored or parked, and committed.

        Waits for the database for as long as it takes.
        """
        by_tenant: dict[UUID, list[DecodedRecord]] = {}
        for record in records:
            arrival = decode_record(self.subscription, record)
            by_tenant.setdefault(arrival.tenant, []).append(arrival)
        for tenant, arrivals in by_tenant.items():
            done = 0
            while done < len(arrivals):
                chunk = _chunk(arrivals, done, self._pace.size)
                await self._settle(tenant, chunk, Backoff(0.05, 5.0))
                done += len(chunk)

    async def _settle(self, tenant: UUID, chunk: Sequence[DecodedRecord], backoff: Backoff) -> None:
        """Commit the chunk: whole, or in halves after a failure, or parked once it is alone.

        Where even parking fails the database is at fault, so everything is tried anew.
        """
        failure: Failure | None = None
        while True:
            try:
                await self._deliver(tenant, chunk, failure)
                return backoff.reset()
            except Exception as error:  # noqa: BLE001  # the consumer loop: park or try again
                if failure is not None or is_transient(error):
                    failure = None
                    await self._rest(error, backoff)
                elif len(chunk) == 1:
                    failure = await self._judge(chunk[0], error)
            if len(chunk) > 1:
                middle = len(chunk) // 2
                await self._settle(tenant, chunk[:middle], backoff)
                await self._settle(tenant, chunk[middle:], backoff)
                return None

    async def _deliver(
        self, tenant: UUID, chunk: Sequence[DecodedRecord], failure: Failure | None
    ) -> None:
        started = time.perf_counter()
        delivery: BatchTransaction | None = None
        try:
            async with self._database.begin(tenant) as tx:
                delivery = BatchTransaction(
                    tx,
                    tenant,
                    self.subscription,
                    recent=self._recent,
                    monotonic_offsets=self.monotonic_offsets,
                    now=self._now(),
                )
                outcomes = await delivery.run(chunk, failure)
        except Exception as error:
            if is_transient(error) or (delivery is not None and delivery.handling):
                raise
            raise HandlerNotReached from error
        self._committed(outcomes, time.perf_counter() - started)

    def _committed(self, outcomes: RecordOutcomes, seconds: float) -> None:
        name = self.subscription.name
        self._pace.took(seconds)
        self._recent.add(arrival.event_id for arrival, _ in outcomes)
        TRANSACTION_SECONDS.labels(name).observe(seconds)
        for (topic, _), tally in counts.tally((a.record.place, o) for a, o in outcomes).items():
            for outcome, times in tally.items():
                RECORDS_CONSUMED.labels(name, topic, outcome.value).inc(times)
        now = self._now()
        for arrival, outcome in outcomes:
            if outcome is Outcome.APPLIED and arrival.envelope is not None:
                EFFECT_DELAY.labels(name).observe((now - arrival.envelope.time).total_seconds())
            self._say(arrival, outcome)
        self.on_progress()

    def _say(self, arrival: DecodedRecord, outcome: Outcome) -> None:
        """One line an effect, with the ids of its chain, and one for what nobody could read."""
        told = {
            "subscription": self.subscription.name,
            "event_id": str(arrival.event_id),
            "tenant": str(arrival.tenant),
        }
        if outcome is Outcome.PARKED and arrival.error is not None:
            log.error("event_unreadable", key=arrival.key, error=arrival.error, **told)
        elif outcome is Outcome.APPLIED and self.subscription.kind is SubscriptionKind.PROCESS:
            envelope = arrival.envelope
            assert envelope is not None
            log.info(
                "event_applied",
                type=envelope.type,
                subject=str(envelope.subject),
                correlation_id=envelope.correlationid,
                trace_id=envelope.traceparent.split("-")[1],
                **told,
            )

    async def _rest(self, error: Exception, backoff: Backoff) -> None:
        """Let what is in the way pass; this is progress too, the database is at fault."""
        TRANSACTION_RETRIES.labels(self.subscription.name).inc()
        rest = backoff.next()
        await log.awarning(
            "consumer_retries",
            subscription=self.subscription.name,
            error=repr(error),
            seconds=round(rest, 3),
        )
        self.on_progress()
        await asyncio.sleep(rest)

    async def _judge(self, arrival: DecodedRecord, error: Exception) -> Failure:
        failure = Failure.of(error)
        waits = failure.reason is ParkingReason.NOT_YET
        await log.alog(
            logging.INFO if waits else logging.ERROR,
            "event_parked",
            subscription=self.subscription.name,
            event_id=str(arrival.event_id),
            key=arrival.key,
            reason=failure.reason,
            error=failure.error,
            exc_info=None if waits else error,
        )
        return failure


def _chunk(arrivals: Sequence[DecodedRecord], start: int, size: int) -> Sequence[DecodedRecord]:
    """The next so many to be handled, and those between them that are only counted.

    A topic tells of much that a subscription does not listen to; that needs no pace.
    """
    handled = 0
    for at in range(start, len(arrivals)):
        handled += not arrivals[at].ignored
        if handled > size:
            return arrivals[start:at]
    return arrivals[start:]
