import asyncio
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import func, select

from chassis.tables import outbox
from kernel.ids import new_id
from org.logins.store import logins
from services.org.tests.factories import PASSWORD, codes
from testkit import tokens
from testkit.plugin import Committed


async def test_one_username_in_parallel_goes_to_one(
    committed_client: AsyncClient, committed: Committed, tenant: UUID
) -> None:
    tenants = [tenant, new_id()]
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
