"""A name that another service found is erased from texts, but not from a namesake's record."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select

from chassis.database.backbone_tables import jobs
from chassis.records.access.tables import people
from chassis.tenancy import tasks
from contracts.tenant_tasks import COLLECT
from kernel.ids import new_id
from libs.chassis.tests.tenancy.running import reported, request_task, run, write_notes
from testkit.database import notes
from testkit.plugin import Committed

NAME, PHONE = "王芳菲", "+861062345678"
VERSION = {"epoch": 1, "sequence": 1}


async def texts(committed: Committed, tenant: UUID) -> Sequence[str]:
    async with committed.app.begin(tenant) as tx:
        return (await tx.execute(select(notes.c.text).order_by(notes.c.id))).scalars().all()


async def erase(committed: Committed, tenant: UUID, *values: str, **whom: Any) -> None:
    await request_task(committed, tenant, "ERASE", values=values, **whom)
    await run(committed, tenant)


async def test_a_found_name_is_erased_in_every_spelling(committed: Committed, tenant: UUID) -> None:
    written = ["与王芳菲通话", "Met LI  NA\u200b today", "Li Nathan", "王 芳"]
    await write_notes(committed, tenant, *written)
    await erase(committed, tenant, NAME, "Li Na")
    assert await texts(committed, tenant) == ["与***通话", "Met *** today", "Li Nathan", "王 芳"]


async def test_a_number_is_found_without_its_extension(committed: Committed, tenant: UUID) -> None:
    written = ["(010) 6234-5678", "010-62345678转8001", f"{PHONE};ext=8001", "010-62345679"]
    await write_notes(committed, tenant, *written)
    await erase(committed, tenant, phones=(PHONE,))
    assert await texts(committed, tenant) == ["***", "***", "***", "010-62345679"]


async def test_a_namesake_keeps_their_name(committed: Committed, tenant: UUID) -> None:
    """王芳 is also a part of the name 王芳菲, whose row and notes stay as they are."""
    namesake = new_id()
    async with committed.worker.begin(tenant) as tx:
        row = {
            "id": namesake,
            "name": NAME,
            "epoch": 1,
            "sequence": 1,
            "subject": "s",
            "active": True,
        }
        await tx.execute(insert(people).values(row))
    await write_notes(committed, tenant, f"王芳 see {namesake}", "王芳")
    await erase(committed, tenant, "王芳", NAME)
    assert await texts(committed, tenant) == [f"王芳 see {namesake}", "***"]
    async with committed.app.begin(tenant) as tx:
        assert await tx.scalar(select(people.c.name)) == NAME


async def test_a_service_reports_the_values_of_the_persons_records(
    committed: Committed, tenant: UUID
) -> None:
    person = new_id()
    async with committed.worker.begin(tenant) as tx:
        row = {
            "id": person,
            "name": NAME,
            "epoch": 1,
            "sequence": 1,
            "subject": "s",
            "active": True,
        }
        await tx.execute(insert(people).values(row))
    await request_task(committed, tenant, COLLECT, ids=(person,), phones=(PHONE,))
    assert await run(committed, tenant) == 1
    report = (await reported(committed, tenant)).payload
    found = {"ids": [str(person)], "phones": [PHONE], "emails": [], "values": [NAME]}
    assert (report["kind"], report["tables"], report["person"]) == (COLLECT, [], found)
    async with committed.app.begin(tenant) as tx:
        assert await tx.scalar(select(people.c.name)) == NAME
        mine = jobs.c.kind == tasks.TASK_JOB_KIND
        assert (await tx.execute(select(jobs.c.id).where(mine))).all() == []
