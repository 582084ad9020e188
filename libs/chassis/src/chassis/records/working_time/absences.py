"""The clock of a person: the working time of their department, without their days of leave."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.tables import leaves, people
from chassis.records.working_time.deadlines import clock_of
from kernel.working_clock import ONE_DAY, WorkingClock
from kernel.working_week import OwnWorkingDay

LONGEST_LEAVE = timedelta(days=3660)  # clocks look no further ahead


async def clock_of_person(tx: AsyncConnection, owner_id: str | None) -> WorkingClock:
    """Return the clock of a person, or of the tenant for None; nobody works on leave.

    Raises Unavailable (TENANT_NOT_READY).
    """
    clock = await clock_of(tx, owner_id=owner_id)
    if owner_id is None:
        return clock
    query = select(leaves.c.from_date, leaves.c.to_date).join(
        people, (people.c.id == leaves.c.person_id) & ~people.c.deleted
    )
    rows = (await tx.execute(query.where(people.c.subject == owner_id))).all()
    absent = {day for row in rows for day in _days(row.from_date, row.to_date)}
    if not absent:
        return clock
    worked = (own for own in clock.own_days if own.date not in absent)
    return replace(clock, own_days=(*worked, *(OwnWorkingDay(day) for day in sorted(absent))))


def _days(first: date, end: date) -> Iterator[date]:
    day, last = first, min(end, first + LONGEST_LEAVE)
    while day < last:
        yield day
        day += ONE_DAY
