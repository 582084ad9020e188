"""The guard of the money, the status that SQL derives, and a history nobody rewrites."""

from typing import Any

import pytest
from sqlalchemy import Select, Table, delete, select, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.rows import from_columns
from kernel.errors import Conflict
from kernel.money import Money
from rms.orders.store import shipment_lines, shipments
from rms.payments import store
from rms.payments.domain import Payment
from services.rms.tests.factories import NOON, Books, cny, open_books


@pytest.fixture
async def books(tx: AsyncConnection) -> Books:
    return await open_books(tx)


async def test_no_more_than_is_left(tx: AsyncConnection, books: Books) -> None:
    payment = await store.allocate(tx, books.payment.id, cny("200.00"), now=NOON)
    assert (payment.unallocated, payment.version) == (cny("50.00"), 2)
    for refused in (cny("50.01"), Money.of("1.00", "USD")):
        with pytest.raises(Conflict, match="STALE_WRITE"):
            await store.allocate(tx, books.payment.id, refused, now=NOON)


async def test_sql_derives_the_status_as_the_domain_does(tx: AsyncConnection, books: Books) -> None:
    async def is_the_same() -> str:
        query: Select[Any] = select(store.payments)
        row = (await tx.execute(query)).one()
        assert row.status == from_columns(Payment, row._mapping).status
        return str(row.status)

    found = [await is_the_same()]
    for amount in ("0.01", "249.99"):
        await store.allocate(tx, books.payment.id, cny(amount), now=NOON)
        found.append(await is_the_same())
    assert found == ["UNALLOCATED", "PARTLY_ALLOCATED", "ALLOCATED"]


@pytest.mark.parametrize("table", [store.allocations, shipments, shipment_lines], ids=str)
async def test_history_is_append_only(tx: AsyncConnection, table: Table) -> None:
    for statement in (update(table).values(amount=1), delete(table)):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with tx.begin_nested():
                await tx.execute(statement)
