"""Crossing moves, and deletions in parallel with new posts and sub-departments."""

import asyncio
import random
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from org.departments.store import department_posts, departments
from services.org.tests.factories import create_department
from testkit.plugin import Committed


async def parent_ids(committed: Committed, tenant: UUID) -> dict[UUID, UUID | None]:
    async with committed.app.begin(tenant) as tx:
        rows = await tx.execute(select(departments.c.id, departments.c.parent_id))
        return {row.id: row.parent_id for row in rows}


def in_cycles(tree: dict[UUID, UUID | None]) -> list[UUID]:
    """Return the departments whose line of parents never ends."""
    cyclic = []
    for start in tree:
        key, steps = tree[start], 0
        while key is not None and steps <= len(tree):
            key, steps = tree[key], steps + 1
        if key is not None:
            cyclic.append(start)
    return cyclic


async def test_one_of_two_crossing_moves_is_refused(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    for _ in range(5):
        a, b = [(await create_department(committed_client, n))["id"] for n in "AB"]
        answers = await asyncio.gather(
            committed_client.post(f"/departments/{a}/move", json={"parent_id": b}),
            committed_client.post(f"/departments/{b}/move", json={"parent_id": a}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert in_cycles(await parent_ids(committed, tenant)) == []


async def test_parallel_moves_leave_a_tree_and_contiguous_versions(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    rng = random.Random(7)
    ids = [(await create_department(committed_client, f"N{n}"))["id"] for n in range(8)]
    moves = [(rng.choice(ids), rng.choice([None, *ids])) for _ in range(60)]
    answers = await asyncio.gather(
        *(
            committed_client.post(f"/departments/{key}/move", json={"parent_id": parent})
            for key, parent in moves
        )
    )
    assert {answer.status_code for answer in answers} == {200, 409}
    assert in_cycles(await parent_ids(committed, tenant)) == []
    async with committed.app.begin(tenant) as tx:
        query = select(outbox.c.aggregateid, outbox.c.aggversion).order_by(outbox.c.seq)
        rows = (await tx.execute(query)).all()
    for key in ids:
        versions = [version for owner, version in rows if str(owner) == key]
        assert versions == list(range(1, len(versions) + 1))


async def test_a_deleted_department_holds_no_people_and_no_departments(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    for _ in range(8):
        key = (await create_department(committed_client))["id"]
        post = {"name": "N", "posts": [{"department_id": key}]}
        deletion, *creations = await asyncio.gather(
            committed_client.delete(f"/departments/{key}"),
            committed_client.post("/people", json=post),
            committed_client.post("/departments", json={"name": "B", "parent_id": key}),
        )
        statuses = (deletion.status_code, {answer.status_code for answer in creations})
        assert statuses[0] in (204, 409)
        assert statuses[1] == {422} if statuses[0] == 204 else 201 in statuses[1]
    tree = await parent_ids(committed, tenant)
    assert {parent for parent in tree.values() if parent} <= set(tree)
    async with committed.app.begin(tenant) as tx:
        posts = set((await tx.execute(select(department_posts.c.department_id))).scalars())
    assert posts <= set(tree)


async def test_parallel_creations_with_one_code_create_one_department(
    committed_client: AsyncClient,
) -> None:
    answers = await asyncio.gather(
        *(
            committed_client.post("/departments", json={"name": f"N{n}", "code": "A"})
            for n in range(8)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 7
