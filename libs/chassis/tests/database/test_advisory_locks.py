"""Locks that services take by name: one transaction at a time has a name and key of a tenant."""

import asyncio
from uuid import UUID

import pytest

from chassis.database.advisory_locks import lock_key
from kernel.ids import new_id
from testkit.plugin import Committed

KEY = new_id()


async def test_a_second_transaction_waits_for_the_same_key(
    committed: Committed, tenant: UUID
) -> None:
    async def second() -> None:
        async with committed.app.begin(tenant) as tx:
            await lock_key(tx, "card.board", KEY)

    async with committed.app.begin(tenant) as tx:
        await lock_key(tx, "card.board", KEY)
        await lock_key(tx, "card.board", KEY)  # a transaction never waits for itself
        waiting = asyncio.create_task(second())
        await asyncio.sleep(0.2)
        assert not waiting.done()
    await waiting


@pytest.mark.parametrize(
    ("name", "key", "is_other_tenant"),
    [
        ("card.board", new_id(), False),
        ("card.board", "", False),
        ("card.lane", KEY, False),
        ("card.board", KEY, True),
    ],
)
async def test_another_key_name_or_tenant_does_not_wait(
    committed: Committed, tenant: UUID, name: str, key: UUID | str, is_other_tenant: bool
) -> None:
    other = new_id() if is_other_tenant else tenant
    async with committed.app.begin(tenant) as first, committed.app.begin(other) as second:
        await lock_key(first, "card.board", KEY)
        await asyncio.wait_for(lock_key(second, name, key), timeout=10)
