"""Events sent again on request: in order for each record, effects once, whatever happens."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from sqlalchemy import select

from chassis.database.connections import open_connection
from chassis.database.pruning import prune
from chassis.events.relay import resend_queue
from chassis.events.relay.epoch import rebase_database
from chassis.events.relay.quarantine import list_quarantined, retry_quarantined
from chassis.events.relay.transport import ProducerRecord, RefusedRecord, TransportFailed
from chassis.events.relay.window_pages import SENT_BEFORE
from chassis.events.resend_commands import (
    EventResend,
    cancel_resend,
    get_resend,
    list_resends,
)
from chassis.foundation.clock import now
from chassis.records.audit.tables import audit_entries
from kernel.errors import Invalid, NotFound
from kernel.ids import new_id
from libs.chassis.tests.events.hostile_writers import write_hostilely
from libs.chassis.tests.events.relay.relay_running import (
    running_relay,
    wait_until,
    write_versions,
)
from libs.chassis.tests.events.relay.resending import (
    LONG_AGO,
    is_finished,
    progress,
    relay_of,
    request,
    sequences,
)
from libs.chassis.tests.events.relay.transports import CrashingTransport, RecordingTransport
from testkit.notes import rewrite
from testkit.plugin import Committed
from testkit.tenants import add_tenants


async def test_the_events_of_every_tenant_are_sent_again_in_order(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resend_queue, "BATCH_AGGREGATES", 2)
    other = new_id()
    await add_tenants(committed.app, other)
    notes = [await write_versions(committed.app, tenant, versions=3) for _ in range(5)]
    notes.append(await write_versions(committed.app, other, versions=3))
    before, after = RecordingTransport(), RecordingTransport()
    await relay_of(committed, before).drain()
    requested = await request(committed)
    assert {one.tenant_id: one.events for one in requested} == {tenant: 15, other: 3}
    await relay_of(committed, after, page_rows=2).drain()
    assert sequences(after.delivered) == {note.id: [1, 2, 3] for note in notes}
    assert {r.seq: r.value for r in after.delivered} == {r.seq: r.value for r in before.delivered}
    for one in requested:
        ended = await progress(committed, one)
        assert (ended.sent, ended.quarantined) == (one.events, 0)
        assert ended.finished_at is not None
        assert (ended.requested_by, ended.note) == ("ann", "lost disk")
        async with committed.app.begin(one.tenant_id) as tx:
            query = select(audit_entries.c.verb, audit_entries.c.actor)
            entries = (await tx.execute(query.where(audit_entries.c.record_id == one.id))).all()
        assert ("UPDATE", "ann") in [(entry.verb, entry.actor) for entry in entries]
    assert await relay_of(committed, after).drain() == 0


async def test_only_events_since_then_and_of_the_topic_are_sent_again(
    committed: Committed, tenant: UUID
) -> None:
    note = await write_versions(committed.app, tenant, versions=2)
    await write_versions(committed.app, tenant, versions=2)
    await relay_of(committed, RecordingTransport()).drain()
    since = now()
    async with committed.app.begin(tenant) as tx:
        await rewrite(tx, note.id, "third")
    await relay_of(committed, RecordingTransport()).drain()
    for topic, found in [(None, {note.id: [3]}), ("testkit.note.v1", {note.id: [3]})]:
        transport = RecordingTransport()
        await request(committed, since=since, topic=topic)
        await relay_of(committed, transport).drain()
        assert sequences(transport.delivered) == found
    assert await request(committed, since=since, topic="testkit.card.v1") == []


async def test_events_not_sent_yet_are_sent_before_they_are_sent_again(
    committed: Committed, tenant: UUID
) -> None:
    note = await write_versions(committed.app, tenant, versions=3)
    (requested,) = await request(committed)
    transport = RecordingTransport()
    await relay_of(committed, transport).drain()
    assert sequences(transport.delivered) == {note.id: [1, 2, 3, 1, 2, 3]}
    assert await is_finished(committed, requested)


async def test_live_events_follow_those_sent_again_and_never_come_in_between(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three relays share the buckets, fail after they delivered, and writers go on."""
    monkeypatch.setattr(resend_queue, "BATCH_AGGREGATES", 1)
    notes = [(await write_versions(committed.app, tenant, versions=4)).id for _ in range(20)]
    await relay_of(committed, RecordingTransport()).drain()
    transport, requested = CrashingTransport(seed=3), list[EventResend]()
    async with AsyncExitStack() as stack:
        for _ in range(3):
            relay = relay_of(committed, transport, page_rows=20)
            await stack.enter_async_context(running_relay(relay))
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as writing:
            for seed in range(4):
                writing.create_task(write_hostilely(committed.app, tenant, notes, stop, seed))
            for _ in range(3):
                requested += await request(committed)
                await asyncio.sleep(0.5)
            stop.set()
        async with asyncio.timeout(30):
            while not await all_finished(committed):  # noqa: ASYNC110  # a row sets no event
                await asyncio.sleep(0.05)
    await relay_of(committed, transport).drain()
    delivered = {note: [4, *sent] for note, sent in sequences(transport.delivered).items()}
    assert [one for one in delivered.values() if not has_no_jump(one)] == []
    async with committed.worker.begin(None) as tx:
        ended = {one.id: one for one in await list_resends(tx)}
    assert all(ended[one.id].sent >= one.events for one in requested)
    assert {note: max(sent) for note, sent in delivered.items()} == await versions(committed)
    assert transport.crashes > 0


