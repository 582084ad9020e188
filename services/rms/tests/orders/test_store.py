"""The guards hold without the lock that the actions take before them."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.rows import to_columns
from kernel.errors import Conflict
from kernel.ids import new_id
from rms.orders import store
from rms.orders.domain.lines import Part
from services.rms.tests.factories import add_order, add_settings, cny


async def test_no_more_of_a_line_than_is_left(tx: AsyncConnection) -> None:
    await add_settings(tx)
    order = await store.get(tx, await add_order(tx))
    line = order.lines[0]
    part = Part(line_id=line.id, quantity=Decimal(6), amount=cny("678.00"))
    await store.ship_line(tx, part)
    with pytest.raises(Conflict, match="STALE_WRITE"):
        await store.ship_line(tx, part)
    (line, _) = (await store.get(tx, order.id)).lines
    assert (line.shipped_quantity, line.shipped_amount) == (Decimal(6), cny("678.00"))


async def test_one_order_a_quote_in_the_database_too(tx: AsyncConnection) -> None:
    await add_settings(tx)
    order = await store.get(tx, await add_order(tx))
    twin = replace(order, id=new_id(), document_no="SO-2026-000002")
    with pytest.raises(DBAPIError, match="quote_id"):
        await tx.execute(insert(store.orders).values(to_columns(store.orders, twin)))
