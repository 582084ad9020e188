"""Erasure of a person empties the name in what owners were asked to do, and keeps the facts."""

from datetime import timedelta
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from chassis.foundation.clock import now as current_time
from chassis.tenancy import tasks
from chassis.web.commands import Command
from libs.chassis.tests.tenancy.running import request_task, run
from mtl.leads.store.recyclings import lead_recyclings
from mtl.recyclings.actions import ACTOR, recycle_chunk
from services.mtl.tests.factories import create
from services.mtl.tests.recyclings.factories import days, get, publish, rules
from testkit.plugin import Committed

CONTENT = rules({"next_follow_up": days(30), "reminders": [days(29)]})


async def test_the_name_is_gone_and_the_history_stays(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    await publish(committed_client, CONTENT)
    lead_id = (await create(committed_client, name="王芳菲"))["id"]
    for passed in (timedelta(days=29, hours=1), timedelta(days=30, hours=1)):
        async with committed.worker.begin(tenant) as tx:
            await recycle_chunk(Command(tx, current_time() + passed, actor=ACTOR))
    await request_task(committed, tenant, "ERASE", ids=(UUID(lead_id),))
    await run(committed, tenant, handle=tasks.task_job("mtl"))
    found = await get(committed_client, lead_id)
    assert (found["name"], found["owner_id"]) == (None, None)
    async with committed.app.begin(tenant) as tx:
        query = select(outbox.c.payload).where(
            outbox.c.type.in_(["mtl.lead.recycled.v1", "mtl.work.changed.v1"])
        )
        payloads = list((await tx.execute(query)).scalars())
        [entry] = (await tx.execute(select(lead_recyclings))).all()
    assert payloads
    assert "王芳菲" not in str(payloads)
    assert (str(entry.lead_id), entry.reason) == (lead_id, "NO_FIRST_FOLLOW_UP")
