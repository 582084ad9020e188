"""The HTTP API of activities: what they say, who takes part, what is refused, and the lists."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import outbox
from services.l2o.tests.activities.calling import (
    AT,
    account,
    ids,
    make,
    opportunity,
    problem,
    read,
    record,
    violations,
)
from testkit.directory import Company, subject


async def test_an_activity_shows_who_took_part_by_name(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    await Company(tx).build()
    account_id = await account(client)
    opportunity_id = await opportunity(client, account_id)
    people = [
        await make(client, "/contacts", {"account_id": account_id, "name": name})
        for name in ("王芳", "赵敏")
    ]
    made = await record(
        client,
        account_id,
        kind="MEETING",
        opportunity_id=opportunity_id,
        duration_minutes=60,
        result="POSITIVE",
        subject="季度回顾",
        body="客户计划明年扩容",
        guests="钱工",
        contact_ids=[people[1]["id"], people[0]["id"], people[1]["id"]],
        participant_ids=[subject("zhou"), subject("li")],
        next_step="发送方案",
        next_step_on="2026-12-03",
    )
    shown = await read(client, f"/activities/{made['id']}")
    assert shown["account_name"] == "上海测试有限公司"
    assert shown["opportunity_name"] == "2027 年度采购"
    assert dict(zip(shown["contact_ids"], shown["contact_names"], strict=True)) == {
        one["id"]: one["name"] for one in people
    }
    assert sorted(shown["participant_names"]) == ["li", "zhou"]
    assert (shown["duration_minutes"], shown["guests"], shown["version"]) == (60, "钱工", 1)
    assert shown["owner_id"] == "01990000-0000-7000-8000-000000000001"
    [listed] = (await read(client, f"/activities?account_id={account_id}"))["items"]
    assert listed == shown


async def test_people_come_and_go_by_a_patch(client: AsyncClient, tx: AsyncConnection) -> None:
    await Company(tx).build()
    account_id = await account(client)
    first, second = [
        (await make(client, "/contacts", {"account_id": account_id, "name": name}))["id"]
        for name in ("王芳", "赵敏")
    ]
    made = await record(client, account_id, contact_ids=[first], participant_ids=[subject("li")])
    path = f"/activities/{made['id']}"
    edit = {"contact_ids": [second], "participant_ids": [subject("li"), subject("zhou")]}
    edited = (await client.patch(path, json=edit)).json()
    assert edited["contact_ids"] == [second]
    assert edited["participant_ids"] == sorted([subject("li"), subject("zhou")])
    again = await client.patch(path, json=edit)
    assert again.json()["version"] == edited["version"] == 2
    assert await ids(client, f"/activities?contact_id={first}") == []
    assert await ids(client, f"/activities?contact_id={second}") == [made["id"]]
    assert await ids(client, f"/activities?participant_id={subject('zhou')}") == [made["id"]]
    # A contact that was deleted since stays, and cannot be named anew.
    assert (await client.delete(f"/contacts/{second}")).status_code == 204
    assert (await client.patch(path, json={"subject": "x"})).status_code == 200
    refused = await client.patch(path, json={"contact_ids": []})
    assert refused.status_code == 200
    refused = await client.patch(path, json={"contact_ids": [second]})
    assert violations(refused) == {("/contact_ids/0", "CONTACT_UNKNOWN")}


async def test_all_that_is_wrong_is_said_at_once(client: AsyncClient, tx: AsyncConnection) -> None:
    await Company(tx).build()
    account_id, other = await account(client), await account(client, "北京测试有限公司")
    stranger = await make(client, "/contacts", {"account_id": other, "name": "李芳"})
    body = {
        "account_id": account_id,
        "opportunity_id": await opportunity(client, other),
        "kind": "CALL",
        "at": AT,
        "contact_ids": [stranger["id"]],
        "participant_ids": ["nobody"],
    }
    refused = await client.post("/activities", json=body)
    assert refused.status_code == 422
    assert violations(refused) == {
        ("/opportunity_id", "OPPORTUNITY_UNKNOWN"),
        ("/contact_ids/0", "CONTACT_UNKNOWN"),
        ("/participant_ids/0", "PARTICIPANT_UNKNOWN"),
    }
    refused = await client.post("/activities", json={**body, "account_id": str(uuid4())})
    assert ("/account_id", "ACCOUNT_UNKNOWN") in violations(refused)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"kind": "FAX"}, "/kind"),
        ({"at": "2999-01-01T00:00:00Z"}, "/at"),
        ({"at": "yesterday"}, "/at"),
        ({"duration_minutes": 0}, "/duration_minutes"),
        ({"duration_minutes": 1441}, "/duration_minutes"),
        ({"duration_minutes": "60"}, "/duration_minutes"),
        ({"subject": "x" * 201}, "/subject"),
        ({"subject": " "}, "/subject"),
        ({"contact_ids": None}, "/contact_ids"),
        ({"next_step_on": "2026-02-30"}, "/next_step_on"),
        ({"owner": "li"}, "/owner"),
    ],
)
async def test_wrong_values_are_refused(
    client: AsyncClient, fields: dict[str, Any], pointer: str
) -> None:
    body = {"account_id": await account(client), "kind": "CALL", "at": AT, **fields}
    refused = await client.post("/activities", json=body)
    assert refused.status_code == 422, refused.text
    assert [one for one, _ in violations(refused)] == [pointer]


async def test_the_account_is_fixed_and_another_opportunity_is_one_of_it(
    client: AsyncClient,
) -> None:
    first, second = await account(client), await account(client, "北京测试有限公司")
    path = "/activities/by-external-id/crm/1"
    body = {"account_id": first, "kind": "CALL", "at": AT}
    made = await client.put(path, json=body)
    assert made.status_code == 201
    refused = await client.put(path, json={**body, "account_id": second})
    assert violations(refused) == {("/account_id", "ACCOUNT_FIXED")}
    mine = await opportunity(client, first)
    edited = await client.patch(f"/activities/{made.json()['id']}", json={"opportunity_id": mine})
    assert edited.json()["opportunity_id"] == mine


async def test_while_the_account_is_deleted_its_activities_are_only_read_or_deleted(
    client: AsyncClient,
) -> None:
    account_id = await account(client)
    path = f"/activities/{(await record(client, account_id, next_step='x'))['id']}"
    assert (await client.delete(f"/accounts/{account_id}")).status_code == 204
    body = {"account_id": account_id, "kind": "CALL", "at": AT}
    refused = await client.post("/activities", json=body)
    assert violations(refused) == {("/account_id", "ACCOUNT_UNKNOWN")}
    for answer in (
        await client.patch(path, json={"subject": "x"}),
        await client.post(f"{path}/complete"),
    ):
        assert problem(answer) == (409, "ACCOUNT_DELETED")
    assert (await client.get(path)).status_code == 200
    assert (await client.delete(path)).status_code == 204
    assert problem(await client.post(f"{path}/restore")) == (409, "ACCOUNT_DELETED")


async def test_the_next_step_is_done_once_and_another_one_is_open_again(
    client: AsyncClient,
) -> None:
    account_id = await account(client)
    path = f"/activities/{(await record(client, account_id, next_step='寄样品'))['id']}"
    done = (await client.post(f"{path}/complete")).json()
    assert (await client.post(f"{path}/complete")).json() == done
    assert (done["version"], done["next_step_done_at"] is None) == (2, False)
    edited = (await client.patch(path, json={"body": "样品已寄出"})).json()
    assert edited["next_step_done_at"] == done["next_step_done_at"]
    edited = (await client.patch(path, json={"next_step": "询问样品"})).json()
    assert edited["next_step_done_at"] is None
    without = await record(client, account_id)
    refused = await client.post(f"/activities/{without['id']}/complete")
    assert problem(refused) == (409, "NEXT_STEP_MISSING")
    zh = await client.post(
        f"/activities/{without['id']}/complete", headers={"Accept-Language": "zh-CN"}
    )
    assert zh.json()["detail"] == "没有下一步，无法标记完成。"


async def test_the_overdue_next_steps_of_a_person_are_one_list(client: AsyncClient) -> None:
    account_id = await account(client)
    days = ("2026-12-03", "2026-12-01", "2026-12-02", "2026-11-30")
    made = [await record(client, account_id, next_step_on=day) for day in days]
    await record(client, account_id)
    await client.post(f"/activities/{made[3]['id']}/complete")
    overdue = (
        f"/activities?owner_id={made[0]['owner_id']}"
        "&next_step_on__lte=2026-12-02&done=false&sort=next_step_on"
    )
    assert await ids(client, overdue) == [made[1]["id"], made[2]["id"]]
    assert await ids(client, "/activities?done=true") == [made[3]["id"]]


async def test_activities_are_counted_by_day_of_the_tenant_and_person(client: AsyncClient) -> None:
    account_id = await account(client)
    # Shanghai is 8 hours ahead: the first instant of the 20th, and the last one before it.
    await record(client, account_id, at="2026-11-19T16:00:00Z", duration_minutes=20)
    await record(client, account_id, at="2026-11-19T15:59:59Z")
    await record(client, account_id, at="2026-11-20T15:59:59Z", duration_minutes=25)
    gone = await record(client, account_id, at="2026-11-20T02:00:00Z")
    await client.delete(f"/activities/{gone['id']}")
    await record(client, account_id, at="2026-11-20T03:00:00Z", kind="VISIT")
    rows = (await read(client, "/activities/by-day?from=2026-11-20&to=2026-11-21"))["rows"]
    shown = [(row["day"], row["kind"], row["count"], row["minutes"]) for row in rows]
    assert shown == [("2026-11-20", "CALL", 2, 45), ("2026-11-20", "VISIT", 1, 0)]
    empty = await client.get("/activities/by-day?from=2026-11-20&to=2026-11-20")
    assert violations(empty) == {("?to", "PERIOD_EMPTY")}


async def test_events_carry_the_whole_activity(client: AsyncClient, tx: AsyncConnection) -> None:
    account_id = await account(client)
    contact = await make(client, "/contacts", {"account_id": account_id, "name": "王芳"})
    made = await record(client, account_id, next_step="寄样品", contact_ids=[contact["id"]])
    path = f"/activities/{made['id']}"
    await client.post(f"{path}/complete")
    await client.delete(path)
    await client.post(f"{path}/restore")
    query = select(outbox.c.type, outbox.c.aggversion, outbox.c.payload)
    mine = outbox.c.aggregateid == UUID(made["id"])
    rows = (await tx.execute(query.where(mine).order_by(outbox.c.seq))).all()
    facts = ["created", "changed", "deleted", "restored"]
    assert [row.type for row in rows] == [f"l2o.activity.{fact}.v1" for fact in facts]
    assert [row.aggversion for row in rows] == [1, 2, 3, 4]
    state = rows[-1].payload["activity"]
    assert (state["account_id"], state["next_step"], state["deleted"]) == (
        account_id,
        "寄样品",
        False,
    )
    assert state["contact_ids"] == [contact["id"]]
