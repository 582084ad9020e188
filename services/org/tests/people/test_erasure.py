"""Erasing a person of the directory, and publishing the erasure to the replicas."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import func, select

from chassis.database.backbone_tables import outbox
from chassis.tenancy import tasks
from contracts.org.events import PersonChanged
from libs.chassis.tests.tenancy.running import request_task, run
from org.logins.store import logins
from org.worker import WORKER
from services.org.tests.factories import PASSWORD
from testkit.plugin import Committed

LI = {"name": "李娜娜", "phone": "13800138000", "username": "li.na.na", "password": PASSWORD}
ZHOU = {"name": "周杰", "phone": "13800138000", "username": "zhou.jie", "password": PASSWORD}


async def published_people(committed: Committed, tenant: UUID) -> list[Any]:
    """Return the published types, versions and names of people in order."""
    async with committed.app.begin(tenant) as tx:
        people = outbox.c.type.like("org.person.%")
        rows = await tx.execute(select(outbox).where(people).order_by(outbox.c.seq))
        return [(row.type, row.aggversion, row.payload["person"]["name"]) for row in rows]


async def test_an_erased_person_is_published_without_data(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """The newer version supersedes older events that still hold the name."""
    people = [(await committed_client.post("/people", json=one)).json() for one in (LI, ZHOU)]
    whom = {"ids": (UUID(people[0]["id"]), tenant), "phones": ("+8613800138000",)}
    await request_task(committed, tenant, "ERASE", **whom)
    await run(committed, tenant, handle=WORKER.jobs[tasks.TASK_JOB_KIND])
    published = await published_people(committed, tenant)
    assert [name for _, _, name in published[:2]] == ["***", "周杰"]
    again = {(PersonChanged.type, 2, "***"), (PersonChanged.type, 2, "周杰")}  # he lost his phone
    assert set(published[2:]) == again
    erased = (await committed_client.get(f"/people/{people[0]['id']}")).json()
    assert (erased["name"], erased["phone"], erased["username"]) == ("***", None, None)
    other = (await committed_client.get(f"/people/{people[1]['id']}")).json()
    assert (other["name"], other["phone"], other["username"]) == ("周杰", None, "zhou.jie")
    async with committed.app.begin(None) as tx:
        assert await tx.scalar(select(func.count()).select_from(logins)) == 1


async def test_a_record_that_loses_a_name_gets_a_new_version(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Its ETag changes, though nobody subscribes to it."""
    body = {"text": "给李娜娜打电话", "remind_at": "2027-12-01T09:00:00+08:00"}
    reminder = (await committed_client.post("/reminders", json=body)).json()
    await request_task(committed, tenant, "ERASE", values=("李娜娜",))
    await run(committed, tenant, handle=WORKER.jobs[tasks.TASK_JOB_KIND])
    answer = await committed_client.get(f"/reminders/{reminder['id']}")
    assert (answer.json()["text"], answer.headers["ETag"]) == ("给***打电话", '"2"')
