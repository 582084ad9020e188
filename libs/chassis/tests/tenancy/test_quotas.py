"""Quotas of records and imports, also for concurrent requests."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import operations
from chassis.events.replicas import replicate
from chassis.records.directory_subscriptions import TENANTS
from chassis.records.record_quota import count_records, tenant_usage
from chassis.records.tenant_settings import settings_of
from chassis.tenancy.quotas import apply_record_quota, ensure_import_quota
from contracts.org.events import Quotas, TenantChanged, TenantState
from kernel.errors import Conflict
from kernel.ids import new_id
from testkit.copies import carried
from testkit.database import cards
from testkit.plugin import Client, Committed
from testkit.tenants import SETTINGS, add_tenant

CARD = {"title": "x"}


async def test_without_a_limit_nothing_is_counted(client: Client, tx: AsyncConnection) -> None:
    assert (await client.post("/cards", json=CARD)).status_code == 201
    assert await tx.scalar(select(func.count()).select_from(tenant_usage)) == 0


async def test_existing_records_count(client: Client, tx: AsyncConnection) -> None:
    for _ in range(2):
        await client.post("/cards", json=CARD)
    await add_tenant(tx, quotas={"rows": 3})
    assert (await client.post("/cards", json=CARD)).status_code == 201
    answer = await client.post("/cards", json=CARD)
    assert (answer.status_code, answer.json()["code"]) == (409, "QUOTA_ROWS")
    assert answer.json()["params"] == {"limit": 3}
    await add_tenant(tx, quotas={"rows": 4})
    assert (await client.post("/cards", json=CARD)).status_code == 201


async def test_twenty_concurrent_requests_do_not_exceed_the_quota(
    committed_client: Client, committed: Committed, tenant: UUID
) -> None:
    async with committed.app.begin(tenant) as tx:
        await add_tenant(tx, quotas={"rows": 7})
    answers = await asyncio.gather(*(committed_client.post("/cards", json=CARD) for _ in range(20)))
    assert sorted(one.status_code for one in answers) == [201] * 7 + [409] * 13
    async with committed.app.begin(tenant) as tx:
        assert await tx.scalar(select(func.count()).select_from(cards)) == 7


async def test_ten_concurrent_imports_do_not_exceed_a_quota_of_three(
    committed: Committed, tenant: UUID
) -> None:
    """Operations stand for imports here: the quota applies to the rows that `running` counts."""
    running = select(func.count()).select_from(operations)
    async with committed.app.begin(tenant) as tx:
        await add_tenant(tx, quotas={"imports_at_once": 3})

    async def start() -> bool:
        try:
            async with committed.app.begin(tenant) as tx:
                await ensure_import_quota(tx, running)
                values = {"id": new_id(), "kind": "x", "status": "RUNNING", "result": {}}
                await tx.execute(operations.insert().values(values))
        except Conflict:
            return False
        return True

    assert sum(await asyncio.gather(*(start() for _ in range(10)))) == 3


async def test_a_job_applies_the_quota_on_request(tx: AsyncConnection) -> None:
    await add_tenant(tx, quotas={"rows": 0})
    await count_records(tx, cards)
    await apply_record_quota(tx)
    with pytest.raises(Conflict, match="QUOTA_ROWS"):
        await count_records(tx, cards)


async def change_quotas(tx: AsyncConnection, sequence: int, quotas: Quotas) -> None:
    """Apply an event of `org` with these quotas."""
    values = {
        "deleted": False,
        **SETTINGS,
        "tenant_id": new_id(),
        "country": "CN",
        "quotas": quotas,
    }
    state = TenantState.model_validate({n: values[n] for n in TenantState.model_fields})
    event = TenantChanged(tenant=state)
    await replicate(tx, TENANTS, [carried(TENANTS, event, state.tenant_id, sequence=sequence)])


async def test_records_created_without_a_limit_count_later(
    client: Client, tx: AsyncConnection
) -> None:
    """Records created between the removal of a limit and a new one count."""
    await change_quotas(tx, 2, Quotas(rows=3))
    assert (await client.post("/cards", json=CARD)).status_code == 201
    await change_quotas(tx, 3, Quotas())
    for _ in range(3):
        assert (await client.post("/cards", json=CARD)).status_code == 201
    await change_quotas(tx, 4, Quotas(rows=5))
    assert (await client.post("/cards", json=CARD)).status_code == 201
    answer = await client.post("/cards", json=CARD)
    assert (answer.status_code, answer.json()["code"]) == (409, "QUOTA_ROWS")


async def test_other_changes_of_a_tenant_keep_the_count(tx: AsyncConnection) -> None:
    await change_quotas(tx, 2, Quotas(rows=3))
    await apply_record_quota(tx)
    await count_records(tx, cards)
    await change_quotas(tx, 3, Quotas(rows=3, imports_at_once=1))
    assert await tx.scalar(select(tenant_usage.c.rows)) == 1
    await change_quotas(tx, 2, Quotas(rows=9))  # late
    assert await tx.scalar(select(tenant_usage.c.rows)) == 1


async def test_settings_are_read_anew_after_an_event_has_changed_them(tx: AsyncConnection) -> None:
    for sequence, rows in ((2, 3), (3, 5)):
        await change_quotas(tx, sequence, Quotas(rows=rows))
        assert (await settings_of(tx)).quotas.rows == rows
