"""Pruning: what is past its time and safely out goes, everything else stays."""

from uuid import UUID

import pytest
from httpx import AsyncClient

from chassis.database import pruning
from chassis.database.connections import open_connection
from chassis.database.pruning import Pruned, prune
from chassis.events.relay.relay import Relay
from chassis.foundation.clock import now
from libs.chassis.tests.relay.living import QUICK, note_of
from libs.chassis.tests.relay.transports import Recorder
from testkit.plugin import Committed


async def as_owner(committed: Committed, statement: str) -> None:
    async with open_connection(committed.urls.owner_url, name="test") as connection:
        await connection.execute(statement)


async def left(committed: Committed, table: str) -> int:
    async with open_connection(committed.urls.worker_url, name="test") as connection:
        count: int = await connection.fetchval(f"SELECT count(*) FROM {table}")
    return count


async def age(committed: Committed, days: int) -> None:
    await as_owner(
        committed, f"UPDATE outbox SET created = created - make_interval(days => {days})"
    )


def relay_of(committed: Committed, transport: Recorder) -> Relay:
    return Relay("testkit", committed.urls.worker_url, transport, poll=QUICK)


async def test_old_events_go_once_every_cursor_is_past(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 3)
    await note_of(committed.app, tenant, versions=10)
    await age(committed, 15)
    assert (await prune(committed.worker, now=now())).outbox == 0  # nobody sent them yet
    await relay_of(committed, Recorder()).drain()
    await note_of(committed.app, tenant, versions=5)
    assert (await prune(committed.worker, now=now())).outbox == 10
    assert await left(committed, "outbox") == 5
    assert await relay_of(committed, Recorder()).drain() == 5


async def test_the_published_total_survives_pruning(
    committed: Committed,
    committed_client: AsyncClient,
    tenant: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 2)
    for kept in (1, 3):
        await note_of(committed.app, tenant, versions=5)
        await relay_of(committed, Recorder()).drain()
        await age(committed, 15)
        await note_of(committed.app, tenant, versions=kept)
        await relay_of(committed, Recorder()).drain()
        await prune(committed.worker, now=now())
    assert await left(committed, "outbox") == 3
    counts = (await committed_client.get("/event-counts")).json()
    assert counts["published"] == [{"topic": "testkit.note.v1", "events": 14}]


async def test_young_events_stay(committed: Committed, tenant: UUID) -> None:
    await note_of(committed.app, tenant, versions=2)
    await age(committed, 13)
    await relay_of(committed, Recorder()).drain()
    assert (await prune(committed.worker, now=now())).outbox == 0


async def test_what_is_not_sent_does_not_keep_the_rest(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 2)
    stuck = await note_of(committed.app, tenant, versions=5)
    await note_of(committed.app, tenant, versions=5)
    await age(committed, 20)
    transport = Recorder()
    transport.refuses = lambda record: record.envelope.subject == stuck.id
    await relay_of(committed, transport).drain()
    assert (await prune(committed.worker, now=now())).outbox == 5
    assert await left(committed, "outbox") == 5  # quarantined, may still be sent


async def test_one_large_transaction_is_deleted_in_chunks(
    committed: Committed, tenant: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 4)
    await note_of(committed.app, tenant, versions=9)
    await age(committed, 20)
    await as_owner(committed, "UPDATE outbox SET xid = '2'")
    await relay_of(committed, Recorder()).drain()
    assert (await prune(committed.worker, now=now())).outbox == 9


async def test_old_arrivals_and_expired_keys_go(
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
    assert await left(committed, "inbox") == 1
    assert await left(committed, "idempotency_keys") == 1


async def test_resolved_parked_events_and_ended_operations_go(
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
    assert await left(committed, "parked_events") == 5
    assert await left(committed, "operations") == 5
