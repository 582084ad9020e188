"""The consumer: one subscription's records from Kafka to its processor.

Commits the database, then the offsets: a crash in between brings records again, and they change
nothing. Any error of the broker ends the session and begins another.
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
from chassis.events.consumer.metrics import CONSUMER_LAG, CONSUMER_RESTARTS
from chassis.events.consumer.processing import Processor
from chassis.events.subscriptions import SubscriptionKind
from chassis.foundation.waits import Backoff, wait_or_timeout
from contracts.topics import MAX_MESSAGE_BYTES

log = structlog.get_logger()

POLL_MS = 500
POLL_RECORDS = {SubscriptionKind.PROCESS: 100, SubscriptionKind.REPLICA: 1_000}
WATCH_SECONDS = 5.0
STALL_SECONDS = 60.0
DRAIN_SECONDS = 15.0
CLOSE_SECONDS = 5.0
HANDOVER_SECONDS = 5.0

Batches = Mapping[TopicPartition, Sequence[Any]]


class Stalled(Exception):
    """There was something to do and nothing was done for too long."""


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
        self._rebalance = _Rebalance()
        processor.on_progress = self._progressed

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set; the batch in hand is finished first."""
        while not stop.is_set():
            self._progress_at = time.monotonic()
            try:
                await self._session(stop)
            except Exception as error:  # noqa: BLE001  # the consumer loop: begin anew
                cause = type(error).__name__
                CONSUMER_RESTARTS.labels(self._subscription.name, cause).inc()
                await log.aerror(
                    "consumer_restarts", subscription=self._subscription.name, exc_info=error
                )
                await wait_or_timeout(stop, self._backoff.next())

    async def check(self) -> str | None:
        """For /readyz: None while a member of the group, else what is wrong."""
        if self._rebalance.joined:
            return None
        return f"The consumer group {self._subscription.group} is not joined."

    def _progressed(self) -> None:
        self._progress_at = time.monotonic()
        self._backoff.reset()

    async def _session(self, stop: asyncio.Event) -> None:
        consumer = self._connected()
        try:
            await consumer.start()
            consumer.subscribe(self._subscription.topics, listener=self._rebalance)
            await self._work(consumer, stop)
        finally:
            with suppress(TimeoutError, KafkaError):
                async with asyncio.timeout(CLOSE_SECONDS):
                    await consumer.stop()  # leaves the group, so that others need not wait
            self._rebalance.joined = False  # last: a rebalance may have ended meanwhile

    def _connected(self) -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            group_id=self._subscription.group,
            client_id=self._subscription.name,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
            session_timeout_ms=6_000,
            heartbeat_interval_ms=2_000,
            metadata_max_age_ms=30_000,
        )

    async def _work(self, consumer: AIOKafkaConsumer, stop: asyncio.Event) -> None:
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
        most = POLL_RECORDS[self._subscription.kind]
        while not stop.is_set():
            batches: Batches = await consumer.getmany(timeout_ms=POLL_MS, max_records=most)
            if not batches:
                continue
            for partition, records in batches.items():
                self._rebalance.done.setdefault(partition, records[0].offset)
            with self._rebalance.busy():
                await self._processor.apply(_consumed(batches))
                await self._commit(consumer, batches)
            self._progressed()

    async def _commit(self, consumer: AIOKafkaConsumer, batches: Batches) -> None:
        """Tell the broker how far we are; without that word the records only come again."""
        held = consumer.assignment()
        after = {p: records[-1].offset + 1 for p, records in batches.items() if p in held}
        self._rebalance.done.update(after)
        try:
            await consumer.commit(after)
        except (CommitFailedError, IllegalStateError) as error:
            await log.ainfo(
                "consumer_lost_partitions", subscription=self._subscription.name, error=repr(error)
            )

    async def _watch(self, consumer: AIOKafkaConsumer) -> None:
        """Raises Stalled when there is lag, or no membership, and no progress for too long."""
        while True:
            await asyncio.sleep(min(WATCH_SECONDS, self._stall_seconds / 2))
            try:
                async with asyncio.timeout(WATCH_SECONDS):
                    lag = await self._lag(consumer)
            except (TimeoutError, KafkaError):
                continue  # the broker is away, and the client keeps looking for it
            if self._rebalance.joined and lag == 0:
                self._progress_at = time.monotonic()
            still = time.monotonic() - self._progress_at
            if still > self._stall_seconds:
                what = f"{lag} records wait" if self._rebalance.joined else "not in the group"
                raise Stalled(f"{what}, and no progress for {still:.0f} s")

    async def _lag(self, consumer: AIOKafkaConsumer) -> int:
        """Records in our partitions that are not done, those in hand among them."""
        held = consumer.assignment()
        ends: dict[TopicPartition, int] = await consumer.end_offsets(held) if held else {}
        total = 0
        for partition, end in ends.items():
            done = self._rebalance.done.get(partition)
            if done is None:
                done = await consumer.position(partition)
            CONSUMER_LAG.labels(self._subscription.name, partition.topic, partition.partition).set(
                end - done
            )
            total += end - done
        return total


class _Rebalance(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka ships no types
    """Knows whether we are a member, and lets the batch in hand end before partitions go.

    `done` is how far each partition has come since it was given to us.
    """

    def __init__(self) -> None:
        self.joined = False
        self.done: dict[TopicPartition, int] = {}
        self._idle = asyncio.Event()
        self._idle.set()

    def busy(self) -> "_Busy":
        return _Busy(self._idle)

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        self.joined = False
        await wait_or_timeout(self._idle, HANDOVER_SECONDS)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        self.done.clear()
        self.joined = True


class _Busy:
    """While inside, a batch is in hand."""

    def __init__(self, idle: asyncio.Event) -> None:
        self._idle = idle

    def __enter__(self) -> None:
        self._idle.clear()

    def __exit__(self, *_: object) -> None:
        self._idle.set()


def _consumed(batches: Batches) -> list[ConsumerRecord]:
    return [
        ConsumerRecord(record.topic, record.partition, record.offset, record.value or b"")
        for records in batches.values()
        for record in records
    ]
