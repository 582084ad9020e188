"""Merges that are refused, with every violation, in both languages."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from services.mtl.tests.factories import create, create_qualified, problem, violations
from services.mtl.tests.merges.factories import merge, merged, read, three_leads, undo
from testkit.directory import Company, subject
from testkit.plugin import PublishedWork


async def test_converted_leads_are_not_merged(client: AsyncClient) -> None:
    converted = await create_qualified(client, company="远景科技")
    assert (await client.post(f"/leads/{converted}/convert", json={})).is_success
    lead, other = await read(client, converted), await create(client, company="远景")
    assert problem(await merge(client, lead, other)) == (409, "LEAD_CONVERTED")
    assert problem(await merge(client, other, lead)) == (409, "LEAD_CONVERTED")


async def test_an_invalid_lead_is_merged_but_without_its_contacts(client: AsyncClient) -> None:
    a, b, c = await three_leads(client)
    assert (await client.post(f"/leads/{c['id']}/disqualify", json={"reason": "SPAM"})).is_success
    invalid, now_free = await read(client, c["id"]), {"phone": "13800138002"}
    assert problem(await merge(client, invalid, a)) == (409, "SURVIVOR_INVALID")
    other = await create(client, **now_free)
    await merged(client, a, invalid)
    assert (await read(client, a["id"]))["other_phone"] is None
    refused = await client.post("/leads", json=now_free)
    assert refused.json()["params"]["lead_id"] == other["id"]
    assert b["version"] == 1


async def test_a_stale_copy_is_refused(client: AsyncClient) -> None:
    a, b, _ = await three_leads(client)
    assert (await client.patch(f"/leads/{b['id']}", json={"company": "远景"})).is_success
    stale = await merge(client, a, b, headers={"Accept-Language": "zh-CN"})
    assert problem(stale) == (409, "MERGED_LEAD_CHANGED")
    assert stale.json()["detail"] == "线索“远景”已被修改，请刷新预览后再合并。"
    b = await read(client, b["id"])
    assert problem(await merge(client, {**a, "version": 7}, b)) == (412, "STALE_COPY")
    made = await merged(client, a, b)
    assert problem(await undo(client, made["id"], '"2"')) == (412, "STALE_COPY")
    assert (await undo(client, made["id"])).status_code == 200
    assert (await undo(client, made["id"])).json()["version"] == 2


async def test_all_violations_are_named(client: AsyncClient) -> None:
    a, b, c = await three_leads(client)
    path = f"/leads/{a['id']}/merge/preview"
    twice = await client.post(path, json={"lead_ids": [b["id"], a["id"], b["id"]]})
    assert violations(twice) == {
        ("/lead_ids/1", "MERGED_LEAD_REPEATED"),
        ("/lead_ids/2", "MERGED_LEAD_REPEATED"),
    }
    pinned = {"owner_id": b["id"], "name": c["id"], "company": a["id"], "attributes.x": b["id"]}
    wrong = await client.post(path, json={"lead_ids": [b["id"]], "pinned": pinned})
    assert violations(wrong) == {
        ("/pinned/owner_id", "PINNED_FIELD_UNKNOWN"),
        ("/pinned/name", "PINNED_LEAD_UNKNOWN"),
        ("/pinned/company", "PINNED_VALUE_MISSING"),
        ("/pinned/attributes.x", "PINNED_VALUE_MISSING"),
    }


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"leads": []},
        {"leads": [{"lead_id": "x", "version": 1}]},
        {"leads": [{"lead_id": str(new_id()), "version": True}]},
        {"leads": [{"lead_id": str(new_id()), "version": 2**31}]},
        {"leads": [{"lead_id": str(new_id()), "version": 1}] * 20},
        {"leads": [{"lead_id": str(new_id()), "version": 1}], "pinned": {"": "x"}},
        {"leads": [{"lead_id": str(new_id()), "version": 1}], "more": 1},
    ],
)
async def test_a_wrong_body_is_refused(client: AsyncClient, body: dict[str, Any]) -> None:
    lead = await create(client)
    answer = await client.post(f"/leads/{lead['id']}/merge", json=body)
    assert answer.status_code == 422, answer.text
    assert all(one["message"] for one in answer.json()["errors"])


async def test_unknown_and_deleted_leads_are_not_found(client: AsyncClient) -> None:
    a, b, _ = await three_leads(client)
    unknown = {"id": str(new_id()), "version": 1}
    assert problem(await merge(client, a, unknown)) == (404, "LEAD_NOT_FOUND")
    assert (await client.delete(f"/leads/{b['id']}")).is_success
    assert problem(await merge(client, a, b)) == (404, "LEAD_NOT_FOUND")
    missing = await client.post(f"/merges/{new_id()}/undo")
    assert problem(missing) == (404, "MERGE_NOT_FOUND")


async def test_an_undo_is_refused_once_the_survivor_is_closed(client: AsyncClient) -> None:
    a, b, _ = await three_leads(client)
    made = await merged(client, a, b)
    assert (await client.delete(f"/leads/{a['id']}")).is_success
    assert problem(await undo(client, made["id"])) == (409, "LEAD_DELETED")
    for move in ("restore", "qualify", "convert"):
        assert (await client.post(f"/leads/{a['id']}/{move}")).is_success
    assert problem(await undo(client, made["id"])) == (409, "LEAD_CONVERTED")


async def test_the_tasks_of_merged_leads_are_settled_and_their_owners_learn_of_it(
    client: AsyncClient, tx: AsyncConnection, published_work: PublishedWork
) -> None:
    await Company(tx).build()
    li = subject("li")
    a = await create(client, company="远景科技")
    b = await create(client, company="远景", owner_id=li)
    made = await merged(client, a, b)
    steps = [(one.step, one.kind, one.person) for one in await published_work()]
    assert steps[-1] == ("notified", "LEAD_MERGED_AWAY", li)
    assert (await published_work())[
        -1
    ].message == "Your lead 远景 has been merged into another lead."
    await undo(client, made["id"])
    last = (await published_work())[-1]
    assert (last.step, last.kind, last.person) == ("raised", "WORK_LEAD", li)
