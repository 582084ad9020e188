"""A restored database: the relay refuses it until it is rebased."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.connections import open_connection
from chassis.events.relay.epoch import (
    IDENTITY_QUERY,
    EpochMismatch,
    RelayRunning,
    rebase_database,
    verify_epoch,
)
from chassis.events.relay.relay import Relay
from kernel.ids import new_id
from libs.chassis.tests.events.relay.relay_running import (
    QUICK,
    running_relay,
    wait_until,
    write_versions,
)
from libs.chassis.tests.events.relay.transports import RecordingTransport
from testkit.notes import rewrite, write
from testkit.plugin import Committed

FUTURE = 10**12  # a transaction id no test cluster reaches


def relay_of(committed: Committed, transport: RecordingTransport) -> Relay:
    return Relay("testkit", committed.urls.worker_url, transport, poll=QUICK)


async def as_owner(committed: Committed, *statements: str) -> None:
    async with open_connection(committed.urls.owner_url, name="test") as connection:
        for statement in statements:
            await connection.execute(statement)


async def test_every_role_can_read_the_identity(committed: Committed) -> None:
    urls = committed.urls
    identities = set()
    for url in (urls.owner_url, urls.app_url, urls.worker_url):
        async with open_connection(url, name="test") as connection:
            identities.add(await connection.fetchval(IDENTITY_QUERY))
    (identity,) = identities
    system, timeline, database, table = identity.split("/")
    assert int(system) > 2**32
    assert int(timeline, 16) >= 1
    assert int(database) > 0
    assert int(table) > 0


async def test_a_new_database_begins_with_epoch_1_and_stays_there(committed: Committed) -> None:
    async with open_connection(committed.urls.worker_url, name="test") as connection:
        first = await verify_epoch(connection, "testkit")
        assert first.epoch == 1
        assert await verify_epoch(connection, "testkit") == first


PROMOTED = (
    "UPDATE database_epoch SET system_identifier ="
    " regexp_replace(system_identifier, '/[0-9A-F]+/', '/000000FF/')"
)
PROMOTED_CURSORS = PROMOTED.replace("database_epoch", "relay_cursors")
ELSEWHERE = "UPDATE database_epoch SET system_identifier = '7' || system_identifier"
ELSEWHERE_CURSORS = ELSEWHERE.replace("database_epoch", "relay_cursors")
AHEAD = f"UPDATE relay_cursors SET lo = '{FUTURE}:{FUTURE}:' WHERE bucket = 3"
OTHER_EPOCH = "UPDATE relay_cursors SET epoch = 7 WHERE bucket = 3"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (PROMOTED, "it was .* and is "),
        (ELSEWHERE, "it was .* and is "),
        (AHEAD, "the cursor of bucket 3 is ahead of the database"),
        (AHEAD.replace("lo =", "hi ="), "the cursor of bucket 3 is ahead of the database"),
        (OTHER_EPOCH, "the cursor of bucket 3 is of epoch 7"),
    ],
)
async def test_a_relay_refuses_a_database_that_does_not_fit(
    committed: Committed, tenant: UUID, change: str, reason: str
) -> None:
    transport = RecordingTransport()
    await relay_of(committed, transport).drain()
    await write_versions(committed.app, tenant, versions=1)
    await as_owner(committed, change)
    with pytest.raises(EpochMismatch, match=reason) as refusal:
        await relay_of(committed, transport).run(asyncio.Event())
    assert "run `python -m chassis events rebase testkit`" in str(refusal.value)
    assert transport.delivered == []
    assert await rebase_database(committed.urls.owner_url) == 2
    await relay_of(committed, transport).drain()
    assert [record.envelope.epoch for record in transport.delivered] == [2]


async def test_after_a_promotion_only_unsent_rows_are_sent(
    committed: Committed, tenant: UUID
) -> None:
    note = await write_versions(committed.app, tenant, versions=2)
    transport = RecordingTransport()
    await relay_of(committed, transport).drain()
    async with committed.app.begin(tenant) as tx:
        await rewrite(tx, note.id, "not sent yet")
    await as_owner(committed, PROMOTED, PROMOTED_CURSORS)
    await rebase_database(committed.urls.owner_url)
    async with committed.app.begin(tenant) as tx:
        await rewrite(tx, note.id, "new")
    await relay_of(committed, transport).drain()
    versions = [record.envelope.version for record in transport.delivered]
    assert versions == [(1, 1), (1, 2), (2, 3), (2, 4)]


async def test_in_another_cluster_no_row_is_lost_whatever_its_transaction_id(
    committed: Committed, tenant: UUID
) -> None:
    """Old rows carry ids of the future, new rows ids far below the old cursors."""
    note = await write_versions(committed.app, tenant, versions=3)
    transport = RecordingTransport()
    await relay_of(committed, transport).drain()
    await as_owner(
        committed,
        f"UPDATE outbox SET xid = ({FUTURE} + aggversion)::text::xid8 WHERE aggversion > 1",
        f"UPDATE relay_cursors SET lo = '{FUTURE + 2}:{FUTURE + 2}:'",
        ELSEWHERE,
        ELSEWHERE_CURSORS,
    )
    async with committed.app.begin(tenant) as tx:
        await rewrite(tx, note.id, "before the rebase")
    async with committed.app.begin(tenant) as early:
        other = await assign_transaction_id(early)
        await rebase_database(committed.urls.owner_url)
        await relay_of(committed, transport).drain()
        await write(early, "begun before the rebase", note_id=other)
    async with committed.app.begin(tenant) as tx:
        await rewrite(tx, note.id, "after the rebase")
    await relay_of(committed, transport).drain()
    again = [r.envelope.version for r in transport.delivered if r.envelope.subject == note.id][3:]
    assert again == [(2, 1), (2, 2), (2, 3), (2, 4), (2, 5)]
    assert [r.envelope.version for r in transport.delivered if r.envelope.subject == other] == [
        (2, 1)
    ]
    assert len({record.envelope.id for record in transport.delivered}) == 6  # the ids are unchanged


async def assign_transaction_id(tx: AsyncConnection) -> UUID:
    """Assign the transaction's id now, before its first write; returns a new note id."""
    await tx.execute(text("SELECT pg_current_xact_id()"))
    return new_id()


async def test_a_database_rebased_twice_is_in_epoch_3(committed: Committed) -> None:
    await relay_of(committed, RecordingTransport()).drain()
    assert await rebase_database(committed.urls.owner_url) == 2
    assert await rebase_database(committed.urls.owner_url) == 3
    assert await rebase_database(committed.urls.owner_url, above=9) == 10
    assert await relay_of(committed, RecordingTransport()).drain() == 0


async def test_a_rebase_is_refused_while_a_relay_runs(committed: Committed) -> None:
    relay = relay_of(committed, RecordingTransport())
    async with running_relay(relay):
        await wait_until(lambda: len(relay.health.buckets) == 16)
        with pytest.raises(RelayRunning):
            await rebase_database(committed.urls.owner_url, wait_seconds=0)
