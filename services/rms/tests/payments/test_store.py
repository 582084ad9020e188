"""Version guards and constraints of payments, and append-only tables."""

from dataclasses import replace

import pytest
from sqlalchemy import Table, delete, update
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.errors import Conflict
from rms.orders.store.tables import (
    order_cancellations,
    order_revisions,
    shipment_lines,
    shipments,
)
from rms.payments.store.tables import allocations, payment_returns
from rms.payments.store.writes import PAYMENT
from services.rms.tests.factories import NOON, AccountLedger, add_ledger, cny


@pytest.fixture
async def ledger(tx: AsyncConnection) -> AccountLedger:
    return await add_ledger(tx)


async def test_the_derived_status_is_stored(tx: AsyncConnection, ledger: AccountLedger) -> None:
    payment, statuses = ledger.payment, [ledger.payment.status]
    for amount in ("0.01", "249.99"):
        payment = await PAYMENT.save(tx, payment, payment.allocate(cny(amount), now=NOON))
        assert await PAYMENT.get(tx, payment.id) == payment
        statuses.append(payment.status)
    assert statuses == ["UNALLOCATED", "PARTLY_ALLOCATED", "ALLOCATED"]
    assert payment.version == 3


async def test_the_database_refuses_amounts_beyond_the_payment(
    tx: AsyncConnection, ledger: AccountLedger
) -> None:
    for allocated, returned in (("250.01", "0"), ("-0.01", "0"), ("200.00", "50.01"), ("0", "-1")):
        wrong = replace(ledger.payment, allocated=cny(allocated), returned=cny(returned))
        with pytest.raises(IntegrityError, match="violates check"):
            async with tx.begin_nested():
                await PAYMENT.save(tx, ledger.payment, wrong)
    stale = ledger.payment
    await PAYMENT.save(tx, stale, stale.allocate(cny("1.00"), now=NOON))
    with pytest.raises(Conflict, match="STALE_WRITE"):
        await PAYMENT.save(tx, stale, stale.allocate(cny("1.00"), now=NOON))


APPEND_ONLY_TABLES = [
    allocations,
    payment_returns,
    shipments,
    shipment_lines,
    order_revisions,
    order_cancellations,
]


@pytest.mark.parametrize("table", APPEND_ONLY_TABLES, ids=str)
async def test_rows_of_append_only_tables_cannot_be_changed(
    tx: AsyncConnection, table: Table
) -> None:
    no_value = {column.name: None for column in list(table.c)[2:3]}
    for statement in (update(table).values(no_value), delete(table)):
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with tx.begin_nested():
                await tx.execute(statement)
