"""Captures at the same time on a real PostgreSQL."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import func, select

from chassis.database.backbone_tables import outbox
from mtl.captures.store import captures as capture_rows
from mtl.leads.store import leads
from mtl.touches.store import lead_touches
from services.mtl.tests.channels.senders import (
    captures,
    issue_key,
    open_channel,
    send,
    send_batch,
)
from testkit.plugin import Committed

SPELLINGS = ("+86 138-0013-8000", "13800138000", "008613800138000", "１３８００１３８０００")


async def count(committed: Committed, tenant: UUID, table: Any) -> int:
    async with committed.app.begin(tenant) as tx:
        number: int = (await tx.execute(select(func.count()).select_from(table))).scalar_one()
        return number


async def events(committed: Committed, tenant: UUID) -> Counter[str]:
    async with committed.app.begin(tenant) as tx:
        return Counter((await tx.execute(select(outbox.c.type))).scalars())


async def keys_of_channels(
    client: AsyncClient, number: int, **fields: Any
) -> list[tuple[str, str]]:
    """Open channels: one key admits one request after the other, several race."""
    return [await open_channel(client, name=f"渠道 {n}", **fields) for n in range(number)]


async def test_twenty_captures_of_one_phone_are_one_lead(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    opened = await keys_of_channels(committed_client, 10)
    payloads = [{"name": f"王芳 {n}", "phone": SPELLINGS[n % 4]} for n in range(20)]
    answers = await asyncio.gather(
        *(
            send(committed_client, *opened[n % 10], payload, event_id=f"e-{n}")
            for n, payload in enumerate(payloads)
        )
    )
    assert Counter(each.status_code for each in answers) == {201: 20}
    stored = await captures(committed_client)
    assert Counter(each["outcome"] for each in stored) == {"ACCEPTED": 1, "ATTACHED": 19}
    assert len({each["lead_id"] for each in stored}) == 1
    assert await count(committed, tenant, leads) == 1
    assert await count(committed, tenant, lead_touches) == 20
    published = await events(committed, tenant)
    assert published["mtl.lead.captured.v1"] == 1
    assert published["mtl.lead_touch.recorded.v1"] == 20


async def test_one_event_twenty_times_is_one_capture(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    channel_id, first = await open_channel(committed_client)
    keys = [first, *[(await issue_key(committed_client, channel_id))["key"] for _ in range(9)]]
    payload = {"name": "王芳", "phone": "13800138000"}
    answers = await asyncio.gather(
        *(
            send(committed_client, channel_id, keys[n % 10], payload, event_id="e-1")
            for n in range(20)
        )
    )
    assert Counter(each.status_code for each in answers) == {201: 1, 200: 19}
    assert len({each.text for each in answers}) == 1
    assert await count(committed, tenant, capture_rows) == 1
    assert await count(committed, tenant, leads) == 1
    assert await count(committed, tenant, lead_touches) == 1


async def test_batches_with_the_same_people_in_other_orders_do_not_deadlock(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    opened = await keys_of_channels(committed_client, 4, duplicate_policy="MERGE")
    people = [
        {"phone": f"1380013800{n}", "email": f"p{n}@example.com", "need": f"需求 {n}"}
        for n in range(10)
    ]
    orders = [people, people[::-1], people[5:] + people[:5], people[::2] + people[1::2]]
    answers = await asyncio.gather(
        *(
            send_batch(
                committed_client,
                *opened[n],
                [{"payload": each, "event_id": f"e-{each['phone']}"} for each in order],
            )
            for n, order in enumerate(orders)
        )
    )
    assert Counter(each.status_code for each in answers) == {207: 4}
    results = [one for each in answers for one in each.json()["results"]]
    assert Counter(each["status"] for each in results) == {201: 40}
    assert await count(committed, tenant, leads) == 10
    assert await count(committed, tenant, lead_touches) == 40


async def test_ten_reviewers_approve_a_capture_once(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    channel_id, key = await open_channel(committed_client, gate={"required_fields": ["phone"]})
    await send(committed_client, channel_id, key, {"name": "王芳", "company": "远景科技"})
    [capture] = await captures(committed_client)
    path = f"/captures/{capture['id']}"
    answers = await asyncio.gather(
        *(committed_client.post(f"{path}/approve", json={}) for _ in range(5)),
        *(committed_client.post(f"{path}/reject", json={"note": f"{n}"}) for n in range(5)),
    )
    statuses = Counter(each.status_code for each in answers)
    assert statuses in ({200: 5, 409: 5}, {200: 1, 409: 9})
    final = (await captures(committed_client))[0]["outcome"]
    made = 1 if final == "ACCEPTED" else 0
    assert await count(committed, tenant, leads) == made
    assert (await events(committed, tenant))["mtl.lead.captured.v1"] == made


async def test_a_capture_of_a_lead_that_is_deleted_meanwhile_is_kept(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    opened = await keys_of_channels(committed_client, 5)
    first = {"phone": "13800138000", "name": "王芳"}
    lead = (await committed_client.post("/leads", json=first)).json()
    answers = await asyncio.gather(
        committed_client.delete(f"/leads/{lead['id']}"),
        *(send(committed_client, *each, first) for each in opened),
    )
    assert [each.status_code for each in answers] == [204, 201, 201, 201, 201, 201]
    stored = await captures(committed_client)
    assert len(stored) == 5
    assert {each["outcome"] for each in stored} <= {"ACCEPTED", "ATTACHED"}
