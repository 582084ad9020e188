"""Moves that cross, and departments that go while somebody comes."""

import asyncio
import random
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select

from chassis.database.backbone_tables import outbox
from org.departments.store import department_posts, departments
from services.org.tests.factories import create_department
from testkit.plugin import Committed


async def parents(committed: Committed, tenant: UUID) -> dict[UUID, UUID | None]:
    async with committed.app.begin(tenant) as tx:
        rows = await tx.execute(select(departments.c.id, departments.c.parent_id))
        return {row.id: row.parent_id for row in rows}


def rings(tree: dict[UUID, UUID | None]) -> list[UUID]:
    """Nodes whose way up never ends."""
    found = []
    for start in tree:
        key, steps = tree[start], 0
        while key is not None and steps <= len(tree):
            key, steps = tree[key], steps + 1
        if key is not None:
            found.append(start)
    return found


async def test_of_two_moves_that_cross_one_is_refused(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    for _ in range(5):
        a, b = [(await create_department(committed_client, n))["id"] for n in "AB"]
        answers = await asyncio.gather(
            committed_client.post(f"/departments/{a}/move", json={"parent_id": b}),
            committed_client.post(f"/departments/{b}/move", json={"parent_id": a}),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert rings(await parents(committed, tenant)) == []


async def test_a_storm_of_moves_leaves_a_tree_and_no_hole_in_versions(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    chance = random.Random(7)
    ids = [(await create_department(committed_client, f"N{n}"))["id"] for n in range(8)]
    moves = [(chance.choice(ids), chance.choice([None, *ids])) for _ in range(60)]
    answers = await asyncio.gather(
        *(
            committed_client.post(f"/departments/{key}/move", json={"parent_id": parent})
            for key, parent in moves
        )
    )
    assert {answer.status_code for answer in answers} == {200, 409}
    assert rings(await parents(committed, tenant)) == []
    async with committed.app.begin(tenant) as tx:
        query = select(outbox.c.aggregateid, outbox.c.aggversion).order_by(outbox.c.seq)
        rows = (await tx.execute(query)).all()
    for key in ids:
        versions = [version for owner, version in rows if str(owner) == key]
        assert versions == list(range(1, len(versions) + 1))


async def test_nobody_ends_up_in_a_department_that_is_gone(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    for _ in range(8):
        key = (await create_department(committed_client))["id"]
        post = {"name": "N", "posts": [{"department_id": key}]}
        gone, *came = await asyncio.gather(
            committed_client.delete(f"/departments/{key}"),
            committed_client.post("/people", json=post),
            committed_client.post("/departments", json={"name": "B", "parent_id": key}),
        )
        statuses = (gone.status_code, {answer.status_code for answer in came})
        assert statuses[0] in (204, 409)
        assert statuses[1] == {422} if statuses[0] == 204 else 201 in statuses[1]
    tree = await parents(committed, tenant)
    assert {parent for parent in tree.values() if parent} <= set(tree)
    async with committed.app.begin(tenant) as tx:
        posts = set((await tx.execute(select(department_posts.c.department_id))).scalars())
    assert posts <= set(tree)


async def test_one_code_in_parallel_goes_to_one(committed_client: AsyncClient) -> None:
    answers = await asyncio.gather(
        *(
            committed_client.post("/departments", json={"name": f"N{n}", "code": "A"})
            for n in range(8)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [201] + [422] * 7
