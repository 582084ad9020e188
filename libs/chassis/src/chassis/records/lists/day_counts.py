"""Counts of records by day of the tenant's calendar, such as who made how many calls when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from fastapi import Depends, Query
from sqlalchemy import Column, ColumnElement, Date, Label, Select, cast, func, select

from chassis.foundation.clock import start_of_day
from chassis.records.tenant_settings import settings_of
from chassis.web.transaction import Tx
from kernel.business_dates import BusinessDate
from kernel.errors import Invalid, Violation

LONGEST: Final = timedelta(days=92)


@dataclass(frozen=True)
class DayPeriod:
    """The instants of the days of a time zone, `[start, end)`."""

    start: datetime
    end: datetime
    timezone: str


def day_period(from_date: date, to_date: date, timezone: str) -> DayPeriod:
    """Return the period of these days, the last one left out.

    Raises Invalid (PERIOD_EMPTY, PERIOD_TOO_LONG) for more than 92 days.
    """
    if to_date <= from_date:
        raise Invalid([Violation("?to", "PERIOD_EMPTY")])
    if to_date - from_date > LONGEST:
        raise Invalid([Violation("?to", "PERIOD_TOO_LONG", {"days": LONGEST.days})])
    start, end = (start_of_day(day, timezone) for day in (from_date, to_date))
    return DayPeriod(start, end, timezone)


async def _requested_period(
    tx: Tx,
    from_date: Annotated[BusinessDate, Query(alias="from", description="The first day")],
    to_date: Annotated[BusinessDate, Query(alias="to", description="The day after the last one")],
) -> DayPeriod:
    return day_period(from_date, to_date, (await settings_of(tx)).timezone)


# The period of a request: `?from=2026-11-01&to=2026-12-01`, at most 92 days.
RequestedPeriod = Annotated[DayPeriod, Depends(_requested_period)]


def counts_by_day(
    at: Column[datetime],
    period: DayPeriod,
    *,
    by: Sequence[Column[Any]],
    where: Sequence[ColumnElement[bool]],
    sums: Sequence[Label[Any]] = (),
) -> Select[Any]:
    """Return a query for `day`, the columns `by`, `count` and `sums` of the rows in a period."""
    day = cast(func.timezone(period.timezone, at), Date).label("day")
    counted = select(day, *by, func.count().label("count"), *sums)
    in_period = (at >= period.start, at < period.end, *where)
    return counted.where(*in_period).group_by(day, *by).order_by(day, *by)
