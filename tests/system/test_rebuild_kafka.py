"""Tests of rebuilds from the topics of a real Kafka, interrupted and continued."""

import asyncio
import os
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

import pytest
from sqlalchemy import select, update

from chassis.events import topics
from chassis.events.consumer.consumer import Consumer
from chassis.events.consumer.processing import Processor
from chassis.events.envelope import Envelope
from chassis.events.rebuilds import logs
from chassis.events.rebuilds.logs import KafkaLog, LogPage, OpenLog, Places
from chassis.events.rebuilds.rebuilder import Rebuilder
from chassis.events.rebuilds.requests import Rebuild, RebuildStatus, get_rebuild, request_rebuild
from chassis.events.replicas import Copy, ReplicaSubscription, replica
from chassis.foundation.clock import now
from contracts.event import AggregateState
from contracts.topics import TopicSpec
from kernel.ids import new_id
from testkit.database import note_copies
from testkit.plugin import Committed
from tests.system.test_consumer_kafka import send

SECONDS = 60


class InterruptedLog(KafkaLog):
    """Sets `stop` after each page, as a worker that is stopped while it reads."""

    def __init__(self, bootstrap: str, stop: asyncio.Event) -> None:
        super().__init__(bootstrap)
        self._stop = stop

    @asynccontextmanager
    async def open(
        self, topics: Sequence[str], tenants: Collection[UUID]
    ) -> AsyncIterator[OpenLog]:
        async with super().open(topics, tenants) as opened:
            yield _Interrupted(opened, self._stop)


class _Interrupted:
    def __init__(self, opened: OpenLog, stop: asyncio.Event) -> None:
        self._opened, self._stop = opened, stop
        self.begins, self.ends = opened.begins, opened.ends

    async def read(self, places: Places) -> LogPage:
        page = await self._opened.read(places)
        self._stop.set()
        return page


@pytest.fixture
async def things() -> ReplicaSubscription:
    """A replica of an aggregate of this test's own, whose topic exists."""

    class ThingState(AggregateState):
        """The state of a thing."""

        aggregate: ClassVar[str] = f"sample.rebuilt_{new_id().hex[-12:].translate(LETTERS)}"
        text: str

    specs = [TopicSpec(ThingState.topic(), partitions=4)]
    await topics.apply_manifest(os.environ["KAFKA_BOOTSTRAP"], specs)
    return replica("sample.things", Copy(ThingState, note_copies))


LETTERS = str.maketrans("0123456789", "ghijklmnop")


def value_of(aggregate: str, tenant: UUID, key: UUID, sequence: int) -> bytes:
    return Envelope(
        id=new_id(),
        source="/sample",
        type=f"{aggregate}.changed.v1",
        subject=key,
        time=datetime.now(UTC),
        tenantid=tenant,
        sequence=sequence,
        epoch=1,
        correlationid="system test",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data={aggregate.partition(".")[2]: {"text": f"v{sequence}"}},
    ).encode()


async def copied(committed: Committed, tenant: UUID) -> dict[UUID, tuple[int, str]]:
    c = note_copies.c
    async with committed.worker.begin(tenant) as tx:
        rows = await tx.execute(select(c.id, c.sequence, c.text))
        return {row.id: (row.sequence, row.text) for row in rows}


async def state_of(committed: Committed, tenant: UUID, rebuild_id: UUID) -> Rebuild:
    async with committed.worker.begin(tenant) as tx:
        return await get_rebuild(tx, rebuild_id)


async def test_a_rebuild_is_continued_and_equals_the_topic(
    committed: Committed,
    tenant: UUID,
    things: ReplicaSubscription,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logs, "PAGE_RECORDS", 40)
    bootstrap, (topic,) = os.environ["KAFKA_BOOTSTRAP"], things.topics
    aggregate = topic.removesuffix(".v1")
    keys = [new_id() for _ in range(30)]
    values = [(key, value_of(aggregate, tenant, key, n)) for n in range(1, 6) for key in keys]
    await send(topic, values)
    consumer, running = Consumer(Processor(things, committed.worker), bootstrap), asyncio.Event()
    consuming = asyncio.create_task(consumer.run(running))
    try:
        async with asyncio.timeout(SECONDS):
            while len(await copied(committed, tenant)) < 30:  # noqa: ASYNC110  # by the consumer
                await asyncio.sleep(0.05)
        async with committed.worker.begin(tenant) as tx:
            await tx.execute(update(note_copies).values(text="damaged"))
        rebuild = new_id()
        async with committed.worker.begin(None) as tx:
            await request_rebuild(tx, [tenant], things.name, rebuild, by="ada", now=now())
        interrupted = 0
        while (await state_of(committed, tenant, rebuild)).status is RebuildStatus.READING:
            stop = asyncio.Event()
            builder = Rebuilder([things], committed.worker, InterruptedLog(bootstrap, stop))
            interrupted += not await builder.build_requested(stop)
            if interrupted == 2:  # events of the present come while the past is read
                await send(topic, [(key, value_of(aggregate, tenant, key, 6)) for key in keys[:10]])
        assert interrupted >= 3
        finished = await state_of(committed, tenant, rebuild)
        assert finished.records_read >= 150
        expected = {key: (6, "v6") if n < 10 else (5, "v5") for n, key in enumerate(keys)}
        async with asyncio.timeout(SECONDS):
            while await copied(committed, tenant) != expected:  # noqa: ASYNC110  # the consumer
                await asyncio.sleep(0.05)
    finally:
        running.set()
        await consuming
