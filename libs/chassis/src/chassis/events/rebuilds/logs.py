"""The logs that a rebuild reads: the topics of Kafka, or the outboxes where there is no Kafka."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from aiokafka import AIOKafkaConsumer, TopicPartition
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import database_epoch, outbox
from chassis.database.engine import Database
from chassis.events.envelope import Envelope
from contracts.topics import MAX_MESSAGE_BYTES

POLL_MS = 500
PAGE_RECORDS = 1_000

Places = Mapping[str, int]


@dataclass(frozen=True)
class LogPage:
    """Records, and the places behind them."""

    values: Sequence[bytes]
    places: Places


class OpenLog(Protocol):
    """A log as it is when it is opened: places of its parts, from `begins` to `ends`."""

    @property
    def begins(self) -> Places: ...
    @property
    def ends(self) -> Places: ...
    async def read(self, places: Places) -> LogPage:
        """Return the next page from these places; the page may be empty."""
        ...


class EventLog(Protocol):
    """A log of published events, which can be read again from its beginning."""

    def open(
        self, topics: Sequence[str], tenants: Collection[UUID]
    ) -> AbstractAsyncContextManager[OpenLog]:
        """Open the log of these topics; it has all events of these tenants, and maybe others."""
        ...


class KafkaLog:
    """The topics of Kafka; a part is a partition, a place an offset. It joins no group."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap

    @asynccontextmanager
    async def open(
        self,
        topics: Sequence[str],
        tenants: Collection[UUID],  # a topic has the events of all tenants
    ) -> AsyncIterator[OpenLog]:
        """Open the topics. Raises aiokafka's errors."""
        consumer = AIOKafkaConsumer(
            *topics,
            bootstrap_servers=self._bootstrap,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
        )
        await consumer.start()
        try:
            partitions = sorted(consumer.assignment())
            begins = await consumer.beginning_offsets(partitions)
            ends = await consumer.end_offsets(partitions)
            yield _OpenTopics(consumer, _places(begins), _places(ends))
        finally:
            await consumer.stop()


class _OpenTopics:
    def __init__(self, consumer: Any, begins: Places, ends: Places) -> None:
        self._consumer = consumer
        self.begins, self.ends = begins, ends
        self._behind: Places | None = None

    async def read(self, places: Places) -> LogPage:
        if places != self._behind:
            for partition in self._consumer.assignment():
                self._consumer.seek(partition, places[_name(partition)])
        batches = await self._consumer.getmany(timeout_ms=POLL_MS, max_records=PAGE_RECORDS)
        behind = {p: await self._consumer.position(p) for p in self._consumer.assignment()}
        self._behind = _places(behind)
        values = [record.value or b"" for records in batches.values() for record in records]
        return LogPage(values, self._behind)


def _places(offsets: Mapping[TopicPartition, int]) -> Places:
    return {_name(partition): offset for partition, offset in offsets.items()}


def _name(partition: TopicPartition) -> str:
    return f"{partition.topic}:{partition.partition}"


class OutboxLog:
    """The outboxes of the publishers in this process; a part is a topic of one tenant.

    It is for tests and for machines without Kafka. What commits later with a lower place reaches
    the consumer in this process, which stages it.
    """

    def __init__(self, databases: Mapping[str, Database]) -> None:
        self._databases = databases

    @asynccontextmanager
    async def open(
        self, topics: Sequence[str], tenants: Collection[UUID]
    ) -> AsyncIterator[OpenLog]:
        """Open the outboxes. Raises LookupError for a publisher outside this process."""
        parts: dict[str, _OutboxPart] = {}
        for topic in topics:
            service, name, _ = topic.split(".")
            if service not in self._databases:
                raise LookupError(f"{service} runs in another process, and there is no Kafka")
            for tenant in tenants:
                part = _OutboxPart(self._databases[service], f"{service}.{name}", tenant)
                parts[f"{topic}:{tenant}"] = part
        ends = {name: await part.end() for name, part in parts.items()}
        yield _OpenOutboxes(parts, dict.fromkeys(parts, 0), ends)


@dataclass(frozen=True)
class _OutboxPart:
    database: Database
    aggregate: str
    tenant: UUID

    async def end(self) -> int:
        async with self.database.begin(self.tenant) as tx:
            last = await tx.scalar(select(func.max(outbox.c.seq)).where(*self._mine))
        return 0 if last is None else last + 1

    @property
    def _mine(self) -> tuple[Any, ...]:
        return (outbox.c.tenant_id == self.tenant, outbox.c.aggregatetype == self.aggregate)

    async def read(self, place: int) -> list[tuple[int, bytes]]:
        """Return places and values of the next events."""
        query = select(outbox).where(*self._mine, outbox.c.seq >= place)
        async with self.database.begin(self.tenant) as tx:
            epoch = await _epoch(tx)
            rows = await tx.execute(query.order_by(outbox.c.seq).limit(PAGE_RECORDS))
            return [
                (row["seq"], Envelope.from_outbox_row(dict(row), epoch).encode())
                for row in rows.mappings()
            ]


async def _epoch(tx: AsyncConnection) -> int:
    return await tx.scalar(select(database_epoch.c.epoch)) or 1


class _OpenOutboxes:
    def __init__(self, parts: Mapping[str, _OutboxPart], begins: Places, ends: Places) -> None:
        self._parts = parts
        self.begins, self.ends = begins, ends

    async def read(self, places: Places) -> LogPage:
        name = next(name for name in sorted(self.ends) if places[name] < self.ends[name])
        rows = await self._parts[name].read(places[name])
        behind = rows[-1][0] + 1 if rows else self.ends[name]
        return LogPage([value for _, value in rows], {**places, name: behind})
