"""Version guards and constraints of receivables."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.errors import Conflict
from kernel.ids import new_id
from rms.receivables.domain import Receivable, ReceivableStatus
from rms.receivables.store import RECEIVABLE
from services.rms.tests.factories import NOON, add_receivable, add_settings, cny


@pytest.fixture
async def receivable(tx: AsyncConnection) -> Receivable:
    await add_settings(tx)
    return await add_receivable(tx, cny("100.00"), account_id=new_id())


async def test_the_derived_status_is_stored(tx: AsyncConnection, receivable: Receivable) -> None:
    assert (await RECEIVABLE.get(tx, receivable.id)).status is ReceivableStatus.OPEN
    partly_settled = await RECEIVABLE.save(
        tx, receivable, receivable.allocate(cny("50.00"), now=NOON)
    )
    assert (await RECEIVABLE.get(tx, receivable.id)) == partly_settled
    assert (partly_settled.open, partly_settled.version, partly_settled.status) == (
        cny("50.00"),
        2,
        ReceivableStatus.PARTLY_SETTLED,
    )
    settled = await RECEIVABLE.save(
        tx, partly_settled, partly_settled.allocate(cny("50.00"), now=NOON)
    )
    assert (
        (await RECEIVABLE.get(tx, receivable.id)).status
        is settled.status
        is ReceivableStatus.SETTLED
    )


async def test_a_stale_receivable_is_not_saved(tx: AsyncConnection, receivable: Receivable) -> None:
    await RECEIVABLE.save(tx, receivable, receivable.allocate(cny("50.00"), now=NOON))
    with pytest.raises(Conflict, match="STALE_WRITE"):
        await RECEIVABLE.save(tx, receivable, receivable.allocate(cny("60.00"), now=NOON))


async def test_the_database_refuses_allocations_beyond_the_amount(
    tx: AsyncConnection, receivable: Receivable
) -> None:
    for allocated in ("100.01", "-0.01"):
        with pytest.raises(IntegrityError, match="allocated"):
            async with tx.begin_nested():
                await RECEIVABLE.save(tx, receivable, replace(receivable, allocated=cny(allocated)))
