"""The query plan of an account's oldest open receivables, among many settled ones."""

from uuid import UUID

import asyncpg
from sqlalchemy import text

from kernel.ids import new_id
from rms.payments.store.open_receivables import oldest_open_query
from testkit.plugin import Committed

INSERT_RECEIVABLES = """
    INSERT INTO receivables (tenant_id, id, document_no, order_id, order_no, shipment_id,
        account_id, account_name, amount, amount_currency, allocated, allocated_currency, due_date,
        instalment, kind, withdrawn, withdrawn_currency, status, created_at, updated_at, version)
    SELECT $1, gen_random_uuid(), 'AR-' || n, $2, 'SO-1', gen_random_uuid(), $2, '星', 100, 'CNY',
        CASE WHEN n % 100 = 0 THEN 0 ELSE 100 END, 'CNY', date '2026-01-01' + n % 300,
        1, 'SHIPMENT', 0, 'CNY',
        CASE WHEN n % 100 = 0 THEN 'OPEN' ELSE 'SETTLED' END, now(), now(), 1
    FROM generate_series(1, 20000) AS n
"""


async def test_a_page_of_the_oldest_open_receivables_uses_its_index(
    committed: Committed, tenant: UUID
) -> None:
    account_id = new_id()
    owner = await asyncpg.connect(committed.urls.owner_url.replace("+asyncpg", ""))
    await owner.execute(INSERT_RECEIVABLES, tenant, account_id)
    await owner.execute("ANALYZE receivables")
    await owner.close()
    query = oldest_open_query(account_id, "CNY", after=None)
    async with committed.app.begin(tenant) as tx:
        sql = query.compile(dialect=tx.dialect, compile_kwargs={"literal_binds": True})
        rows = await tx.execute(text(f"EXPLAIN (ANALYZE, COSTS OFF) {sql}"))
        plan = "\n".join(rows.scalars())
    assert "ix_receivables_oldest_open" in plan
    assert "Seq Scan" not in plan
    assert "Sort" not in plan
    assert "Rows Removed" not in plan
