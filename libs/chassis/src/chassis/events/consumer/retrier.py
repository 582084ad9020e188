"""Retries parked events when they are due: automatically, or because an operator requested it."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import parked_events
from chassis.database.engine import Database
from chassis.database.transient import is_transient
from chassis.events.consumer import counts, dead_letters
from chassis.events.consumer.batch_transaction import run_handlers
from chassis.events.consumer.counts import Outcome
from chassis.events.consumer.dead_letters import ParkedEvent, ParkedEventStatus
from chassis.events.consumer.decoded_records import ConsumerRecord, decode_record, from_stored_json
from chassis.events.consumer.failures import Failure, ParkingReason
from chassis.events.consumer.metrics import RECORDS_CONSUMED
from chassis.events.subscriptions import Subscription
from chassis.foundation import clock
from chassis.foundation.context import SYSTEM_ACTOR
from chassis.foundation.waits import Backoff, wait_or_timeout

log = structlog.get_logger()

KEYS_PER_PASS = 200
LONGEST_IDLE = 1.0  # seconds between two passes that find nothing
RETRY_DELAY = timedelta(seconds=5)


class UndecodableRecord(Exception):
    """A parked event still cannot be decoded."""


class Retrier:
    """Retries the due keys of these subscriptions, for all tenants."""

    def __init__(
        self,
        subscriptions: Sequence[Subscription],
        database: Database,
        *,
        now: Callable[[], datetime] = clock.now,
        poll_seconds: float = 0.2,
    ) -> None:
        self._subscriptions = {one.name: one for one in subscriptions}
        self._database = database
        self._now = now
        self._poll_seconds = poll_seconds

    async def run(self, stop: asyncio.Event) -> None:
        """Retry until `stop` is set."""
        backoff, delay = Backoff(self._poll_seconds, 5.0), self._poll_seconds
        while not stop.is_set():
            try:
                resolved = await self.retry_due()
                delay = self._poll_seconds if resolved else min(delay * 2, LONGEST_IDLE)
                backoff.reset()
            except Exception as error:  # noqa: BLE001  # a loop of the consumer: go on later
                await log.awarning("retrier_backs_off", error=repr(error))
                delay = backoff.next()
            await wait_or_timeout(stop, delay)

    async def retry_due(self, *, ahead: timedelta = timedelta()) -> int:
        """Retry every key that is due, or will be within `ahead`; returns the events resolved.

        A key that cannot be retried now is delayed, so that it does not block the others.
        """
        resolved, due_by = 0, self._now() + ahead
        for tenant, name, key in await self._due_keys(due_by):
            try:
                resolved += await self.retry(tenant, self._subscriptions[name], key, due_by=due_by)
            except Exception as error:  # noqa: BLE001  # the consumer loop: the next key
                await log.awarning("retry_delayed", subscription=name, key=key, error=repr(error))
                await self._delay(tenant, name, key)
        return resolved

    async def _delay(self, tenant: UUID, subscription: str, key: str) -> None:
        async with self._database.begin(tenant) as tx:
            await dead_letters.delay_retry(tx, tenant, subscription, key, self._now() + RETRY_DELAY)

    async def _due_keys(self, due_by: datetime) -> list[tuple[UUID, str, str]]:
        e = parked_events.c
        due = (
            select(e.tenant_id, e.subscription, e.key)
            .where(e.retry_at <= due_by, e.subscription.in_(list(self._subscriptions)))
            .order_by(e.retry_at)
            .limit(KEYS_PER_PASS)
        )
        async with self._database.begin(None) as tx:
            rows = await tx.execute(due)
            return list(dict.fromkeys((row.tenant_id, row.subscription, row.key) for row in rows))

    async def retry(
        self, tenant: UUID, subscription: Subscription, key: str, *, due_by: datetime
    ) -> int:
        """Apply the due events of a key in order, a transaction each; returns the number resolved.

        Raises a transient error; the queue is then unchanged.
        """
        resolved = 0
        while await self._retry_head(tenant, subscription, key, due_by):
            resolved += 1
        return resolved

    async def _retry_head(
        self, tenant: UUID, subscription: Subscription, key: str, due_by: datetime
    ) -> bool:
        parked: ParkedEvent | None = None
        try:
            async with self._database.begin(tenant) as tx:
                parked = await dead_letters.take_due(tx, tenant, subscription, key, due_by)
                if parked is None:
                    return False
                outcome = await _apply(tx, subscription, parked, self._now())
        except Exception as error:
            if parked is None or is_transient(error):
                raise
            await self._record_failure(subscription, parked, Failure.of(error), error)
            return False
        RECORDS_CONSUMED.labels(subscription.name, parked.topic, outcome.value).inc()
        return True

    async def _record_failure(
        self, subscription: Subscription, parked: ParkedEvent, failure: Failure, error: Exception
    ) -> None:
        tenant, name, key = parked.tenant_id, subscription.name, parked.key
        async with self._database.begin(tenant) as tx:
            await counts.lock(tx, tenant, subscription, [parked.topic_partition])
            await dead_letters.lock_key(tx, tenant, name, key)
            if await dead_letters.head(tx, tenant, name, key) != parked:
                return  # another worker retried it, or an operator changed it
            failure = await dead_letters.record_failed_retry(tx, parked, failure, self._now())
        if failure.reason is ParkingReason.FAILED:
            event_id = str(parked.envelope.get("id"))
            await log.aerror(
                "event_failed",
                subscription=name,
                event_id=event_id,
                key=key,
                error=failure.error,
                exc_info=error,
            )


async def _apply(
    tx: AsyncConnection, subscription: Subscription, parked: ParkedEvent, now: datetime
) -> Outcome:
    record = ConsumerRecord(parked.topic, parked.partition, -1, from_stored_json(parked.envelope))
    decoded = decode_record(subscription, record)
    if decoded.error is not None:
        raise UndecodableRecord(decoded.error)
    if decoded.tenant != parked.tenant_id:
        raise UndecodableRecord(f"The event belongs to another tenant: {decoded.tenant}")
    outcome = Outcome.IGNORED
    if not decoded.ignored:
        outcome = (await run_handlers(tx, subscription, [decoded]))[decoded.event_id]
    by = parked.resolved_by or f"{SYSTEM_ACTOR}{subscription.name}"
    await dead_letters.resolve(
        tx, parked, subscription, outcome, now, status=ParkedEventStatus.REDRIVEN, resolved_by=by
    )
    return outcome
