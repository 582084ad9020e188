"""Erasure of a person reaches the leads that were merged into theirs."""

from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select

from chassis.tenancy import tasks
from libs.chassis.tests.tenancy.running import request_task, run
from mtl.leads.store import leads
from mtl.leads.store.keys import lead_keys
from mtl.merges.store import lead_merges
from services.mtl.tests.merges.factories import merged, read, three_leads, undo
from testkit.plugin import Committed


async def test_erasing_the_survivor_erases_the_merged_leads(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    a, _, c = await three_leads(committed_client)
    made = await merged(committed_client, a, c)
    await request_task(committed, tenant, "ERASE", ids=(UUID(a["id"]),))
    await run(committed, tenant, handle=tasks.task_job("mtl"))
    async with committed.app.begin(tenant) as tx:
        named = select(leads.c.id).where(leads.c.name.is_not(None) | leads.c.phone.is_not(None))
        assert (await tx.execute(named)).all() == []
        assert (await tx.execute(select(lead_keys))).all() == []
        assert (await tx.execute(select(lead_merges.c.changes))).scalar_one() is None
    assert (await undo(committed_client, made["id"])).status_code == 200
    assert (await read(committed_client, c["id"]))["phone"] is None


async def test_erasing_a_phone_of_a_merged_lead_frees_it(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    a, _, c = await three_leads(committed_client)
    await merged(committed_client, a, c)
    await request_task(committed, tenant, "ERASE", phones=("+8613800138002",))
    await run(committed, tenant, handle=tasks.task_job("mtl"))
    assert (await read(committed_client, a["id"]))["other_phone"] is None
    captured = await committed_client.post("/leads", json={"phone": "13800138002"})
    assert captured.status_code == 201, captured.text
