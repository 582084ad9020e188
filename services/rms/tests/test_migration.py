"""The first release's rows live on: what they lack is filled in, what tells them apart stays."""

from collections.abc import AsyncIterator
from datetime import date
from uuid import UUID

import asyncpg
import pytest
from alembic import command
from sqlalchemy import pool
from sqlalchemy.ext.asyncio import create_async_engine

from chassis.database.migrate import config_of
from testkit import databases
from testkit.databases import ServiceDatabase

TENANT = UUID("01990000-0000-7000-8000-00000000000a")
IDS = [UUID(int=n) for n in range(1, 9)]


@pytest.fixture
async def old(worker_id: str) -> AsyncIterator[ServiceDatabase]:
    """A database as the first release left it."""
    database = await databases.create("rms", f"walk_{worker_id}")
    await move(database, "downgrade", "rms_20261122")
    yield database
    await databases.drop(database)


async def move(database: ServiceDatabase, way: str, to: str) -> None:
    engine = create_async_engine(database.owner_url, poolclass=pool.NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(lambda c: getattr(command, way)(config_of("rms", c), to))
        await connection.commit()
    await engine.dispose()


async def connected(database: ServiceDatabase) -> asyncpg.Connection:
    return await asyncpg.connect(database.owner_url.replace("+asyncpg", ""))


async def fill(owner: asyncpg.Connection) -> None:
    instants = "now(), now(), 1"
    await owner.execute(
        "INSERT INTO tenant_settings (tenant_id, epoch, sequence, name, timezone, currency,"
        " languages, default_tax_rate)"
        " VALUES ($1, 1, 1, '示例', 'Asia/Shanghai', 'CNY', '[]', 0.13)",
        TENANT,
    )
    await owner.execute(
        "INSERT INTO orders (tenant_id, id, document_no, quote_id, quote_no, opportunity_id,"
        " account_id, account_name, owner_id, status, net_total, net_total_currency, tax_total,"
        " tax_total_currency, gross_total, gross_total_currency, shipped_total,"
        " shipped_total_currency, created_at, updated_at, version) VALUES ($1, $2, 'SO-1', $2,"
        " 'Q-1', $2, $2, '星', 'seller-1', 'OPEN', 100, 'CNY', 13, 'CNY', 113, 'CNY', 0, 'CNY',"
        f" {instants})",
        TENANT,
        IDS[0],
    )
    for n, allocated in ((1, 0), (2, 50)):
        await owner.execute(
            "INSERT INTO receivables (tenant_id, id, document_no, order_id, order_no, shipment_id,"
            " account_id, account_name, amount, amount_currency, allocated, allocated_currency,"
            " due_date, created_at, updated_at, version) VALUES ($1, $2, $3, $4, 'SO-1', $2, $4,"
            f" '星', 50, 'CNY', $5, 'CNY', '2026-11-30', {instants})",
            TENANT, IDS[n], f"AR-{n}", IDS[0], allocated,
        )  # fmt: skip
    for n, reference in enumerate(("icbc-1", "ICBC - 1", "ICBC-2"), 3):
        await owner.execute(
            "INSERT INTO payments (tenant_id, id, document_no, account_id, account_name,"
            " bank_reference, amount, amount_currency, allocated, allocated_currency,"
            " received_date, created_at, updated_at, version) VALUES ($1, $2, $3, $4, '星', $5,"
            f" 10, 'CNY', 10, 'CNY', '2026-11-20', {instants})",
            TENANT, IDS[n], f"PY-{n}", IDS[0], reference,
        )  # fmt: skip


async def test_rows_of_the_first_release_live_on(old: ServiceDatabase) -> None:
    owner = await connected(old)
    await fill(owner)
    await move(old, "upgrade", "heads")
    order = await owner.fetchrow("SELECT * FROM orders")
    assert (order["revision"], order["tax_rounding"]) == (1, "LINE")
    assert '"NET_30"' in order["payment_term"]
    assert (order["cancelled_total"], order["cancelled_total_currency"]) == (0, "CNY")
    debts = await owner.fetch("SELECT * FROM receivables ORDER BY id")
    assert [(one["status"], one["instalment"], one["owner_id"]) for one in debts] == [
        ("OPEN", 1, "seller-1"),
        ("SETTLED", 1, "seller-1"),
    ]
    (job,) = await owner.fetch("SELECT * FROM jobs")
    assert (job["kind"], job["key"]) == ("receivable_overdue", str(IDS[1]))
    assert job["run_at"].isoformat() == "2026-11-30T16:00:00+00:00"
    money = await owner.fetch("SELECT * FROM payments ORDER BY id")
    assert [(one["status"], one["bank_reference_key"]) for one in money] == [
        ("ALLOCATED", "icbc-1"),
        ("ALLOCATED", "icbc-1#PY-4"),
        ("ALLOCATED", "icbc-2"),
    ]
    assert {(one["returned"], one["returned_currency"]) for one in money} == {(0, "CNY")}
    await move(old, "downgrade", "rms_20261122")
    assert await owner.fetchval("SELECT status FROM receivables ORDER BY id LIMIT 1") == "OPEN"
    assert await owner.fetchval("SELECT count(*) FROM jobs") == 0
    assert await owner.fetchval("SELECT due_date FROM receivables LIMIT 1") == date(2026, 11, 30)
    await owner.close()
