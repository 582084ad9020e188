"""Claims at the same moment, on a real PostgreSQL."""

import asyncio
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select

from chassis.records.access.tables import owner_changes
from chassis.web.commands import Command
from mtl.claims.store import lead_claims
from mtl.leads.actions.records import capture_leads
from mtl.leads.store import leads
from services.mtl.tests.factories import NOON, make_lead
from services.mtl.tests.pools.factories import make_pool, put_in, set_quota, signed_in
from testkit.directory import Company, subject
from testkit.plugin import Committed


@pytest.fixture(autouse=True)
async def company(committed: Committed, tenant: UUID, committed_client: AsyncClient) -> None:
    async with committed.app.begin(tenant) as tx:
        await Company(tx).build()


async def fill(committed: Committed, tenant: UUID, pool_id: str | None, count: int) -> list[str]:
    """Capture so many leads into a pool, or for li, in one transaction; return their ids."""
    place: dict[str, Any] = {"owner_id": subject("li")}
    if pool_id is not None:
        place = {"owner_id": None, "pool_id": UUID(pool_id)}
    async with committed.app.begin(tenant) as tx:
        new = [make_lead(company=f"公司{n}", **place) for n in range(count)]
        await capture_leads(Command(tx, NOON, actor="test"), new)
    return [str(lead.id) for lead in new]


async def number(committed: Committed, tenant: UUID, *conditions: Any) -> int:
    async with committed.app.begin(tenant) as tx:
        query = select(func.count()).select_from(leads).where(*conditions)
        found: int = (await tx.execute(query)).scalar_one()
        return found


async def test_of_ten_who_claim_one_lead_one_gets_it(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    pool_id = await make_pool(committed_client, "team A", "team B")
    lead_id = await put_in(committed_client, pool_id)
    people = [signed_in(tenant, name) for name in ("li", "zhou", "zheng")]
    answers = await asyncio.gather(
        *(
            committed_client.post(f"/leads/{lead_id}/claim", headers=people[n % 3])
            for n in range(12)
        )
    )
    by_person = [Counter(a.status_code for a in answers[n::3]) for n in range(3)]
    assert sorted(map(dict, by_person), key=str) == [{200: 4}, {409: 4}, {409: 4}]
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"LEAD_CLAIMED"}
    async with committed.app.begin(tenant) as tx:
        assert (await tx.execute(select(func.count()).select_from(lead_claims))).scalar_one() == 1
        assert (await tx.execute(select(func.count()).select_from(owner_changes))).scalar_one() == 1


async def test_with_49_of_50_one_of_ten_parallel_claims_succeeds(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    await set_quota(committed_client, person="li", holding_limit=50)
    pool_id = await make_pool(committed_client, "li")
    await fill(committed, tenant, None, 49)
    waiting = await fill(committed, tenant, pool_id, 10)
    li = signed_in(tenant, "li")
    answers = await asyncio.gather(
        *(committed_client.post(f"/leads/{one}/claim", headers=li) for one in waiting)
    )
    assert Counter(a.status_code for a in answers) == {200: 1, 409: 9}
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"HOLDING_FULL"}
    assert await number(committed, tenant, leads.c.owner_id == subject("li")) == 50


async def test_of_500_claims_at_once_exactly_the_limit_of_100_succeeds(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    await set_quota(committed_client, person="li", daily_claim_limit=100)
    pool_id = await make_pool(committed_client, "li")
    waiting = await fill(committed, tenant, pool_id, 500)
    li = signed_in(tenant, "li")
    busy = asyncio.Semaphore(24)

    async def claim(lead_id: str) -> tuple[int, str | None]:
        async with busy:
            answer = await committed_client.post(f"/leads/{lead_id}/claim", headers=li)
            while answer.status_code == 503:  # the machine is busy: as clients do, once more
                answer = await committed_client.post(f"/leads/{lead_id}/claim", headers=li)
            return answer.status_code, answer.json().get("code")

    results = Counter(await asyncio.gather(*map(claim, waiting)))
    assert results == {(200, None): 100, (409, "CLAIMS_USED_UP"): 400}
    assert await number(committed, tenant, leads.c.owner_id == subject("li")) == 100


async def test_batches_at_once_share_a_pool_without_waiting_for_each_other(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    pool_id = await make_pool(committed_client, "team A", "team B")
    await fill(committed, tenant, pool_id, 30)
    people = [signed_in(tenant, name) for name in ("li", "zhou", "zheng")]
    answers = await asyncio.gather(
        *(
            committed_client.post(f"/pools/{pool_id}/claim", json={"count": 10}, headers=one)
            for one in people
        )
    )
    assert {a.status_code for a in answers} == {200}
    claimed = [lead["id"] for a in answers for lead in a.json()["leads"]]
    assert len(claimed) == len(set(claimed))
    assert await number(committed, tenant, leads.c.owner_id.is_not(None)) == len(claimed)


async def test_claims_captures_and_transfers_at_once_stay_within_a_holding(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    await set_quota(committed_client, person="li", holding_limit=5)
    pool_id = await make_pool(committed_client, "li")
    waiting = await fill(committed, tenant, pool_id, 8)
    li, sun = signed_in(tenant, "li"), signed_in(tenant, "sun")
    of_sun = [
        (await committed_client.post("/leads", json={"company": "a"}, headers=sun)).json()["id"]
        for _ in range(8)
    ]
    to_li = {"owner_id": subject("li")}
    answers = await asyncio.gather(
        *(committed_client.post(f"/leads/{one}/claim", headers=li) for one in waiting),
        *(committed_client.post("/leads", json={"company": "b"}, headers=li) for _ in range(8)),
        *(
            committed_client.post(f"/leads/{one}/transfer", json=to_li, headers=sun)
            for one in of_sun
        ),
    )
    succeeded = [a for a in answers if a.status_code in (200, 201)]
    assert len(succeeded) == 5
    assert {a.json()["code"] for a in answers if a not in succeeded} == {"HOLDING_FULL"}
    assert await number(committed, tenant, leads.c.owner_id == subject("li")) == 5


async def test_transfers_of_many_and_of_one_to_a_person_with_a_limit_never_deadlock(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    """Each locks its leads, and then what the person holds."""
    await set_quota(committed_client, person="zhou", holding_limit=500)
    li = signed_in(tenant, "li")
    for _ in range(4):
        ids = await fill(committed, tenant, None, 12)
        change = {"owner_id": subject("zhou"), "reason": "Urlaub"}
        [many, *single] = await asyncio.gather(
            committed_client.post("/leads/transfer", json={**change, "ids": ids}, headers=li),
            *(
                committed_client.post(f"/leads/{one}/transfer", json=change, headers=li)
                for one in ids[6:]
            ),
        )
        assert many.status_code == 207, many.text
        # A lead that the other transfer was faster with is none of theirs any more.
        statuses = {one["status"] for one in many.json()["items"]}
        assert statuses | {one.status_code for one in single} <= {200, 404}
        held = leads.c.id.in_([UUID(one) for one in ids])
        owned = leads.c.owner_id == subject("zhou")
        assert await number(committed, tenant, held, owned) == len(ids)
