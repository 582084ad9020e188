"""Erasure of a person: by id the whole lead, by phone only the phone of leads that have it."""

from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from chassis.tenancy import tasks
from libs.chassis.tests.tenancy.running import reported, request_task, run
from mtl.leads.store.keys import lead_keys
from services.mtl.tests.factories import create
from testkit.plugin import Committed

PHONE, EMAIL = "13800138000", "w@example.com"
PERSON = {"name": "王芳菲", "company": "远景科技", "phone": PHONE, "email": EMAIL}


async def key_kinds(committed: Committed, tenant: UUID) -> list[str]:
    async with committed.app.begin(tenant) as tx:
        return sorted((await tx.execute(select(lead_keys.c.kind))).scalars())


async def first_published_lead(committed: Committed, tenant: UUID) -> Any:
    async with committed.app.begin(tenant) as tx:
        first = select(outbox.c.payload).order_by(outbox.c.seq).limit(1)
        return (await tx.execute(first)).scalar_one()["lead"]


async def test_erasing_a_phone_leaves_the_other_fields(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    lead = await create(committed_client, **PERSON)
    assert await key_kinds(committed, tenant) == ["email", "phone"]
    await request_task(committed, tenant, "ERASE", phones=(f"+86{PHONE}",))
    await run(committed, tenant, handle=tasks.task_job("mtl"))
    erased = (await committed_client.get(f"/leads/{lead['id']}")).json()
    assert (erased["name"], erased["phone"], erased["email"]) == ("王芳菲", None, EMAIL)
    assert await key_kinds(committed, tenant) == ["email"]
    payload = await first_published_lead(committed, tenant)
    assert (payload["name"], payload["phone"], payload["email"]) == ("王芳菲", "***", EMAIL)
    assert (await committed_client.post("/leads", json={"phone": PHONE})).status_code == 201


async def test_erasing_a_lead_by_id_erases_all_its_personal_data(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    lead = await create(committed_client, **PERSON)
    other = await create(committed_client, name="别人", phone="13900139000")
    await request_task(committed, tenant, "ERASE", ids=(UUID(lead["id"]),))
    await run(committed, tenant, handle=tasks.task_job("mtl"))
    erased = (await committed_client.get(f"/leads/{lead['id']}")).json()
    assert (erased["name"], erased["phone"], erased["email"]) == (None, None, None)
    payload = await first_published_lead(committed, tenant)
    assert (payload["name"], payload["phone"], payload["email"]) == ("***", "***", "***")
    assert await key_kinds(committed, tenant) == ["phone"]
    untouched = (await committed_client.get(f"/leads/{other['id']}")).json()
    assert (untouched["name"], untouched["phone"]) == ("别人", other["phone"])
    report = (await reported(committed, tenant, "mtl")).payload
    assert {e["table"]: e["rows"] for e in report["tables"]}["lead_keys"] == 2
