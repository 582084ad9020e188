"""Reads the open leads by status and age."""

from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from mtl.leads.domain.moves import OPEN_STATUSES, LeadStatus
from mtl.leads.store import leads
from mtl.metrics.domain.outcomes import MetricField, MetricGroup
from mtl.metrics.domain.periods import AgeBand, band_limits
from mtl.metrics.schemas.charts import dimensions_of, measures_of
from mtl.metrics.schemas.cohorts import LeadTotals
from mtl.metrics.schemas.stock import StockChart, StockRow
from mtl.metrics.views.reading import MetricReading

OPEN_IN_ORDER = [status for status in LeadStatus if status in OPEN_STATUSES]


async def read_stock(reading: MetricReading) -> StockChart:
    """Count the open leads of each status and age; all of these also where none is, if ungrouped.

    Raises Invalid (CHART_TOO_LARGE).
    """
    limits = band_limits(reading.today, reading.timezone)
    oldest_first = list(reversed(AgeBand))
    starts = [begin for band in oldest_first if (begin := limits[band][0]) is not None]
    array = cast(starts, ARRAY(leads.c.created_at.type))
    open_leads = (
        select(
            reading.key.label("key"),
            leads.c.status,
            func.width_bucket(leads.c.created_at, array).label("band"),
        )
        .where(leads.c.status.in_(OPEN_IN_ORDER), *reading.conditions)
        .cte("open_leads")
    )
    columns = (open_leads.c.key, open_leads.c.status, open_leads.c.band)
    query = select(*columns, func.count().label("leads")).group_by(*columns)
    found = {
        (row.key, row.status, oldest_first[row.band]): row.leads
        for row in await reading.rows(query)
    }
    ungrouped = reading.group is MetricGroup.NONE
    keys = [None] if ungrouped else sorted({key for key, _, _ in found}, key=lambda key: key or "")
    cells = [(key, status, band) for key in keys for status in OPEN_IN_ORDER for band in AgeBand]
    return StockChart(
        dimensions=dimensions_of(reading.group, MetricField.STATUS, MetricField.AGE_BAND),
        measures=measures_of(MetricField.LEADS),
        rows=[
            StockRow.of(status, band, limits[band], found.get((key, status, band), 0)).of_group(
                **reading.named(key)
            )
            for key, status, band in cells
            if ungrouped or (key, status, band) in found
        ],
        totals=LeadTotals(leads=sum(found.values())),
    )
