"""Quarantined events: an operator frees a key while the relay queues another event behind it.

The operator acts during the transport's call, or between it and the saved cursor: at that time the
relay has already loaded the quarantined keys.
"""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from chassis.database.connections import open_connection
from chassis.events.outbox import bucket_of
from chassis.events.relay.quarantine import (
    KeyFreed,
    QuarantinedRecord,
    list_quarantined,
    quarantine_records,
    retry_quarantined,
    skip_quarantined,
)
from chassis.events.relay.relay import Relay
from chassis.events.relay.transport import BEHIND, ProducerRecord, RefusedRecord
from libs.chassis.tests.events.relay.relay_running import (
    QUICK,
    running_relay,
    wait_until,
    write_versions,
)
from libs.chassis.tests.events.relay.transports import RecordingTransport
from testkit.notes import Note, rewrite, write
from testkit.plugin import Committed


class PausedTransport(RecordingTransport):
    """Lets a test act while a page is being sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sending = asyncio.Event()
        self.resume = asyncio.Event()
        self.resume.set()

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        self.sending.set()
        await self.resume.wait()
        return await super().send(records)


async def quarantine_version_two(
    committed: Committed, tenant: UUID, transport: RecordingTransport
) -> Note:
    """Write a note whose second version the transport refuses."""
    note = await write_versions(committed.app, tenant, versions=2)
    transport.refuse_if = lambda r: r.envelope.subject == note.id and r.envelope.sequence == 2
    await Relay("testkit", committed.urls.worker_url, transport).drain()
    transport.refuse_if = lambda _: False
    return note


@pytest.mark.parametrize("skipped", [False, True], ids=["retry", "skip"])
async def test_events_of_a_key_freed_while_another_queues_up_are_sent(
    committed: Committed, tenant: UUID, skipped: bool
) -> None:
    transport, url = PausedTransport(), committed.urls.worker_url
    note = await quarantine_version_two(committed, tenant, transport)
    key = f"{tenant}:{note.id}"
    transport.sending.clear()
    transport.resume.clear()
    async with committed.app.begin(tenant) as tx:  # one page: the other note is sent
        await rewrite(tx, note.id, "version 3")
        other = await write(tx, "another")
    async with running_relay(Relay("testkit", url, transport, poll=QUICK)):
        await transport.sending.wait()
        if skipped:
            assert await skip_quarantined(url, service="testkit", key=key) == 1
        else:
            assert (
                await retry_quarantined(url, RecordingTransport(), service="testkit", key=key) == 1
            )
        transport.resume.set()
        await wait_until(lambda: sum(r.key == key for r in transport.delivered) > 1)
    versions = [r.envelope.sequence for r in transport.delivered if r.key == key]
    assert versions == [1, 3]
    assert other.id in {r.envelope.subject for r in transport.delivered}
    assert await list_quarantined(url, "testkit") == []


async def test_a_retry_includes_an_event_quarantined_at_the_last_moment(
    committed: Committed, tenant: UUID
) -> None:
    transport, url = RecordingTransport(), committed.urls.worker_url
    note = await quarantine_version_two(committed, tenant, transport)
    key = f"{tenant}:{note.id}"
    async with committed.app.begin(tenant) as tx:
        await rewrite(tx, note.id, "version 3")
    async with open_connection(url, name="test-relay") as connection:
        seq = await connection.fetchval("SELECT max(seq) FROM outbox")
        async with connection.transaction():
            await quarantine_records(
                connection, [QuarantinedRecord(tenant, seq, key, bucket_of(note.id), BEHIND)]
            )
            freeing = asyncio.create_task(
                retry_quarantined(url, transport, service="testkit", key=key)
            )
            await asyncio.sleep(0.3)
            assert not freeing.done()
        assert await freeing == 2
    assert [r.envelope.sequence for r in transport.delivered] == [1, 2, 3]


async def test_an_event_is_not_quarantined_behind_a_free_key(
    committed: Committed, tenant: UUID
) -> None:
    async with open_connection(committed.urls.worker_url, name="test-relay") as connection:
        with pytest.raises(KeyFreed, match=str(tenant)):
            await quarantine_records(
                connection, [QuarantinedRecord(tenant, 1, f"{tenant}:x", 0, BEHIND)]
            )


async def test_quarantined_keys_are_listed_with_the_first_events_reason(
    committed: Committed, tenant: UUID
) -> None:
    transport, url = RecordingTransport(), committed.urls.worker_url
    note = await quarantine_version_two(committed, tenant, transport)
    key = f"{tenant}:{note.id}"
    async with committed.app.begin(tenant) as tx:
        await rewrite(tx, note.id, "version 3")
    await Relay("testkit", url, transport).drain()
    (listed,) = await list_quarantined(url, "testkit")
    assert (listed.key, listed.events, listed.reason) == (key, 2, "too large")
    transport.refuse_if = lambda r: r.envelope.sequence == 3
    assert await retry_quarantined(url, transport, service="testkit", key=key) == 1
    (listed,) = await list_quarantined(url, "testkit")
    assert (listed.events, listed.reason) == (1, "too large")  # no longer BEHIND
