"""Many people note and complete at once: the totals are exact, and each move is made once."""

import asyncio
from collections import Counter
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from services.mtl.tests.factories import create, note
from testkit.plugin import Committed


async def facts(committed: Committed, tenant: UUID) -> Counter[str]:
    async with committed.app.begin(tenant) as tx:
        return Counter((await tx.execute(select(outbox.c.type))).scalars())


async def test_ten_completions_at_once_are_one(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    lead_id = (await create(committed_client))["id"]
    made = await note(committed_client, lead_id, next_step_on="2026-12-01")
    path = f"/follow-ups/{made['id']}/complete"
    answers = await asyncio.gather(*(committed_client.post(path) for _ in range(10)))
    assert {one.status_code for one in answers} == {200}
    assert {one.json()["version"] for one in answers} == {2}
    assert len({one.json()["next_step_done_at"] for one in answers}) == 1
    assert (await facts(committed, tenant))["mtl.follow_up.changed.v1"] == 1


async def test_totals_are_exact_while_the_lead_is_edited_and_follow_ups_come_and_go(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    client = committed_client
    lead_id = (await create(client))["id"]
    made = [await note(client, lead_id, next_step_on=f"2026-12-{n:02}") for n in range(1, 11)]

    async def act(number: int) -> int:
        path = f"/follow-ups/{made[number]['id']}"
        if number % 3 == 0:
            return (await client.delete(path)).status_code
        if number % 3 == 1:
            return (await client.post(f"{path}/complete")).status_code
        edit = await client.patch(path, json={"at": "2026-11-25T02:00:00Z"})
        return edit.status_code

    async def edit_lead(number: int) -> int:
        return (await client.patch(f"/leads/{lead_id}", json={"need": f"{number}"})).status_code

    notes = (note(client, lead_id) for _ in range(10))
    outcomes = await asyncio.gather(
        *(act(n) for n in range(10)), *(edit_lead(n) for n in range(5)), *notes
    )
    assert set(outcomes[:15]) == {200, 204}
    lead = (await client.get(f"/leads/{lead_id}")).json()
    assert lead["version"] == 6
    # 0, 3, 6 and 9 are deleted; 1, 4 and 7 are done; 2, 5 and 8 stay open.
    assert lead["follow_up_count"] == 16
    assert lead["last_followed_up_at"] == "2026-11-25T02:00:00Z"
    assert lead["next_step_on"] == "2026-12-03"


async def test_deletions_and_restorations_of_two_follow_ups_do_not_deadlock(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    client = committed_client
    lead_id = (await create(client))["id"]
    paths = [f"/follow-ups/{(await note(client, lead_id))['id']}" for _ in "12"]

    async def delete_and_restore(path: str) -> set[int]:
        deleted = await client.delete(path)
        return {deleted.status_code, (await client.post(f"{path}/restore")).status_code}

    outcomes = await asyncio.gather(*(delete_and_restore(path) for path in paths * 5))
    assert set().union(*outcomes) == {200, 204}
    lead = (await client.get(f"/leads/{lead_id}")).json()
    remaining = (await client.get(f"/follow-ups?lead_id={lead_id}")).json()["items"]
    assert lead["follow_up_count"] == len(remaining) == 2
