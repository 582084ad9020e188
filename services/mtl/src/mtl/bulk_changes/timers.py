"""The job that changes many leads, and gives them back what they had."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Again, Done, Job
from chassis.records.tenant_settings import apply_tenant_country
from mtl.bulk_changes.actions.running import fail_bulk_change, run_chunk


async def change_leads(tx: AsyncConnection, job: Job) -> Done | Again:
    """Change the next leads of a bulk change."""
    await apply_tenant_country(tx)
    return Again(run_at=job.now) if await run_chunk(tx, job) else Done()


async def give_up_bulk_change(tx: AsyncConnection, job: Job) -> None:
    """Mark a bulk change that could not be carried out."""
    await fail_bulk_change(tx, job)
