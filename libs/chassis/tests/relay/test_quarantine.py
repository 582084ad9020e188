"""Kept back events: an operator frees a key just while the relay queues another one up behind it.

What an operator does happens inside the transport's call or between it and the saved cursor: the
relay has learned by then that the key is blocked.
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
from libs.chassis.tests.relay.living import QUICK, note_of, running, until
from libs.chassis.tests.relay.transports import Recorder
from testkit.notes import Note, rewrite, write
from testkit.plugin import Committed


class Interrupted(Recorder):
    """Lets a test act once, while a page is on its way."""

    def __init__(self) -> None:
        super().__init__()
        self.arrives = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        self.arrives.set()
        await self.goes_on.wait()
        return await super().send(records)


async def blocked_at_two(committed: Committed, tenant: UUID, transport: Recorder) -> Note:
    """A note whose second version was refused."""
    note = await note_of(committed.app, tenant, versions=2)
    transport.refuses = lambda r: r.envelope.subject == note.id and r.envelope.sequence == 2
    await Relay("testkit", committed.urls.worker_url, transport).drain()
    transport.refuses = lambda _: False
    return note


@pytest.mark.parametrize("skipped", [False, True], ids=["retry", "skip"])
async def test_a_key_freed_while_another_event_queues_up_flows(
    committed: Committed, tenant: UUID, skipped: bool
) -> None:
    transport, url = Interrupted(), committed.urls.worker_url
    note = await blocked_at_two(committed, tenant, transport)
    key = f"{tenant}:{note.id}"
    transport.arrives.clear()
    transport.goes_on.clear()
    async with committed.app.begin(tenant) as tx:  # one page: the other note keeps it on its way
        await rewrite(tx, note.id, "version 3")
        other = await write(tx, "another")
    async with running(Relay("testkit", url, transport, poll=QUICK)):
        await transport.arrives.wait()
        if skipped:
            assert await skip_quarantined(url, service="testkit", key=key) == 1
        else:
            assert await retry_quarantined(url, Recorder(), service="testkit", key=key) == 1
        transport.goes_on.set()
        await until(lambda: sum(r.key == key for r in transport.arrived) > 1)
    versions = [r.envelope.sequence for r in transport.arrived if r.key == key]
    assert versions == [1, 3]
    assert other.id in {r.envelope.subject for r in transport.arrived}
    assert await list_quarantined(url, "testkit") == []


async def test_an_operator_sees_what_queues_up_at_the_last_moment(
    committed: Committed, tenant: UUID
) -> None:
    transport, url = Recorder(), committed.urls.worker_url
    note = await blocked_at_two(committed, tenant, transport)
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
    assert [r.envelope.sequence for r in transport.arrived] == [1, 2, 3]


async def test_nothing_queues_up_behind_nothing(committed: Committed, tenant: UUID) -> None:
    async with open_connection(committed.urls.worker_url, name="test-relay") as connection:
        with pytest.raises(KeyFreed, match=str(tenant)):
            await quarantine_records(
                connection, [QuarantinedRecord(tenant, 1, f"{tenant}:x", 0, BEHIND)]
            )


async def test_kept_back_keys_are_listed_with_the_first_ones_reason(
    committed: Committed, tenant: UUID
) -> None:
    transport, url = Recorder(), committed.urls.worker_url
    note = await blocked_at_two(committed, tenant, transport)
    key = f"{tenant}:{note.id}"
    async with committed.app.begin(tenant) as tx:
        await rewrite(tx, note.id, "version 3")
    await Relay("testkit", url, transport).drain()
    (found,) = await list_quarantined(url, "testkit")
    assert (found.key, found.events, found.reason) == (key, 2, "too large")
    transport.refuses = lambda r: r.envelope.sequence == 3
    assert await retry_quarantined(url, transport, service="testkit", key=key) == 1
    (found,) = await list_quarantined(url, "testkit")
    assert (found.events, found.reason) == (1, "too large")  # no longer BEHIND
