"""A receivable is saved under its version, whatever the domain thought of it."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.errors import Conflict
from kernel.ids import new_id
from rms.receivables import store
from rms.receivables.domain import Receivable, ReceivableStatus
from services.rms.tests.factories import NOON, add_receivable, add_settings, cny


@pytest.fixture
async def receivable(tx: AsyncConnection) -> Receivable:
    await add_settings(tx)
    return await add_receivable(tx, cny("100.00"), account_id=new_id())


async def test_the_status_is_stored_as_the_domain_says(
    tx: AsyncConnection, receivable: Receivable
) -> None:
    assert (await store.get(tx, receivable.id)).status is ReceivableStatus.OPEN
    half = await store.save(tx, receivable.allocate(cny("50.00"), now=NOON))
    assert (await store.get(tx, receivable.id)) == half
    assert (half.open, half.version, half.status) == (
        cny("50.00"),
        2,
        ReceivableStatus.PARTLY_SETTLED,
    )
    whole = await store.save(tx, half.allocate(cny("50.00"), now=NOON))
    assert (await store.get(tx, receivable.id)).status is whole.status is ReceivableStatus.SETTLED


async def test_who_comes_late_writes_nothing(tx: AsyncConnection, receivable: Receivable) -> None:
    await store.save(tx, receivable.allocate(cny("50.00"), now=NOON))
    with pytest.raises(Conflict, match="STALE_WRITE"):
        await store.save(tx, receivable.allocate(cny("60.00"), now=NOON))


async def test_no_more_than_it_is_whatever_the_code_does(
    tx: AsyncConnection, receivable: Receivable
) -> None:
    for allocated in ("100.01", "-0.01"):
        with pytest.raises(IntegrityError, match="allocated"):
            async with tx.begin_nested():
                await store.save(tx, replace(receivable, allocated=cny(allocated)))
