"""Pruning deletes what is older than its retention and published, and nothing else."""

from uuid import UUID

import pytest
from httpx import AsyncClient

from chassis.database import pruning
from chassis.database.connections import open_connection
from chassis.database.pruning import Pruned, prune
from chassis.events.relay.relay import Relay
from chassis.foundation.clock import now
from libs.chassis.tests.events.relay.relay_running import QUICK, write_versions
from libs.chassis.tests.events.relay.transports import RecordingTransport
from testkit.plugin import Committed


async def as_owner(committed: Committed, statement: str) -> None:
    async with open_connection(committed.urls.owner_url, name="test") as connection:
        await connection.execute(statement)


async def count_rows(committed: Committed, table: str) -> int:
    async with open_connection(committed.urls.worker_url, name="test") as connection:
        count: int = await connection.fetchval(f"SELECT count(*) FROM {table}")
    return count


async def make_older(committed: Committed, days: int) -> None:
    await as_owner(
        committed, f"UPDATE outbox SET created = created - make_interval(days => {days})"
    )


def relay_of(committed: Committed, transport: RecordingTransport) -> Relay:
    return Relay("testkit", committed.urls.worker_url, transport, poll=QUICK)


async def test_old_events_are_deleted_once_every_cursor_is_past(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 3)
    await write_versions(committed.app, tenant, versions=10)
    await make_older(committed, 15)
    assert (await prune(committed.worker, now=now())).outbox == 0  # not sent yet
    await relay_of(committed, RecordingTransport()).drain()
    await write_versions(committed.app, tenant, versions=5)
    assert (await prune(committed.worker, now=now())).outbox == 10
    assert await count_rows(committed, "outbox") == 5
    assert await relay_of(committed, RecordingTransport()).drain() == 5


async def test_the_published_total_survives_pruning(
    committed: Committed,
    committed_client: AsyncClient,
    tenant: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 2)
    for kept in (1, 3):
        await write_versions(committed.app, tenant, versions=5)
        await relay_of(committed, RecordingTransport()).drain()
        await make_older(committed, 15)
        await write_versions(committed.app, tenant, versions=kept)
        await relay_of(committed, RecordingTransport()).drain()
        await prune(committed.worker, now=now())
    assert await count_rows(committed, "outbox") == 3
    counts = (await committed_client.get("/event-counts")).json()
    assert counts["published"] == [{"topic": "testkit.note.v1", "events": 14}]


async def test_recent_events_stay(committed: Committed, tenant: UUID) -> None:
    await write_versions(committed.app, tenant, versions=2)
    await make_older(committed, 13)
    await relay_of(committed, RecordingTransport()).drain()
    assert (await prune(committed.worker, now=now())).outbox == 0


async def test_unsent_events_do_not_keep_the_others(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 2)
    stuck = await write_versions(committed.app, tenant, versions=5)
    await write_versions(committed.app, tenant, versions=5)
    await make_older(committed, 20)
    transport = RecordingTransport()
    transport.refuse_if = lambda record: record.envelope.subject == stuck.id
    await relay_of(committed, transport).drain()
    assert (await prune(committed.worker, now=now())).outbox == 5
    assert await count_rows(committed, "outbox") == 5  # quarantined, may still be sent


async def test_one_large_transaction_is_deleted_in_chunks(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 4)
    await write_versions(committed.app, tenant, versions=9)
    await make_older(committed, 20)
    await as_owner(committed, "UPDATE outbox SET xid = '2'")
    await relay_of(committed, RecordingTransport()).drain()
    assert (await prune(committed.worker, now=now())).outbox == 9


async def test_old_inbox_rows_and_expired_idempotency_keys_are_deleted(
    committed: Committed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 2)
    await as_owner(
        committed,
        "INSERT INTO inbox (tenant_id, subscription, generation, event_id, received_at)"
        " SELECT gen_random_uuid(), 's', 1, gen_random_uuid(),"
        " now() - make_interval(days => days) FROM unnest(ARRAY[34, 36, 40, 90]) AS days",
    )
    await as_owner(
        committed,
        "INSERT INTO idempotency_keys"
        " (tenant_id, principal, method, path, key, body_hash, status, headers, body, expires_at)"
        " SELECT gen_random_uuid(), 'p', 'POST', '/', hours::text, '', 201, '{}', '',"
        " now() + make_interval(hours => hours) FROM unnest(ARRAY[-1, -2, -3, 1]) AS hours",
    )
    assert await prune(committed.worker, now=now()) == Pruned(0, 3, 3, 0, 0)
    assert await count_rows(committed, "inbox") == 1
    assert await count_rows(committed, "idempotency_keys") == 1


