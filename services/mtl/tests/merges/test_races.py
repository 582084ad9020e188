"""Merges at once with merges, edits, captures and touches, on a real PostgreSQL."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import func, select

from mtl.followups.store import follow_ups
from mtl.leads.store import leads
from mtl.leads.store.keys import lead_keys
from mtl.merges.store import lead_merges
from mtl.touches.store import lead_touches
from services.mtl.tests.factories import create, note
from services.mtl.tests.merges.factories import merge, merged, read, touch, undo
from testkit.plugin import Committed

PHONES = [f"138001380{n:02}" for n in range(20)]


async def rows(committed: Committed, tenant: UUID, query: Any) -> list[Any]:
    async with committed.app.begin(tenant) as tx:
        return list(await tx.execute(query))


async def test_of_two_opposite_merges_one_wins(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    client = committed_client
    for n in range(6):
        a, b = [await create(client, phone=PHONES[2 * n + i]) for i in range(2)]
        answers = await asyncio.gather(merge(client, a, b), merge(client, b, a))
        assert sorted(one.status_code for one in answers) == [200, 409]
        [refused] = [one for one in answers if one.status_code == 409]
        assert refused.json()["code"] == "LEAD_MERGED"
    open_leads = select(leads.c.id).where(leads.c.merged_into_id.is_(None))
    assert len(await rows(committed, tenant, open_leads)) == 6


async def test_a_ring_of_merges_leaves_one_survivor_and_no_circle(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    client = committed_client
    ring = [await create(client, phone=PHONES[n]) for n in range(6)]
    pairs = [(ring[n], ring[(n + 1) % 6]) for n in range(6)] * 2
    answers = await asyncio.gather(*(merge(client, *pair) for pair in pairs))
    assert {one.status_code for one in answers} <= {200, 409, 412}
    found = dict(await rows(committed, tenant, select(leads.c.id, leads.c.merged_into_id)))
    for lead_id in found:
        way = {lead_id}
        while (lead_id := found[lead_id]) is not None:
            assert lead_id not in way
            way.add(lead_id)


async def test_ten_equal_merges_and_ten_undos_are_one_each(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    client = committed_client
    a, b = [await create(client, phone=phone) for phone in PHONES[:2]]
    answers = await asyncio.gather(*(merge(client, a, b) for _ in range(10)))
    assert {one.status_code for one in answers} == {200}
    assert len({one.json()["id"] for one in answers}) == 1
    assert len(await rows(committed, tenant, select(lead_merges.c.id))) == 1
    undone = await asyncio.gather(*(undo(client, answers[0].json()["id"]) for _ in range(10)))
    assert Counter(one.status_code for one in undone) == {200: 10}
    assert {one.json()["version"] for one in undone} == {2}
    assert [(await read(client, one["id"]))["version"] for one in (a, b)] == [3, 3]


async def test_nothing_is_left_behind_by_what_happens_meanwhile(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Captures, touches, follow-ups and edits of the merged lead run beside its merge."""
    client = committed_client
    a, b = [await create(client, phone=phone) for phone in PHONES[:2]]
    calls = [
        *(client.post("/leads", json={"phone": PHONES[1]}) for _ in range(5)),
        *(client.post(f"/leads/{b['id']}/touches", json={"kind": "FORM"}) for _ in range(5)),
        *(
            client.post(
                "/follow-ups",
                json={"lead_id": b["id"], "kind": "CALL", "at": "2026-11-20T02:00:00Z"},
            )
            for _ in range(5)
        ),
    ]
    answers = await asyncio.gather(*calls[:7], merge(client, a, b), *calls[7:])
    assert answers[7].status_code == 200, answers[7].text
    assert {one.status_code for one in answers} <= {200, 201, 409}
    captures = [one for one in answers[:5] if one.status_code == 201]
    assert captures == []
    for table in (lead_touches, follow_ups, lead_keys):
        holders = await rows(committed, tenant, select(table.c.lead_id).distinct())
        assert {row.lead_id for row in holders} <= {UUID(a["id"])}
    counted = select(func.count()).select_from(follow_ups)
    [(number,)] = await rows(committed, tenant, counted)
    assert (await read(client, a["id"]))["follow_up_count"] == number


async def test_an_undo_beside_new_activities_splits_them_by_time(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    client = committed_client
    a, b = [await create(client, phone=phone) for phone in PHONES[:2]]
    await note(client, b["id"])
    await touch(client, b["id"])
    made = await merged(client, a, b)
    calls = (
        client.post(f"/leads/{a['id']}/touches", json={"kind": "FORM"})
        if n % 2
        else client.post(
            "/follow-ups",
            json={"lead_id": a["id"], "kind": "CALL", "at": "2026-11-20T02:00:00Z"},
        )
        for n in range(10)
    )
    undone, *others = await asyncio.gather(undo(client, made["id"]), *calls)
    assert undone.status_code == 200, undone.text
    assert {one.status_code for one in others} == {201}
    for lead, number in ((a, 5), (b, 1)):
        assert (await read(client, lead["id"]))["follow_up_count"] == number
        mine = select(lead_touches.c.id).where(lead_touches.c.lead_id == UUID(lead["id"]))
        assert len(await rows(committed, tenant, mine)) == number
