"""The guard of the amount, and the status that SQL derives."""

from typing import Any

import pytest
from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.rows import from_columns
from kernel.errors import Conflict
from kernel.ids import new_id
from kernel.money import Money
from rms.receivables import store
from rms.receivables.domain import Receivable
from services.rms.tests.factories import NOON, add_receivable, add_settings, cny


@pytest.fixture
async def receivable(tx: AsyncConnection) -> Receivable:
    await add_settings(tx)
    return await add_receivable(tx, cny("100.00"), account_id=new_id())


async def test_no_more_than_is_open(tx: AsyncConnection, receivable: Receivable) -> None:
    half = await store.allocate(tx, receivable.id, cny("50.00"), now=NOON)
    assert (half.open, half.version) == (cny("50.00"), 2)
    for refused in (cny("50.01"), Money.of("1.00", "USD")):
        with pytest.raises(Conflict, match="STALE_WRITE"):
            await store.allocate(tx, receivable.id, refused, now=NOON)
    assert (await store.allocate(tx, receivable.id, cny("50.00"), now=NOON)).open == cny("0")


async def test_sql_derives_the_status_as_the_domain_does(
    tx: AsyncConnection, receivable: Receivable
) -> None:
    async def is_the_same() -> str:
        query: Select[Any] = select(store.receivables)
        row = (await tx.execute(query)).one()
        assert row.status == from_columns(Receivable, row._mapping).status
        return str(row.status)

    found = [await is_the_same()]
    for amount in ("0.01", "99.99"):
        await store.allocate(tx, receivable.id, cny(amount), now=NOON)
        found.append(await is_the_same())
    assert found == ["OPEN", "PARTLY_SETTLED", "SETTLED"]