async def all_finished(committed: Committed) -> bool:
    async with committed.worker.begin(None) as tx:
        return all(one.finished_at for one in await list_resends(tx))


async def versions(committed: Committed) -> dict[UUID, int]:
    """Return the present version of every aggregate in the outbox."""
    async with open_connection(committed.urls.worker_url, name="test") as connection:
        rows = await connection.fetch("SELECT aggregateid, max(aggversion) FROM outbox GROUP BY 1")
    return {row[0]: row[1] for row in rows}


def has_no_jump(delivered: list[int]) -> bool:
    """Whether every version follows the one before it, or goes back to an earlier one."""
    return all(later <= earlier + 1 for earlier, later in pairwise(delivered))


async def test_a_killed_relay_is_followed_by_one_that_finishes(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resend_queue, "BATCH_AGGREGATES", 1)
    notes = [(await write_versions(committed.app, tenant, versions=2)).id for _ in range(30)]
    await relay_of(committed, RecordingTransport()).drain()
    transport = RecordingTransport()
    (requested,) = await request(committed)
    async with running_relay(relay_of(committed, transport)) as task:
        await wait_until(lambda: len(transport.delivered) >= 10)
        task.cancel()
    ended = await progress(committed, requested)
    assert ended.finished_at is None
    assert 0 < ended.sent < 60
    sent = len(transport.delivered)
    await relay_of(committed, transport).drain()
    assert await is_finished(committed, requested)
    assert set(sequences(transport.delivered)) == set(notes)
    assert 60 <= len(transport.delivered) <= 62  # at most one record came again
    assert sent < 60


class FailingTransport(RecordingTransport):
    """Loses its connection in the second send, after the records were delivered."""

    async def send(self, records: Sequence[ProducerRecord]) -> list[RefusedRecord]:
        first = not self.delivered
        refused = await super().send(records)
        if not first:
            raise TransportFailed("the acknowledgements were lost")
        return refused


async def test_what_a_crash_interrupted_is_sent_again_before_any_later_event(
    committed: Committed, tenant: UUID
) -> None:
    other = await write_versions(committed.app, tenant, versions=5)
    await relay_of(committed, RecordingTransport()).drain()
    (requested,) = await request(committed)
    failing = FailingTransport()
    with pytest.raises(TransportFailed):
        await relay_of(committed, failing, page_rows=2).drain()
    assert sequences(failing.delivered) == {other.id: [1, 2, 3, 4]}
    async with committed.app.begin(tenant) as tx:
        await rewrite(tx, other.id, "live")
        await cancel_resend(tx, requested.id, by="ada", now=now())  # what has begun is finished
    transport = RecordingTransport()
    await relay_of(committed, transport, page_rows=2).drain()
    assert sequences(transport.delivered) == {other.id: [1, 2, 3, 4, 5, 6]}
    assert await relay_of(committed, transport).drain() == 0


class RefusingTransport(RecordingTransport):
    """Refuses a version that it delivered before, as a broker whose limit was lowered."""

    def __init__(self, note: UUID, version: int) -> None:
        super().__init__()
        self.refuse_if = lambda r: (r.envelope.subject, r.envelope.sequence) == (note, version)


