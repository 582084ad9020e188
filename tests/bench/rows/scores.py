"""RFM scores of all accounts, compared with the one statement that computes them."""

import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from statistics import median
from uuid import UUID

import asyncpg
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from l2o.orders.store import orders
from l2o.rfm_scores.actions import compute_all, window_of
from l2o.rfm_scores.store import SCORES, full_query
from testkit.filling import insert_rows
from tests.bench.machine.measuring import RUNS, Bench, Measured, Reach, Row
from tests.bench.machine.system import System

ORDERS, ACCOUNTS = 100_000, 20_000
VALUES = {
    "deleted": "false",
    "account_id": f"('01990000-0000-7000-8000-' || lpad(to_hex(n % {ACCOUNTS}), 12, '0'))::uuid",
    "created_at": "now() - (n::bigint * 7919 % 500) * interval '1 day'",
    "ordered": "1 + (n::bigint * 7919) % 100000",
    "is_counted": "true",
}


async def filled(system: System) -> None:
    """Let l2o have the orders of a year and a half, and none of their scores."""

    async def fill(connection: asyncpg.Connection, tenant: UUID) -> None:
        await connection.execute("SELECT set_config('app.tenant', $1, false)", str(tenant))
        await connection.execute(insert_rows(orders, ORDERS, VALUES))

    await system.use_filled("l2o", f"orders_{ORDERS}", fill, group="scores")


async def in_one_statement(tx: AsyncConnection) -> None:
    """Compute all scores, and add them up so that they need not be sent here."""
    scored = full_query(await window_of(tx, datetime.now(UTC))).subquery()
    await tx.execute(select(*(func.sum(scored.c[name]) for name in SCORES)))


async def in_full(tx: AsyncConnection) -> None:
    """Compute all scores as the job of every night does."""
    await compute_all(tx, datetime.now(UTC))


async def rfm(bench: Bench) -> Measured:
    """Compare the nightly computation, in which little changes, with the one statement."""
    system = bench.system
    await filled(system)
    ratios, fulls, seconds = [], [], []
    async with system.database("l2o") as database:

        async def took(compute: Callable[[AsyncConnection], Awaitable[None]]) -> float:
            async with database.begin(system.tenant) as tx:
                began = time.perf_counter()
                await compute(tx)
                return time.perf_counter() - began

        first = await took(in_full)  # writes all rows
        await took(in_one_statement)
        for _ in range(RUNS):
            seconds.append(await took(in_one_statement))
            fulls.append(await took(in_full))
            ratios.append(fulls[-1] / seconds[-1])
    one, full = median(seconds) * 1000, median(fulls) * 1000
    note = f"{full:.0f} ms; {one:.0f} ms; the first time {first * 1000:.0f} ms"
    return Measured(ratios, note)


ROWS: Sequence[Row] = (
    Row(
        "scores.rfm",
        f"RFM of {ORDERS:,} orders of {ACCOUNTS:,} accounts / one statement",
        Reach(at_most=2),
        rfm,
    ),
)
