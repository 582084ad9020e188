"""The task of a next step: raised on its day, settled when it is done or no step is left."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from mtl.followups.actions import NEXT_STEP_JOB
from mtl.followups.timers import remind_of_next_step
from services.mtl.tests.factories import create, note
from testkit.directory import Company, sign_in, subject
from testkit.jobs import job_of
from testkit.plugin import PublishedWork

TUESDAY, SUNDAY = "2026-12-01", "2026-12-06"
SELLER = "mtl.lead.read mtl.lead.write mtl.follow_up.read mtl.follow_up.write"


async def waiting(tx: AsyncConnection) -> list[Any]:
    query = select(jobs).where(jobs.c.kind == NEXT_STEP_JOB).order_by(jobs.c.run_at)
    return list(await tx.execute(query))


async def run_all(tx: AsyncConnection) -> None:
    for row in await waiting(tx):
        await remind_of_next_step(tx, job_of(row, now=row.run_at))


async def steps(published_work: PublishedWork) -> list[str]:
    return [one.step for one in await published_work() if one.kind == "NEXT_STEP"]


async def test_the_task_is_raised_when_work_starts_on_the_day(
    client: AsyncClient, tx: AsyncConnection, published_work: PublishedWork
) -> None:
    lead = await create(client)
    made = await note(client, lead["id"], next_step="再次致电", next_step_on=TUESDAY)
    await note(client, lead["id"], next_step="无日期")
    await note(client, lead["id"], next_step_on=SUNDAY)
    first, second = await waiting(tx)
    # Shanghai: the built-in hours of a Tuesday, and 9 in the morning of a Sunday.
    assert first.run_at == datetime(2026, 12, 1, 1, tzinfo=UTC)
    assert second.run_at == datetime(2026, 12, 6, 1, tzinfo=UTC)
    assert (first.key, first.origin) == (made["id"], f"mtl.follow_up:{made['id']}")
    assert await steps(published_work) == []
    await remind_of_next_step(tx, job_of(first, now=first.run_at))
    [work] = [one for one in await published_work() if one.kind == "NEXT_STEP"]
    assert (work.step, work.resource, work.person) == ("raised", "mtl.follow_up", lead["owner_id"])
    assert work.message == "Follow up today: 远景科技"


async def test_a_step_that_is_done_deleted_or_put_off_is_settled(
    client: AsyncClient, tx: AsyncConnection, published_work: PublishedWork
) -> None:
    lead_id = (await create(client))["id"]
    path = f"/follow-ups/{(await note(client, lead_id, next_step_on=TUESDAY))['id']}"
    await run_all(tx)
    await client.patch(path, json={"next_step_on": SUNDAY})
    assert await steps(published_work) == ["raised", "settled"]
    [job] = await waiting(tx)
    assert job.payload == {"due_on": SUNDAY}
    await run_all(tx)
    await client.post(f"{path}/complete")
    assert await steps(published_work) == ["raised", "settled"] * 2
    assert await waiting(tx) == []
    await client.patch(path, json={"next_step_on": TUESDAY})
    await run_all(tx)
    await client.delete(path)
    assert await steps(published_work) == ["raised", "settled"] * 3
    await client.post(f"{path}/restore")
    await run_all(tx)
    assert await steps(published_work) == [*["raised", "settled"] * 3, "raised"]


async def test_a_job_that_comes_too_late_raises_nothing(
    client: AsyncClient, tx: AsyncConnection, published_work: PublishedWork
) -> None:
    lead_id = (await create(client))["id"]
    made = [await note(client, lead_id, next_step_on=day) for day in (TUESDAY, SUNDAY, TUESDAY)]
    late = await waiting(tx)
    await client.post(f"/follow-ups/{made[0]['id']}/complete")
    await client.delete(f"/follow-ups/{made[1]['id']}")
    await client.delete(f"/leads/{lead_id}")
    for row in late:
        await remind_of_next_step(tx, job_of(row, now=row.run_at))
    assert await steps(published_work) == []


async def test_a_transfer_gives_the_step_to_the_new_owner(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published_work: PublishedWork
) -> None:
    await Company(tx).build()
    li = sign_in(tenant, "li", scope=SELLER)
    lead = (await client.post("/leads", json={"company": "远景科技"}, headers=li)).json()
    body = {
        "lead_id": lead["id"],
        "kind": "CALL",
        "at": "2026-11-20T02:00:00Z",
        "next_step_on": TUESDAY,
    }
    made = (await client.post("/follow-ups", json=body, headers=li)).json()
    await run_all(tx)
    path = f"/follow-ups/{made['id']}/transfer"
    moved = await client.post(path, json={"owner_id": subject("zhou")}, headers=li)
    assert moved.status_code == 200, moved.text
    await run_all(tx)
    work = [one for one in await published_work() if one.kind == "NEXT_STEP"]
    assert [(one.step, one.person) for one in work] == [
        ("raised", subject("li")),
        ("settled", subject("li")),
        ("raised", subject("zhou")),
    ]
