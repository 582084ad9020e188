"""How metrics are grouped, what their charts show, and what becomes of a lead handed over."""

from enum import StrEnum
from typing import Final

MAX_CHART_ROWS: Final = 5000


class MetricGroup(StrEnum):
    """By what the rows of a chart are divided, beside the dimensions that it always has."""

    NONE = "none"
    SOURCE = "source"
    OWNER = "owner"
    GRADE = "grade"


class HandOffOutcome(StrEnum):
    """What became of a lead after it was handed over to sales."""

    ACCEPTED = "ACCEPTED"
    REFUSED = "REFUSED"
    CLOSED = "CLOSED"
    WAITING = "WAITING"


class MetricUnit(StrEnum):
    """In what a measure is counted: leads, hours, or shares of 1."""

    LEADS = "LEADS"
    HOURS = "HOURS"
    SHARE = "SHARE"


class MetricField(StrEnum):
    """The dimensions and measures of all charts, as the fields of their rows are named."""

    START_DATE = "start_date"
    SOURCE = "source"
    OWNER_ID = "owner_id"
    GRADE = "grade"
    STATUS = "status"
    AGE_BAND = "age_band"
    OUTCOME = "outcome"
    REASON = "reason"
    LEADS = "leads"
    MQL = "mql"
    SQL = "sql"
    CONVERTED = "converted"
    INVALID = "invalid"
    MQL_RATE = "mql_rate"
    SQL_RATE = "sql_rate"
    CONVERSION_RATE = "conversion_rate"
    INVALID_RATE = "invalid_rate"
    FIRST_MOVE_MEDIAN_HOURS = "first_move_median_hours"
    FIRST_MOVE_P90_HOURS = "first_move_p90_hours"
    CONVERSION_MEDIAN_HOURS = "conversion_median_hours"
    CONVERSION_P90_HOURS = "conversion_p90_hours"
    HAND_OVERS = "hand_overs"
    LATE = "late"
    ANSWER_MEDIAN_HOURS = "answer_median_hours"
    EFFECTIVE = "effective"
    TARGET = "target"
    ATTAINMENT = "attainment"


# The dimension of each group; it is called like the column of leads.
GROUP_FIELDS: Final = {
    MetricGroup.SOURCE: MetricField.SOURCE,
    MetricGroup.OWNER: MetricField.OWNER_ID,
    MetricGroup.GRADE: MetricField.GRADE,
}
UNITS: Final = {
    **{field: MetricUnit.SHARE for field in MetricField if field.endswith("_rate")},
    **{field: MetricUnit.HOURS for field in MetricField if field.endswith("_hours")},
    MetricField.ATTAINMENT: MetricUnit.SHARE,
}
