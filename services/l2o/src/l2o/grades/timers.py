"""The jobs that grade accounts: those that wait, and all of them every night."""

from datetime import datetime, time, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.context import current
from chassis.jobs import queue
from chassis.jobs.queue import Again, Done, Job
from chassis.records.tenant_settings import settings_of, today
from chassis.web.commands import Command
from l2o.accounts.actions import ask_for_reviews
from l2o.grade_queues.actions import ACTOR, GRADING_JOB, WAITING
from l2o.grades.actions import DAILY, grade_account, grade_all_soon, grade_chunk

PAUSE: Final = timedelta(milliseconds=200)  # others finish what keeps an account locked
AFTER_GRADING: Final = timedelta(hours=2)
ASKED_AT_ONCE: Final = 200
REVIEWS: Final = "reviews"
EARLY: Final = time(3)  # after the nightly RFM scores


async def grade_accounts(tx: AsyncConnection, job: Job) -> Done | Again:
    """Grade the account of the key, or a chunk of those that wait; the daily job lets all wait."""
    if job.key == REVIEWS:
        return await _ask_for_reviews(tx, job)
    if job.key == DAILY:
        await queue.enqueue(
            tx, GRADING_JOB, REVIEWS, run_at=job.now + AFTER_GRADING, actor=ACTOR, replace=True
        )
        await grade_all_soon(tx, job.now)
        zone = ZoneInfo((await settings_of(tx)).timezone)
        tomorrow = await today(tx, job.now) + timedelta(days=1)
        return Again(run_at=datetime.combine(tomorrow, EARLY, zone))
    command = Command(tx, job.now, actor=current().actor)
    if job.key == WAITING:
        is_done = not await grade_chunk(command)
    else:
        is_done = await grade_account(command, UUID(job.key))
    return Done() if is_done else Again(run_at=job.now + PAUSE)


async def _ask_for_reviews(tx: AsyncConnection, job: Job) -> Done | Again:
    """Give owners the tasks of reviews that are due by the end of the day."""
    given = job.payload.get("after")
    zone = ZoneInfo((await settings_of(tx)).timezone)
    tomorrow = await today(tx, job.now) + timedelta(days=1)
    last = await ask_for_reviews(
        tx,
        datetime.combine(tomorrow, time(), zone),
        after=None if given is None else UUID(given),
        limit=ASKED_AT_ONCE,
    )
    return Done() if last is None else Again(run_at=job.now, payload={"after": str(last)})
