"""What all metrics read alike: the leads that the caller sees, in groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Double, Row, Select, Text, cast, extract, func, null
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import business_date
from chassis.records.access.visibility import Visibility, is_visible
from chassis.records.lists.list_search import plan_each_search
from kernel.errors import Invalid, Violation
from mtl.leads.store import LEADS, leads
from mtl.metrics.domain.outcomes import GROUP_FIELDS, MAX_CHART_ROWS, MetricGroup
from mtl.metrics.domain.periods import MetricPeriod

SECONDS_PER_HOUR = 3600


@dataclass(frozen=True, kw_only=True)
class MetricReading:
    """Whose leads a metric counts, by which clock, and by what it divides them."""

    tx: AsyncConnection
    visibility: Visibility
    now: datetime
    timezone: str
    group: MetricGroup = MetricGroup.NONE
    source: str | None = None
    owner_id: str | None = None

    @property
    def today(self) -> date:
        """The present day of the tenant's calendar."""
        return business_date(self.now, self.timezone)

    @property
    def conditions(self) -> Sequence[ColumnElement[bool]]:
        """The conditions of a lead that is counted: those of a list with the same filters."""
        found = [leads.c.deleted_at.is_(None), is_visible(LEADS, self.visibility)]
        if self.source is not None:
            found.append(leads.c.source == self.source)
        if self.owner_id is not None:
            found.append(leads.c.owner_id == self.owner_id)
        return found

    @property
    def key(self) -> ColumnElement[Any]:
        """The value by which leads are grouped; null for all where they are not."""
        if self.group is MetricGroup.NONE:
            return cast(null(), Text)
        return cast(leads.c[GROUP_FIELDS[self.group].value], Text)

    def named(self, key: str | None) -> dict[str, str | None]:
        """Return the fields of a row that name its group."""
        return {
            field.value: key if self.group is group else None
            for group, field in GROUP_FIELDS.items()
        }

    async def rows(self, query: Select[Any], *, totals: int = 0) -> Sequence[Row[Any]]:
        """Fetch the rows of a chart, and before them so many rows of totals.

        Raises Invalid (CHART_TOO_LARGE).
        """
        await plan_each_search(self.tx)
        limit = MAX_CHART_ROWS + totals
        found: Sequence[Row[Any]] = (await self.tx.execute(query.limit(limit + 1))).all()
        if len(found) > limit:
            raise Invalid([Violation("?group", "CHART_TOO_LARGE", {"limit": MAX_CHART_ROWS})])
        return found


def is_created_in(period: MetricPeriod) -> ColumnElement[bool]:
    """Return the condition that a lead was created in a period."""
    return (leads.c.created_at >= period.start) & (leads.c.created_at < period.end)


def hours_between(start: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[float]:
    """Return the hours between two instants; null without one of them."""
    return cast(extract("epoch", end - start) / SECONDS_PER_HOUR, Double)


def percentile(share: float, value: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the value below which this share of all values lie; null without values."""
    return func.percentile_cont(share).within_group(value)
