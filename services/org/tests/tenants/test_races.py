"""Parallel changes of a tenant."""

import asyncio
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from services.org.tests.factories import store_tenant
from testkit.plugin import Committed


async def test_parallel_changes_leave_contiguous_versions(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await store_tenant(tx, tenant)
    bodies = [{"name": f"Name {n}"} for n in range(15)]
    answers = await asyncio.gather(
        *(committed_client.patch("/tenant", json=body) for body in bodies)
    )
    assert {a.status_code for a in answers} == {200}
    assert sorted(a.json()["version"] for a in answers) == list(range(2, 17))
    async with committed.app.begin(tenant) as tx:
        rows = await tx.execute(select(outbox.c.aggversion).order_by(outbox.c.seq))
        assert rows.scalars().all() == list(range(1, 17))
