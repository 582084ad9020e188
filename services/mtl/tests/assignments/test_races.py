"""Assignment by several workers at the same moment, on a real PostgreSQL."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select

from chassis.foundation.context import use_context
from chassis.jobs.queue import Again
from chassis.records.access.tables import owner_changes
from chassis.web.commands import Command
from mtl.assignments.actions import running
from mtl.assignments.timers import assign_new_leads
from mtl.leads.actions.records import capture_leads
from mtl.leads.store import leads
from services.mtl.tests.assignments.factories import BY_RULES, publish, row
from services.mtl.tests.factories import NOON, make_lead
from services.mtl.tests.pools.factories import set_quota
from testkit.directory import Company, subject
from testkit.jobs import make_job
from testkit.plugin import Committed


async def test_workers_at_once_share_leads_as_one_worker_would(
    committed_client: AsyncClient,
    committed: Committed,
    tenant: UUID,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Forty leads for three people, of whom one may hold seven."""
    monkeypatch.setattr(running, "ASSIGNED_AT_ONCE", 5)
    async with committed.app.begin(tenant) as tx:
        await Company(tx).build()
    await set_quota(committed_client, person="zheng", holding_limit=7)
    await publish(committed_client, row("all", "TURN", "li", "zhou", "zheng"))
    async with committed.app.begin(tenant) as tx:
        new = [make_lead(company=f"公司{n}").waiting() for n in range(40)]
        await capture_leads(Command(tx, NOON, actor="test"), new)

    async def work(number: int) -> None:
        job = make_job(tenant, "lead_assignment", number, now=NOON)
        again = True
        while again:
            async with committed.worker.begin(tenant) as tx:
                with use_context(BY_RULES):
                    again = isinstance(await assign_new_leads(tx, job), Again)

    await asyncio.gather(*map(work, range(4)))
    await work(9)  # what others held locked when the last one looked
    async with committed.app.begin(tenant) as tx:
        counted = select(leads.c.owner_id, func.count()).group_by(leads.c.owner_id)
        rows = await tx.execute(counted)
        counts: Counter[str | None] = Counter({owner_id: number for owner_id, number in rows})
        changes = (await tx.execute(select(func.count()).select_from(owner_changes))).scalar_one()
    assert changes == 40
    assert counts[subject("zheng")] == 7
    assert {counts[subject("li")], counts[subject("zhou")]} <= {16, 17}
    assert counts.total() == 40
