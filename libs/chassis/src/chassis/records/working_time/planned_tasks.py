"""Tasks that people get on a day of their own, when they start to work: the next step of a call.

Until that day the task is a job; the service raises it then, if it is still due.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from chassis.records.tenant_settings import settings_of
from chassis.records.work.actions import raise_task, settle_tasks
from chassis.records.working_time.deadlines import clock_of
from contracts.work import RecordRef, TaskKind
from kernel.working_clock import local_instant

DAY_STARTS_AT: Final = 9 * 60  # the minute of a day without working time
# Who gets a task, and on which day; None if nobody does.
Due = tuple[str, date] | None


@dataclass(frozen=True)
class PlannedTask:
    """A kind of task that is planned for a day, and the kind of job that raises it then."""

    kind: TaskKind
    job: str


async def keep_planned_task(
    tx: AsyncConnection, planned: PlannedTask, about: RecordRef, *, before: Due, after: Due
) -> None:
    """Plan the task of a record anew if its person or day changed; settle the one of before.

    The job raises nothing by itself: its payload says the day, `due_on`, for which it was planned.
    """
    if before == after:
        return
    if before is not None:
        await settle_tasks(tx, about, kinds=[planned.kind])
        await queue.cancel(tx, planned.job, str(about.record_id))
    if after is not None:
        owner_id, day = after
        await queue.enqueue(
            tx,
            planned.job,
            str(about.record_id),
            run_at=await start_of_work(tx, owner_id, day),
            payload={"due_on": day.isoformat()},
            about=about,
            replace=True,
        )


async def raise_planned_task(
    tx: AsyncConnection, planned: PlannedTask, about: RecordRef, *, due: Due, day: date, name: str
) -> None:
    """Give the task of a record called `name` to who is due; nothing if another day is by now."""
    if due is None or due[1] != day:
        return
    owner_id, _ = due
    params = {"name": name}
    await raise_task(tx, planned.kind, about, assignee=owner_id, params=params, due_date=day)


def planned_day(job: queue.Job) -> date:
    """Return the day for which the task of a job was planned."""
    return date.fromisoformat(job.payload["due_on"])


async def start_of_work(tx: AsyncConnection, owner_id: str, day: date) -> datetime:
    """Return when a person starts to work on a day; 9 in the morning of one without work."""
    zone = ZoneInfo((await settings_of(tx)).timezone)
    shifts = (await clock_of(tx, owner_id=owner_id)).scheduled_day(day).shifts
    minute = shifts[0].span.start if shifts else DAY_STARTS_AT
    return local_instant(day, minute, zone)
