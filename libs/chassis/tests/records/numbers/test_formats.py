"""Number formats of tenants, gapless or fast."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.numbers.number_formats import (
    NumberFormat,
    NumberMode,
    YearStyle,
    number_format_of,
    save_number_format,
)
from chassis.records.numbers.numbers import BLOCK_SIZE, next_number
from chassis.web.preconditions import Precondition
from kernel.errors import DomainError
from kernel.ids import new_id
from testkit.plugin import Committed
from testkit.tenants import add_tenants

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)
DEFAULT = NumberFormat(type="quote", prefix="Q")


@pytest.mark.parametrize(
    ("number_format", "written"),
    [
        (DEFAULT, "Q-2026-000123"),
        (NumberFormat(type="quote", prefix="BJ", year=YearStyle.SHORT, width=4), "BJ-26-0123"),
        (NumberFormat(type="quote", prefix="Q", year=YearStyle.NONE, width=8), "Q-00000123"),
        (NumberFormat(type="quote", prefix="Q", separator="", width=1), "Q2026123"),
        (NumberFormat(type="quote", prefix="Q", separator="/", width=2), "Q/2026/123"),
    ],
)
def test_a_number_is_written_in_its_format(number_format: NumberFormat, written: str) -> None:
    assert number_format.written(123, TODAY) == written


async def test_a_changed_format_continues_the_count(tx: AsyncConnection) -> None:
    assert await next_number(tx, "quote", prefix="Q", on=TODAY) == "Q-2026-000001"
    number_format = NumberFormat(type="quote", prefix="BJ", year=YearStyle.SHORT, width=4)
    saved = await save_number_format(tx, number_format, DEFAULT, now=NOW)
    assert saved.version == 1
    assert await next_number(tx, "quote", prefix="Q", on=TODAY) == "BJ-26-0002"
    assert (await save_number_format(tx, number_format, DEFAULT, now=NOW)).version == 1  # unchanged
    back = await save_number_format(tx, DEFAULT, DEFAULT, now=NOW)
    assert (back.version, await number_format_of(tx, DEFAULT)) == (2, back)
    assert await next_number(tx, "quote", prefix="Q", on=TODAY) == "Q-2026-000003"


async def test_without_a_year_the_count_never_restarts(tx: AsyncConnection) -> None:
    number_format = NumberFormat(type="quote", prefix="Q", year=YearStyle.NONE)
    await save_number_format(tx, number_format, DEFAULT, now=NOW)
    assert await next_number(tx, "quote", prefix="Q", on=TODAY) == "Q-000001"
    assert await next_number(tx, "quote", prefix="Q", on=date(2027, 1, 1)) == "Q-000002"


async def test_of_two_first_changes_of_a_format_one_is_refused(
    committed: Committed, tenant: UUID
) -> None:
    """Both have read the default; the second waits for the first and finds its row."""
    await add_tenants(committed.app, tenant)
    changed = [replace(DEFAULT, prefix=prefix) for prefix in ("BJ", "SH")]

    async def save(number_format: NumberFormat) -> NumberFormat:
        async with committed.app.begin(tenant) as tx:
            await number_format_of(tx, DEFAULT)
            await both_have_read.wait()
            return await save_number_format(
                tx, number_format, DEFAULT, expected=Precondition(frozenset({0})), now=NOW
            )

    both_have_read = asyncio.Barrier(2)
    outcomes = await asyncio.gather(*map(save, changed), return_exceptions=True)
    [refused] = [one for one in outcomes if isinstance(one, DomainError)]
    [saved] = [one for one in outcomes if isinstance(one, NumberFormat)]
    assert refused.code in ("STALE_WRITE", "STALE_COPY")
    async with committed.app.begin(tenant) as tx:
        assert await number_format_of(tx, DEFAULT) == saved
    assert saved.version == 1


async def save_fast_format(committed: Committed, tenant: UUID) -> None:
    await add_tenants(committed.app, tenant)
    async with committed.app.begin(tenant) as tx:
        number_format = NumberFormat(type="quote", prefix="Q", mode=NumberMode.FAST)
        await save_number_format(tx, number_format, DEFAULT, now=NOW)


async def test_fast_numbers_do_not_wait_for_open_transactions(
    committed: Committed, tenant: UUID
) -> None:
    """The first transaction stays open; a gapless number would wait for it."""
    await save_fast_format(committed, tenant)
    async with asyncio.timeout(5), committed.app.begin(tenant) as first:
        assert await next_number(first, "quote", prefix="Q", on=TODAY) == "Q-2026-000001"
        async with committed.app.begin(tenant) as second:
            assert await next_number(second, "quote", prefix="Q", on=TODAY) == "Q-2026-000002"


async def test_eighty_concurrent_fast_numbers_are_unique(
    committed: Committed, tenant: UUID
) -> None:
    other = new_id()
    for one in (tenant, other):
        await save_fast_format(committed, one)

    async def next_quote_number(owner: UUID) -> tuple[UUID, str]:
        async with committed.app.begin(owner) as tx:
            return owner, await next_number(tx, "quote", prefix="Q", on=TODAY)

    numbers = await asyncio.gather(*(next_quote_number(owner) for owner in [tenant, other] * 80))
    for one in (tenant, other):
        assert sorted(n for owner, n in numbers if owner == one) == [
            f"Q-2026-{n:06}" for n in range(1, 81)
        ]
    async with committed.app.begin(tenant) as tx:
        last = await tx.exec_driver_sql("SELECT last FROM document_numbers")
        assert last.scalar_one() == 2 * BLOCK_SIZE
