"""A real broker loses a topic: after `events resend` every event has taken effect exactly once."""

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.consumer.consumer import Consumer
from chassis.events.consumer.processing import Processor
from chassis.events.outbox import publish
from chassis.events.relay.kafka import KafkaTransport
from chassis.events.relay.relay import Relay
from chassis.events.resend_commands import list_resends, request_resends
from chassis.events.subscriptions import EventMeta, process
from chassis.events.topics import apply_manifest
from chassis.foundation.clock import now
from contracts.topics import TopicSpec
from kernel.ids import new_id
from testkit.database import notes
from testkit.events import CardChanged, CardState
from testkit.plugin import Committed

TOPIC = TopicSpec("testkit.card.v1", partitions=4)
CARDS = [new_id() for _ in range(5)]
SECONDS = 60


@dataclass(frozen=True)
class Card:
    id: UUID
    version: int


@pytest.fixture
async def bootstrap() -> str:
    address = os.environ.get("KAFKA_BOOTSTRAP")
    assert address, "KAFKA_BOOTSTRAP is not set: run the tests with `make test`."
    await apply_manifest(address, [TOPIC])
    return address


@pytest.fixture
async def relay(bootstrap: str, committed: Committed) -> AsyncIterator[Relay]:
    transport = KafkaTransport(bootstrap, name="test-lost-log")
    yield Relay("testkit", committed.urls.worker_url, transport)
    await transport.close()


async def publish_versions(committed: Committed, tenant: UUID, *versions: int) -> None:
    async with committed.app.begin(tenant) as tx:
        for version in versions:
            for card in CARDS:
                state = CardState(card_id=card, title=f"version {version}", stage="TO_DO")
                await publish(tx, CardChanged(card=state), of=Card(card, version))


async def on_card_changed(tx: AsyncConnection, event: CardChanged, meta: EventMeta) -> None:
    """Write one row per effect."""
    row = {"id": new_id(), "text": str(event.card.card_id), "version": meta.sequence}
    await tx.execute(insert(notes).values(**row))


async def effects(committed: Committed, tenant: UUID) -> dict[str, list[int]]:
    found: defaultdict[str, list[int]] = defaultdict(list)
    async with committed.worker.begin(tenant) as tx:
        for row in await tx.execute(select(notes).order_by(notes.c.id)):
            found[row.text].append(row.version)
    return dict(found)


async def consume(bootstrap: str, committed: Committed, tenant: UUID, *, until: int) -> None:
    """Run the subscriber until it has applied so many events."""
    subscription = process("sample.lost_log", {CardChanged: on_card_changed})
    consumer, stop = Consumer(Processor(subscription, committed.worker), bootstrap), asyncio.Event()
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        group.create_task(consumer.run(stop))
        while sum(map(len, (await effects(committed, tenant)).values())) < until:  # noqa: ASYNC110  # a row sets no event
            await asyncio.sleep(0.1)
        stop.set()


async def lose_topic(bootstrap: str) -> None:
    """Delete the topic with all of its records, and create it again empty."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_topics([TOPIC.name])
        async with asyncio.timeout(SECONDS):
            while TOPIC.name in await admin.list_topics():  # noqa: ASYNC110  # in the broker
                await asyncio.sleep(0.1)
    finally:
        await admin.close()
    await apply_manifest(bootstrap, [TOPIC])


async def test_a_lost_topic_is_repaired_and_effects_come_once(
    bootstrap: str, relay: Relay, committed: Committed, tenant: UUID
) -> None:
    await publish_versions(committed, tenant, 1, 2)
    await relay.drain()
    await consume(bootstrap, committed, tenant, until=2 * len(CARDS))
    await publish_versions(committed, tenant, 3, 4)
    await relay.drain()  # nobody reads these before they are lost
    await lose_topic(bootstrap)
    await publish_versions(committed, tenant, 5)
    await relay.drain()
    async with committed.worker.begin(None) as tx:
        day = timedelta(days=1)
        await request_resends(tx, "testkit", since=now() - day, by="ann", now=now())
    await relay.drain()
    async with committed.worker.begin(None) as tx:
        (ended,) = await list_resends(tx)
    assert (ended.sent, ended.quarantined) == (5 * len(CARDS), 0)
    await consume(bootstrap, committed, tenant, until=5 * len(CARDS))
    found = await effects(committed, tenant)
    assert {card: sorted(versions) for card, versions in found.items()} == {
        str(card): [1, 2, 3, 4, 5] for card in CARDS
    }
