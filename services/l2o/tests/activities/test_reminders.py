"""The task of a next step: raised on its day, settled when it is done or no step is left."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from l2o.activities.actions import NEXT_STEP_JOB
from l2o.activities.timers import remind_of_next_step
from services.l2o.tests.activities.calling import SELLER, account, record
from testkit.directory import Company, sign_in, subject
from testkit.jobs import job_of
from testkit.plugin import PublishedWork

TUESDAY, SUNDAY = "2026-12-01", "2026-12-06"


async def waiting(tx: AsyncConnection) -> list[Any]:
    query = select(jobs).where(jobs.c.kind == NEXT_STEP_JOB).order_by(jobs.c.run_at)
    return list(await tx.execute(query))


async def run_all(tx: AsyncConnection) -> None:
    for row in await waiting(tx):
        await remind_of_next_step(tx, job_of(row, now=row.run_at))


async def steps(published_work: PublishedWork) -> list[str]:
    return [one.step for one in await published_work() if one.kind == "ACTIVITY_NEXT_STEP"]


async def test_the_task_is_raised_when_work_starts_on_the_day(
    client: AsyncClient, tx: AsyncConnection, published_work: PublishedWork
) -> None:
    account_id = await account(client)
    made = await record(client, account_id, next_step="再次致电", next_step_on=TUESDAY)
    await record(client, account_id, next_step="无日期")
    await record(client, account_id, next_step_on=SUNDAY)
    first, second = await waiting(tx)
    # Shanghai: the built-in hours of a Tuesday, and 9 in the morning of a Sunday.
    assert first.run_at == datetime(2026, 12, 1, 1, tzinfo=UTC)
    assert second.run_at == datetime(2026, 12, 6, 1, tzinfo=UTC)
    assert first.key == made["id"]
    assert await steps(published_work) == []
    await remind_of_next_step(tx, job_of(first, now=first.run_at))
    [work] = [one for one in await published_work() if one.kind == "ACTIVITY_NEXT_STEP"]
    assert (work.step, work.resource, work.person) == ("raised", "l2o.activity", made["owner_id"])
    assert work.message == "Follow up today: 上海测试有限公司"


async def test_a_step_that_is_done_deleted_or_put_off_is_settled(
    client: AsyncClient, tx: AsyncConnection, published_work: PublishedWork
) -> None:
    account_id = await account(client)
    path = f"/activities/{(await record(client, account_id, next_step_on=TUESDAY))['id']}"
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
    account_id = await account(client)
    made = [await record(client, account_id, next_step_on=day) for day in (TUESDAY, SUNDAY)]
    late = await waiting(tx)
    await client.post(f"/activities/{made[0]['id']}/complete")
    await client.delete(f"/accounts/{account_id}")
    for row in late:
        await remind_of_next_step(tx, job_of(row, now=row.run_at))
    assert await steps(published_work) == []


async def test_a_transfer_gives_the_step_to_the_new_owner(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, published_work: PublishedWork
) -> None:
    await Company(tx).build()
    li, sun = (sign_in(tenant, name, scope=SELLER) for name in ("li", "sun"))
    account_id = await account(client, headers=li)
    made = await record(client, account_id, li, next_step_on=TUESDAY)
    await run_all(tx)
    path = f"/activities/{made['id']}/transfer"
    moved = await client.post(path, json={"owner_id": subject("zhou")}, headers=sun)
    assert moved.status_code == 200, moved.text
    await run_all(tx)
    raised = [
        (one.step, one.person) for one in await published_work() if one.kind == "ACTIVITY_NEXT_STEP"
    ]
    assert raised == [
        ("raised", subject("li")),
        ("settled", subject("li")),
        ("raised", subject("zhou")),
    ]
