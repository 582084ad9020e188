"""The lists of the directory and the personal lists: filters, search, sorting, saved views."""

from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.org.tests.factories import (
    CALLER_NAME,
    add_person,
    codes,
    create_client,
    create_department,
    create_role,
    created,
    store_tenant,
)
from testkit import tokens


async def names(client: AsyncClient, path: str) -> list[str]:
    """Return the names in a list, or the titles or texts."""
    answer = await client.get(path)
    assert answer.status_code == 200, answer.text
    return [
        item.get("name") or item.get("title") or item["text"] for item in answer.json()["items"]
    ]


async def test_people_are_searched_filtered_and_sorted(client: AsyncClient) -> None:
    head = await add_person(client, "欧阳锋", phone="+8613800138000")
    team = await create_department(client)
    role = await create_role(client, "GUEST", "org.person.read")
    posts = {"posts": [{"department_id": team["id"]}], "role_ids": [role["id"]]}
    await add_person(client, "黄蓉", email="Rong@example.com", manager_id=head["id"], **posts)
    inactive = await add_person(client, "郭靖", manager_id=head["id"])
    await client.post(f"/people/{inactive['id']}/deactivate")
    for query, expected_names in {
        "q=oyf": ["欧阳锋"],
        "q=阳锋": ["欧阳锋"],
        "q=13800138000": ["欧阳锋"],
        "q=RONG@example.com": ["黄蓉"],
        f"department_id={team['id']}": ["黄蓉"],
        f"role_id={role['id']}": ["黄蓉"],
        f"manager_id={head['id']}": ["郭靖", "黄蓉"],
        f"manager_id={head['id']}&active=true": ["黄蓉"],
        "manager_id__isnull=true": ["欧阳锋", CALLER_NAME],
        "name__startswith=欧": ["欧阳锋"],
        "email=rong@example.com": ["黄蓉"],
        "phone__startswith=%2B86138": ["欧阳锋"],
        f"subject={inactive['id']}": ["郭靖"],
        "sort=created_at": [CALLER_NAME, "欧阳锋", "黄蓉", "郭靖"],
        "sort=-name&active=true": ["黄蓉", CALLER_NAME, "欧阳锋"],
        "created_at__lt=2020-01-01T00:00:00Z": [],
    }.items():
        assert await names(client, f"/people?{query}") == expected_names, query
    counted = (await client.get("/people?limit=1&include_total=true&fields=name,posts")).json()
    assert (counted["total"], set(counted["items"][0])) == (4, {"id", "name", "posts"})
    rong = (await client.get("/people?q=hr")).json()["items"][0]
    post = {"department_id": team["id"], "department_name": team["name"]}
    assert rong["posts"] == [{**post, "title": None, "primary": True}]
    assert rong["role_ids"] == [role["id"]]


async def test_search_words_follow_the_name_of_a_department(client: AsyncClient) -> None:
    department = await create_department(client, "华东大区", code="EAST-1")
    assert await names(client, "/departments?q=hddq") == ["华东大区"]
    assert await names(client, "/departments?q=east") == ["华东大区"]
    await client.patch(f"/departments/{department['id']}", json={"name": "华南大区"})
    assert await names(client, "/departments?q=华东") == []
    assert await names(client, "/departments?q=hndq&code__startswith=EA") == ["华南大区"]
    await client.delete(f"/departments/{department['id']}")
    assert await names(client, "/departments?q=hndq") == []


async def test_roles_teams_and_clients_are_searched_and_filtered(client: AsyncClient) -> None:
    await create_role(client, "CHANNEL", "mtl.lead.read")
    await create_role(client, "BUYER", "cpq.quote.read")
    assert await names(client, "/roles?sort=code&built_in=false") == ["Buyer", "Channel"]
    assert await names(client, "/roles?q=chan&code=CHANNEL") == ["Channel"]
    ann = await add_person(client, "Ann")
    team = created(
        await client.post("/teams", json={"name": "智慧园区", "member_ids": [ann["id"]]})
    )
    created(await client.post("/teams", json={"name": "B"}))
    assert await names(client, f"/teams?q=zhyq&member_id={ann['id']}") == ["智慧园区"]
    assert await names(client, "/teams?sort=name") == ["B", "智慧园区"]
    items = (await client.get("/teams?q=zhyq")).json()["items"]
    assert items == [team]
    await client.delete(f"/teams/{team['id']}")
    assert await names(client, "/teams?q=zhyq") == []
    await create_client(client, name="金蝶 ERP", client_id="kingdee")
    assert await names(client, "/clients?q=jd") == ["金蝶 ERP"]
    assert await names(client, "/clients?active=true&client_id__startswith=king") == ["金蝶 ERP"]
    assert await names(client, "/clients?active=false") == []


