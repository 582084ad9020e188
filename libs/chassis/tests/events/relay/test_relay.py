"""One relay: what it publishes, where it resumes, and how it treats refused records."""

import asyncio
from contextlib import suppress
from uuid import UUID

import asyncpg
import pytest
from prometheus_client import REGISTRY

from chassis.database.connections import open_connection
from chassis.events.outbox import bucket_of
from chassis.events.relay.quarantine import retry_quarantined, skip_quarantined
from chassis.events.relay.relay import Relay
from chassis.events.relay.transport import ProducerRecord, RefusedRecord, TransportFailed
from libs.chassis.tests.events.relay.relay_running import (
    QUICK,
    running_relay,
    wait_until,
    write_versions,
)
from libs.chassis.tests.events.relay.transports import RecordingTransport
from testkit.notes import rewrite, write
from testkit.plugin import Committed


def relay_of(committed: Committed, transport: RecordingTransport, *, page_rows: int = 500) -> Relay:
    return Relay("testkit", committed.urls.worker_url, transport, poll=QUICK, page_rows=page_rows)


def versions(transport: RecordingTransport, note_id: UUID) -> list[int]:
    return [r.envelope.sequence for r in transport.delivered if r.envelope.subject == note_id]


async def test_all_events_are_delivered_once_in_order(committed: Committed, tenant: UUID) -> None:
    notes = [await write_versions(committed.app, tenant, versions=3) for _ in range(5)]
    transport = RecordingTransport()
    relay = relay_of(committed, transport, page_rows=2)
    assert await relay.drain() == 15
    assert await relay.drain() == 0
    assert [versions(transport, note.id) for note in notes] == [[1, 2, 3]] * 5
    assert transport.seqs == sorted(transport.seqs)


async def test_a_record_is_complete(committed: Committed, tenant: UUID) -> None:
    note = await write_versions(committed.app, tenant, versions=1)
    transport = RecordingTransport()
    await relay_of(committed, transport).drain()
    (record,) = transport.delivered
    assert record.topic == "testkit.note.v1"
    assert record.key == f"{tenant}:{note.id}"
    assert record.value == record.envelope.encode()
    state = {"note_id": str(note.id), "text": "version 1"}
    assert record.envelope.data == {**state, "note": {**state, "deleted": False}}
    assert record.envelope.epoch == 1
    assert dict(record.headers)["ce_sequence"] == b"1"


async def test_a_rolled_back_event_is_never_sent(committed: Committed, tenant: UUID) -> None:
    with suppress(ZeroDivisionError):
        async with committed.app.begin(tenant) as tx:
            await write(tx, "never")
            raise ZeroDivisionError
    assert await relay_of(committed, RecordingTransport()).drain() == 0


async def test_a_late_commit_with_an_early_number_is_not_lost(
    committed: Committed, tenant: UUID
) -> None:
    transport = RecordingTransport()
    relay = relay_of(committed, transport)
    async with committed.app.begin(tenant) as slow:
        early = await write(slow, "early number")
        await write_versions(committed.app, tenant, versions=2)
        assert await relay.drain() == 2
        assert await relay.drain() == 0
    assert await relay.drain() == 1
    assert transport.delivered[-1].envelope.subject == early.id
    assert transport.delivered[-1].seq < transport.delivered[0].seq


class FailsOnce(RecordingTransport):
    """Fails once, after so many calls."""

    def __init__(self, *, after: int) -> None:
        super().__init__()
        self.left = after

    async def send(self, records: list[ProducerRecord]) -> list[RefusedRecord]:  # type: ignore[override]
        self.left -= 1
        if self.left < 0 and self.left > -2:
            raise TransportFailed("gone")
        return await super().send(records)


async def test_an_interrupted_window_keeps_its_end(committed: Committed, tenant: UUID) -> None:
    """With a newer end of the window, `last` would hide the row that commits meanwhile."""
    ids = await same_bucket_ids(4)
    transport = FailsOnce(after=1)
    relay = relay_of(committed, transport, page_rows=1)
    async with committed.app.begin(tenant) as slow:
        await write(slow, "early number", note_id=ids[0])
        async with committed.app.begin(tenant) as tx:
            for note_id in ids[1:]:
                await write(tx, "in time", note_id=note_id)
        with pytest.raises(TransportFailed):
            await relay.drain()
        assert [r.envelope.subject for r in transport.delivered] == [ids[1]]
    await relay.drain()
    arrived = [r.envelope.subject for r in transport.delivered]
    assert arrived == [ids[1], ids[2], ids[3], ids[0]]