async def test_resolved_parked_events_and_ended_operations_are_deleted(
    committed: Committed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 2)
    await as_owner(
        committed,
        "INSERT INTO parked_events (tenant_id, id, subscription, key, topic, partition, envelope,"
        " reason, error, status, parked_at, resolved_at)"
        " SELECT gen_random_uuid(), gen_random_uuid(), 's', 'k', 't', 0, '{}', 'FAILED', '',"
        " status, now() - interval '99 days', CASE WHEN status <> 'PARKED' THEN"
        " now() - make_interval(days => days) END"
        " FROM unnest(ARRAY['REDRIVEN', 'SKIPPED', 'PARKED']) AS status,"
        " unnest(ARRAY[34, 36, 99]) AS days",
    )
    await as_owner(
        committed,
        "INSERT INTO operations (tenant_id, id, kind, status, result, created_at, finished_at)"
        " SELECT gen_random_uuid(), gen_random_uuid(), 'k', status, '{}',"
        " now() - interval '99 days', CASE WHEN status <> 'RUNNING' THEN"
        " now() - make_interval(days => days) END"
        " FROM unnest(ARRAY['RUNNING', 'SUCCEEDED', 'FAILED']) AS status,"
        " unnest(ARRAY[34, 36, 99]) AS days",
    )
    assert await prune(committed.worker, now=now()) == Pruned(0, 0, 0, 4, 4)
    assert await count_rows(committed, "parked_events") == 5
    assert await count_rows(committed, "operations") == 5


RUNS = {
    "event_snapshots": "status, aggregates",
    "replica_rebuilds": "status, subscription",
    "event_resends": "since, events",
}
VALUES = {
    "event_snapshots": "'FINISHED', '[]'",
    "replica_rebuilds": "'CANCELLED', 's'",
    "event_resends": "now(), 1",
}


@pytest.mark.parametrize("table", RUNS)
async def test_ended_runs_are_deleted_after_their_retention(
    committed: Committed, monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    """A run that has not ended stays, however old it is."""
    monkeypatch.setattr(pruning, "CHUNK", 2)
    await as_owner(
        committed,
        f"INSERT INTO {table} (tenant_id, id, requested_by, requested_at, finished_at,"
        f" {RUNS[table]}) SELECT gen_random_uuid(), gen_random_uuid(), 'ann',"
        " now() - interval '99 days', now() - make_interval(days => days),"
        f" {VALUES[table]} FROM unnest(ARRAY[34, 36, 40, 90, NULL]) AS days",
    )
    assert getattr(await prune(committed.worker, now=now()), table) == 3
    assert await count_rows(committed, table) == 2


async def test_a_rebuild_stays_while_states_are_staged_for_it(committed: Committed) -> None:
    """The worker would not find them without it."""
    await as_owner(
        committed,
        "WITH run AS (INSERT INTO replica_rebuilds (tenant_id, id, requested_by, requested_at,"
        " finished_at, status, subscription) VALUES (gen_random_uuid(), gen_random_uuid(), 'ann',"
        " now(), now() - interval '99 days', 'CANCELLED', 's') RETURNING tenant_id, id)"
        " INSERT INTO staged_states (tenant_id, rebuild_id, aggregatetype, aggregateid, epoch,"
        " sequence, occurred_at, fact, data)"
        " SELECT tenant_id, id, 'a.b', id, 1, 1, now(), 'changed', '{}' FROM run",
    )
    assert (await prune(committed.worker, now=now())).replica_rebuilds == 0
    await as_owner(committed, "DELETE FROM staged_states")
    assert (await prune(committed.worker, now=now())).replica_rebuilds == 1
