"""The chart of the leads that marketing handed over to sales."""

from typing import Self

from pydantic import BaseModel, Field

from mtl.leads.domain.moves import RefusalReason
from mtl.metrics.domain.outcomes import HandOffOutcome
from mtl.metrics.schemas.charts import PeriodChart, label_of
from mtl.metrics.schemas.cohorts import GroupedRow, Hours


class HandOffRow(GroupedRow):
    """The hand-overs that ended alike; a refusal has a reason."""

    outcome: HandOffOutcome
    outcome_label: str
    reason: RefusalReason | None
    reason_label: str | None
    hand_overs: int
    late: int = Field(description="Not answered in the time that the rules set")
    answer_median_hours: Hours = Field(description="From the hand-over to the answer")

    @classmethod
    def of(
        cls,
        outcome: HandOffOutcome,
        reason: str | None,
        *,
        hand_overs: int,
        late: int,
        hours: Hours,
    ) -> Self:
        """Return the row of an outcome, with its labels."""
        known = None if reason is None else RefusalReason(reason)
        return cls(
            outcome=outcome,
            outcome_label=label_of(outcome),
            reason=known,
            reason_label=None if known is None else label_of(known),
            hand_overs=hand_overs,
            late=late,
            answer_median_hours=hours,
        )


class HandOffTotals(BaseModel):
    """All hand-overs of the period; a lead handed over twice counts twice."""

    hand_overs: int
    late: int = Field(description="Not answered in the time that the rules set")
    accepted: int
    refused: int
    closed: int = Field(description="Disqualified or set aside instead of an answer")
    waiting: int = Field(description="Without an answer so far")
    answer_median_hours: Hours


class HandOffChart(PeriodChart[HandOffRow, HandOffTotals]):
    """What became of the leads handed over in a period."""
