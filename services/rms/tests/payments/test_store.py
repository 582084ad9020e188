"""The guard of the money, the status that is stored, and a history nobody rewrites."""

from dataclasses import replace

import pytest
from sqlalchemy import Table, delete, update
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.errors import Conflict
from rms.orders.store import (
    order_cancellations,
    order_revisions,
    shipment_lines,
    shipments,
)
from rms.payments import store
from services.rms.tests.factories import NOON, Books, cny, open_books


@pytest.fixture
async def books(tx: AsyncConnection) -> Books:
    return await open_books(tx)


async def test_the_status_is_stored_as_the_domain_says(tx: AsyncConnection, books: Books) -> None:
    payment, found = books.payment, [books.payment.status]
    for amount in ("0.01", "249.99"):
        payment = await store.save(tx, payment.allocate(cny(amount), now=NOON))
        assert await store.lock(tx, payment.id) == payment
        found.append(payment.status)
    assert found == ["UNALLOCATED", "PARTLY_ALLOCATED", "ALLOCATED"]
    assert payment.version == 3


async def test_no_more_than_it_is_whatever_the_code_does(tx: AsyncConnection, books: Books) -> None:
    for allocated, returned in (("250.01", "0"), ("-0.01", "0"), ("200.00", "50.01"), ("0", "-1")):
        wrong = replace(books.payment, allocated=cny(allocated), returned=cny(returned))
        with pytest.raises(IntegrityError, match="violates check"):
            async with tx.begin_nested():
                await store.save(tx, wrong)
    stale = books.payment
    await store.save(tx, stale.allocate(cny("1.00"), now=NOON))
    with pytest.raises(Conflict, match="STALE_WRITE"):
        await store.save(tx, stale.allocate(cny("1.00"), now=NOON))


HISTORY = [
    store.allocations,
    store.payment_returns,
    shipments,
    shipment_lines,
    order_revisions,
    order_cancellations,
]


@pytest.mark.parametrize("table", HISTORY, ids=str)
async def test_history_is_append_only(tx: AsyncConnection, table: Table) -> None:
    anything = {column.name: None for column in list(table.c)[2:3]}
    for statement in (update(table).values(anything), delete(table)):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with tx.begin_nested():
                await tx.execute(statement)
