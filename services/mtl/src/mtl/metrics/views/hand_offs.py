"""Reads how sales answered the leads that were handed over to them."""

from typing import Any

from sqlalchemy import Select, case, func, select, true, tuple_

from mtl.leads.domain.moves import MQL, RAW, SQL
from mtl.leads.store import lead_history, leads
from mtl.metrics.domain.outcomes import HandOffOutcome, MetricField
from mtl.metrics.domain.periods import MetricPeriod
from mtl.metrics.schemas.charts import dimensions_of, measures_of, rounded, span_of
from mtl.metrics.schemas.hand_offs import HandOffChart, HandOffRow, HandOffTotals
from mtl.metrics.views.reading import MetricReading, hours_between, percentile


async def read_hand_offs(reading: MetricReading, period: MetricPeriod) -> HandOffChart:
    """Count the hand-overs of a period by what became of them, with the hours to the answer.

    Raises Invalid (CHART_TOO_LARGE).
    """
    handed = hand_overs_query(reading, period).cte("handed")
    cell = tuple_(handed.c.key, handed.c.outcome, handed.c.reason)
    number = func.count().label("hand_overs")
    late = func.count().filter(handed.c.is_late).label("late")
    query = (
        select(
            handed.c.key,
            handed.c.outcome,
            handed.c.reason,
            number,
            late,
            percentile(0.5, handed.c.hours).label("hours"),
        )
        .group_by(func.rollup(cell))
        .order_by(func.grouping(handed.c.outcome).desc(), handed.c.key, number.desc(), *cell)
    )
    [total, *found] = await reading.rows(query, totals=1)
    counts = dict.fromkeys(HandOffOutcome, 0)
    for row in found:
        counts[HandOffOutcome(row.outcome)] += row.hand_overs
    return HandOffChart(
        **span_of(period),
        dimensions=dimensions_of(reading.group, MetricField.OUTCOME, MetricField.REASON),
        measures=measures_of(
            MetricField.HAND_OVERS, MetricField.LATE, MetricField.ANSWER_MEDIAN_HOURS
        ),
        rows=[_row(row).of_group(**reading.named(row.key)) for row in found],
        totals=HandOffTotals(
            hand_overs=total.hand_overs,
            late=total.late,
            **{outcome.lower(): number for outcome, number in counts.items()},
            answer_median_hours=rounded(total.hours),
        ),
    )


def _row(row: Any) -> HandOffRow:
    return HandOffRow.of(
        HandOffOutcome(row.outcome),
        row.reason,
        hand_overs=row.hand_overs,
        late=row.late,
        hours=rounded(row.hours),
    )


def hand_overs_query(reading: MetricReading, period: MetricPeriod) -> Select[Any]:
    """Return a query for the hand-overs of a period, each with the move that followed it.

    A lead that is handed over again counts again. It is late if it was not answered by the instant
    that the rules set when it was handed over.
    """
    moves = lead_history.c
    later = lead_history.alias("later")
    answer = (
        select(later.c.at, later.c.to_status, later.c.reason)
        .where(later.c.lead_id == moves.lead_id, later.c.id > moves.id)
        .order_by(later.c.id)
        .limit(1)
        .lateral("answer")
    )
    is_refusal = answer.c.to_status == RAW
    outcome = case(
        (answer.c.to_status == SQL, HandOffOutcome.ACCEPTED.value),
        (is_refusal, HandOffOutcome.REFUSED.value),
        (answer.c.at.is_(None), HandOffOutcome.WAITING.value),
        else_=HandOffOutcome.CLOSED.value,
    )
    joined = lead_history.join(leads, leads.c.id == moves.lead_id).outerjoin(answer, true())
    return (
        select(
            reading.key.label("key"),
            outcome.label("outcome"),
            case((is_refusal, answer.c.reason)).label("reason"),
            hours_between(moves.at, answer.c.at).label("hours"),
            (func.coalesce(answer.c.at, reading.now) > moves.accept_by).label("is_late"),
        )
        .select_from(joined)
        .where(moves.to_status == MQL, moves.at >= period.start, moves.at < period.end)
        .where(*reading.conditions)
    )
