"""The guards hold whoever comes, and whatever the code thinks."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import insert, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import to_columns
from kernel.errors import Conflict
from kernel.ids import new_id
from rms.orders import store
from services.rms.tests.factories import NOON, add_order, add_settings, cny


async def test_no_more_of_a_line_than_is_left(tx: AsyncConnection) -> None:
    """Of two who saw the same order one writes; and no line ever holds more than it is."""
    await add_settings(tx)
    order = await store.get(tx, await add_order(tx, confirmed=True))
    part = order.lines[0].part(Decimal(6))
    shipped = order.ship([part], now=NOON)
    await store.save_lines(tx, shipped, [part.line_id])
    with pytest.raises(Conflict, match="STALE_WRITE"):
        await store.save_lines(tx, shipped, [part.line_id])
    (line, _) = (await store.get(tx, order.id)).lines
    assert (line.shipped_quantity, line.shipped_amount) == (Decimal(6), cny("678.00"))
    for wrong in ({"cancelled_quantity": 5}, {"cancelled_amount": 453}, {"shipped_quantity": -1}):
        mine = update(store.order_lines).where(store.order_lines.c.id == line.id)
        with pytest.raises(IntegrityError, match="violates check"):
            async with tx.begin_nested():
                await tx.execute(mine.values(wrong))


async def test_one_order_a_quote_in_the_database_too(tx: AsyncConnection) -> None:
    await add_settings(tx)
    order = await store.get(tx, await add_order(tx))
    twin = replace(order, id=new_id(), document_no="SO-2026-000002")
    with pytest.raises(DBAPIError, match="quote_id"):
        await tx.execute(insert(store.orders).values(to_columns(store.orders, twin)))
