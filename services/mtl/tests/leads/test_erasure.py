"""Erasing a person: their own lead loses all, another's that shares their phone just that."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from chassis.tenancy import tasks
from libs.chassis.tests.tenants.running import ask, reported, run
from mtl.leads.store import lead_keys
from services.mtl.tests.factories import create
from testkit.plugin import Committed

PHONE, MAIL = "13800138000", "w@example.com"
SHARED = {"name": "王芳菲", "company": "远景科技", "phone": PHONE, "email": MAIL}


async def kinds_of(committed: Committed, tenant: UUID) -> list[str]:
    async with committed.app.begin(tenant) as tx:
        return sorted((await tx.execute(select(lead_keys.c.kind))).scalars())


async def told_of(committed: Committed, tenant: UUID) -> Any:
    async with committed.app.begin(tenant) as tx:
        first = select(outbox.c.payload).order_by(outbox.c.seq).limit(1)
        return (await tx.execute(first)).scalar_one()["lead"]


async def test_a_phone_alone_takes_nothing_else_along(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    lead = await create(committed_client, **SHARED)
    assert await kinds_of(committed, tenant) == ["email", "phone"]
    await ask(committed, tenant, "ERASE", phones=(f"+86{PHONE}",))
    await run(committed, tenant, handle=tasks.task_job("mtl"))
    left = (await committed_client.get(f"/leads/{lead['id']}")).json()
    assert (left["name"], left["phone"], left["email"]) == ("王芳菲", None, MAIL)
    assert await kinds_of(committed, tenant) == ["email"]
    told = await told_of(committed, tenant)
    assert (told["name"], told["phone"], told["email"]) == ("王芳菲", "***", MAIL)
    assert (await committed_client.post("/leads", json={"phone": PHONE})).status_code == 201


async def test_an_id_takes_all_of_it_along(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    lead = await create(committed_client, **SHARED)
    other = await create(committed_client, name="别人", phone="13900139000")
    await ask(committed, tenant, "ERASE", ids=(UUID(lead["id"]),))
    await run(committed, tenant, handle=tasks.task_job("mtl"))
    left = (await committed_client.get(f"/leads/{lead['id']}")).json()
    assert (left["name"], left["phone"], left["email"]) == (None, None, None)
    told = await told_of(committed, tenant)
    assert (told["name"], told["phone"], told["email"]) == ("***", "***", "***")
    assert await kinds_of(committed, tenant) == ["phone"]
    kept = (await committed_client.get(f"/leads/{other['id']}")).json()
    assert (kept["name"], kept["phone"]) == ("别人", other["phone"])
    report = (await reported(committed, tenant, "mtl")).payload
    assert {e["table"]: e["rows"] for e in report["tables"]}["lead_keys"] == 2
