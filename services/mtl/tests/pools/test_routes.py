"""Pools: who is a member, what members see, and that nothing tells them what is hidden."""

from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mtl.tests.factories import problem, violations
from services.mtl.tests.pools.factories import make_pool, put_in, signed_in
from testkit.directory import Company, directory_id
from testkit.plugin import PublishedFacts

PERSON = {
    "name": "王芳",
    "company": "星辰能源",
    "phone": "13800138000",
    "email": "wang@example.com",
    "region_code": "330106",
    "industry": "能源",
    "source": "展会",
    "attributes": {"兴趣": "CRM"},
}


@pytest.fixture(autouse=True)
async def company(tx: AsyncConnection) -> Company:
    return await Company(tx).build()


async def seen(client: AsyncClient, path: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    answer = await client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_pool_names_its_members_and_admins(client: AsyncClient) -> None:
    pool_id = await make_pool(
        client, "li", "team B", admin_ids=[str(directory_id("sun"))], daily_claim_limit=5
    )
    pool = (await client.get(f"/pools/{pool_id}")).json()
    names = [(one["person_name"], one["department_name"]) for one in pool["members"]]
    assert names == [("li", None), (None, "team B")]
    assert pool["admin_names"] == ["sun"]
    assert pool["hidden_fields"][0] == "phone"
    sent_back = {name: pool[name] for name in ("members", "admin_ids", "hidden_fields")}
    same = await client.patch(f"/pools/{pool_id}", json=sent_back)
    assert (same.status_code, same.json()["version"]) == (200, 1)


async def test_who_left_is_shown_as_such_and_cannot_be_picked(
    client: AsyncClient, company: Company
) -> None:
    admin_ids = [str(directory_id(one)) for one in ("sun", "li")]
    pool_id = await make_pool(client, "li", "zhou", "team B", admin_ids=admin_ids)
    await company.person("li", "team A", active=False)
    for pool in (
        (await client.get(f"/pools/{pool_id}")).json(),
        (await client.get("/pools")).json()["items"][0],
    ):
        active = [(one["person_active"], one["department_active"]) for one in pool["members"]]
        assert active == [(False, None), (True, None), (None, True)]
        assert (pool["admin_names"], pool["admin_active"]) == (["sun", "li"], [True, False])
    kept = await client.patch(f"/pools/{pool_id}", json={"members": pool["members"]})
    assert (kept.status_code, kept.json()["version"]) == (200, 1)
    lead_id = await put_in(client, pool_id)
    given = {"lead_ids": [lead_id], "owner_id": str(directory_id("li"))}
    refused = await client.post(f"/pools/{pool_id}/assign", json=given)
    assert violations(refused) == {("/owner_id", "OWNER_INACTIVE")}
    body = {"name": "b", "members": [{"person_id": str(directory_id("li"))}]}
    assert violations(await client.post("/pools", json=body)) == {("/members/0", "GRANTEE_UNKNOWN")}


async def test_everything_wrong_with_a_pool_is_said_at_once(client: AsyncClient) -> None:
    nobody = str(directory_id("nobody"))
    both = {"person_id": nobody, "department_id": nobody}
    body = {"name": "", "members": [both, {}], "hidden_fields": ["phone", "owner_id"]}
    refused = await client.post("/pools", json=body)
    assert violations(refused) == {
        ("/name", "TOO_SHORT"),
        ("/members/0", "POOL_MEMBER_NOT_ONE"),
        ("/members/1", "POOL_MEMBER_NOT_ONE"),
        ("/hidden_fields/1", "VALUE_UNKNOWN"),
    }
    unknown = {"name": "x", "members": [{"person_id": nobody}], "admin_ids": [nobody]}
    assert violations(await client.post("/pools", json=unknown)) == {
        ("/members/0", "GRANTEE_UNKNOWN"),
        ("/admin_ids/0", "GRANTEE_UNKNOWN"),
    }


async def test_who_has_left_may_stay_a_member_but_not_become_one(
    client: AsyncClient, company: Company
) -> None:
    pool_id = await make_pool(client, "li")
    await company.person("li", active=False)
    renamed = await client.patch(f"/pools/{pool_id}", json={"name": "华南公海"})
    assert renamed.status_code == 200, renamed.text
    body = {"name": "x", "members": [{"person_id": str(directory_id("li"))}]}
    assert violations(await client.post("/pools", json=body)) == {("/members/0", "GRANTEE_UNKNOWN")}


async def test_members_see_what_waits_without_the_hidden_fields(
    client: AsyncClient, tenant: UUID
) -> None:
    pool_id = await make_pool(
        client, "team A", hidden_fields=["phone", "email", "region_code", "attributes"]
    )
    lead_id = await put_in(client, pool_id, **PERSON)
    [lead] = await seen(client, f"/pools/{pool_id}/leads", signed_in(tenant, "li"))
    assert (lead["id"], lead["name"], lead["company"]) == (lead_id, "王芳", "星辰能源")
    hidden = [lead[one] for one in ("phone", "email", "region_code", "region_name", "attributes")]
    assert hidden == [None, None, None, None, {}]
    assert lead["hidden_fields"] == ["attributes", "email", "phone", "region_code"]
    assert lead["pool_name"] == "华东公海"
    for name in ("zheng", "wang", "bei"):
        others = await client.get(f"/pools/{pool_id}/leads", headers=signed_in(tenant, name))
        assert problem(others) == (404, "POOL_NOT_FOUND")


async def test_members_learn_nothing_hidden_by_filter_sort_or_count(
    client: AsyncClient, tenant: UUID
) -> None:
    """A refusal says the same whether or not a lead would have been found."""
    pool_id = await make_pool(client, "li", hidden_fields=["region_code", "company", "source"])
    await put_in(client, pool_id, **PERSON)
    li, path = signed_in(tenant, "li"), f"/pools/{pool_id}/leads"
    for query in (
        "region_code=330106",
        "region_code=110000",
        "region_code__startswith=33",
        "region_code__isnull=true",
        "company=星辰能源",
        "source__in=展会,官网",
        "sort=company",
        "sort=-company",
        "count_by=source",
    ):
        name = query.partition("=")[0]
        refused = await client.get(f"{path}?{query}", headers=li)
        assert violations(refused) == {(f"?{name}", "FIELD_HIDDEN")}, query
    for query in ("q=王芳", "phone=13800138000", "email=wang@example.com", "name=王芳"):
        refused = await client.get(f"{path}?{query}", headers=li)
        assert refused.status_code == 422, query
    gone = await client.get(f"{path}?deleted=true", headers=li)
    assert violations(gone) == {("?deleted", "POOL_ADMIN_NEEDED")}
    [by_shown] = await seen(client, f"{path}?industry=能源", li)
    assert by_shown["source"] is None
    [chosen] = await seen(client, f"{path}?fields=source,company", li)
    assert (chosen["source"], chosen["company"]) == (None, None)


async def test_no_other_route_shows_a_pool_lead_to_a_member(
    client: AsyncClient, tenant: UUID
) -> None:
    """Lists, search, counts, figures, timelines, access, audit and duplicates know no members."""
    pool_id = await make_pool(client, "li")
    lead_id = await put_in(client, pool_id, **PERSON)
    li = signed_in(tenant, "li", "mtl.lead.read mtl.lead.write mtl.follow_up.read mtl.rule.read")
    for query in ("", f"pool_id={pool_id}", "q=王芳", "phone=13800138000", "owner_id__isnull=true"):
        assert await seen(client, f"/leads?{query}", li) == []
    body = {"filter_groups": [{"filters": {"phone": "13800138000"}}]}
    found = await client.post("/leads/search", json=body, headers=li)
    assert found.json().get("items", []) == []
    for verb in (
        "",
        "/timeline",
        "/history",
        "/audit",
        "/access",
        "/owners",
        "/moves",
        "/touches",
        "/duplicates",
        "/rule-sets/lead_score/explanation",
        "/rule-sets/lead_assignment/explanation",
    ):
        hidden = await client.get(f"/leads/{lead_id}{verb}", headers=li)
        assert problem(hidden) == (404, "LEAD_NOT_FOUND"), verb
    check = {"company": "星辰能源", "phone": "13800138000"}
    [like] = (await client.post("/leads/duplicate-check", json=check, headers=li)).json()[
        "duplicates"
    ]
    assert (like["lead_id"], like["name"], like["owner_id"]) == (None, None, None)
    refused = await client.post("/leads", json=check, headers=li)
    assert problem(refused) == (409, "LEAD_DUPLICATE_HIDDEN")
    for method, verb, sent in (
        ("PATCH", "", {"company": "A"}),
        ("DELETE", "", None),
        ("POST", "/qualify", None),
        ("POST", "/return", {"reason": "x"}),
    ):
        written = await client.request(method, f"/leads/{lead_id}{verb}", json=sent, headers=li)
        assert problem(written) == (404, "LEAD_NOT_FOUND"), verb


async def test_admins_see_the_leads_of_their_pool_in_full_everywhere(
    client: AsyncClient, tenant: UUID
) -> None:
    pool_id = await make_pool(client, "li", admin_ids=[str(directory_id("zheng"))])
    other = await make_pool(client, "li")
    lead_id = await put_in(client, pool_id, **PERSON)
    await put_in(client, other)
    zheng = signed_in(tenant, "zheng")
    [waiting] = await seen(client, f"/pools/{pool_id}/leads?region_code=330106", zheng)
    assert (waiting["phone"], waiting["hidden_fields"]) == ("+8613800138000", [])
    [listed] = await seen(client, "/leads?q=13800138000", zheng)
    assert (listed["id"], listed["pool_name"]) == (lead_id, "华东公海")
    [in_pool] = await seen(client, f"/leads?pool_id={pool_id}", zheng)
    assert in_pool["id"] == lead_id
    edited = await client.patch(f"/leads/{lead_id}", json={"need": "CRM"}, headers=zheng)
    assert edited.status_code == 200
    access = (await client.get(f"/leads/{lead_id}/access", headers=zheng)).json()
    assert [one["under"] for one in access["mine"]["reasons"]] == ["mtl.pool"]
    replaced = {"admin_ids": [str(directory_id("zhou"))]}
    assert (await client.patch(f"/pools/{pool_id}", json=replaced)).status_code == 200
    assert problem(await client.get(f"/leads/{lead_id}", headers=zheng)) == (404, "LEAD_NOT_FOUND")
    assert len(await seen(client, "/leads", signed_in(tenant, "zhou"))) == 1


async def test_a_lead_begins_in_one_place(client: AsyncClient) -> None:
    pool_id = await make_pool(client, active=False)
    unknown = await client.post("/leads", json={"company": "a", "pool_id": pool_id})
    assert violations(unknown) == {("/pool_id", "POOL_UNKNOWN")}
    both = await client.post("/leads", json={"company": "a", "pool_id": pool_id, "assign": True})
    assert violations(both) == {("", "LEAD_PLACES")}


async def test_a_put_by_external_id_leaves_a_lead_in_its_pool(client: AsyncClient) -> None:
    pool_id = await make_pool(client)
    path = "/leads/by-external-id/erp/7"
    put = await client.put(path, json={"company": "a", "pool_id": pool_id})
    assert (put.status_code, put.json()["pool_id"]) == (201, pool_id)
    again = (await client.put(path, json={"company": "b"})).json()
    assert (again["company"], again["pool_id"], again["owner_id"]) == ("b", pool_id, None)


async def test_the_events_of_a_pool_carry_its_members(
    client: AsyncClient, published: PublishedFacts
) -> None:
    await make_pool(client, "li", "team A")
    [created] = await published()
    assert created.type == "mtl.pool.created.v1"
    assert created.payload["pool"]["members"] == [
        {"person_id": str(directory_id("li")), "department_id": None},
        {"person_id": None, "department_id": str(directory_id("team A"))},
    ]
