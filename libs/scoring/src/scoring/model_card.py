"""What a tenant should know about a model before it is used."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from scoring.examples import ClassCounts
from scoring.features import ExcludedField
from scoring.metrics import Quality


class Method(StrEnum):
    """How a model was learned."""

    LOGISTIC_REGRESSION = "LOGISTIC_REGRESSION"
    GRADIENT_BOOSTING = "GRADIENT_BOOSTING"


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """How a model came about and how good it is.

    `quality` is measured on the latest examples, which came after `trained_until` and which the
    model has not seen. `validation_losses` are the log losses by which the method was chosen, on
    examples between. `digest` names the model's document, `libraries` their versions.
    """

    version: int
    digest: str
    method: Method
    calibration: str
    trained_on: ClassCounts
    tested_on: ClassCounts
    trained_until: datetime
    quality: Quality
    validation_losses: Mapping[Method, float]
    fields_used: tuple[str, ...]
    fields_excluded: tuple[ExcludedField, ...]
    seed: int
    libraries: Mapping[str, str]

    def to_json(self) -> dict[str, Any]:
        """Return the card as JSON values."""
        losses = {str(method): loss for method, loss in self.validation_losses.items()}
        return {
            **asdict(self),
            "trained_until": self.trained_until.isoformat(),
            "validation_losses": losses,
        }
