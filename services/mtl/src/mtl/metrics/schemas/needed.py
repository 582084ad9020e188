"""The answer to how many leads this month needs."""

from datetime import date
from decimal import Decimal
from typing import Self

from pydantic import BaseModel, Field

from mtl.metrics.domain.rates import LeadsNeeded, NeededState
from mtl.metrics.schemas.charts import label_of
from mtl.metrics.schemas.cohorts import Hours, RateOut


class LeadsNeededOut(BaseModel):
    """How many leads a target of conversions needs; the numbers are null without enough data."""

    state: NeededState
    state_label: str
    month: date = Field(description="The first day of this month")
    target: int
    came: int = Field(description="The leads created this month")
    needed: int | None = Field(description="target / conversion rate, rounded up")
    needed_at_least: int | None = Field(description="The same by the upper end of the interval")
    needed_at_most: int | None = Field(description="The same by the lower end of the interval")
    missing: int | None = Field(description="needed - came, or 0")
    converted: int = Field(description="The leads of the past days that are converted")
    conversion_rate: RateOut | None
    cohort_from_date: date = Field(description="The first day of the leads behind the rate")
    cohort_to_date: date = Field(description="The last day, included")
    conversion_median_hours: Hours = Field(description="What conversions of these months took")
    conversion_p90_hours: Hours

    @classmethod
    def of(
        cls,
        found: LeadsNeeded,
        *,
        target: int,
        came: int,
        month: date,
        cohort: tuple[date, date],
        converted: int,
        rate: RateOut | None,
        hours: tuple[Decimal | None, Decimal | None],
    ) -> Self:
        """Return the answer with the label of its state."""
        return cls(
            **vars(found),
            state_label=label_of(found.state),
            target=target,
            came=came,
            month=month,
            cohort_from_date=cohort[0],
            cohort_to_date=cohort[1],
            converted=converted,
            conversion_rate=rate,
            conversion_median_hours=hours[0],
            conversion_p90_hours=hours[1],
        )
