"""Parallel declarations of one day."""

import asyncio
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select

from org.calendars.store import calendar_days
from services.org.tests import factories
from testkit.plugin import Committed


async def test_parallel_declarations_of_a_day_leave_one(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await factories.store_tenant(tx, tenant)
    path = "/calendar/days/2026-11-24"
    bodies = [{"working": number % 2 == 0, "name": f"N{number}"} for number in range(8)]
    puts = [committed_client.put(path, json=body) for body in bodies]
    answers = await asyncio.gather(*puts, committed_client.delete(path))
    assert {answer.status_code for answer in answers} == {200}
    async with committed.app.begin(tenant) as tx:
        assert len((await tx.execute(select(calendar_days.c.id))).all()) <= 1