async def test_personal_lists_show_only_the_callers_rows(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await store_tenant(tx, tenant)
    other = tokens.bearer(tenant, sub=str(new_id()))
    for title, due in [("B", "2026-12-02"), ("A", "2026-12-01"), ("C", None)]:
        body = {"title": title, "due_date": due}
        created(await client.post("/tasks", json=body))
        created(await client.post("/tasks", json=body, headers=other))
    assert await names(client, "/tasks?sort=due_date") == ["A", "B", "C"]
    assert await names(client, "/tasks?due_date__lte=2026-12-01") == ["A"]
    assert await names(client, "/tasks?due_date__isnull=true&state=OPEN") == ["C"]
    assert (await client.get("/tasks?include_total=true&limit=1")).json()["total"] == 3
    for text, at in [("late", "2027-01-02T00:00:00Z"), ("soon", "2027-01-01T00:00:00Z")]:
        created(await client.post("/reminders", json={"text": text, "remind_at": at}))
    assert await names(client, "/reminders?sort=remind_at&sent=false") == ["soon", "late"]
    assert await names(client, "/reminders?remind_at__gt=2027-01-01T00:00:00Z") == ["late"]
    nothing = await client.get("/reminders", headers=other)
    assert nothing.json()["items"] == []
    assert (await client.get("/notifications?sort=created_at&unread=true")).json()["items"] == []


async def test_lists_take_saved_views_and_personal_lists_are_not_exported(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await store_tenant(tx, tenant)
    await add_person(client, "B")
    await add_person(client, "A")
    body = {"resource": "org.person", "name": "按姓名", "query": "sort=name", "fields": ["name"]}
    view = created(await client.post("/saved-views", json=body))
    items = (await client.get(f"/people?view={view['id']}")).json()["items"]
    assert [(set(item), item["name"]) for item in items] == [
        ({"id", "name"}, "A"),
        ({"id", "name"}, "B"),
        ({"id", "name"}, CALLER_NAME),
    ]
    own_view = {"resource": "org.task", "name": "待办", "query": "state=OPEN&sort=due_date"}
    view = created(await client.post("/saved-views", json=own_view))
    created(await client.post("/tasks", json={"title": "A"}))
    assert await names(client, f"/tasks?view={view['id']}") == ["A"]
    refused = await client.post("/exports", json={"resource": "org.task", "format": "CSV"})
    assert codes(refused) == {("/resource", "VALUE_UNKNOWN")}
    export = await client.post("/exports", json={"resource": "org.person", "format": "CSV"})
    assert export.status_code == 201, export.text


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("people?sort=email", {("?sort", "VALUE_UNKNOWN")}),
        ("people?department_id=x", {("?department_id", "ID_INVALID")}),
        ("people?fields=password", {("?fields", "VALUE_UNKNOWN")}),
        ("people?q=", {("?q", "TOO_SHORT")}),
        ("people?deleted=true", {("?deleted", "UNKNOWN_FIELD")}),
        ("people?custom.size=1", {("?custom.size", "UNKNOWN_FIELD")}),
        ("departments?parent_id=x", {("?parent_id", "ID_INVALID")}),
        ("roles?custom.size=1", {("?custom.size", "UNKNOWN_FIELD")}),
        ("teams?member_id=x", {("?member_id", "ID_INVALID")}),
        ("clients?secret=x", {("?secret", "UNKNOWN_FIELD")}),
        ("tasks?assignee=x", {("?assignee", "UNKNOWN_FIELD")}),
        ("tasks?state=GONE", {("?state", "VALUE_UNKNOWN")}),
        ("reminders?owner_id=x", {("?owner_id", "UNKNOWN_FIELD")}),
        ("notifications?unread=maybe", {("?unread", "TYPE_INVALID")}),
    ],
)
async def test_invalid_list_parameters_are_refused(
    client: AsyncClient, path: str, expected: set[tuple[str, str]]
) -> None:
    answer = await client.get(f"/{path}")
    assert answer.status_code == 422, answer.text
    assert codes(answer) == expected
