"""A batch locks the hierarchy of accounts before the accounts, as a single write does."""

import asyncio
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select, text

from l2o.accounts.store import accounts, lock_hierarchy
from testkit.plugin import Committed

WAITING = """
SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


async def test_a_batch_locks_the_hierarchy_first(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    made = [(await committed_client.post("/accounts", json={"name": n})).json() for n in "AB"]
    patch = {"parent_id": made[1]["id"]}
    items = [{"id": made[0]["id"], "version": "*", "patch": patch}]
    async with committed.app.begin(tenant) as tx:
        await lock_hierarchy(tx)
        batch = asyncio.create_task(committed_client.post("/accounts/batch", json={"items": items}))
        async with committed.worker.begin(None) as watcher:
            while not await watcher.scalar(text(WAITING)):
                pass
        row = select(accounts.c.id).where(accounts.c.id == UUID(made[0]["id"]))
        assert await tx.scalar(row.with_for_update(nowait=True)) is not None
    assert [one["status"] for one in (await batch).json()["items"]] == [200]
