"""Parallel changes of people: usernames, substitutes, managers and departments."""

import asyncio
import random
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import func, select

from chassis.database.backbone_tables import outbox
from kernel.ids import new_id
from org.logins.store import logins
from org.people.store import people
from services.org.tests.factories import (
    PASSWORD,
    add_person,
    codes,
    create_department,
    prepare_tenant,
)
from testkit import tokens
from testkit.plugin import Committed


async def test_parallel_creations_with_one_username_create_one_person(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    tenants = [tenant, new_id()]
    async with committed.app.begin(tenants[1]) as tx:
        await prepare_tenant(tx)
    body = {"username": "li.na", "password": PASSWORD}
    answers = await asyncio.gather(
        *(
            committed_client.post(
                "/people",
                json={**body, "name": f"P{n}"},
                headers=tokens.bearer(tenants[n % 2]),
            )
            for n in range(12)
        )
    )
    assert sorted(a.status_code for a in answers) == [201] + [422] * 11
    refused = [a for a in answers if a.status_code == 422]
    assert all(codes(a) == {("/username", "USERNAME_TAKEN")} for a in refused)
    async with committed.worker.begin(None) as tx:
        assert await tx.scalar(select(func.count()).select_from(outbox)) == 1
    async with committed.app.begin(None) as tx:
        assert await tx.scalar(select(func.count()).select_from(logins)) == 1


async def test_of_two_mutual_substitutes_one_is_refused(
    committed_client: AsyncClient,
) -> None:
    for _ in range(5):
        a, b = [(await add_person(committed_client, name))["id"] for name in "AB"]
        days = {"from_date": "2026-12-01", "to_date": "2026-12-08"}
        answers = await asyncio.gather(
            committed_client.post(f"/people/{a}/leaves", json={**days, "substitute_id": b}),
            committed_client.post(f"/people/{b}/leaves", json={**days, "substitute_id": a}),
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_parallel_changes_of_managers_make_no_cycle(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    rng = random.Random(7)
    ids = [(await add_person(committed_client, f"P{n}"))["id"] for n in range(6)]
    changes = [(rng.choice(ids), rng.choice(ids)) for _ in range(40)]
    answers = await asyncio.gather(
        *(
            committed_client.patch(f"/people/{key}", json={"manager_id": manager})
            for key, manager in changes
        )
    )
    assert {answer.status_code for answer in answers} == {200, 409}
    async with committed.app.begin(tenant) as tx:
        rows = await tx.execute(select(people.c.id, people.c.manager_id))
        manager_of = {row.id: row.manager_id for row in rows}
    for start in manager_of:
        key, steps = manager_of[start], 0
        while key is not None:
            key, steps = manager_of[key], steps + 1
            assert steps <= len(manager_of), "a ring"


async def test_a_person_and_their_department_are_edited_in_parallel(
    committed_client: AsyncClient,
) -> None:
    """Both requests lock both rows; departments are always locked first, so nothing deadlocks."""
    department_id = (await create_department(committed_client))["id"]
    person = (await add_person(committed_client, posts=[{"department_id": department_id}]))["id"]
    answers = await asyncio.gather(
        *(
            committed_client.patch(f"/{path}", json={"name": f"N{n}", **more})
            for n in range(8)
            for path, more in (
                (f"people/{person}", {}),
                (f"departments/{department_id}", {"manager_id": person if n % 2 else None}),
            )
        )
    )
    assert {answer.status_code for answer in answers} == {200}
