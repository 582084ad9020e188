"""Tests of `acting_for`: the transaction has its own tenant again after the block."""

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


async def test_the_tenant_is_restored_after_the_block(tx: AsyncConnection, tenant: UUID) -> None:
    tx.info[ROW_LIMIT_KEY] = 7
    other = new_id()
    async with acting_for(tx, other):
        assert await tenant_of(tx) == other
        assert ROW_LIMIT_KEY not in tx.info
    assert await tenant_of(tx) == tenant
    assert tx.info[ROW_LIMIT_KEY] == 7


async def test_the_tenant_is_restored_if_the_block_raises(
    tx: AsyncConnection, tenant: UUID
) -> None:
    """Code that catches the error continues as the original tenant."""
    tx.info[ROW_LIMIT_KEY] = 7
    with pytest.raises(RuleBroken):
        async with acting_for(tx, new_id()):
            raise RuleBroken("X")
    assert await tenant_of(tx) == tenant
    assert tx.info[ROW_LIMIT_KEY] == 7


async def test_the_error_of_a_failed_statement_is_raised_unchanged(
    committed: Committed, tenant: UUID
) -> None:
    """PostgreSQL accepts no statement after it, so nothing can continue as the other tenant."""
    with pytest.raises(DBAPIError, match="division by zero"):
        async with committed.app.begin(tenant) as tx, acting_for(tx, new_id()):
            await tx.execute(text("SELECT 1 / 0"))
