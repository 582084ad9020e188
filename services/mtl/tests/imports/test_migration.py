"""What mtl's own tables of imports held stands in the backbone's afterwards."""

from collections.abc import AsyncIterator

import asyncpg
import pytest
from alembic import command
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database.migrate import config_of, upgrade
from kernel.ids import new_id
from testkit import databases
from testkit.databases import ServiceDatabase

FAILURE = '[{"code": "FILE_EMPTY", "column": null, "params": {}}]'


@pytest.fixture
async def before(worker_id: str) -> AsyncIterator[ServiceDatabase]:
    """A database as the first release left it."""
    database = await databases.create("mtl", f"moved_{worker_id}")
    engine = create_async_engine(database.owner_url)

    def back(connection: Connection) -> None:
        command.downgrade(config_of("mtl", connection), "mtl_ground")

    async with engine.connect() as connection:
        await connection.run_sync(back)
        await connection.commit()
    await engine.dispose()
    yield database
    await databases.drop(database)


async def test_old_imports_keep_their_counts_and_running_ones_can_be_started_again(
    before: ServiceDatabase,
) -> None:
    owner = await asyncpg.connect(before.owner_url.replace("+asyncpg", ""))
    tenant = new_id()
    ids = {state: new_id() for state in ("SUCCEEDED", "RUNNING", "FAILED", "OPEN")}
    for state, key in ids.items():
        await owner.execute(
            "INSERT INTO imports (tenant_id, id, kind, file_name, state, total, accepted, refused,"
            " with_warnings, chunks_done, failures, created_by, created_at, updated_at, version,"
            " finished_at) VALUES ($1, $2, 'LEADS', 'a.csv', $3::text, 3, 2, 1, 1, 1, $4::jsonb,"
            " 'me', now(), now(), 4, CASE WHEN $3::text IN ('SUCCEEDED', 'FAILED') THEN now() END)",
            tenant, key, state, FAILURE if state == "FAILED" else "[]",
        )  # fmt: skip
        await owner.execute("INSERT INTO import_files VALUES ($1, $2, 'phone')", tenant, key)
        for row, outcome in ((2, "REFUSED"), (3, "WARNED")):
            await owner.execute(
                "INSERT INTO import_rows VALUES ($1, $2, $3, $4, $5, '[]')",
                tenant, new_id(), key, row, outcome,
            )  # fmt: skip
    await upgrade("mtl", before.owner_url)
    runs = {run["id"]: run for run in await owner.fetch("SELECT * FROM import_runs")}
    done, broken = runs[ids["SUCCEEDED"]], runs[ids["RUNNING"]]
    assert (done["state"], done["created"], done["refused"], done["endings"]) == (
        "SUCCEEDED", 2, 1, 1,
    )  # fmt: skip
    assert (broken["state"], broken["created"], broken["started_at"]) == ("FAILED", 0, None)
    assert "JOB_FAILED" in broken["failures"]
    assert runs[ids["FAILED"]]["failures"] == FAILURE
    assert (runs[ids["OPEN"]]["state"], runs[ids["OPEN"]]["endings"]) == ("OPEN", 0)
    kept = await owner.fetch(
        "SELECT outcome, warned FROM import_results WHERE import_id = $1 ORDER BY row",
        ids["SUCCEEDED"],
    )
    assert [tuple(row) for row in kept] == [("REFUSED", False), ("CREATED", True)]
    assert await owner.fetchval("SELECT count(*) FROM import_sources") == 4
    assert await owner.fetchval("SELECT to_regclass('imports')") is None
    await owner.close()
