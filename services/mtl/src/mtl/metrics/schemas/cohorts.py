"""The charts of leads that were created in a period."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field

from chassis.web.references import PersonSubject
from kernel.decimals import NonNegativeDecimal, RateDecimal
from mtl.metrics.domain.rates import RATE_STEP, sample_rate
from mtl.metrics.schemas.charts import PeriodChart, label_of
from scoring.grades import Grade

Hours = NonNegativeDecimal | None


class GroupedRow(BaseModel):
    """The source, owner or grade of a row's leads; all null in a chart that is not grouped.

    Null in a grouped one: the leads without source, owner or grade.
    """

    source: str | None = None
    owner_id: Annotated[str | None, PersonSubject] = None
    owner_name: str | None = None
    grade: Grade | None = None
    grade_label: str | None = None

    def of_group(self, *, source: str | None, owner_id: str | None, grade: str | None) -> Self:
        """Return the row as that of a source, an owner or a grade."""
        named = None if grade is None else Grade(grade)
        return self.model_copy(
            update={
                "source": source,
                "owner_id": owner_id,
                "grade": named,
                "grade_label": None if named is None else label_of(named),
            }
        )


class LeadTotals(BaseModel):
    """The leads of all rows."""

    leads: int


class NewLeadsRow(GroupedRow):
    """The leads created in a part of the period: a day, or what a week or month has of it."""

    start_date: date
    end_date: date = Field(description="The last day, included")
    from_at: datetime = Field(description="The first instant: `created_at__gte` of a list")
    before_at: datetime = Field(description="The instant after the last: `created_at__lt`")
    leads: int


class NewLeadsChart(PeriodChart[NewLeadsRow, LeadTotals]):
    """New leads by day, week or month."""


class RateOut(BaseModel):
    """A share of a sample, with the interval of 95 % (Wilson) of the share behind it."""

    model_config = ConfigDict(from_attributes=True)
    rate: RateDecimal
    low: RateDecimal
    high: RateDecimal
    sample: int

    @classmethod
    def of(cls, successes: int, sample: int) -> Self | None:
        """Return the rate of a sample; None for an empty one."""
        found = sample_rate(successes, sample)
        return None if found is None else cls.model_validate(found)


class ConversionFigures(BaseModel):
    """What leads have become by now. The times are those of the leads that came so far."""

    leads: int
    mql: int = Field(description="Handed over to sales at some time")
    sql: int = Field(description="Accepted by sales at some time")
    converted: int = Field(description="Converted now")
    invalid: int = Field(description="Invalid now")
    mql_rate: RateOut | None
    sql_rate: RateOut | None
    conversion_rate: RateOut | None
    invalid_rate: RateOut | None
    first_move_median_hours: Hours = Field(description="From creation to the first new status")
    first_move_p90_hours: Hours
    conversion_median_hours: Hours = Field(description="From creation to conversion")
    conversion_p90_hours: Hours


class ConversionRow(GroupedRow, ConversionFigures):
    """What the leads of a source or an owner have become."""


class ConversionChart(PeriodChart[ConversionRow, ConversionFigures]):
    """What the leads created in a period have become by now."""


class EffectiveTotals(BaseModel):
    """All leads of the period, and those that are accepted or converted."""

    leads: int
    effective: int = Field(description="Those that are SQL or CONVERTED now")


class EffectiveRow(GroupedRow, EffectiveTotals):
    """The effective leads of a source or an owner against the target."""

    target: int
    attainment: NonNegativeDecimal = Field(description="effective / target")
    missing: int = Field(description="How many the target still needs, or 0")

    @classmethod
    def of(cls, leads: int, effective: int, target: int) -> Self:
        """Return the row of a group with this target."""
        share = (Decimal(effective) / target).quantize(RATE_STEP, ROUND_HALF_UP)
        return cls(
            leads=leads,
            effective=effective,
            target=target,
            attainment=share,
            missing=max(0, target - effective),
        )


class EffectiveChart(PeriodChart[EffectiveRow, EffectiveTotals]):
    """Effective leads against a target that holds for each row."""