async def test_a_refused_event_is_quarantined_with_the_later_ones_of_its_key(
    committed: Committed, tenant: UUID
) -> None:
    bad = await write_versions(committed.app, tenant, versions=4)
    good = await write_versions(committed.app, tenant, versions=4)
    await relay_of(committed, RecordingTransport()).drain()
    transport: RecordingTransport = RefusingTransport(bad.id, 2)
    (requested,) = await request(committed)
    await relay_of(committed, transport, page_rows=3).drain()
    assert sequences(transport.delivered) == {bad.id: [1], good.id: [1, 2, 3, 4]}
    ended = await progress(committed, requested)
    assert (ended.sent, ended.quarantined) == (5, 3)
    async with committed.app.begin(tenant) as tx:
        await rewrite(tx, bad.id, "behind")
    await relay_of(committed, transport).drain()
    url = committed.urls.worker_url
    (key,) = await list_quarantined(url, "testkit")
    assert key.events == 4
    transport = RecordingTransport()
    assert await retry_quarantined(url, transport, service="testkit", key=key.key) == 4
    assert sequences(transport.delivered) == {bad.id: [2, 3, 4, 5]}


async def test_after_a_rebase_the_rest_is_sent_in_the_new_epoch(
    committed: Committed, tenant: UUID
) -> None:
    note = await write_versions(committed.app, tenant, versions=2)
    await relay_of(committed, RecordingTransport()).drain()
    await request(committed)
    await rebase_database(committed.urls.owner_url)
    transport = RecordingTransport()
    await relay_of(committed, transport).drain()
    assert [record.envelope.version for record in transport.delivered] == [(2, 1), (2, 2)]
    assert {record.envelope.subject for record in transport.delivered} == {note.id}


async def test_a_request_is_validated(committed: Committed) -> None:
    with pytest.raises(Invalid) as refused:
        await request(committed, since=now() + timedelta(hours=1), topic="testkit.dream.v1")
    found = [(one.pointer, one.code) for one in refused.value.violations]
    assert found == [("/since", "INSTANT_IN_FUTURE"), ("/topic", "VALUE_UNKNOWN")]
    assert "testkit.note.v1" in refused.value.violations[1].params["expected"]
    async with committed.worker.begin(None) as tx:
        with pytest.raises(NotFound):
            await get_resend(tx, new_id())


async def test_finished_requests_are_deleted_after_35_days(
    committed: Committed, tenant: UUID
) -> None:
    await write_versions(committed.app, tenant, versions=1)
    await relay_of(committed, RecordingTransport()).drain()
    (finished,) = await request(committed)
    await relay_of(committed, RecordingTransport()).drain()
    (waiting,) = await request(committed)
    async with open_connection(committed.urls.owner_url, name="test") as connection:
        await connection.execute(
            "UPDATE event_resends SET finished_at = finished_at - interval '36 days',"
            " requested_at = requested_at - interval '36 days'"
        )
    assert (await prune(committed.worker, now=now())).event_resends == 1
    async with committed.worker.begin(None) as tx:
        assert [one.id for one in await list_resends(tx)] == [waiting.id]
    assert finished.id != waiting.id


async def test_the_events_of_a_record_are_found_through_an_index(
    committed: Committed, tenant: UUID
) -> None:
    async with open_connection(committed.urls.owner_url, name="test") as connection:
        await connection.execute(
            "INSERT INTO outbox (tenant_id, bucket, id, aggregatetype, aggregateid, aggversion,"
            " type, payload, correlationid, traceparent) SELECT $1, 0, gen_random_uuid(),"
            " 'testkit.note', gen_random_uuid(), 1, 'testkit.note.written.v1', '{}', 'c', 't'"
            " FROM generate_series(1, 5000)",
            tenant,
        )
        await connection.execute("ANALYZE outbox")
    values = [tenant, ["testkit.note"] * 50, [new_id() for _ in range(50)], LONG_AGO]
    async with open_connection(committed.urls.worker_url, name="test") as connection:
        rows = await connection.fetch(f"EXPLAIN {SENT_BEFORE}", *values)
    plan = "\n".join(row[0] for row in rows)
    assert "ix_outbox_tenant_id_aggregatetype_aggregateid_aggversion" in plan, plan
