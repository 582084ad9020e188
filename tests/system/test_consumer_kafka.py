"""Tests of the consumer on a real Kafka: every event takes effect once after crashes and stalls."""

import asyncio
import os
import random
import string
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import consumer_counts, parked_events
from chassis.events import topics
from chassis.events.consumer.consumer import Consumer
from chassis.events.consumer.metrics import CONSUMER_RESTARTS
from chassis.events.consumer.processing import Processor
from chassis.events.envelope import Envelope
from chassis.events.subscriptions import EventMeta, ProcessHandler
from contracts.event import Event
from contracts.topics import MAX_MESSAGE_BYTES, TopicSpec
from kernel.ids import new_id
from testkit.database import notes
from testkit.plugin import Committed
from tests.system.consumer_member import event_class, on_counted, subscription_to

ROOT = Path(__file__).parents[2]
SECONDS = 60


@pytest.fixture
def aggregate() -> str:
    return "thing_" + "".join(random.choices(string.ascii_lowercase, k=12))


@pytest.fixture
async def event(aggregate: str) -> type[Event]:
    """An event class whose topic exists."""
    assert os.environ.get("KAFKA_BOOTSTRAP"), "the system tests need a real Kafka: `make test`"
    made = event_class(aggregate)
    await topics.apply_manifest(
        os.environ["KAFKA_BOOTSTRAP"], [TopicSpec(made.topic(), partitions=4)]
    )
    return made


def value_of(
    event: type[Event], tenant: UUID, subject: UUID, sequence: int, text: str = ""
) -> bytes:
    return Envelope(
        id=new_id(),
        source="/sample",
        type=event.type,
        subject=subject,
        time=datetime.now(UTC),
        tenantid=tenant,
        sequence=sequence,
        epoch=1,
        correlationid="system test",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data={"text": text},
    ).encode()


async def send(topic: str, values: list[tuple[UUID, bytes]]) -> None:
    producer = AIOKafkaProducer(
        bootstrap_servers=os.environ["KAFKA_BOOTSTRAP"],
        enable_idempotence=True,
        compression_type="zstd",
        max_request_size=MAX_MESSAGE_BYTES,
    )
    await producer.start()
    try:
        sent = [await producer.send(topic, value, key=key.bytes) for key, value in values]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()


async def fill(event: type[Event], tenant: UUID, subjects: list[UUID], each: int) -> None:
    sequences = [(s, n) for n in range(1, each + 1) for s in subjects]
    await send(event.topic(), [(s, value_of(event, tenant, s, n)) for s, n in sequences])


async def effects(committed: Committed, tenant: UUID) -> dict[str, list[int]]:
    """Return the applied sequence numbers of each subject, in order of application."""
    found: dict[str, list[int]] = {}
    async with committed.worker.begin(tenant) as tx:
        for row in await tx.execute(select(notes).order_by(notes.c.id)):
            found.setdefault(row.text, []).append(row.version)
    return found


async def done(committed: Committed, tenant: UUID) -> int:
    return sum(map(len, (await effects(committed, tenant)).values()))


async def until_applied(committed: Committed, tenant: UUID, least: int) -> None:
    async with asyncio.timeout(SECONDS):
        while await done(committed, tenant) < least:  # noqa: ASYNC110  # in other processes
            await asyncio.sleep(0.1)


async def applied_count(committed: Committed, tenant: UUID) -> int:
    async with committed.worker.begin(tenant) as tx:
        query = select(consumer_counts.c.applied).where(consumer_counts.c.tenant_id == tenant)
        return sum((await tx.execute(query)).scalars())


@contextmanager
def member(aggregate: str, committed: Committed) -> Iterator[subprocess.Popen[bytes]]:
    """Start a member in another process; kill it at the end if it still runs."""
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.system.consumer_member", aggregate],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": committed.urls.worker_url},
        stdout=subprocess.DEVNULL,
    )
    try:
        yield running
    finally:
        running.kill()
        running.wait()


@asynccontextmanager
async def consuming(
    event: type[Event], committed: Committed, handler: ProcessHandler, **more: float
) -> AsyncIterator[tuple[Consumer, asyncio.Event]]:
    """Run a member of the group in this process; stop it at the end."""
    processor = Processor(subscription_to(event, handler), committed.worker)
    consumer, stop = Consumer(processor, os.environ["KAFKA_BOOTSTRAP"], **more), asyncio.Event()
    running = asyncio.create_task(consumer.run(stop))
    try:
        yield consumer, stop
    finally:
        stop.set()
        await running


async def test_every_event_takes_effect_once_if_members_are_killed(
    committed: Committed, tenant: UUID, aggregate: str, event: type[Event]
) -> None:
    subjects = [new_id() for _ in range(15)]
    await fill(event, tenant, subjects, 40)
    for least in (100, 300):  # each time a member dies with a transaction open
        with member(aggregate, committed):
            await until_applied(committed, tenant, least)
    assert await done(committed, tenant) < 600
    with member(aggregate, committed) as last:
        await until_applied(committed, tenant, 600)
        last.terminate()
        assert last.wait(20) == 0
    assert await effects(committed, tenant) == {str(s): list(range(1, 41)) for s in subjects}
    assert await applied_count(committed, tenant) == 600


