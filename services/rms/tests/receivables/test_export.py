"""An export of receivables shows the same values as the list on the tenant's business day."""

from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.exports.actions import run_export
from chassis.files.exports.tables import export_parts
from kernel.ids import new_id
from services.rms.tests.conftest import At
from services.rms.tests.factories import TODAY, add_receivable, add_settings, cny


@pytest.mark.parametrize(("hour", "overdue"), [(15, False), (17, True)])
async def test_exported_receivables_are_overdue_by_the_tenants_day(
    client: AsyncClient, tx: AsyncConnection, tenant: UUID, at: At, hour: int, overdue: bool
) -> None:
    """The 22nd ends in Shanghai at 16:00 UTC, whatever the time zone of the machine."""
    now = datetime(2026, 11, 22, hour, tzinfo=UTC)
    at(now)
    await add_settings(tx)
    await add_receivable(tx, cny("100.00"), account_id=new_id(), due_date=TODAY)
    body = {"resource": "rms.receivable", "format": "JSONL"}
    export_id = (await client.post("/exports", json=body)).json()["id"]
    await run_export(tx, "rms", tenant, UUID(export_id), now=now)
    [shown] = (await client.get("/receivables")).json()["items"]
    file = (await tx.execute(select(export_parts.c.content))).scalar_one()
    [written] = [orjson.loads(row) for row in file.splitlines()]
    assert (written["id"], written["overdue"]) == (shown["id"], overdue)
    assert shown["overdue"] is overdue
