"""Snapshots of the sample service's cards, for tests."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import outbox
from chassis.database.engine import Database
from chassis.foundation.clock import now
from chassis.jobs.queue import Again, Done
from chassis.records.record_commands import create_record
from chassis.records.snapshots.job import snapshot_job
from chassis.records.snapshots.runs import (
    SNAPSHOT_JOB,
    SnapshotRun,
    SnapshotStatus,
    get_run,
    request_snapshot,
)
from chassis.records.snapshots.sources import record_source
from chassis.web.commands import Command
from kernel.ids import new_id
from testkit.cards.store import CARD, Card
from testkit.jobs import make_job


class KilledError(Exception):
    """Stands for the end of a worker's process in the middle of a page."""


SOURCE = record_source(CARD)
SNAPSHOT = "testkit.card.snapshot.v1"


async def add_cards(tx: AsyncConnection, number: int) -> list[UUID]:
    at = now()
    added = [Card(id=new_id(), title=f"c{n}", created_at=at, updated_at=at) for n in range(number)]
    for card in added:
        await create_record(Command(tx, at), CARD, card)
    return [card.id for card in added]


async def request(
    database: Database,
    tenant: UUID,
    *,
    records_per_second: int | None = None,
    snapshot_id: UUID | None = None,
) -> UUID:
    async with database.begin(tenant) as tx:
        run = await request_snapshot(
            tx,
            "testkit",
            "card",
            by="ada",
            now=now(),
            records_per_second=records_per_second,
            snapshot_id=snapshot_id,
        )
        return run.id


async def run_chunk(
    database: Database, tenant: UUID, snapshot_id: UUID, *, is_killed: bool = False
) -> Done | Again:
    async with database.begin(tenant) as tx:
        outcome = await snapshot_job([SOURCE])(tx, make_job(tenant, SNAPSHOT_JOB, snapshot_id))
        if is_killed:
            raise KilledError
        return outcome


async def publish_all_pages(database: Database, tenant: UUID, snapshot_id: UUID) -> SnapshotRun:
    while True:
        async with database.begin(tenant) as tx:
            run = await get_run(tx, snapshot_id)
        if run.status is not SnapshotStatus.RUNNING:
            return run
        await run_chunk(database, tenant, snapshot_id)


async def snapshots_of(database: Database, tenant: UUID) -> list[tuple[UUID, int, bool]]:
    """Return card, version and deleted mark of the published snapshots, in order."""
    o = outbox.c
    query = select(o.aggregateid, o.aggversion, o.payload).where(
        o.tenant_id == tenant, o.type == SNAPSHOT
    )
    async with database.begin(tenant) as tx:
        rows = await tx.execute(query.order_by(o.seq))
        return [(r.aggregateid, r.aggversion, r.payload["card"]["deleted"]) for r in rows]
