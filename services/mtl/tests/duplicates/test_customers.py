"""New leads are compared with the accounts and contacts of L2O."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.channels.senders import open_channel, send
from services.mtl.tests.conversions.neighbours import add_account, add_contact
from services.mtl.tests.factories import create
from testkit.directory import Company, sign_in, subject
from testkit.published import work_in_outbox

SELLER = "mtl.lead.read mtl.lead.write"
VISION, PHONE = "杭州远景科技有限公司", "+8613800138000"


async def check(client: AsyncClient, body: Any, **options: Any) -> dict[str, Any]:
    answer = await client.post("/leads/duplicate-check", json=body, **options)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_of_a_hidden_account_only_the_owner_is_told_before_a_lead_is_captured(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    account_id = await add_account(tx, "远景科技（杭州）股份有限公司", owner_id=subject("zheng"))
    await add_contact(tx, account_id, "王芳", phone=PHONE, owner_id=subject("zheng"))
    li = sign_in(tenant, "li", scope=SELLER)
    found = await check(client, {"company": VISION, "phone": "138 0013 8000"}, headers=li)
    assert found["duplicates"] == []
    [account], [contact] = found["accounts"], found["contacts"]
    for one in (account, contact):
        assert (one["owner_name"], one["score"], one["is_same"]) == ("zheng", 100, True)
        assert (one["account_id"], one["account_name"], one["reasons"]) == (None, None, [])
    assert (contact["contact_id"], contact["contact_name"]) == (None, None)
    seen = await check(client, {"company": VISION})
    assert [one["account_id"] for one in seen["accounts"]] == [str(account_id)]
    assert (await check(client, {"company": "上海宏图物流"}))["accounts"] == []


async def test_the_page_of_a_lead_shows_accounts_and_contacts_like_it(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    account_id = await add_account(tx, "远景科技")
    contact_id = await add_contact(tx, account_id, "王芳", email="w@example.com")
    lead = await create(client, company=VISION, email="W@Example.com")
    found = (await client.get(f"/leads/{lead['id']}/duplicates")).json()
    assert [one["contact_id"] for one in found["contacts"]] == [str(contact_id)]
    assert found["accounts"][0]["reasons"] == ["EMAIL_EQUAL", "COMPANY_EQUAL"]


@pytest.mark.parametrize(
    "contact",
    [{"phone": PHONE}, {"email": "w@example.com"}],
    ids=["by phone", "by mail"],
)
async def test_an_enquiry_of_a_contact_names_the_account_and_notifies_its_owner(
    client: AsyncClient, tx: AsyncConnection, contact: dict[str, Any]
) -> None:
    await Company(tx).build()
    account_id = await add_account(tx, "远景科技", owner_id=subject("zheng"))
    await add_contact(tx, account_id, "王芳", owner_id=subject("li"), **contact)
    channel_id, key = await open_channel(client, default_owner_id=subject("li"))
    payload = {"name": "王芳", "phone": PHONE, "email": "w@example.com"}
    assert (await send(client, channel_id, key, payload)).status_code == 201
    [lead] = (await client.get("/leads")).json()["items"]
    assert lead["returning_account_id"] == str(account_id)
    assert lead["returning_account_name"] == "远景科技"
    notices = [one for one in await work_in_outbox(tx) if one.kind == "CUSTOMER_RETURNED"]
    assert [(one.person, one.resource) for one in notices] == [(subject("zheng"), "l2o.account")]


async def test_who_creates_the_lead_of_a_contact_of_an_own_account_is_not_notified(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    account_id = await add_account(tx, "远景科技", owner_id=subject("li"))
    await add_contact(tx, account_id, "王芳", phone=PHONE)
    li = sign_in(tenant, "li", scope=SELLER)
    answer = await client.post("/leads", json={"phone": PHONE}, headers=li)
    assert answer.json()["returning_account_id"] == str(account_id)
    assert not [one for one in await work_in_outbox(tx) if one.kind == "CUSTOMER_RETURNED"]


async def test_nobody_is_recognized_by_a_contact_that_was_deleted_or_has_other_numbers(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    account_id = await add_account(tx, "远景科技")
    await add_contact(tx, account_id, "王芳", phone=PHONE, deleted=True)
    await add_contact(tx, account_id, "李雷", phone="+8613900139000", email="l@example.com")
    lead = await create(client, phone=PHONE, email="w@example.com")
    assert lead["returning_account_id"] is None
