"""Parallel assignments, defaults and deletions leave one answer for every department."""

import asyncio
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from org.working_hours.store import working_hours, working_hours_departments
from services.org.tests.factories import create_department, created
from testkit.plugin import Committed


async def add_hours(client: AsyncClient, name: str) -> dict[str, Any]:
    return created(await client.post("/working-hours", json={"name": name, "week": {}}))


async def test_parallel_assignments_and_defaults_leave_one_of_each(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    sales = await create_department(committed_client)
    hours = [await add_hours(committed_client, name) for name in "ABC"]
    body = {"department_id": sales["id"]}
    calls = [
        committed_client.post(f"/working-hours/{one['id']}/{verb}", json=sent)
        for _ in range(3)
        for one in hours
        for verb, sent in (("assign", body), ("make-default", {}))
    ]
    assert {answer.status_code for answer in await asyncio.gather(*calls)} == {200}
    async with committed.app.begin(tenant) as tx:
        assigned = (await tx.execute(select(working_hours_departments))).all()
        rows = (await tx.execute(select(working_hours))).all()
        sent = (
            await tx.execute(
                select(outbox.c.aggregateid, outbox.c.aggversion)
                .where(outbox.c.aggregatetype == "org.working_hours")
                .order_by(outbox.c.seq)
            )
        ).all()
    assert len(assigned) == 1
    assert [row.is_default for row in rows].count(True) == 1
    for row in rows:
        assert [one.aggversion for one in sent if one.aggregateid == row.id] == list(
            range(1, row.version + 1)
        )


async def test_hours_are_deleted_or_assigned_but_not_both(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    for number in range(4):
        sales = await create_department(committed_client, f"D{number}")
        hours = await add_hours(committed_client, f"H{number}")
        path = f"/working-hours/{hours['id']}"
        deleted, assigned = await asyncio.gather(
            committed_client.delete(path),
            committed_client.post(f"{path}/assign", json={"department_id": sales["id"]}),
        )
        assert (deleted.status_code, assigned.status_code) in {(204, 404), (409, 200)}
        gone, kept = await asyncio.gather(
            committed_client.delete(f"/departments/{sales['id']}"),
            committed_client.get(f"/departments/{sales['id']}/working-hours"),
        )
        assert gone.status_code == (204 if deleted.status_code == 204 else 409)
        assert kept.status_code in {200, 404}
    async with committed.app.begin(tenant) as tx:
        removed = select(working_hours.c.id).where(working_hours.c.deleted_at.is_not(None))
        dangling = select(working_hours_departments).where(
            working_hours_departments.c.working_hours_id.in_(removed)
        )
        assert (await tx.execute(dangling)).all() == []
