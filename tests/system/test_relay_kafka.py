"""Tests of the relay on a real broker: order per key, headers, refused records, failures."""

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from secrets import token_hex
from uuid import UUID

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, client
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import create_conn

from chassis.database.connections import open_connection
from chassis.events.envelope import Envelope
from chassis.events.outbox import bucket_of
from chassis.events.relay.kafka import KafkaTransport
from chassis.events.relay.relay import PollInterval, Relay
from chassis.events.relay.transport import BEHIND, ProducerRecord, TransportFailed
from chassis.events.topics import apply_manifest
from contracts.topics import MAX_MESSAGE_BYTES, TopicSpec
from kernel.ids import new_id
from testkit.notes import rewrite, write
from testkit.plugin import Committed

NOTES = TopicSpec("testkit.note.v1")
NARROW = TopicSpec("testkit.too_few_partitions.v1", partitions=1, max_message_bytes=20_000)


@pytest.fixture(scope="session")
def bootstrap() -> str:
    address = os.environ.get("KAFKA_BOOTSTRAP")
    assert address, "KAFKA_BOOTSTRAP is not set: run the tests with `make test`."
    return address


@pytest.fixture
async def transport(bootstrap: str) -> AsyncIterator[KafkaTransport]:
    await apply_manifest(bootstrap, [NOTES, NARROW])
    created = KafkaTransport(bootstrap, name="test-relay")
    yield created
    await created.close()


async def arrived(bootstrap: str, topic: str, tenant: UUID, count: int) -> list[ConsumerRecord]:
    """Read this many records of the tenant from the start of the topic, ordered by partition."""
    consumer = AIOKafkaConsumer(
        topic,
        bootstrap_servers=bootstrap,
        auto_offset_reset="earliest",
        max_partition_fetch_bytes=MAX_MESSAGE_BYTES,
    )
    found: list[ConsumerRecord] = []
    try:
        await consumer.start()
        async with asyncio.timeout(30):
            while len(found) < count:
                batches = await consumer.getmany(timeout_ms=500)
                for records in batches.values():
                    found += [r for r in records if r.key.startswith(str(tenant).encode())]
    finally:
        await consumer.stop()
    return found