async def same_bucket_ids(count: int) -> list[UUID]:
    ids: list[UUID] = []
    number = 0
    while len(ids) < count:
        candidate = UUID(int=number)
        if bucket_of(candidate) == 0:
            ids.append(candidate)
        number += 1
    return ids


async def test_a_running_relay_survives_a_failing_transport(
    committed: Committed, tenant: UUID
) -> None:
    note = await write_versions(committed.app, tenant, versions=3)
    transport = FailsOnce(after=1)
    relay = relay_of(committed, transport, page_rows=1)
    async with running_relay(relay):
        await wait_until(lambda: versions(transport, note.id) == [1, 2, 3])
        await wait_until(lambda: relay.health.buckets == frozenset(range(16)))
        assert relay.health.error is None
        assert relay.health.last_progress is not None
    assert relay.health.buckets == frozenset()


async def test_an_unavailable_database_is_retried(committed: Committed) -> None:
    unavailable = Relay(
        "testkit", "postgresql+asyncpg://a:b@127.0.0.1:1/c", RecordingTransport(), poll=QUICK
    )
    async with running_relay(unavailable):
        await wait_until(lambda: unavailable.health.error is not None)
    assert unavailable.health.last_progress is None


async def test_metrics_count_published_events(committed: Committed, tenant: UUID) -> None:
    labels = {"service": "testkit", "topic": "testkit.note.v1"}
    before = REGISTRY.get_sample_value("l2c_relay_published_total", labels) or 0
    await write_versions(committed.app, tenant, versions=2)
    await relay_of(committed, RecordingTransport()).drain()
    assert REGISTRY.get_sample_value("l2c_relay_published_total", labels) == before + 2


async def quarantined(committed: Committed) -> list[asyncpg.Record]:
    async with open_connection(committed.urls.worker_url, name="test") as connection:
        rows: list[asyncpg.Record] = await connection.fetch(
            "SELECT key, reason FROM quarantined_events ORDER BY seq"
        )
    return rows


async def test_a_refused_record_quarantines_its_key_and_nothing_else(
    committed: Committed, tenant: UUID
) -> None:
    bad = await write_versions(committed.app, tenant, versions=3)
    good = await write_versions(committed.app, tenant, versions=3)
    transport = RecordingTransport()
    transport.refuse_if = lambda r: r.envelope.subject == bad.id and r.envelope.sequence == 2
    relay = relay_of(committed, transport)
    await relay.drain()
    async with committed.app.begin(tenant) as tx:
        await rewrite(tx, bad.id, "version 4")
        await rewrite(tx, good.id, "version 4")
    await relay.drain()
    assert versions(transport, bad.id) == [1]
    assert versions(transport, good.id) == [1, 2, 3, 4]
    key = f"{tenant}:{bad.id}"
    assert [tuple(row) for row in await quarantined(committed)] == [
        (key, "too large"),
        (key, "BEHIND"),
        (key, "BEHIND"),
    ]


async def test_a_quarantined_key_is_sent_again_in_order(committed: Committed, tenant: UUID) -> None:
    note = await write_versions(committed.app, tenant, versions=4)
    key = f"{tenant}:{note.id}"
    transport = RecordingTransport()
    transport.refuse_if = lambda r: r.envelope.sequence in (2, 3)
    relay = relay_of(committed, transport)
    await relay.drain()
    transport.refuse_if = lambda r: r.envelope.sequence == 3
    urls = committed.urls
    assert await retry_quarantined(urls.worker_url, transport, service="testkit", key=key) == 1
    assert len(await quarantined(committed)) == 2
    transport.refuse_if = lambda _: False
    assert await retry_quarantined(urls.worker_url, transport, service="testkit", key=key) == 2
    async with committed.app.begin(tenant) as tx:
        await rewrite(tx, note.id, "version 5")
    await relay.drain()
    assert versions(transport, note.id) == [1, 2, 3, 4, 5]
    assert await quarantined(committed) == []


async def test_a_running_relay_sends_events_of_a_skipped_key(
    committed: Committed, tenant: UUID
) -> None:
    note = await write_versions(committed.app, tenant, versions=2)
    key = f"{tenant}:{note.id}"
    transport = RecordingTransport()
    transport.refuse_if = lambda r: r.envelope.sequence == 2
    async with running_relay(relay_of(committed, transport)):
        await wait_until(lambda: versions(transport, note.id) == [1])
        for _ in range(100):
            if await quarantined(committed):
                break
            await asyncio.sleep(0.05)
        assert await skip_quarantined(committed.urls.worker_url, service="testkit", key=key) == 1
        async with committed.app.begin(tenant) as tx:
            await rewrite(tx, note.id, "version 3")
        await wait_until(lambda: versions(transport, note.id) == [1, 3])
