"""The deadline of a conversion: it is reported every hour and changes no lead."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection
from structlog.testing import capture_logs

from chassis.database.backbone_tables import jobs
from chassis.jobs.queue import Again, Done, Job
from mtl.leads.actions.conversions import complete_conversion
from mtl.leads.timers import check_conversion_deadline
from services.mtl.tests.factories import create_qualified, status_of


async def convert(client: AsyncClient) -> tuple[str, dict[str, Any]]:
    lead_id = await create_qualified(client)
    return lead_id, (await client.post(f"/leads/{lead_id}/convert")).json()


async def deadline_job(tx: AsyncConnection) -> Job:
    row = (await tx.execute(select(jobs).where(jobs.c.kind == "conversion_deadline"))).one()
    return Job(
        tenant=row.tenant_id,
        id=row.id,
        kind=row.kind,
        key=row.key,
        run_at=row.run_at,
        payload=row.payload,
        attempts=row.attempts,
        now=row.run_at,
    )


async def test_the_deadline_is_fifteen_minutes_after_the_conversion(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    lead_id, operation = await convert(client)
    job = await deadline_job(tx)
    lead = (await client.get(f"/leads/{lead_id}")).json()
    assert job.key == operation["id"]
    started_at = job.run_at - timedelta(minutes=15)
    assert started_at.isoformat().replace("+00:00", "Z") == lead["converted_at"]
    await client.post(f"/leads/{lead_id}/convert")
    assert await deadline_job(tx) == job


async def test_an_overdue_conversion_is_reported_every_hour_and_stays_converted(
    client: AsyncClient, tx: AsyncConnection
) -> None:
    lead_id, operation = await convert(client)
    job = await deadline_job(tx)
    with capture_logs() as logs:
        outcome = await check_conversion_deadline(tx, job)
    assert outcome == Again(run_at=job.now + timedelta(hours=1), payload=job.payload)
    [line] = logs
    assert (line["event"], line["log_level"]) == ("conversion_overdue", "error")
    assert (line["lead_id"], line["conversion_id"]) == (lead_id, operation["id"])
    assert {name: line[name] for name in operation["result"]} == operation["result"]
    assert await status_of(client, lead_id) == "CONVERTED"
    await complete_conversion(tx, UUID(operation["id"]))
    with capture_logs() as logs:
        assert await check_conversion_deadline(tx, job) == Done()
    assert logs == []
