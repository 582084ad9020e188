"""Files and row results expire after some weeks; the counts are kept."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.files.imports.actions import IMPORT_EXPIRY_JOB, expire_import
from chassis.files.imports.model import IMPORT_RETENTION
from chassis.files.imports.tables import import_results, import_runs, import_sources
from chassis.foundation.clock import now
from chassis.jobs.queue import Again, Done
from libs.chassis.tests.files.imports.importing import (
    WORKER,
    finish_import,
    job_for,
    open_import,
    problem,
    progress,
    start_import,
)

FILE = b"title\ngood\nforbidden\n"


async def rows(tx: AsyncConnection) -> int:
    found = 0
    for table in (import_sources, import_results):
        found += (await tx.execute(select(func.count()).select_from(table))).scalar_one()
    return found


async def changed_at(tx: AsyncConnection, import_id: str) -> datetime:
    query = select(import_runs.c.updated_at).where(import_runs.c.id == UUID(import_id))
    found: datetime = (await tx.execute(query)).scalar_one()
    return found


async def test_an_expired_file_is_deleted_and_the_counts_stay(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    ended = await finish_import(client, tx, tenant, FILE)
    [expiry] = await tx.execute(select(jobs.c.run_at).where(jobs.c.kind == IMPORT_EXPIRY_JOB))
    assert (
        now() + IMPORT_RETENTION - timedelta(minutes=5) < expiry.run_at <= now() + IMPORT_RETENTION
    )
    key, until = UUID(ended["id"]), await changed_at(tx, ended["id"]) + IMPORT_RETENTION
    assert await expire_import(tx, key, now=until - timedelta(seconds=1)) == until
    assert await rows(tx) == 3
    assert await expire_import(tx, key, now=until) is None
    assert await rows(tx) == 0
    left = await progress(client, ended["id"])
    assert (left["state"], left["counts"]) == (ended["state"], ended["counts"])


@pytest.mark.parametrize("path", ["refusals", "warnings", "files/failed"])
async def test_results_of_an_expired_import_answer_409(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, path: str
) -> None:
    ended = await finish_import(client, tx, tenant, FILE)
    await expire_import(tx, UUID(ended["id"]), now=now() + 2 * IMPORT_RETENTION)
    answer = await client.get(f"/imports/{ended['id']}/{path}")
    assert problem(answer) == (409, "IMPORT_EXPIRED")


async def test_the_file_of_a_queued_import_is_kept(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    import_id = await start_import(client, FILE)
    later = now() + 2 * IMPORT_RETENTION
    assert await expire_import(tx, UUID(import_id), now=later) == later + timedelta(days=1)
    assert await rows(tx) == 1


async def test_the_file_of_an_import_never_started_expires(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    import_id = await open_import(client, FILE)
    job = job_for(import_id, tenant)
    expire = WORKER.jobs[IMPORT_EXPIRY_JOB]
    again = await expire(tx, replace(job, now=now()))
    assert again == Again(run_at=await changed_at(tx, import_id) + IMPORT_RETENTION)
    assert await expire(tx, replace(job, now=now() + IMPORT_RETENTION)) == Done()
    assert await rows(tx) == 0
    answer = await client.post(f"/imports/{import_id}/start")
    assert problem(answer) == (409, "IMPORT_FILE_MISSING")
