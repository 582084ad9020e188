"""Request and response bodies of the settings of scores, and of the score of a lead."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictInt, ValidationError

from chassis.foundation.violations import violations_of_body
from chassis.foundation.words import in_words
from kernel.decimals import NonNegativeDecimal
from kernel.errors import Violation
from kernel.texts import TrimmedText
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.scoring import LeadScoring
from mtl.score_settings.domain import FULL_BEHAVIOR, ScoreSettings, TouchWorth
from mtl.texts import RULE_LABELS, TEXTS
from mtl.touches.domain import TouchKind
from parties.tag_schemas import Tags
from rules.rule_schemas import RuleVersionOut, label_of
from rules.versions import RuleVersion
from scoring.behavior import BehaviorScore, Touch, score_at
from scoring.blend import BlendedScore, ScorePart, blend
from scoring.grades import Grade
from scoring.reasons import Direction
from scoring.trained import FieldReason

Weight = Annotated[StrictInt, Field(ge=0, le=100)]
Points = Annotated[StrictInt, Field(ge=0, le=1000)]
EXAMPLE: Any = {
    "weights": {"ATTRIBUTE": 60, "BEHAVIOR": 40, "INTELLIGENT": 0},
    "touches": {"FORM": {"points": 30, "cap": 60, "half_life_days": 30}},
    "model": None,
}


class TagsOutcome(BaseModel):
    """What a rule of `lead_tags` gives the leads that it matches."""

    model_config = ConfigDict(extra="forbid")

    tags: Annotated[Tags, Field(min_length=1)]


def check_tags(outcome: Mapping[str, Any]) -> Iterable[Violation]:
    """Return the violations of the outcome of a rule that tags leads."""
    try:
        TagsOutcome.model_validate(dict(outcome))
    except ValidationError as error:
        return violations_of_body(error)
    return ()


class TouchWorthBody(BaseModel):
    """What touches of a kind are worth."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    points: Points = Field(description="Of one touch, when it happens")
    cap: Points | None = Field(default=None, description="At most, of all touches of the kind")
    half_life_days: Annotated[StrictInt, Field(ge=1, le=3650)] | None = Field(
        default=None, description="After so many days half is left; null: the points are kept"
    )


class ScoreSettingsBody(BaseModel):
    """How a score is put together: the mean of its parts by weight. Absent parts take none."""

    model_config = ConfigDict(
        extra="forbid", from_attributes=True, json_schema_extra={"example": EXAMPLE}
    )

    weights: dict[ScorePart, Weight] = Field(description="Parts without a weight do not count")
    touches: dict[TouchKind, TouchWorthBody] = Field(
        default={}, description="What counts as behavior; other kinds of touches are worth nothing"
    )
    cap: Points | None = Field(default=None, description="At most, of all touches")
    full_behavior: Annotated[StrictInt, Field(ge=1, le=100_000)] = Field(
        default=FULL_BEHAVIOR, description="How many points of behavior are the full 100"
    )
    model: Annotated[StrictInt, Field(ge=1, le=2**31 - 1)] | None = Field(
        default=None, description="The number of the model of the intelligent score"
    )

    def settings(self) -> ScoreSettings:
        """Return the settings."""
        return ScoreSettings(
            weights=self.weights,
            touches={
                str(kind): TouchWorth(**worth.model_dump()) for kind, worth in self.touches.items()
            },
            cap=self.cap,
            full_behavior=self.full_behavior,
            model=self.model,
        )


class ScoreSettingsTryIn(BaseModel):
    """Settings that are to be tried."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": {"settings": EXAMPLE}})

    settings: ScoreSettingsBody


class ScoreSettingsIn(ScoreSettingsTryIn):
    """Settings that are to be published as the next version."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"settings": EXAMPLE, "based_on": 1}}
    )

    based_on: StrictInt = Field(
        ge=0, description="The number of the version that was edited; 0 before the first one"
    )
    note: Annotated[str, TrimmedText(max_length=500)] = Field(
        default="", description="Why the settings change"
    )


