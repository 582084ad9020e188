"""What every chart consists of: dimensions, measures, rows and totals, with their labels."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, Field

from chassis.foundation.words import in_words
from mtl.metrics.domain.outcomes import GROUP_FIELDS, UNITS, MetricField, MetricGroup, MetricUnit
from mtl.metrics.domain.periods import MetricPeriod
from mtl.texts import TEXTS

RowT = TypeVar("RowT", bound=BaseModel)
TotalsT = TypeVar("TotalsT", bound=BaseModel)
# The field of a row that people read in place of a dimension's code or id.
READ_AS = {
    MetricField.OWNER_ID: "owner_name",
    MetricField.GRADE: "grade_label",
    MetricField.STATUS: "status_label",
    MetricField.AGE_BAND: "age_band_label",
    MetricField.OUTCOME: "outcome_label",
    MetricField.REASON: "reason_label",
}


class DimensionOut(BaseModel):
    """A field of the rows by which a chart divides what it counts."""

    field: MetricField
    label: str = Field(description="In the language that `Accept-Language` prefers")
    read_as: str = Field(description="The field that people read: `owner_name` for `owner_id`")


class MeasureOut(BaseModel):
    """A field of the rows that holds a figure."""

    field: MetricField
    label: str = Field(description="In the language that `Accept-Language` prefers")
    unit: MetricUnit


class Chart(BaseModel, Generic[RowT, TotalsT]):
    """Figures in the form that charts take: a row for each combination of the dimensions."""

    dimensions: list[DimensionOut]
    measures: list[MeasureOut]
    rows: list[RowT]
    totals: TotalsT


class PeriodChart(Chart[RowT, TotalsT], Generic[RowT, TotalsT]):
    """Figures of a period of business days, both ends included."""

    from_date: date
    to_date: date
    from_at: datetime = Field(description="The first instant: `created_at__gte` of a list")
    before_at: datetime = Field(description="The instant after the last: `created_at__lt`")


def span_of(period: MetricPeriod, first: str = "from_date") -> dict[str, Any]:
    """Return the fields that tell a period; `first` is the name of its first day."""
    last = "to_date" if first == "from_date" else "end_date"
    return {
        first: period.first,
        last: period.last,
        "from_at": period.start,
        "before_at": period.end,
    }


def label_of(value: StrEnum) -> str:
    """Return the label of a value in the language of the caller."""
    return in_words(TEXTS[f"{type(value).__name__}.{value}"])


def dimensions_of(group: MetricGroup, *fields: MetricField) -> list[DimensionOut]:
    """Return the dimensions of a chart: that of its group, and those that it always has."""
    grouped = (GROUP_FIELDS[group],) if group in GROUP_FIELDS else ()
    return [
        DimensionOut(field=field, label=label_of(field), read_as=READ_AS.get(field, field.value))
        for field in (*fields, *grouped)
    ]


def measures_of(*fields: MetricField) -> list[MeasureOut]:
    """Return the measures of a chart."""
    return [
        MeasureOut(field=field, label=label_of(field), unit=UNITS.get(field, MetricUnit.LEADS))
        for field in fields
    ]


def rounded(hours: float | None) -> Decimal | None:
    """Return a number of hours with one digit after the point."""
    return None if hours is None else Decimal(f"{hours:.1f}")
