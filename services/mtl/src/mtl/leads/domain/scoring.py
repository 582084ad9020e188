"""What rules and models read of a lead, and the score and the grade that follow from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from mtl.leads.domain.details import LeadDetails
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import LeadStatus
from mtl.score_settings.domain import ScoreSettings
from parties.company_sizes import CompanySize
from parties.tags import MAX_TAGS, distinct_tags
from rules.evaluation import Evaluator
from rules.fields import FactSchema, FactType, FieldSpec
from scoring.behavior import Touch, falls_below, score_at
from scoring.blend import FULL_SCORE, ScorePart, blend, to_scale
from scoring.grades import Grade, GradeRules, grade
from scoring.trained import TrainedModel, rounded_score

GRADES: Final = GradeRules(
    {Grade.A: Decimal(80), Grade.B: Decimal(60), Grade.C: Decimal(40)}, margin=Decimal(5)
)
_TEXTS: Final = (
    "job_title",
    "department",
    "company",
    "industry",
    "country",
    "region_code",
    "language",
    "need",
    "source",
    "source_detail",
    "utm_source",
    "utm_medium",
    "utm_campaign",
    "utm_term",
    "utm_content",
)
_FILLED: Final = ("phone", "work_phone", "email", "wechat_id", "website", "uscc")


def _spec(name: str, kind: FactType, values: tuple[str, ...] = ()) -> FieldSpec:
    return FieldSpec(name=name, type=kind, label=f"LeadField.{name}", values=values)


LEAD_FACTS: Final = FactSchema.of(
    *(_spec(name, FactType.TEXT) for name in _TEXTS),
    _spec("company_size", FactType.ENUM, tuple(str(size) for size in CompanySize)),
    _spec("budget", FactType.DECIMAL),
    _spec("budget_currency", FactType.TEXT),
    _spec("expected_on", FactType.DATE),
    *(_spec(f"has_{name}", FactType.BOOLEAN) for name in _FILLED),
)

# What a stored lead has become, which other rules than those of the score may read.
STATUS_FACT: Final = _spec("status", FactType.ENUM, tuple(str(one) for one in LeadStatus))
GRADE_FACT: Final = _spec("grade", FactType.ENUM, tuple(str(one) for one in Grade))
SCORE_FACT: Final = _spec("score", FactType.INTEGER)


@dataclass(frozen=True)
class LeadScoring:
    """What scores and tags leads now: rules, settings, and a model; each may be absent."""

    rules: Evaluator | None = None
    tags: Evaluator | None = None
    settings: ScoreSettings = field(default_factory=ScoreSettings)
    model: TrainedModel | None = None


@dataclass(frozen=True)
class Behavior:
    """The part of behavior from 0 to 100, and when decay has taken five points from it."""

    score: int
    count_again_at: datetime | None


def facts_of(lead: LeadDetails) -> dict[str, Any]:
    """Return what rules read of a lead, without its custom fields."""
    facts: dict[str, Any] = {name: getattr(lead, name) for name in _TEXTS}
    facts["company_size"] = None if lead.company_size is None else str(lead.company_size)
    facts["budget"] = None if lead.budget is None else lead.budget.amount
    facts["budget_currency"] = None if lead.budget is None else lead.budget.currency
    facts["expected_on"] = lead.expected_on
    facts |= {f"has_{name}": getattr(lead, name) is not None for name in _FILLED}
    return facts


def stored_facts_of(lead: Lead) -> dict[str, Any]:
    """Return what rules read of a stored lead: its fields, status, score and grade."""
    grade = None if lead.grade is None else str(lead.grade)
    return facts_of(lead) | {"status": str(lead.status), "score": lead.score, "grade": grade}


def scored(lead: Lead, scoring: LeadScoring, facts: Mapping[str, Any]) -> Lead:
    """Return the lead with its parts, their blend from 0 to 100, the grade of that, and its tags.

    Points beyond 0 and 100 do not count. A grade falls only when the score is more than 5 below
    its threshold. Without any part a lead has neither. The part of behavior is that of the lead,
    which is counted when touches are recorded and as they lose their worth.
    """
    parts = {
        ScorePart.ATTRIBUTE: _attribute_score(scoring, facts),
        ScorePart.BEHAVIOR: _behavior_score(scoring, lead),
        ScorePart.INTELLIGENT: _intelligent_score(scoring, lead, facts),
    }
    present = {part: None if one is None else Decimal(one) for part, one in parts.items()}
    blended = blend(present, scoring.settings.decimal_weights).score
    score = None if blended is None else rounded_score(blended)
    return replace(
        lead,
        rule_tags=tags_of(scoring.tags, facts),
        attribute_score=parts[ScorePart.ATTRIBUTE],
        behavior_score=parts[ScorePart.BEHAVIOR],
        intelligent_score=parts[ScorePart.INTELLIGENT],
        score=score,
        grade=None if score is None else grade(GRADES, Decimal(score), lead.grade),
    )


def tags_of(rules: Evaluator | None, facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the tags of all rules that match, in their order, at most twenty."""
    if rules is None:
        return ()
    outcomes = rules.decide(facts).outcomes
    return distinct_tags(tag for one in outcomes for tag in one["tags"])[:MAX_TAGS]


def behavior_of(settings: ScoreSettings, touches: Sequence[Touch], at: datetime) -> Behavior:
    """Return the part of behavior at an instant, and when it must be counted again.

    That is when decay alone has taken five points of a hundred from it: nobody reads a difference
    of less in a grade, which has this margin.
    """
    points = score_at(settings.behavior, touches, at).points
    full = Decimal(settings.full_behavior)
    part = rounded_score(to_scale(points, full))
    if not part:
        return Behavior(0, None)
    threshold = max(Decimal(part) - GRADES.margin, Decimal("0.5")) * full / FULL_SCORE
    return Behavior(part, falls_below(settings.behavior, touches, threshold, after=at))


def _attribute_score(scoring: LeadScoring, facts: Mapping[str, Any]) -> int | None:
    if scoring.rules is None or not scoring.settings.counts(ScorePart.ATTRIBUTE):
        return None
    return min(max(scoring.rules.decide(facts).points, 0), FULL_SCORE)


def _behavior_score(scoring: LeadScoring, lead: Lead) -> int | None:
    return (lead.behavior_score or 0) if scoring.settings.counts(ScorePart.BEHAVIOR) else None


def _intelligent_score(scoring: LeadScoring, lead: Lead, facts: Mapping[str, Any]) -> int | None:
    if scoring.model is None or not scoring.settings.counts(ScorePart.INTELLIGENT):
        return None
    return rounded_score(scoring.model.score(facts, lead.updated_at))
