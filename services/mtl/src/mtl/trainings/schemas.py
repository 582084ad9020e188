"""Request and response bodies of trained models."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, ConfigDict, Field

from chassis.foundation.words import in_words
from chassis.web.references import PersonSubject
from kernel.decimals import NonNegativeDecimal, RateDecimal
from kernel.texts import TrimmedText
from mtl.texts import RULE_LABELS, TEXTS
from mtl.trainings.domain import DriftLevel, TrainingDeclaration, drift_level
from rules.rule_schemas import label_of
from scoring.features import ExclusionReason
from scoring.model_card import Method
from scoring.monitoring import FieldDrift
from scoring.trained import ModelKind

MAX_FIELDS: Final = 100
_PLACES: Final = Decimal("0.0001")
FieldName = Annotated[str, TrimmedText(max_length=80)]


class WrittenLaterIn(BaseModel):
    """A field that is written after the outcome of a lead is known."""

    model_config = ConfigDict(extra="forbid")

    field: FieldName
    reason: Annotated[str, TrimmedText(max_length=200)]


class ScoreModelTrainIn(BaseModel):
    """What people know of the fields from which a model is trained."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "written_later": [{"field": "budget", "reason": "Entered with the first offer"}]
            }
        },
    )

    written_later: list[WrittenLaterIn] = Field(
        default=[], max_length=MAX_FIELDS, description="Fields that no model may read"
    )
    confirmed: list[FieldName] = Field(
        default=[],
        max_length=MAX_FIELDS,
        description="Fields that are known before the outcome although they seem not to be",
    )

    def declaration(self) -> TrainingDeclaration:
        """Return what is declared."""
        later = {one.field: one.reason for one in self.written_later}
        return TrainingDeclaration(written_later=later, confirmed=tuple(self.confirmed))


class ModelFieldOut(BaseModel):
    """A field that a model reads."""

    field: str
    label: str

    @classmethod
    def of(cls, name: str) -> Self:
        """Return a field with its label in the caller's language."""
        return cls(field=name, label=label_of(f"LeadField.{name}", RULE_LABELS))


class ExcludedFieldOut(ModelFieldOut):
    """A field that a model does not read, and why."""

    reason: ExclusionReason
    reason_text: str
    measure: NonNegativeDecimal | None = Field(
        description="What was found: a share or an AUC of a suspicion, else a number of values"
    )
    note: str = Field(description="The reason that was declared, or the field it is filled with")


class CalibrationBinOut(BaseModel):
    """Leads of like probability that the model had not seen: predicted and true share."""

    leads: int
    predicted: RateDecimal
    converted: RateDecimal


class ScoreModelOut(BaseModel):
    """A trained model with its card. Figures are of the latest leads, which it had not seen.

    A model of frequencies, from few leads, has no such figures.
    """

    number: int
    kind: ModelKind
    kind_text: str
    trained_by: Annotated[str, PersonSubject]
    trained_by_name: str | None = None
    trained_at: datetime
    method: Method | None = None
    converted: int = Field(description="How many converted leads it was trained from")
    lost: int = Field(description="How many lost leads it was trained from")
    tested: int | None = Field(default=None, description="On how many leads it was measured")
    auc: RateDecimal | None = Field(
        default=None,
        description="How often a converted lead has the higher score of two: 0.5 is chance",
    )
    brier: RateDecimal | None = Field(
        default=None, description="The mean squared error of the probabilities: the less the better"
    )
    calibration: list[CalibrationBinOut] = []
    fields_used: list[ModelFieldOut]
    fields_excluded: list[ExcludedFieldOut]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Return a model from its row, without the document."""
        card, kind = row["card"], ModelKind(row["kind"])
        return cls(
            number=row["number"],
            kind=kind,
            kind_text=in_words(TEXTS[f"ModelKind.{kind}"]),
            trained_by=row["trained_by"],
            trained_at=row["trained_at"],
            converted=card["trained_on"]["won"],
            lost=card["trained_on"]["lost"],
            fields_used=[ModelFieldOut.of(name) for name in card["fields_used"]],
            fields_excluded=[_excluded(one) for one in card["fields_excluded"]],
            **_figures(card),
        )


class FieldDriftOut(ModelFieldOut):
    """How far the values of a field have moved since the model was trained."""

    index: NonNegativeDecimal = Field(description="The population stability index: 0 is none")
    level: DriftLevel
    level_text: str


class ScoreModelDriftOut(BaseModel):
    """How the leads of the last days differ from those of the training; most moved first."""

    leads: int = Field(description="How many leads were compared; under 50 say nothing")
    fields: list[FieldDriftOut]

    @classmethod
    def of(cls, leads: int, found: Sequence[FieldDrift]) -> Self:
        """Return the comparison as an answer."""
        return cls(leads=leads, fields=[_drift(one) for one in found])


def _drift(found: FieldDrift) -> FieldDriftOut:
    level = drift_level(found.index)
    return FieldDriftOut(
        **ModelFieldOut.of(found.field).model_dump(),
        index=_figure(found.index),
        level=level,
        level_text=in_words(TEXTS[f"DriftLevel.{level}"]),
    )


def _figures(card: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of a learned model; none of one that counts frequencies."""
    quality = card.get("quality")
    if quality is None:
        return {}
    return {
        "method": card["method"],
        "tested": quality["count"],
        "auc": _figure(quality["auc"]),
        "brier": _figure(quality["brier"]),
        "calibration": [
            CalibrationBinOut(
                leads=one["count"],
                predicted=_figure(one["predicted"]),
                converted=_figure(one["won"]),
            )
            for one in quality["calibration"]
        ],
    }


def _excluded(found: Mapping[str, Any]) -> ExcludedFieldOut:
    return ExcludedFieldOut(
        **ModelFieldOut.of(found["field"]).model_dump(),
        reason=found["reason"],
        reason_text=in_words(TEXTS[f"ExclusionReason.{found['reason']}"]),
        measure=None if found["measure"] is None else _figure(found["measure"]),
        note=found["note"],
    )


def _figure(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_PLACES, ROUND_HALF_UP)
