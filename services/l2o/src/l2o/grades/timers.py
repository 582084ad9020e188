"""The jobs that grade accounts: those that wait, and all of them every night."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import current
from chassis.jobs.queue import Again, Done, Job
from chassis.records.tenant_settings import settings_of, today
from chassis.web.commands import Command
from l2o.grades.actions import DAILY, grade_all_soon, grade_chunk

PAUSE: Final = timedelta(milliseconds=200)  # others finish what keeps an account locked
EARLY: Final = time(3)  # after the nightly RFM scores


async def grade_accounts(tx: AsyncConnection, job: Job) -> Done | Again:
    """Grade a chunk of the accounts that wait; the daily job lets all of them wait."""
    if job.key == DAILY:
        await grade_all_soon(tx, job.now)
        zone = ZoneInfo((await settings_of(tx)).timezone)
        tomorrow = await today(tx, job.now) + timedelta(days=1)
        return Again(run_at=datetime.combine(tomorrow, EARLY, zone))
    more = await grade_chunk(Command(tx, job.now, actor=current().actor))
    return Again(run_at=job.now + PAUSE) if more else Done()