class ScoreSettingsOut(BaseModel):
    """The settings in force; version 0 are those of a tenant that has published none."""

    version: int
    settings: ScoreSettingsBody
    published: RuleVersionOut | None

    @classmethod
    def of(cls, version: RuleVersion | None, settings: ScoreSettings) -> Self:
        """Return the settings of a version, None before the first one."""
        return cls(
            version=0 if version is None else version.number,
            settings=ScoreSettingsBody.model_validate(settings),
            published=None if version is None else RuleVersionOut.model_validate(version),
        )


class GradeChangeOut(BaseModel):
    """How many leads change from one grade to another."""

    before: Grade | None
    after: Grade | None
    leads: int


class ScoreTrialOut(BaseModel):
    """What settings would change for the newest leads that the caller sees."""

    leads: int
    changed: int = Field(description="How many would have another score")
    is_complete: bool = Field(description="Whether all leads were tried, or the newest only")
    grades: list[GradeChangeOut]


class ScorePartOut(BaseModel):
    """A part of a score: its value, and how much of the score it gives."""

    part: ScorePart
    label: str
    score: int = Field(ge=0, le=100)
    weight: int
    share: NonNegativeDecimal = Field(description="The shares of all parts sum to the score")


class BehaviorKindOut(BaseModel):
    """The touches of one kind, and what they are worth now."""

    kind: TouchKind
    label: str
    touches: int
    points: NonNegativeDecimal


class ScoreReasonOut(BaseModel):
    """A field that makes the conversion of a lead more or less likely."""

    field: str
    label: str
    direction: Direction
    direction_text: str


class LeadScoreOut(BaseModel):
    """The score of a lead, and what it was put together from."""

    lead_id: UUID
    score: int | None
    grade: Grade | None
    parts: list[ScorePartOut]
    behavior: list[BehaviorKindOut]
    model: int | None = Field(description="The number of the model of the intelligent score")
    reasons: list[ScoreReasonOut] = Field(description="Why the model scores so, strongest first")

    @classmethod
    def of(
        cls,
        lead: Lead,
        scoring: LeadScoring,
        facts: Mapping[str, Any],
        touches: Sequence[Touch],
        now: datetime,
    ) -> Self:
        """Return what the stored score of a lead was put together from."""
        settings, model = scoring.settings, scoring.model
        parts = {
            part: None if value is None else Decimal(value)
            for part, value in lead.score_parts.items()
        }
        return cls(
            lead_id=lead.id,
            score=lead.score,
            grade=lead.grade,
            parts=_parts(lead, blend(parts, settings.decimal_weights), settings),
            behavior=_kinds(score_at(settings.behavior, touches, now)),
            model=None if model is None else settings.model,
            reasons=[] if model is None else _reasons(model.reasons(facts, lead.updated_at)),
        )


def _parts(lead: Lead, blended: BlendedScore, settings: ScoreSettings) -> list[ScorePartOut]:
    return [
        ScorePartOut(
            part=part,
            label=in_words(TEXTS[f"ScorePart.{part}"]),
            score=lead.score_parts[part] or 0,
            weight=settings.weights.get(part, 0),
            share=share,
        )
        for part, share in blended.shares.items()
    ]


def _kinds(found: BehaviorScore) -> list[BehaviorKindOut]:
    return [
        BehaviorKindOut(
            kind=TouchKind(kind),
            label=in_words(TEXTS[f"TouchKind.{kind}"]),
            touches=worth.touches,
            points=worth.points,
        )
        for kind, worth in found.kinds.items()
    ]


def _reasons(found: Sequence[FieldReason]) -> list[ScoreReasonOut]:
    return [
        ScoreReasonOut(
            field=one.field,
            label=label_of(f"LeadField.{one.field}", RULE_LABELS),
            direction=one.direction,
            direction_text=in_words(TEXTS[f"Direction.{one.direction}"]),
        )
        for one in found
    ]
