"""Concurrent edits, moves, deletions and restores on a real PostgreSQL."""

import asyncio
from collections import Counter
from uuid import UUID

from httpx import AsyncClient, Response
from sqlalchemy import select

from mtl.leads.store import leads
from mtl.leads.store.keys import lead_keys
from services.mtl.tests.factories import create
from testkit.plugin import Committed
from testkit.published import published_facts

PHONE = {"phone": "13800138000", "email": "w@example.com"}


async def count_events(committed: Committed, tenant: UUID) -> Counter[str]:
    async with committed.app.begin(tenant) as tx:
        return Counter(fact.type.split(".")[2] for fact in await published_facts(tx))


async def test_of_concurrent_changes_with_the_same_version_one_wins(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    path = f"/leads/{(await create(committed_client))['id']}"
    first = {"If-Match": '"1"'}
    answers = await asyncio.gather(
        *(
            committed_client.patch(path, json={"name": f"王芳 {n}"}, headers=first)
            for n in range(8)
        ),
        committed_client.post(f"{path}/qualify", headers=first),
        committed_client.post(f"{path}/disqualify", json={"reason": "SPAM"}, headers=first),
        committed_client.delete(path, headers=first),
    )
    tally = Counter(a.status_code for a in answers)
    assert tally[200] + tally[204] == 1
    assert set(tally) <= {200, 204, 404, 412}, "404 where the deletion won"
    assert sum((await count_events(committed, tenant)).values()) == 2


async def test_a_restore_and_captures_of_the_same_phone_leave_one_holder(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    lead = await create(committed_client, **PHONE)
    path = f"/leads/{lead['id']}"
    await committed_client.delete(path)
    captures = [committed_client.post("/leads", json=PHONE) for _ in range(8)]
    restores = [committed_client.post(f"{path}/restore") for _ in range(4)]
    answers = await asyncio.gather(*captures[:4], *restores, *captures[4:])
    restore_answers, capture_answers = answers[4:8], [*answers[:4], *answers[8:]]
    restored = {a.status_code for a in restore_answers} == {200}
    assert restored or {a.status_code for a in restore_answers} == {409}
    assert Counter(a.status_code for a in capture_answers)[201] == (0 if restored else 1)
    async with committed.app.begin(tenant) as tx:
        holders = set((await tx.execute(select(lead_keys.c.lead_id))).scalars())
        alive = select(leads.c.id).where(leads.c.deleted_at.is_(None))
        assert holders == set((await tx.execute(alive)).scalars())
        assert len(holders) == 1


async def test_concurrent_deletes_and_restores_are_serialized(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    path = f"/leads/{(await create(committed_client, **PHONE))['id']}"
    await asyncio.gather(
        *(
            committed_client.delete(path) if n % 2 else committed_client.post(f"{path}/restore")
            for n in range(12)
        )
    )
    counts = await count_events(committed, tenant)
    exists = (await committed_client.get(path)).status_code == 200
    assert counts["deleted"] - counts["restored"] == (0 if exists else 1)
    async with committed.app.begin(tenant) as tx:
        keys = (await tx.execute(select(lead_keys))).all()
    assert len(keys) == (2 if exists else 0)


async def test_leads_that_exchange_phones_and_emails_do_not_deadlock(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Each edit releases a key that another one requests; without lock order this deadlocks."""
    contacts = [{"phone": f"1380013800{n}", "email": f"{n}@example.com"} for n in range(4)]
    ids = [(await create(committed_client, **contact))["id"] for contact in contacts]

    async def edit(n: int) -> Response:
        patch = {
            "phone": contacts[(n + n // 4) % 4]["phone"] if n % 3 else None,
            "email": contacts[(n + 1) % 4]["email"] if n % 2 else None,
            "company": f"C{n}",
        }
        return await committed_client.patch(f"/leads/{ids[n % 4]}", json=patch)

    answers = await asyncio.gather(*(edit(n) for n in range(24)))
    assert {a.status_code for a in answers} <= {200, 409}
    async with committed.app.begin(tenant) as tx:
        keys_per_lead = Counter(row.lead_id for row in await tx.execute(select(lead_keys)))
        for row in await tx.execute(select(leads)):
            assert keys_per_lead[row.id] == (row.phone is not None) + (row.email is not None)
