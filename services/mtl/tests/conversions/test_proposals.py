"""Before a lead is converted: the accounts and contacts that it may belong to."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.replicas import replicate
from contracts.l2o.events import AccountDeleted, AccountState, ContactDeleted, ContactState
from mtl.accounts.store import ACCOUNT_COPY, account_keys
from mtl.contacts.store import CONTACT_COPY, contacts
from services.mtl.tests.conversions.answers import complete, start
from services.mtl.tests.conversions.neighbours import add_account, add_contact
from services.mtl.tests.factories import create, create_qualified, problem
from testkit.copies import carried
from testkit.directory import Company, sign_in, subject

SELLER = "mtl.lead.read mtl.lead.write"
LEAD = {"name": "王芳", "company": "杭州远景科技有限公司", "phone": "13800138000"}


async def proposals(client: AsyncClient, lead_id: str, **options: Any) -> dict[str, Any]:
    answer = await client.get(f"/leads/{lead_id}/conversion-proposals", **options)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize(
    ("name", "reason", "score"),
    [
        ("远景科技（杭州）有限公司", "COMPANY_EQUAL", 100),
        ("遠景科技股份有限公司", "COMPANY_EQUAL", 100),
        ("元景科技有限公司", "COMPANY_SOUNDS_EQUAL", 95),
    ],
)
async def test_accounts_are_compared_by_the_core_of_their_names(
    client: AsyncClient, tx: AsyncConnection, name: str, reason: str, score: int
) -> None:
    account_id = await add_account(tx, name)
    await add_account(tx, "上海示例商贸有限公司")
    lead_id = (await create(client, **LEAD))["id"]
    found = await proposals(client, lead_id)
    [account] = found["accounts"]
    assert (account["account_id"], account["account_name"]) == (str(account_id), name)
    assert (account["reasons"], account["is_same"]) == ([reason], True)
    assert account["score"] == score
    assert account["reason_text"]
    assert found["contacts"] == []


@pytest.mark.parametrize(
    ("contact", "lead", "reasons"),
    [
        ({"phone": "+8613800138000"}, {"phone": "138-0013-8000"}, ["PHONE_EQUAL"]),
        ({"phone": "+862164372345"}, {"work_phone": "021-64372345"}, ["PHONE_EQUAL"]),
        ({"email": "w@example.com"}, {"other_email": "W@Example.com"}, ["EMAIL_EQUAL"]),
    ],
)
async def test_a_contact_with_the_same_phone_or_mail_is_certain_and_so_is_its_account(
    client: AsyncClient,
    tx: AsyncConnection,
    contact: dict[str, Any],
    lead: dict[str, str],
    reasons: list[str],
) -> None:
    account_id = await add_account(tx, "完全不同的公司")
    contact_id = await add_contact(tx, account_id, "李雷", **contact)
    lead_id = (await create(client, company="远景科技", **lead))["id"]
    found = await proposals(client, lead_id)
    [proposed] = found["contacts"]
    assert (proposed["contact_id"], proposed["contact_name"]) == (str(contact_id), "李雷")
    assert (proposed["score"], proposed["reasons"]) == (100, reasons)
    [account] = found["accounts"]
    assert (account["account_id"], account["score"]) == (str(account_id), 100)
    assert account["reasons"] == reasons


async def test_a_namesake_at_a_like_account_is_as_likely_as_the_account(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    account_id = await add_account(tx, "元景科技有限公司")
    contact_id = await add_contact(tx, account_id, "王芳")
    await add_contact(tx, account_id, "李雷")
    await add_contact(tx, await add_account(tx, "另一家"), "王芳")
    [contact] = (await proposals(client, (await create(client, **LEAD))["id"]))["contacts"]
    assert (contact["contact_id"], contact["score"]) == (str(contact_id), 95)
    assert contact["reasons"] == ["PERSON_EQUAL"]


async def test_the_account_of_an_earlier_lead_comes_first(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    operation = await start(client, await create_qualified(client, phone="13800138000"))
    await complete(tx, operation)
    account_id = UUID(operation["result"]["account_id"])
    await add_account(tx, "王女士的公司", account_id=account_id)
    lead = await create(client, **LEAD)
    [account] = (await proposals(client, lead["id"]))["accounts"]
    assert account["account_id"] == lead["returning_account_id"] == str(account_id)
    assert account["reason_text"] == "an earlier lead became this account"


async def test_deleted_accounts_and_contacts_are_not_proposed(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    account_id = await add_account(tx, "远景科技有限公司")
    contact_id = await add_contact(tx, account_id, "王芳", phone="+8613800138000")
    lead_id = (await create(client, **LEAD))["id"]
    person = ContactState(contact_id=contact_id, account_id=account_id, name="王芳", deleted=True)
    gone = carried(CONTACT_COPY, ContactDeleted(contact=person), contact_id, sequence=2)
    await replicate(tx, CONTACT_COPY, [gone])
    assert (await proposals(client, lead_id))["contacts"] == []
    company = AccountState(account_id=account_id, name="远景科技有限公司", deleted=True)
    event = carried(ACCOUNT_COPY, AccountDeleted(account=company), account_id, sequence=2)
    await replicate(tx, ACCOUNT_COPY, [event])
    assert await proposals(client, lead_id) == {"accounts": [], "contacts": []}
    assert (await tx.execute(select(account_keys))).all() == []


async def test_a_renamed_account_is_found_by_its_new_name_only(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    account_id = await add_account(tx, "远景科技有限公司")
    lead_id = (await create(client, **LEAD))["id"]
    await add_account(tx, "示例商贸", account_id=account_id, sequence=2)
    assert (await proposals(client, lead_id))["accounts"] == []


async def test_the_copy_of_contacts_holds_no_phone_and_no_mail(tx: AsyncConnection) -> None:
    account_id = await add_account(tx, "远景科技")
    await add_contact(tx, account_id, "王芳", phone="+8613800138000", email="w@example.com")
    await add_contact(tx, account_id, "李雷")
    rows = [dict(row) for row in (await tx.execute(select(contacts))).mappings()]
    assert "13800138000" not in str(rows)
    assert "example.com" not in str(rows)
    digests = {row["name"]: (row["phone_digest"], row["email_digest"]) for row in rows}
    assert all(len(one) == 12 for one in digests["王芳"])
    assert digests["李雷"] == (None, None)


async def test_of_a_hidden_account_only_the_owner_is_shown(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    li, zheng = (sign_in(tenant, name, scope=SELLER) for name in ("li", "zheng"))
    account_id = await add_account(tx, "远景科技有限公司", owner_id=subject("zheng"))
    phone: dict[str, Any] = {"phone": "+8613800138000", "owner_id": subject("zheng")}
    await add_contact(tx, account_id, "王芳", **phone)
    lead_id = (await client.post("/leads", json=LEAD, headers=li)).json()["id"]
    found = await proposals(client, lead_id, headers=li)
    for kind in ("accounts", "contacts"):
        [hidden] = found[kind]
        assert (hidden["owner_id"], hidden["score"]) == (subject("zheng"), 100)
        assert hidden["owner_name"]
        others = {name: value for name, value in hidden.items() if name not in SHOWN}
        assert not any(others.values()), others
    assert problem(await client.get(f"/leads/{lead_id}/conversion-proposals", headers=zheng)) == (
        404,
        "LEAD_NOT_FOUND",
    )
    all_accounts = sign_in(tenant, "li", scope=f"{SELLER} l2o.account.all")
    seen = await proposals(client, lead_id, headers=all_accounts)
    assert seen["accounts"][0]["account_name"] == "远景科技有限公司"
    assert seen["contacts"][0]["contact_name"] == "王芳"


SHOWN = {"owner_id", "owner_name", "score", "is_same"}
