"""The answers of L2O to a conversion, and the job that waits for them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import jobs
from chassis.jobs.queue import Again, Done
from contracts.l2o.events import ConversionCompleted, ConversionRejected, RejectedFieldState
from mtl.conversions.handlers import on_conversion_completed, on_conversion_rejected
from mtl.conversions.timers import check_conversion_deadline
from services.mtl.tests.factories import META, create_qualified
from testkit.jobs import job_of

IDS = ("account_id", "contact_id", "opportunity_id")


async def start(client: AsyncClient, lead_id: str | None = None, **body: Any) -> dict[str, Any]:
    """Convert a lead, by default a new one; return its operation."""
    lead_id = lead_id or await create_qualified(client)
    answer = await client.post(f"/leads/{lead_id}/convert", json=body)
    assert answer.status_code == 202, answer.text
    operation: dict[str, Any] = answer.json()
    return operation | {"lead_id": lead_id}


async def complete(tx: AsyncConnection, operation: dict[str, Any]) -> None:
    """Answer that the records are there."""
    ids = {name: operation["result"].get(name) or operation["id"] for name in IDS}
    lead_id = UUID(operation["lead_id"])
    event = ConversionCompleted(conversion_id=operation["id"], lead_id=lead_id, **ids)
    await on_conversion_completed(tx, event, META)


async def reject(
    tx: AsyncConnection,
    operation: dict[str, Any],
    reason: str = "ACCOUNT_NOT_FOUND",
    fields: tuple[RejectedFieldState, ...] = (),
) -> None:
    """Answer that nothing was created."""
    event = ConversionRejected(
        conversion_id=operation["id"],
        lead_id=UUID(operation["lead_id"]),
        reason=reason,
        fields=fields,
    )
    await on_conversion_rejected(tx, event, META)


async def wait(tx: AsyncConnection, operation: dict[str, Any], now: datetime) -> datetime | None:
    """Run the job of a conversion at an instant; return when it runs again, None for never."""
    query = select(jobs).where(jobs.c.kind == "conversion_deadline", jobs.c.key == operation["id"])
    row = (await tx.execute(query)).one()
    outcome = await check_conversion_deadline(tx, job_of(row, now=now))
    if isinstance(outcome, Again):
        assert outcome.payload == row.payload
        return outcome.run_at
    assert outcome == Done()
    return None


async def deadline(tx: AsyncConnection, operation: dict[str, Any]) -> datetime:
    """Return when the job of a conversion runs first."""
    query = select(jobs.c.run_at).where(jobs.c.key == operation["id"])
    run_at: datetime = (await tx.execute(query)).scalar_one()
    return run_at


async def unanswered(tx: AsyncConnection, operation: dict[str, Any]) -> datetime:
    """Let the time of a conversion run out; return when it is cancelled once more."""
    at: datetime | None = await deadline(tx, operation)
    for _ in range(4):
        assert at is not None
        at = await wait(tx, operation, at)
    assert at is not None
    return at


async def state(client: AsyncClient, operation: dict[str, Any]) -> tuple[str, str]:
    """Return the status of the lead and of the operation of a conversion."""
    lead = (await client.get(f"/leads/{operation['lead_id']}")).json()
    ended = (await client.get(f"/operations/{operation['id']}")).json()
    return lead["status"], ended["status"]
