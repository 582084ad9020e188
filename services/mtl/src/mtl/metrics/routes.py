"""The HTTP API of metrics: figures of the leads that the caller sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list
from chassis.records.access.visibility import Visibility
from chassis.records.tenant_settings import settings_of
from chassis.web.pages import reject_unknown_parameters
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.business_dates import BusinessDate
from kernel.texts import TrimmedText
from mtl.leads.schemas.fields import ShortText
from mtl.leads.store import LEADS
from mtl.metrics.domain.outcomes import MetricGroup
from mtl.metrics.domain.periods import MAX_DAYS, MetricPeriod, MetricStep, period_of
from mtl.metrics.schemas.cohorts import ConversionChart, EffectiveChart, NewLeadsChart
from mtl.metrics.schemas.hand_offs import HandOffChart
from mtl.metrics.schemas.needed import LeadsNeededOut
from mtl.metrics.schemas.stock import StockChart
from mtl.metrics.views import cohorts, hand_offs
from mtl.metrics.views.needed import read_leads_needed
from mtl.metrics.views.reading import MetricReading
from mtl.metrics.views.stock import read_stock

router = new_router("/lead-metrics", tag="metrics")
STRICT: Sequence[Any] = [Depends(reject_unknown_parameters)]

FirstDay = Annotated[BusinessDate, Query(alias="from", description="In the tenant's time zone")]
LastDay = Annotated[
    BusinessDate, Query(alias="to", description=f"Included; at most {MAX_DAYS} days")
]
Group = Annotated[MetricGroup, Query(description="A row for each source, owner or grade")]
Target = Annotated[int, Query(ge=1, le=1_000_000)]


@dataclass(frozen=True)
class MetricFilter:
    """Which leads are counted: those that the caller sees, of one source or owner on request."""

    tx: AsyncConnection
    now: datetime
    visibility: Visibility
    source: str | None
    owner_id: str | None

    async def reading(self, group: MetricGroup = MetricGroup.NONE) -> MetricReading:
        """Return the reading of these leads by the tenant's clock."""
        timezone = (await settings_of(self.tx)).timezone
        return MetricReading(**vars(self), timezone=timezone, group=group)


async def _filter(
    tx: Tx,
    now: Now,
    visibility: Annotated[Visibility, may_list(LEADS)],
    source: Annotated[ShortText | None, Query(description="Only the leads of a source")] = None,
    owner_id: Annotated[
        Annotated[str, TrimmedText(min_length=1, max_length=200)] | None,
        Query(description="Only the leads of a person"),
    ] = None,
) -> MetricFilter:
    return MetricFilter(tx, now, visibility, source, owner_id)


Filter = Annotated[MetricFilter, Depends(_filter)]


def _period(reading: MetricReading, first: BusinessDate, last: BusinessDate) -> MetricPeriod:
    return period_of(first, last, reading.timezone)


@router.get("/new", dependencies=STRICT)
async def lead_metrics_new(
    leads: Filter,
    first: FirstDay,
    last: LastDay,
    by: MetricStep = MetricStep.DAY,
    group: Group = MetricGroup.NONE,
) -> NewLeadsChart:
    """Count the new leads of each day, week or month.

    Days without leads are rows too, unless the chart is grouped. Each row has the instants with
    which `GET /leads` lists its leads.
    """
    reading = await leads.reading(group)
    return await cohorts.read_new_leads(reading, _period(reading, first, last), by)


@router.get("/stock", dependencies=STRICT)
async def lead_metrics_stock(tx: Tx, leads: Filter, group: Group = MetricGroup.NONE) -> StockChart:
    """Count the open leads by status and days since creation."""
    return await read_stock(await leads.reading(group))


@router.get("/conversion", dependencies=STRICT)
async def lead_metrics_conversion(
    leads: Filter, first: FirstDay, last: LastDay, group: Group = MetricGroup.NONE
) -> ConversionChart:
    """Show what the leads created in a period have become by now, and how fast.

    By grade they tell how well leads are graded: a converted lead keeps the grade that it had.
    Rates have their sample sizes and intervals of 95 %. Of leads that are still open more may
    convert: the rates of recent periods grow.
    """
    reading = await leads.reading(group)
    return await cohorts.read_conversion(reading, _period(reading, first, last))


@router.get("/hand-off", dependencies=STRICT)
async def lead_metrics_hand_off(
    leads: Filter, first: FirstDay, last: LastDay, group: Group = MetricGroup.NONE
) -> HandOffChart:
    """Show how sales answered the leads handed over in a period.

    A lead that was handed over twice counts twice; it belongs to its present owner.
    """
    reading = await leads.reading(group)
    return await hand_offs.read_hand_offs(reading, _period(reading, first, last))


@router.get("/effective", dependencies=STRICT)
async def lead_metrics_effective(
    leads: Filter,
    first: FirstDay,
    last: LastDay,
    target: Target,
    group: Group = MetricGroup.NONE,
) -> EffectiveChart:
    """Compare the leads of a period that are accepted or converted with a target.

    The target is that of each row: of each source or person where the chart is grouped.
    """
    reading = await leads.reading(group)
    return await cohorts.read_effective_leads(reading, _period(reading, first, last), target)


@router.get("/needed", dependencies=STRICT)
async def lead_metrics_needed(
    leads: Filter,
    target: Target,
    months: Annotated[int, Query(ge=1, le=12, description="Of the past leads")] = 3,
) -> LeadsNeededOut:
    """Compute how many leads this month needs for a number of conversions.

    The rate is that of the leads of past months, without the latest days, whose leads may still
    convert. Under 30 of them the state is `NOT_ENOUGH_DATA`.
    """
    return await read_leads_needed(await leads.reading(), target, months)


ROUTERS = (router,)
