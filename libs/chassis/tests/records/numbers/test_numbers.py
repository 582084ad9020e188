"""Document numbers: unique and without gaps, also when transactions roll back."""

import asyncio
import random
from contextlib import suppress
from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.numbers.numbers import next_number
from kernel.ids import new_id
from testkit.plugin import Committed

TODAY = date(2026, 11, 22)


async def test_numbers_count_per_tenant_type_and_year(committed: Committed, tenant: UUID) -> None:
    async def take(who: UUID, type: str, on: date) -> str:
        async with committed.app.begin(who) as tx:
            return await next_number(tx, type, prefix="Q", on=on)

    assert await take(tenant, "quote", TODAY) == "Q-2026-000001"
    assert await take(tenant, "quote", date(2026, 1, 1)) == "Q-2026-000002"
    assert await take(tenant, "quote", date(2027, 1, 1)) == "Q-2027-000001"
    assert await take(tenant, "order", TODAY) == "Q-2026-000001"
    assert await take(new_id(), "quote", TODAY) == "Q-2026-000001"
    assert await take(tenant, "quote", TODAY) == "Q-2026-000003"


async def test_a_number_may_exceed_its_width(tx: AsyncConnection) -> None:
    await tx.exec_driver_sql(
        "INSERT INTO document_numbers (type, year, last) VALUES ('quote', 2026, 999999)"
    )
    assert await next_number(tx, "quote", prefix="Q", on=TODAY) == "Q-2026-1000000"


async def test_fifty_concurrent_numbers_are_unique_and_without_gaps(
    committed: Committed, tenant: UUID
) -> None:
    dice = random.Random(7)

    async def take(*, refuse: bool) -> str | None:
        with suppress(ZeroDivisionError):
            async with committed.app.begin(tenant) as tx:
                number = await next_number(tx, "quote", prefix="Q", on=TODAY)
                await asyncio.sleep(dice.random() * 0.005)
                return number if not refuse else str(1 / 0)  # refused after it was taken
        return None

    takers = [take(refuse=False) for _ in range(50)] + [take(refuse=True) for _ in range(25)]
    dice.shuffle(takers)
    taken = [number for number in await asyncio.gather(*takers) if number is not None]
    assert sorted(taken) == [f"Q-2026-{n:06}" for n in range(1, 51)]
