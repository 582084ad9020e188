"""A transaction that acts for another tenant is its own again, however the block ends."""

from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import ROW_LIMIT_KEY, acting_for
from kernel.errors import RuleBroken
from kernel.ids import new_id
from testkit.plugin import Committed


async def tenant_of(tx: AsyncConnection) -> UUID:
    return UUID(str(await tx.scalar(text("SELECT current_setting('app.tenant')"))))


async def test_it_is_its_own_again_behind_the_block(tx: AsyncConnection, tenant: UUID) -> None:
    tx.info[ROW_LIMIT_KEY] = 7
    other = new_id()
    async with acting_for(tx, other):
        assert await tenant_of(tx) == other
        assert ROW_LIMIT_KEY not in tx.info
    assert await tenant_of(tx) == tenant
    assert tx.info[ROW_LIMIT_KEY] == 7


async def test_also_where_the_block_raises(tx: AsyncConnection, tenant: UUID) -> None:
    """Whoever catches the error goes on as the tenant he began as."""
    tx.info[ROW_LIMIT_KEY] = 7
    with pytest.raises(RuleBroken):
        async with acting_for(tx, new_id()):
            raise RuleBroken("X")
    assert await tenant_of(tx) == tenant
    assert tx.info[ROW_LIMIT_KEY] == 7


async def test_a_failed_statement_is_told_as_it_was(committed: Committed, tenant: UUID) -> None:
    """Behind it PostgreSQL takes no statement, so that nothing can go on as the other tenant."""
    with pytest.raises(DBAPIError, match="division by zero"):
        async with committed.app.begin(tenant) as tx, acting_for(tx, new_id()):
            await tx.execute(text("SELECT 1 / 0"))
