"""The chart of the open leads."""

from datetime import datetime
from typing import Self

from pydantic import Field

from mtl.leads.domain.moves import LeadStatus
from mtl.metrics.domain.periods import AgeBand
from mtl.metrics.schemas.charts import Chart, label_of
from mtl.metrics.schemas.cohorts import GroupedRow, LeadTotals


class StockRow(GroupedRow):
    """The open leads of a status and an age."""

    status: LeadStatus
    status_label: str
    age_band: AgeBand
    age_band_label: str
    from_at: datetime | None = Field(
        description="`created_at__gte` of a list; null for the oldest leads"
    )
    before_at: datetime = Field(description="`created_at__lt` of a list")
    leads: int

    @classmethod
    def of(
        cls,
        status: LeadStatus,
        band: AgeBand,
        created: tuple[datetime | None, datetime],
        leads: int,
    ) -> Self:
        """Return the row of a status and an age, with its labels."""
        return cls(
            status=status,
            status_label=label_of(status),
            age_band=band,
            age_band_label=label_of(band),
            from_at=created[0],
            before_at=created[1],
            leads=leads,
        )


class StockChart(Chart[StockRow, LeadTotals]):
    """The open leads of today by status and age."""