def record_of(tenant: UUID, subject: UUID, sequence: int, size: int, seq: int) -> ProducerRecord:
    """Return a record for the topic with a small limit; random text, which does not compress."""
    envelope = Envelope(
        id=new_id(),
        source="/testkit",
        type="testkit.too_few_partitions.written.v1",
        subject=subject,
        time=datetime.now(UTC),
        tenantid=tenant,
        sequence=sequence,
        epoch=1,
        correlationid="c",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        data={"text": token_hex(size // 2)},
    )
    return ProducerRecord.of(envelope, seq)


async def test_records_arrive_in_order_per_key_with_their_headers(
    bootstrap: str, transport: KafkaTransport, committed: Committed, tenant: UUID
) -> None:
    relay = Relay("testkit", committed.urls.worker_url, transport, poll=PollInterval(0.01, 0.05))
    stop = asyncio.Event()
    running = asyncio.create_task(relay.run(stop))
    async with committed.app.begin(tenant) as tx:
        ids = [(await write(tx, "version 1")).id for _ in range(40)]
    for version in range(2, 6):
        async with committed.app.begin(tenant) as tx:
            for note_id in ids:
                await rewrite(tx, note_id, f"version {version}")
    records = await arrived(bootstrap, NOTES.name, tenant, 200)
    stop.set()
    await running
    sequences: defaultdict[bytes, list[int]] = defaultdict(list)
    partitions: defaultdict[bytes, set[int]] = defaultdict(set)
    for record in records:
        envelope = Envelope.decode(record.value)
        assert record.key.decode() == envelope.partitionkey
        assert list(record.headers) == envelope.headers()
        sequences[record.key].append(envelope.sequence)
        partitions[record.key].add(record.partition)
    assert list(sequences.values()) == [[1, 2, 3, 4, 5]] * 40
    assert all(len(used) == 1 for used in partitions.values())
    assert len(set.union(*partitions.values())) > 1


async def store_oversized(committed: Committed, tenant: UUID, note_id: UUID, size: int) -> None:
    """Insert an oversized row directly, because `publish` refuses such an event."""
    async with open_connection(committed.urls.worker_url, name="test") as connection:
        await connection.execute(
            "INSERT INTO outbox (tenant_id, bucket, id, aggregatetype, aggregateid, aggversion,"
            " type, payload, correlationid, traceparent) VALUES ($1, $2, $3, 'testkit.note', $4, 2,"
            " 'testkit.note.written.v1', jsonb_build_object('text', repeat('x', $5)), 'c', 't')",
            tenant,
            bucket_of(note_id),
            new_id(),
            note_id,
            size,
        )


async def test_an_oversized_record_is_quarantined_with_its_key(
    bootstrap: str, transport: KafkaTransport, committed: Committed, tenant: UUID
) -> None:
    relay = Relay("testkit", committed.urls.worker_url, transport)
    async with committed.app.begin(tenant) as tx:
        bad, good = await write(tx, "bad"), await write(tx, "good")
    await store_oversized(committed, tenant, bad.id, MAX_MESSAGE_BYTES)
    await store_oversized(committed, tenant, good.id, MAX_MESSAGE_BYTES - 100_000)
    assert await relay.drain() == 4
    records = await arrived(bootstrap, NOTES.name, tenant, 3)
    found = sorted((r.key.decode(), Envelope.decode(r.value).sequence) for r in records)
    assert found == sorted(
        [(f"{tenant}:{bad.id}", 1), (f"{tenant}:{good.id}", 1), (f"{tenant}:{good.id}", 2)]
    )
    async with open_connection(committed.urls.worker_url, name="test") as connection:
        (row,) = await connection.fetch("SELECT key, reason FROM quarantined_events")
    assert row["key"] == f"{tenant}:{bad.id}"
    assert "MessageSizeTooLarge" in row["reason"]


async def test_a_record_that_the_broker_refuses_does_not_delay_other_keys(
    bootstrap: str, transport: KafkaTransport, tenant: UUID
) -> None:
    bad, good = new_id(), new_id()
    records = [
        record_of(tenant, good, 1, 100, seq=1),
        record_of(tenant, bad, 1, 200_000, seq=2),
        record_of(tenant, bad, 2, 100, seq=3),
        record_of(tenant, good, 2, 100, seq=4),
    ]
    refusals = await transport.send(records)
    assert [(refusal.record.seq, refusal.reason) for refusal in refusals[1:]] == [(3, BEHIND)]
    assert refusals[0].record.seq == 2
    assert "MessageSizeTooLarge" in refusals[0].reason
    found = await arrived(bootstrap, NARROW.name, tenant, 2)
    assert [r.value for r in found] == [records[0].value, records[3].value]


async def test_records_of_an_oversized_batch_are_sent_one_by_one(
    bootstrap: str, transport: KafkaTransport, tenant: UUID
) -> None:
    records = [record_of(tenant, new_id(), 1, 30_000, seq=seq) for seq in range(2)]
    with pytest.raises(TransportFailed, match="batch"):
        await transport.send(records)
    assert await transport.send(records) == []
    found = await arrived(bootstrap, NARROW.name, tenant, 2)
    assert [r.value for r in found] == [record.value for record in records]


async def test_an_unreachable_or_silent_broker_fails_within_the_timeout(tenant: UUID) -> None:
    record = record_of(tenant, new_id(), 1, 10, seq=1)
    away = KafkaTransport("127.0.0.1:1", name="test", timeout=2)
    with pytest.raises(TransportFailed):
        await away.send([record])

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    silent = KafkaTransport(f"127.0.0.1:{port}", name="test", timeout=1)
    with pytest.raises(TransportFailed):
        await silent.send([record])
    server.close()
    await server.wait_closed()


class Line:
    """A proxy to the broker that can stop forwarding without closing its connections."""

    def __init__(self, bootstrap: str) -> None:
        self._host, port = bootstrap.split(":")
        self._port = int(port)
        self.alive = asyncio.Event()
        self.alive.set()

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port)
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                await self.alive.wait()
                writer.write(data)
                await writer.drain()
        writer.close()


async def test_the_producer_of_a_silent_broker_is_replaced(
    bootstrap: str, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old producer ends too: with its client closed first, its sender would wait forever."""
    await apply_manifest(bootstrap, [NARROW])
    line = Line(bootstrap)
    server = await asyncio.start_server(line.carry, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    async def by_our_line(host: str, _: int, **more: object) -> object:
        return await create_conn(host, port, **more)

    monkeypatch.setattr(client, "create_conn", by_our_line)
    transport = KafkaTransport(bootstrap, name="test", timeout=1.5)
    subject = new_id()
    records = [record_of(tenant, subject, n, 10, seq=n) for n in (1, 2, 3)]
    assert await transport.send(records[:1]) == []
    line.alive.clear()
    async with asyncio.timeout(20):
        for _ in range(2):
            with pytest.raises(TransportFailed):
                await transport.send(records[1:])
    line.alive.set()
    assert await transport.send(records[1:]) == []
    await transport.close()
    assert [task for task in asyncio.all_tasks() if "aiokafka" in repr(task)] == []
    server.close()
    await server.wait_closed()
    monkeypatch.undo()
    found = await arrived(bootstrap, NARROW.name, tenant, 3)
    assert list(dict.fromkeys(r.value for r in found)) == [record.value for record in records]


async def test_a_missing_topic_fails_within_the_timeout(bootstrap: str, tenant: UUID) -> None:
    record = record_of(tenant, new_id(), 1, 10, seq=1)
    nowhere = ProducerRecord(
        topic="testkit.nowhere.v1",
        key=record.key,
        value=record.value,
        headers=[],
        envelope=record.envelope,
        seq=1,
    )
    transport = KafkaTransport(bootstrap, name="test", timeout=2)
    with pytest.raises(TransportFailed):
        await transport.send([nowhere])
    assert await transport.send([record]) == []
    await transport.close()


async def test_the_manifest_is_applied_once_and_altered_when_it_changes(bootstrap: str) -> None:
    name = f"testkit.{token_hex(4)}.v1"
    spec = TopicSpec(name, partitions=3)
    assert (await apply_manifest(bootstrap, [spec])).created == [name]
    again = await apply_manifest(bootstrap, [spec])
    assert (again.created, again.altered, again.too_few_partitions) == ([], [], [])
    changed = await apply_manifest(bootstrap, [TopicSpec(name, partitions=6, retention_ms=60_000)])
    assert (changed.created, changed.altered, changed.too_few_partitions) == ([], [name], [name])
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    await admin.delete_topics([name])
    await admin.close()
