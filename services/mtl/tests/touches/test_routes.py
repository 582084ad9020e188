"""Touches over HTTP: the trail of a lead, which is only appended to."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mtl.touches.store import lead_touches
from services.mtl.tests.factories import create, problem, violations
from testkit.directory import Company, directory_id, sign_in
from testkit.plugin import Committed, PublishedFacts

SELLER = "mtl.lead.read mtl.lead.write"
VISIT = {
    "kind": "PAGE_VISIT",
    "at": "2026-11-20T02:00:00Z",
    "channel": "官网",
    "subject": "价格页",
    "payload": {"page": "/price"},
    "external_id": "web-1",
}


async def trail(client: AsyncClient, lead_id: str, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/leads/{lead_id}/touches?{query}")
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def test_a_touch_is_stored_and_published_and_leaves_the_lead_as_it_is(
    client: AsyncClient, published: PublishedFacts
) -> None:
    lead = await create(client)
    path = f"/leads/{lead['id']}/touches"
    answer = await client.post(path, json=VISIT)
    assert answer.status_code == 201, answer.text
    touch = answer.json()
    assert {name: touch[name] for name in VISIT} == VISIT
    assert touch["actor"] == lead["owner_id"]
    assert await trail(client, lead["id"]) == [touch]
    fact = (await published())[-1]
    assert (fact.type, fact.sequence) == ("mtl.lead_touch.recorded.v1", 1)
    said = {"lead_id": lead["id"], "touch_id": touch["id"], "payload": {"page": "/price"}}
    assert {name: fact.payload[name] for name in said} == said
    assert (await client.get(f"/leads/{lead['id']}")).json() == lead


async def test_the_same_touch_again_answers_the_first_and_another_one_is_refused(
    client: AsyncClient,
) -> None:
    lead_id = (await create(client))["id"]
    path = f"/leads/{lead_id}/touches"
    first = await client.post(path, json=VISIT)
    again = await client.post(path, json=VISIT)
    assert (again.status_code, again.json()) == (200, first.json())
    without_time = {name: value for name, value in VISIT.items() if name != "at"}
    assert (await client.post(path, json=without_time)).status_code == 200
    changes: list[dict[str, Any]] = [
        {"kind": "FORM"},
        {"payload": {}},
        {"at": "2026-11-20T02:00:01Z"},
    ]
    for change in changes:
        refused = await client.post(path, json=VISIT | change)
        assert problem(refused) == (409, "TOUCH_RECORDED_OTHERWISE")
    other = (await create(client, company="星辰能源"))["id"]
    assert (await client.post(f"/leads/{other}/touches", json=VISIT)).status_code == 201
    for _ in "12":  # without an external id each one is a touch of its own
        assert (await client.post(path, json={"kind": "CALL"})).status_code == 201
    assert len(await trail(client, lead_id)) == 3


async def test_the_trail_is_paged_newest_first_and_filtered_by_kind(client: AsyncClient) -> None:
    lead_id = (await create(client))["id"]
    days = (3, 1, 5, 2, 4)
    for day in days:
        kind = "MAIL" if day % 2 else "CALL"
        body = {"kind": kind, "at": f"2026-11-{day:02}T02:00:00Z"}
        assert (await client.post(f"/leads/{lead_id}/touches", json=body)).status_code == 201
    found: list[str] = []
    query = "limit=2"
    while query:
        answer = (await client.get(f"/leads/{lead_id}/touches?{query}")).json()
        found += [one["at"][8:10] for one in answer["items"]]
        cursor = answer["next_cursor"]
        query = f"limit=2&cursor={cursor}" if cursor else ""
    assert found == ["05", "04", "03", "02", "01"]
    mails = await trail(client, lead_id, "kind=MAIL")
    assert [one["at"][8:10] for one in mails] == ["05", "03", "01"]


async def test_bad_touches_are_refused_with_every_violation(client: AsyncClient) -> None:
    lead_id = (await create(client))["id"]
    path = f"/leads/{lead_id}/touches"
    body = {
        "kind": "FAX",
        "at": "soon",
        "channel": "x" * 101,
        "payload": {str(n): "x" for n in range(51)},
        "extra": 1,
    }
    refused = await client.post(path, json=body)
    assert refused.status_code == 422
    pointers = {pointer for pointer, _ in violations(refused)}
    assert pointers == {"/kind", "/at", "/channel", "/payload", "/extra"}
    nested = await client.post(path, json={"kind": "FORM", "payload": {"a": {"b": 1}}})
    assert nested.status_code == 422
    late = await client.post(path, json={"kind": "FORM", "at": "2999-01-01T00:00:00Z"})
    assert violations(late) == {("/at", "INSTANT_IN_FUTURE")}
    assert await trail(client, lead_id) == []


async def test_only_who_may_change_the_lead_adds_to_its_trail(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID
) -> None:
    await Company(tx).build()
    li, wang, bei = (sign_in(tenant, name, scope=SELLER) for name in ("li", "wang", "bei"))
    lead_id = (await client.post("/leads", json={"company": "x"}, headers=li)).json()["id"]
    path = f"/leads/{lead_id}/touches"
    share = f"/leads/{lead_id}/shares/PERSON/{directory_id('wang')}"
    assert (await client.put(share, json={}, headers=li)).status_code == 200
    refused = await client.post(path, json=VISIT, headers=wang)
    assert problem(refused) == (403, "RECORD_READ_ONLY")
    assert (await client.get(path, headers=wang)).status_code == 200
    hidden = [await client.post(path, json=VISIT, headers=bei), await client.get(path, headers=bei)]
    assert [problem(one) for one in hidden] == [(404, "LEAD_NOT_FOUND")] * 2


async def test_a_deleted_lead_keeps_its_trail_and_gets_no_touch(client: AsyncClient) -> None:
    lead_id = (await create(client))["id"]
    path = f"/leads/{lead_id}/touches"
    await client.post(path, json=VISIT)
    await client.delete(f"/leads/{lead_id}")
    assert problem(await client.post(path, json=VISIT)) == (404, "LEAD_NOT_FOUND")
    assert len(await trail(client, lead_id)) == 1


async def test_twenty_equal_touches_at_once_are_one_row(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    lead_id = (await create(committed_client))["id"]
    path = f"/leads/{lead_id}/touches"
    answers = await asyncio.gather(*(committed_client.post(path, json=VISIT) for _ in range(20)))
    assert Counter(one.status_code for one in answers) == {201: 1, 200: 19}
    assert len({one.json()["id"] for one in answers}) == 1
    async with committed.app.begin(tenant) as tx:
        rows = await tx.execute(select(func.count()).select_from(lead_touches))
        assert rows.scalar_one() == 1