async def test_every_event_takes_effect_once_if_members_join_and_leave(
    committed: Committed, tenant: UUID, event: type[Event]
) -> None:
    subjects = [new_id() for _ in range(25)]
    await fill(event, tenant, subjects, 40)
    async with consuming(event, committed, on_counted) as (first, stop):
        await until_applied(committed, tenant, 100)
        assert await first.check() is None
        async with consuming(event, committed, on_counted), consuming(event, committed, on_counted):
            await until_applied(committed, tenant, 400)
            stop.set()
            await until_applied(committed, tenant, 1000)
    assert await effects(committed, tenant) == {str(s): list(range(1, 41)) for s in subjects}
    assert await applied_count(committed, tenant) == 1000
    assert await first.check() == f"The consumer group {event.aggregate_type()}s is not joined."


async def test_another_member_takes_over_from_a_leaving_one_within_seconds(
    committed: Committed, tenant: UUID, event: type[Event]
) -> None:
    subjects = [new_id() for _ in range(4)]
    async with consuming(event, committed, on_counted) as (_, stop):
        await fill(event, tenant, subjects, 1)
        await until_applied(committed, tenant, 4)
        stop.set()
    started = asyncio.get_running_loop().time()
    async with consuming(event, committed, on_counted):
        await fill(event, tenant, [new_id()], 1)
        await until_applied(committed, tenant, 5)
        assert asyncio.get_running_loop().time() - started < 5


async def test_a_stuck_handler_is_detected_and_the_session_restarted(
    committed: Committed, tenant: UUID, event: type[Event]
) -> None:
    stuck = 0

    async def on_counted_once_stuck(tx: AsyncConnection, what: Event, meta: EventMeta) -> None:
        nonlocal stuck
        await on_counted(tx, what, meta)
        if meta.sequence == 3 and not stuck:
            stuck += 1
            await asyncio.Event().wait()

    subject = new_id()
    await fill(event, tenant, [subject], 6)
    async with consuming(event, committed, on_counted_once_stuck, stall_seconds=2.0):
        await until_applied(committed, tenant, 6)
    assert stuck == 1
    assert CONSUMER_RESTARTS.labels(f"{event.aggregate_type()}s", "Stalled")._value.get() == 1
    assert await effects(committed, tenant) == {str(subject): [1, 2, 3, 4, 5, 6]}


async def test_idle_members_are_not_restarted(
    committed: Committed, tenant: UUID, event: type[Event]
) -> None:
    """Five members share four partitions without events, which is not a stall."""
    subject = new_id()
    groups = [consuming(event, committed, on_counted, stall_seconds=5.0) for _ in range(5)]
    async with groups[0], groups[1], groups[2], groups[3], groups[4]:
        await fill(event, tenant, [subject], 3)
        await until_applied(committed, tenant, 3)
        await asyncio.sleep(9)
    assert CONSUMER_RESTARTS.labels(f"{event.aggregate_type()}s", "Stalled")._value.get() == 0


async def test_an_event_of_eight_megabytes_is_applied_and_an_undecodable_one_parked(
    committed: Committed, tenant: UUID, event: type[Event]
) -> None:
    large = "".join(random.choices(string.ascii_letters, k=100_000)) * 79
    subject = new_id()
    values = [b"garbage", value_of(event, tenant, subject, 1, large), b""]
    values.append(value_of(event, tenant, subject, 2))
    await send(event.topic(), [(subject, value) for value in values])
    async with consuming(event, committed, on_counted):
        await until_applied(committed, tenant, 2)
    async with committed.worker.begin(None) as tx:
        query = select(parked_events.c.key).where(parked_events.c.topic == event.topic())
        assert len((await tx.execute(query)).all()) == 2


async def test_an_unreachable_broker_is_retried(
    committed: Committed, tenant: UUID, event: type[Event], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The port is closed at first and later forwards to the broker."""
    host, port = os.environ["KAFKA_BOOTSTRAP"].split(",")[0].split(":")
    await fill(event, tenant, [new_id()], 2)
    probe = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    free = probe.sockets[0].getsockname()[1]
    probe.close()
    await probe.wait_closed()
    monkeypatch.setenv("KAFKA_BOOTSTRAP", f"127.0.0.1:{free}")
    async with consuming(event, committed, on_counted) as (consumer, _):
        await asyncio.sleep(2)
        assert await consumer.check() is not None

        async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            there, back = await asyncio.open_connection(host, int(port))
            await asyncio.gather(_copy(reader, back), _copy(there, writer))

        async with await asyncio.start_server(forward, "127.0.0.1", free):
            await until_applied(committed, tenant, 2)
            assert await consumer.check() is None


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
