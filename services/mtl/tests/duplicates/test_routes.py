"""Leads that are like a stored one, or like one to be captured."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.mtl.tests.factories import create, finish_import
from testkit.directory import Company, sign_in

Token = Callable[..., str]
SELLER = "mtl.lead.read mtl.lead.write"
VISION = "杭州远景科技有限公司"


async def duplicates(client: AsyncClient, lead_id: str, **more: Any) -> list[dict[str, Any]]:
    answer = await client.get(f"/leads/{lead_id}/duplicates", **more)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["duplicates"]
    return items


async def check(client: AsyncClient, **body: Any) -> list[dict[str, Any]]:
    answer = await client.post("/leads/duplicate-check", json=body)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["duplicates"]
    return items


async def test_leads_of_one_company_find_each_other(client: AsyncClient) -> None:
    lead = await create(client, company=VISION, name="王芳")
    same = await create(client, company="遠景科技（杭州）股份有限公司", name="Wang Fang")
    colleague = await create(client, company="远景科技", name="李雷")
    await create(client, company="上海宏图物流有限公司", name="王芳")
    found = await duplicates(client, lead["id"], headers={"Accept-Language": "en"})
    assert [(one["lead_id"], one["score"], one["is_same"]) for one in found] == [
        (same["id"], 100, True),
        (colleague["id"], 70, False),
    ]
    assert found[0]["reasons"] == ["COMPANY_EQUAL", "PERSON_EQUAL"]
    assert found[0]["reason_text"] == "same company name; same person"
    [first, _] = await duplicates(client, same["id"], headers={"Accept-Language": "zh-CN"})
    assert (first["lead_id"], first["reason_text"]) == (lead["id"], "公司名称相同；姓名相同")


async def test_a_lead_is_compared_before_it_is_captured(client: AsyncClient) -> None:
    lead = await create(client, company=VISION, phone="138 0013 8000", email="w@example.com")
    [by_phone] = await check(client, phone="+86 138-0013-8000")
    assert (by_phone["lead_id"], by_phone["score"]) == (lead["id"], 100)
    assert by_phone["reasons"] == ["PHONE_EQUAL"]
    [by_company] = await check(client, company="远境科技", email="x@example.com")
    assert by_company["reasons"] == ["COMPANY_SOUNDS_EQUAL"]
    assert await check(client, company="宏图物流") == []
    empty = await client.post("/leads/duplicate-check", json={})
    assert (empty.status_code, empty.json()["errors"][0]["code"]) == (422, "LEAD_EMPTY")
    assert (await client.get("/leads")).json()["items"][0]["id"] == lead["id"]


async def test_edits_deletions_and_imports_are_followed(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    lead = await create(client, company="宏图物流")
    assert await check(client, company=VISION) == []
    edited = await client.patch(f"/leads/{lead['id']}", json={"company": "远景科技"})
    assert edited.status_code == 200, edited.text
    assert [one["lead_id"] for one in await check(client, company=VISION)] == [lead["id"]]
    assert (await client.delete(f"/leads/{lead['id']}")).status_code == 204
    assert await check(client, company=VISION) == []
    await finish_import(client, tx, tenant, "company,name\n远景科技集团,赵敏\n".encode())
    [imported] = await check(client, company=VISION, name="赵敏")
    assert imported["score"] == 100


async def test_of_a_hidden_lead_only_its_owner_is_shown(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    client.headers.update(sign_in(tenant, "li", scope=SELLER))
    lead = await create(client, company=VISION, name="王芳", phone="13800138000")
    client.headers.update(sign_in(tenant, "zheng", scope=SELLER))
    [hidden] = await check(client, phone="13800138000")
    assert hidden.pop("owner_name")
    assert hidden == {
        "lead_id": None,
        "name": None,
        "company": None,
        "status": None,
        "created_at": None,
        "owner_id": lead["owner_id"],
        "score": 100,
        "is_same": True,
        "reasons": [],
        "reason_text": None,
    }
    mine = await create(client, company="远景科技")
    [one] = await duplicates(client, mine["id"])
    assert (one["lead_id"], one["owner_id"]) == (None, lead["owner_id"])
    refused = await client.get(f"/leads/{lead['id']}/duplicates")
    assert (refused.status_code, refused.json()["code"]) == (404, "LEAD_NOT_FOUND")


async def test_the_leads_of_another_tenant_stay_unknown(client: AsyncClient, token: Token) -> None:
    await create(client, company=VISION, phone="13800138000")
    client.headers["Authorization"] = f"Bearer {token(tenant=str(new_id()))}"
    assert await check(client, company=VISION, phone="13800138000") == []
