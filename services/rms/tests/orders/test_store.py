"""Version guards and constraints of the order tables."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import to_columns
from kernel.errors import Conflict
from kernel.ids import new_id
from rms.orders.store.tables import order_lines, orders
from rms.orders.store.writes import ORDER
from services.rms.tests.factories import NOON, add_order, add_settings, cny


async def test_a_line_is_never_shipped_beyond_its_quantity(tx: AsyncConnection) -> None:
    """A stale order is not saved, and constraints refuse quantities and amounts beyond the line."""
    await add_settings(tx)
    order = await ORDER.get(tx, await add_order(tx, confirmed=True))
    part = order.lines[0].next_part(Decimal(6))
    shipped = order.ship([part], now=NOON)
    await ORDER.save(tx, order, shipped)
    with pytest.raises(Conflict, match="STALE_WRITE"):
        await ORDER.save(tx, order, shipped)
    (line, _) = (await ORDER.get(tx, order.id)).lines
    assert (line.shipped_quantity, line.shipped_amount) == (Decimal(6), cny("678.00"))
    for wrong in ({"cancelled_quantity": 5}, {"cancelled_amount": 453}, {"shipped_quantity": -1}):
        statement = update(order_lines).where(order_lines.c.id == line.id)
        with pytest.raises(IntegrityError, match="violates check"):
            async with tx.begin_nested():
                await tx.execute(statement.values(wrong))


async def test_the_database_refuses_a_second_order_of_a_quote(tx: AsyncConnection) -> None:
    await add_settings(tx)
    order = await ORDER.get(tx, await add_order(tx))
    duplicate = replace(order, id=new_id(), document_no="SO-2026-000002")
    with pytest.raises(DBAPIError, match="quote_id"):
        await tx.execute(insert(orders).values(to_columns(orders, duplicate)))
