"""Reads how many leads this month needs for a target, by what past leads have become."""

from typing import Any

from sqlalchemy import (
    CTE,
    Date,
    DateTime,
    Integer,
    Numeric,
    Select,
    cast,
    func,
    literal,
    select,
    true,
)

from chassis.records.lists.list_search import plan_each_search
from mtl.leads.domain.moves import CONVERTED
from mtl.leads.store import leads
from mtl.metrics.domain.periods import ONE_DAY, MetricPeriod, months_before
from mtl.metrics.domain.rates import leads_needed
from mtl.metrics.schemas.charts import rounded
from mtl.metrics.schemas.cohorts import RateOut
from mtl.metrics.schemas.needed import LeadsNeededOut
from mtl.metrics.views.reading import MetricReading, hours_between, is_created_in, percentile

HOURS_PER_DAY = 24
LONGEST_WAIT = 180  # days by which past leads are older at most


async def read_leads_needed(reading: MetricReading, target: int, months: int) -> LeadsNeededOut:
    """Return how many leads a target of conversions needs this month.

    The rate is that of the leads of as many whole months, before those that may still convert:
    the days within which nine in ten conversions come are left out before this month.
    """
    month = MetricPeriod(months_before(reading.today, 0), reading.today, reading.timezone)
    past = MetricPeriod(
        months_before(reading.today, months), month.first - ONE_DAY, reading.timezone
    )
    await plan_each_search(reading.tx)
    row = (await reading.tx.execute(_query(reading, past, month))).one()
    needed = leads_needed(target, row.came, converted=row.converted, sample=row.sample)
    return LeadsNeededOut.of(
        needed,
        target=target,
        came=row.came,
        month=month.first,
        cohort=(row.first_day, row.end_day - ONE_DAY),
        converted=row.converted,
        rate=RateOut.of(row.converted, row.sample),
        hours=(rounded(row.median), rounded(row.p90)),
    )


def _query(reading: MetricReading, past: MetricPeriod, month: MetricPeriod) -> Select[Any]:
    """Return the one query: how long conversions took, what past leads became, how many came."""
    cohort_days = _cohort_days(reading, past)
    number = func.count()
    cohort = (
        select(
            number.label("sample"),
            number.filter(leads.c.status == CONVERTED).label("converted"),
        )
        .where(
            leads.c.created_at >= _start_of(cohort_days.c.first_day, reading.timezone),
            leads.c.created_at < _start_of(cohort_days.c.end_day, reading.timezone),
            *reading.conditions,
        )
        .lateral("cohort")
    )
    came = select(number).where(is_created_in(month), *reading.conditions).scalar_subquery()
    return select(cohort_days, cohort, came.label("came")).select_from(
        cohort_days.join(cohort, true())
    )


def _cohort_days(reading: MetricReading, past: MetricPeriod) -> CTE:
    """Return the hours that the conversions of a period took, and the days of the past leads."""
    hours = hours_between(leads.c.created_at, leads.c.converted_at)
    took = (
        select(percentile(0.5, hours).label("median"), percentile(0.9, hours).label("p90"))
        .where(
            leads.c.status == CONVERTED,
            leads.c.converted_at_sort >= past.start,
            leads.c.converted_at_sort < past.end,
            *reading.conditions,
        )
        .cte("took")
    )
    hours_shown = func.round(cast(func.coalesce(took.c.p90, 0), Numeric), 1)
    days = cast(func.ceil(hours_shown / HOURS_PER_DAY), Integer)
    wait = func.least(days, LONGEST_WAIT, type_=Integer)
    first, end = literal(past.first, Date), literal(past.last + ONE_DAY, Date)
    return select(
        took.c.median, took.c.p90, (first - wait).label("first_day"), (end - wait).label("end_day")
    ).cte("cohort_days")


def _start_of(day: Any, timezone: str) -> Any:
    """Return the instant at which a day begins in an IANA time zone."""
    return func.timezone(timezone, cast(day, DateTime))
