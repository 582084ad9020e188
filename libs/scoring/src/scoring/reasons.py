"""Why a model scores a lead as it does: what each field adds, as data.

Contributions are in log-odds before calibration, which only rises with them: +0.69 doubles the
odds. They sum to the distance from a usual lead. For a logistic regression that is exact by field;
for trees `TreeForm.contributions` says how they are made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from scoring.examples import Fields, Value
from scoring.model import ScoringModel


class Direction(StrEnum):
    """Whether a field makes a lead more or less likely."""

    UP = "UP"
    DOWN = "DOWN"


@dataclass(frozen=True)
class ScoreReason:
    """What one field adds to the log-odds; `value` is that of the lead, None where missing."""

    field: str
    value: Value
    direction: Direction
    contribution: float


@dataclass(frozen=True)
class Explanation:
    """The log-odds of a usual lead, of this one, and what each field adds to the first."""

    usual: float
    log_odds: float
    contributions: Mapping[str, float]


def explain(model: ScoringModel, fields: Fields, at: datetime) -> Explanation:
    """Return what each field of a model adds for a lead as it is known at an instant."""
    columns = model.encoding.encode(fields, at)
    return Explanation(
        usual=model.form.usual,
        log_odds=model.form.log_odds(columns),
        contributions=model.encoding.by_field(model.form.contributions(columns)),
    )


def top_reasons(
    model: ScoringModel, fields: Fields, at: datetime, *, limit: int = 3
) -> tuple[ScoreReason, ...]:
    """Return the fields that move the score most, strongest first, without those that do not."""
    found = explain(model, fields, at).contributions
    moving = sorted((name for name in found if found[name]), key=lambda name: -abs(found[name]))
    return tuple(
        ScoreReason(
            field=name,
            value=fields.get(name),
            direction=Direction.UP if found[name] > 0 else Direction.DOWN,
            contribution=found[name],
        )
        for name in moving[:limit]
    )
