"""The consumer: passes one subscription's records from Kafka to its processor.

It commits the database, then the offsets: after a crash in between, records are delivered again
and change nothing. Any error of the broker ends the session and starts another one.
"""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from chassis.events.consumer.decoded_records import ConsumerRecord
from chassis.events.consumer.metrics import CONSUMER_RESTARTS, LagSeries
from chassis.events.consumer.processing import Processor
from chassis.events.subscriptions import SubscriptionKind
from chassis.foundation.waits import Backoff, wait_or_timeout
from contracts.topics import MAX_MESSAGE_BYTES

log = structlog.get_logger()

POLL_MS = 1_000  # how long the broker and the client wait where nothing has arrived
POLL_RECORDS = {SubscriptionKind.PROCESS: 100, SubscriptionKind.REPLICA: 1_000}
WATCH_SECONDS = 5.0
STALL_SECONDS = 60.0
DRAIN_SECONDS = 15.0
CLOSE_SECONDS = 5.0
REVOKE_SECONDS = 5.0

Batches = Mapping[TopicPartition, Sequence[Any]]


class Stalled(Exception):
    """The consumer had records to process, or no membership, and made no progress for too long."""


class Consumer:
    """Runs one subscription as a dynamic member of its group."""

    def __init__(
        self, processor: Processor, bootstrap: str, *, stall_seconds: float = STALL_SECONDS
    ) -> None:
        self._processor = processor
        self._subscription = processor.subscription
        self._bootstrap = bootstrap
        self._stall_seconds = stall_seconds
        self._backoff = Backoff(0.2, 10.0)
        self._progress_at = time.monotonic()
        self._membership = _GroupMembership()
        self._lag_series = LagSeries(processor.subscription.name)
        processor.on_progress = self._progressed

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set; the current batch is finished first."""
        while not stop.is_set():
            self._progress_at = time.monotonic()
            try:
                await self._session(stop)
            except Exception as error:  # noqa: BLE001  # the consumer loop: a new session
                cause = type(error).__name__
                CONSUMER_RESTARTS.labels(self._subscription.name, cause).inc()
                await log.aerror(
                    "consumer_restarts", subscription=self._subscription.name, exc_info=error
                )
                await wait_or_timeout(stop, self._backoff.next())

    async def check(self) -> str | None:
        """Return None while this is a member of its group, else the problem, for /readyz."""
        if self._membership.joined:
            return None
        return f"The consumer group {self._subscription.group} is not joined."

    def _progressed(self) -> None:
        self._progress_at = time.monotonic()
        self._backoff.reset()

    async def _session(self, stop: asyncio.Event) -> None:
        consumer = self._new_client()
        try:
            await consumer.start()
            consumer.subscribe(self._subscription.topics, listener=self._membership)
            await self._run_tasks(consumer, stop)
        finally:
            with suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await consumer.stop()  # leaves the group, so that other members need not wait
            self._lag_series.show({})
            self._membership.joined = False  # last: a rebalance may have ended meanwhile

    def _new_client(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=self._subscription.group,
            client_id=self._subscription.name,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
            fetch_max_wait_ms=POLL_MS,
            session_timeout_ms=6_000,
            heartbeat_interval_ms=2_000,
            metadata_max_age_ms=30_000,
        )

    async def _run_tasks(self, consumer: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        consuming = asyncio.create_task(self._consume(consumer, stop))
        watching = asyncio.create_task(self._watch(consumer))
        stopping = asyncio.create_task(stop.wait())
        tasks: set[asyncio.Task[Any]] = {consuming, watching, stopping}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if stopping.done():
                await asyncio.wait({consuming}, timeout=DRAIN_SECONDS)
            for task in (consuming, watching):
                if task.done():
                    task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _consume(self, consumer: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        max_records = POLL_RECORDS[self._subscription.kind]
        while not stop.is_set():
            batches: Batches = await consumer.getmany(timeout_ms=POLL_MS, max_records=max_records)
            if not batches:
                continue
            for partition, records in batches.items():
                self._membership.next_offsets.setdefault(partition, records[0].offset)
            with self._membership.processing():
                await self._processor.apply(_records(batches))
                await self._commit(consumer, batches)
            self._progressed()

    async def _commit(self, consumer: AIOKafkaConsumer, batches: Batches) -> None:
        """Commit the offsets; where the broker refuses, the records are only delivered again."""
        assigned = consumer.assignment()
        after = {p: records[-1].offset + 1 for p, records in batches.items() if p in assigned}
        self._membership.next_offsets.update(after)
        try:
            await consumer.commit(after)
        except (CommitFailedError, IllegalStateError) as error:
            await log.ainfo(
                "consumer_lost_partitions", subscription=self._subscription.name, error=repr(error)
            )

    async def _watch(self, consumer: AIOKafkaConsumer) -> None:
        """Raise Stalled on lag, or no membership, without progress for too long."""
        while True:
            await asyncio.sleep(min(WATCH_SECONDS, self._stall_seconds / 2))
            try:
                async with asyncio.timeout(WATCH_SECONDS):
                    lag = await self._lag(consumer)
            except (TimeoutError, KafkaError):
                self._lag_series.show({})
                continue  # the broker is unavailable, and the client keeps reconnecting
            if self._membership.joined and lag == 0:
                self._progress_at = time.monotonic()
            idle = time.monotonic() - self._progress_at
            if idle > self._stall_seconds:
                state = f"{lag} records wait" if self._membership.joined else "not in the group"
                raise Stalled(f"{state}, and no progress for {idle:.0f} s")

    async def _lag(self, consumer: AIOKafkaConsumer) -> int:
        """Return the unprocessed records of the assigned partitions, with the current batch."""
        assigned = consumer.assignment()
        ends: dict[TopicPartition, int] = await consumer.end_offsets(assigned) if assigned else {}
        lags: dict[TopicPartition, int] = {}
        for partition, end in ends.items():
            next_offset = self._membership.next_offsets.get(partition)
            if next_offset is None:
                next_offset = await consumer.position(partition)
            lags[partition] = end - next_offset
        self._lag_series.show(lags)
        return sum(lags.values())


class _GroupMembership(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """Tracks the membership, and lets the current batch finish before partitions are revoked.

    `next_offsets` has the next offset to process of each partition since its assignment.
    """

    def __init__(self) -> None:
        self.joined = False
        self.next_offsets: dict[TopicPartition, int] = {}
        self._idle = asyncio.Event()
        self._idle.set()

    def processing(self) -> "_BatchInProgress":
        return _BatchInProgress(self._idle)

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self.joined = False
        await wait_or_timeout(self._idle, REVOKE_SECONDS)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self.next_offsets.clear()
        self.joined = True


class _BatchInProgress:
    """Marks a batch as in progress inside the block."""

    def __init__(self, idle: asyncio.Event) -> None:
        self._idle = idle

    def __enter__(self) -> None:
        self._idle.clear()

    def __exit__(self, *_: object) -> None:
        self._idle.set()


def _records(batches: Batches) -> list[ConsumerRecord]:
    return [
        ConsumerRecord(record.topic, record.partition, record.offset, record.value or b"")
        for records in batches.values()
        for record in records
    ]
