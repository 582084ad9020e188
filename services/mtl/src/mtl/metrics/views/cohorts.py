"""Reads what leads that were created in a period have become."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, case, cast, false, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY

from mtl.leads.domain.moves import CONVERTED, INVALID, MQL, SQL, LeadStatus
from mtl.leads.store import lead_history, leads
from mtl.metrics.domain.outcomes import MetricField, MetricGroup
from mtl.metrics.domain.periods import MetricPeriod, MetricStep
from mtl.metrics.schemas.charts import dimensions_of, measures_of, rounded, span_of
from mtl.metrics.schemas.cohorts import (
    ConversionChart,
    ConversionFigures,
    ConversionRow,
    EffectiveChart,
    EffectiveRow,
    EffectiveTotals,
    LeadTotals,
    NewLeadsChart,
    NewLeadsRow,
    RateOut,
)
from mtl.metrics.views.reading import MetricReading, hours_between, is_created_in, percentile


async def read_new_leads(
    reading: MetricReading, period: MetricPeriod, step: MetricStep
) -> NewLeadsChart:
    """Count the leads created in each part of a period; parts without leads count too if ungrouped.

    Raises Invalid (CHART_TOO_LARGE).
    """
    parts = period.parts(step)
    starts = cast([part.start for part in parts], ARRAY(leads.c.created_at.type))
    created = (
        select(
            func.width_bucket(leads.c.created_at, starts).label("part"), reading.key.label("key")
        )
        .where(is_created_in(period), *reading.conditions)
        .cte("created")
    )
    columns = (created.c.part, created.c.key)
    query = select(*columns, func.count().label("leads")).group_by(*columns).order_by(*columns)
    found = [(row.part - 1, row.key, row.leads) for row in await reading.rows(query)]
    if reading.group is MetricGroup.NONE:
        counts = {part: number for part, _, number in found}
        found = [(part, None, counts.get(part, 0)) for part in range(len(parts))]
    return NewLeadsChart(
        **span_of(period),
        dimensions=dimensions_of(reading.group, MetricField.START_DATE),
        measures=measures_of(MetricField.LEADS),
        rows=[
            NewLeadsRow(leads=number, **span_of(parts[part], "start_date")).of_group(
                **reading.named(key)
            )
            for part, key, number in found
        ],
        totals=LeadTotals(leads=sum(number for _, _, number in found)),
    )


async def read_effective_leads(
    reading: MetricReading, period: MetricPeriod, target: int
) -> EffectiveChart:
    """Count the leads of a period that sales accepted, against what each group should reach.

    Raises Invalid (CHART_TOO_LARGE).
    """
    effective = leads.c.status.in_([SQL, CONVERTED])
    cohort = (
        select(reading.key.label("key"), effective.label("effective"))
        .where(is_created_in(period), *reading.conditions)
        .cte("cohort")
    )
    query = _grouped(cohort.c.key, func.count().filter(cohort.c.effective).label("effective"))
    [total, *found] = await reading.rows(query, totals=1)
    return EffectiveChart(
        **span_of(period),
        dimensions=dimensions_of(reading.group),
        measures=measures_of(
            MetricField.LEADS, MetricField.EFFECTIVE, MetricField.TARGET, MetricField.ATTAINMENT
        ),
        rows=[
            EffectiveRow.of(row.leads, row.effective, target).of_group(**reading.named(row.key))
            for row in found
        ],
        totals=EffectiveTotals(leads=total.leads, effective=total.effective),
    )


async def read_conversion(reading: MetricReading, period: MetricPeriod) -> ConversionChart:
    """Count what the leads created in a period have become by now, and how long that took.

    Raises Invalid (CHART_TOO_LARGE).
    """
    cohort = cohort_query(reading, period).cte("cohort")
    became = {name: func.count().filter(cohort.c[name]).label(name) for name in _BECAME}
    query = _grouped(
        cohort.c.key,
        *became.values(),
        percentile(0.5, cohort.c.first_move_hours).label("first_move_median_hours"),
        percentile(0.9, cohort.c.first_move_hours).label("first_move_p90_hours"),
        percentile(0.5, cohort.c.conversion_hours).label("conversion_median_hours"),
        percentile(0.9, cohort.c.conversion_hours).label("conversion_p90_hours"),
    )
    [total, *found] = await reading.rows(query, totals=1)
    return ConversionChart(
        **span_of(period),
        dimensions=dimensions_of(reading.group),
        measures=measures_of(*(MetricField(name) for name in ConversionFigures.model_fields)),
        rows=[ConversionRow(**_figures(row)).of_group(**reading.named(row.key)) for row in found],
        totals=ConversionFigures(**_figures(total)),
    )


_BECAME = ("mql", "sql", "converted", "invalid")
_RATES = {
    "mql_rate": "mql",
    "sql_rate": "sql",
    "conversion_rate": "converted",
    "invalid_rate": "invalid",
}
_HOURS = (
    "first_move_median_hours",
    "first_move_p90_hours",
    "conversion_median_hours",
    "conversion_p90_hours",
)


def _grouped(key: ColumnElement[Any], *figures: ColumnElement[Any]) -> Select[Any]:
    """Return a query for the figures of all leads, and then of each group, the largest first."""
    number = func.count().label("leads")
    query = select(key.label("key"), number, *figures).group_by(func.rollup(key))
    return query.order_by(func.grouping(key).desc(), number.desc(), key)


def cohort_query(reading: MetricReading, period: MetricPeriod) -> Select[Any]:
    """Return a query for the leads of a period with what they have become, a row for each."""
    status, moves = leads.c.status, lead_history.c
    converted_at = case((status == CONVERTED, leads.c.converted_at))
    return (
        select(
            reading.key.label("key"),
            _reached(MQL, (MQL,)).label("mql"),
            _reached(SQL, (SQL, CONVERTED)).label("sql"),
            (status == CONVERTED).label("converted"),
            (status == INVALID).label("invalid"),
            hours_between(leads.c.created_at, func.min(moves.at)).label("first_move_hours"),
            hours_between(leads.c.created_at, converted_at).label("conversion_hours"),
        )
        # One join, which the planner may make by an index or, for a long period, by a hash table.
        .select_from(leads.outerjoin(lead_history, moves.lead_id == leads.c.id))
        .where(is_created_in(period), *reading.conditions)
        .group_by(leads.c.tenant_id, leads.c.id)
    )


def _reached(reached: LeadStatus, now: Sequence[LeadStatus]) -> ColumnElement[bool]:
    """Return whether a lead had a status by its history, or has one that follows from it."""
    had = func.coalesce(func.bool_or(lead_history.c.to_status == reached), false())
    return or_(had, leads.c.status.in_(now))


def _figures(row: Any) -> dict[str, Any]:
    """Return the counts, rates and times of a group of leads."""
    return {
        "leads": row.leads,
        **{name: getattr(row, name) for name in _BECAME},
        **{rate: RateOut.of(getattr(row, name), row.leads) for rate, name in _RATES.items()},
        **{name: rounded(getattr(row, name)) for name in _HOURS},
    }
