"""A converted lead does not block a new one of the same person, who is recognized."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from mtl.leads.store.keys import lead_keys
from mtl.returning_customers.store import returning_customers
from services.mtl.tests.conversions.answers import complete, reject, start
from services.mtl.tests.conversions.neighbours import add_account
from services.mtl.tests.factories import (
    CONTACT,
    counts,
    create,
    create_qualified,
    finish_import,
    problem,
)
from testkit.directory import Company, sign_in, subject
from testkit.plugin import PublishedFacts
from testkit.published import Work, work_in_outbox

SELLER = "mtl.lead.read mtl.lead.write"


async def convert(client: AsyncClient, tx: AsyncConnection, **fields: Any) -> dict[str, Any]:
    operation = await start(client, await create_qualified(client, **fields))
    await complete(tx, operation)
    return operation


@pytest.mark.parametrize(
    "key",
    [
        {"phone": "138 0013 8000"},
        {"other_phone": "13800138000"},
        {"email": "W@example.com"},
        {"wechat_id": "wang_fang"},
    ],
)
async def test_an_enquiry_of_a_customer_becomes_a_lead_with_the_account(
    client: AsyncClient, tx: AsyncConnection, published: PublishedFacts, key: dict[str, str]
) -> None:
    operation = await convert(client, tx, **CONTACT, wechat_id="wang_fang")
    account_id = operation["result"]["account_id"]
    await add_account(tx, "远景科技", account_id=UUID(account_id))
    lead = await create(client, name="王芳", **key)
    assert (lead["returning_account_id"], lead["status"]) == (account_id, "RAW")
    shown = (await client.get(f"/leads/{lead['id']}")).json()
    assert shown["returning_account_name"] == "远景科技"
    assert (await published())[-1].payload["lead"]["returning_account_id"] == account_id
    again = await client.post("/leads", json={"name": "王芳", **key})
    assert problem(again) == (409, "LEAD_DUPLICATE")


async def test_until_l2o_has_the_records_the_lead_keeps_its_keys(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    """So a conversion that is taken back loses none of them to another lead."""
    operation = await start(client, await create_qualified(client, **CONTACT))
    assert problem(await client.post("/leads", json=CONTACT)) == (409, "LEAD_DUPLICATE")
    await reject(tx, operation)
    assert problem(await client.post("/leads", json=CONTACT)) == (409, "LEAD_DUPLICATE")
    again = await start(client, operation["lead_id"])
    await complete(tx, again)
    assert (await create(client, **CONTACT))["returning_account_id"] is not None


async def test_the_external_id_of_a_converted_lead_stays_reserved(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    operation = await convert(client, tx, **CONTACT, external_id="EXPO-1")
    answer = await client.post("/leads", json={"name": "王芳", "external_id": "EXPO-1"})
    assert problem(answer) == (409, "LEAD_DUPLICATE")
    assert answer.json()["params"]["lead_id"] == operation["lead_id"]
    kinds = (await tx.execute(select(lead_keys.c.kind))).scalars().all()
    assert kinds == ["external_id"]


async def test_a_customer_who_was_converted_twice_has_the_newest_account(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    first = await convert(client, tx, **CONTACT)
    second = await convert(client, tx, **CONTACT)
    lead = await create(client, **CONTACT)
    assert lead["returning_account_id"] == second["result"]["account_id"]
    assert first["result"]["account_id"] != second["result"]["account_id"]


async def test_an_import_recognizes_customers_as_well(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    operation = await convert(client, tx, **CONTACT)
    content = "姓名,电话\n王芳,13800138000\n李雷,13900139000\n".encode()
    ended = await finish_import(client, tx, tenant, content)
    assert ended["counts"].items() >= counts(created=2).items()
    leads = (await client.get("/leads", params={"status": "RAW"})).json()["items"]
    accounts = {lead["name"]: lead["returning_account_id"] for lead in leads}
    assert accounts == {"王芳": operation["result"]["account_id"], "李雷": None}


async def test_duplicates_show_the_converted_lead_of_the_person(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    operation = await convert(client, tx, **CONTACT)
    body = {"name": "某人", "phone": CONTACT["phone"]}
    found = (await client.post("/leads/duplicate-check", json=body)).json()["duplicates"]
    assert [(one["lead_id"], one["score"]) for one in found] == [(operation["lead_id"], 100)]


async def test_the_owner_of_the_account_is_notified_and_else_that_of_the_lead(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    li, zheng = (sign_in(tenant, name, scope=SELLER) for name in ("li", "zheng"))
    lead = await client.post("/leads", json=CONTACT, headers=li)
    path = f"/leads/{lead.json()['id']}"
    await client.post(f"{path}/qualify", headers=li)
    operation = (await client.post(f"{path}/convert", headers=li)).json()
    await complete(tx, operation | {"lead_id": lead.json()["id"]})

    async def notified() -> list[str]:
        steps = [one for one in await work_in_outbox(tx) if one.kind == "CUSTOMER_RETURNED"]
        message = "远景科技, a customer already, has enquired again. There is a new lead."
        for one in steps:
            assert one == Work("notified", one.kind, "mtl.lead", one.person, message)
        return [one.person for one in steps]

    body = {"phone": "13800138000"}
    own = await client.post("/leads", json=body, headers=li)
    assert await notified() == []  # li knows of the lead
    await client.delete(f"/leads/{own.json()['id']}", headers=li)
    other = await client.post("/leads", json=body, headers=zheng)
    assert await notified() == [subject("li")]
    await client.delete(f"/leads/{other.json()['id']}", headers=zheng)
    account_id = UUID(operation["result"]["account_id"])
    await add_account(tx, "远景科技", account_id=account_id, owner_id=subject("wang"))
    assert (await client.post("/leads", json=body, headers=zheng)).status_code == 201
    assert await notified() == [subject("li"), subject("wang")]


async def test_an_unknown_person_is_no_customer(client: AsyncClient, tx: AsyncConnection) -> None:
    await convert(client, tx, **CONTACT)
    lead = await create(client, phone="13900139000", email="other@example.com")
    assert lead["returning_account_id"] is None
    stored = (await tx.execute(select(returning_customers.c.kind))).scalars().all()
    assert sorted(stored) == ["email", "phone"]
