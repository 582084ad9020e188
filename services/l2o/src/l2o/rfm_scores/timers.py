"""The job that computes RFM scores, soon after orders changed and every day."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Again, Done, Job
from chassis.records.tenant_settings import settings_of, today
from l2o.rfm_scores.actions import CHANGED, DAILY, compute_all, compute_changed

EARLY: Final = time(2)  # when the day of a tenant has begun, and nobody works


async def compute_rfm(tx: AsyncConnection, job: Job) -> Done | Again:
    """Compute scores: under the key `changed` what changed, else all; the daily job goes on."""
    if job.key == CHANGED:
        await compute_changed(tx, job.now)
        return Done()
    await compute_all(tx, job.now)
    return Again(run_at=await _next_morning(tx, job.now)) if job.key == DAILY else Done()


async def _next_morning(tx: AsyncConnection, now: datetime) -> datetime:
    zone = ZoneInfo((await settings_of(tx)).timezone)
    return datetime.combine(await today(tx, now) + timedelta(days=1), EARLY, zone)
