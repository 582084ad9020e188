"""The totals of a group of companies: an account with thousands of accounts below it."""

from collections.abc import Sequence
from uuid import UUID

import asyncpg

from l2o.orders.store import orders
from testkit.filling import insert_rows
from tests.bench.machine.generator_accounts import copy_accounts, generated_accounts
from tests.bench.machine.load import Request
from tests.bench.machine.measuring import Operation, Reach, Row, requests_to
from tests.bench.machine.system import System

NODES, OF_EACH = 10_000, 10
# The n-th account is below the account n / 10: five levels.
MAKE_TREE = """
WITH numbered AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM accounts)
UPDATE accounts SET parent_id = above.id
FROM numbered AS own JOIN numbered AS above ON above.n = greatest(1, own.n / 10)
WHERE own.n > 1 AND accounts.id = own.id
"""
ORDERS = {"deleted": "false", "account_id": f"(SELECT ids[1 + n % {NODES}] FROM all_ids)"}
ALL_IDS = "CREATE TEMP TABLE all_ids AS SELECT array_agg(id) AS ids FROM accounts"
TOP = "SELECT id FROM accounts WHERE parent_id IS NULL"


async def filled(system: System) -> None:
    """Let l2o have a tree of accounts with orders."""

    async def fill(connection: asyncpg.Connection, tenant: UUID) -> None:
        await copy_accounts(connection, tenant, generated_accounts(NODES))
        await connection.execute("SELECT set_config('app.tenant', $1, false)", str(tenant))
        await connection.execute(MAKE_TREE)
        await connection.execute(ALL_IDS)
        await connection.execute(insert_rows(orders, NODES * OF_EACH, ORDERS))

    await system.use_filled("l2o", f"tree_{NODES}", fill)


async def reads(system: System, count: int) -> list[Request]:
    async with system.superuser("l2o") as connection:
        top = await connection.fetchval(TOP)
    path = f"/l2o/v1/accounts/{top}/subtree-totals"
    return [Request("GET", path, system.headers())] * count


TOTALS = Operation(
    ready=filled,
    prepare=reads,
    work=requests_to("l2o"),
    processes=("l2o-api",),
    count=20,
    leave_running=False,
)
ROWS: Sequence[Row] = (
    Row(
        "accounts.subtree",
        f"totals of a tree of {NODES:,} accounts, {NODES * OF_EACH:,} orders",
        Reach(),
        TOTALS.measure,
        "x L2",
    ),
)
