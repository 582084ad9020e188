"""A trained model of either kind, as it is stored: learned from many examples, or counted from few.

The document says which: `LEARNED` holds a `ScoringModel`, `FREQUENCY` a `FrequencyModel`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, Final

from scoring.encoding import CategoryEncoding
from scoring.examples import Example, Fields, Value
from scoring.features import FeatureSettings, fields_of, learn_features
from scoring.frequency import FrequencyModel, learn_frequencies
from scoring.model import InvalidModel, ScoringModel
from scoring.reasons import Direction, top_reasons

MOST_REASONS: Final = 5
_FEW: Final = FeatureSettings(minimum_count=5, maximum_values=30)


class ModelKind(StrEnum):
    """How a model knows which leads are won."""

    LEARNED = "LEARNED"  # by scikit-learn, from 200 won and 200 lost leads on
    FREQUENCY = "FREQUENCY"  # by counting how often values are won, from 20 of each on


@dataclass(frozen=True)
class FieldReason:
    """A field that makes a lead more or less likely than a usual one, with the lead's value."""

    field: str
    value: Value
    direction: Direction


@dataclass(frozen=True)
class TrainedModel:
    """A model that scores leads."""

    model: ScoringModel | FrequencyModel

    @property
    def kind(self) -> ModelKind:
        learned = isinstance(self.model, ScoringModel)
        return ModelKind.LEARNED if learned else ModelKind.FREQUENCY

    @property
    def fields(self) -> tuple[str, ...]:
        """The names of the fields that the model reads."""
        if isinstance(self.model, ScoringModel):
            return tuple(one.field for one in self.model.encoding.fields)
        return tuple(self.model.fields)

    def score(self, fields: Fields, at: datetime) -> Decimal:
        """Return how likely a lead is won, as it is known at an instant, from 0 to 100."""
        if isinstance(self.model, ScoringModel):
            return self.model.score(fields, at)
        return self.model.score(fields).percent

    def reasons(self, fields: Fields, at: datetime) -> list[FieldReason]:
        """Return the fields that move the score most, strongest first; at most five."""
        if isinstance(self.model, ScoringModel):
            found = top_reasons(self.model, fields, at, limit=MOST_REASONS)
            return [FieldReason(one.field, one.value, one.direction) for one in found]
        evidence = [one for one in self.model.score(fields).evidence if one.ratio != 1]
        return [
            FieldReason(one.field, one.value, Direction.UP if one.ratio > 1 else Direction.DOWN)
            for one in evidence[:MOST_REASONS]
        ]

    def to_json(self) -> dict[str, Any]:
        """Return the model as JSON values."""
        return {"kind": str(self.kind), "model": self.model.to_json()}


def trained_model_from_json(document: Mapping[str, Any]) -> TrainedModel:
    """Read what `TrainedModel.to_json` wrote. Raises InvalidModel for anything else."""
    if document.get("kind") == ModelKind.FREQUENCY:
        try:
            return TrainedModel(FrequencyModel.from_json(document["model"]))
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidModel(f"not a model of frequencies: {error!r}") from error
    if document.get("kind") != ModelKind.LEARNED:
        raise InvalidModel(f"unknown kind of a model: {document.get('kind')!r}")
    return TrainedModel(ScoringModel.from_json(document["model"]))


def count_frequencies(examples: Sequence[Example]) -> FrequencyModel:
    """Return the model of frequencies of all fields that hold few different texts.

    Raises TooFewExamples under 20 won or lost examples.
    """
    learned = learn_features(examples, fields_of(examples), _FEW)
    categories = [one.field for one in learned.encoding.fields if isinstance(one, CategoryEncoding)]
    return learn_frequencies(examples, categories)


def rounded_score(score: Decimal) -> int:
    """Return a score from 0 to 100 as a whole number, rounded half up."""
    return int(score.quantize(Decimal(1), rounding=ROUND_HALF_UP))
