"""What rules read of a lead, and the score and the grade that follow from its points."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from mtl.leads.domain.details import CompanySize, LeadDetails
from mtl.leads.domain.lead import Lead
from rules.evaluation import Evaluator
from rules.fields import FactSchema, FactType, FieldSpec
from scoring.grades import Grade, GradeRules, grade

FULL_SCORE: Final = 100
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


def facts_of(lead: LeadDetails) -> dict[str, Any]:
    """Return what rules read of a lead, without its custom fields."""
    facts: dict[str, Any] = {name: getattr(lead, name) for name in _TEXTS}
    facts["company_size"] = None if lead.company_size is None else str(lead.company_size)
    facts["budget"] = None if lead.budget is None else lead.budget.amount
    facts["budget_currency"] = None if lead.budget is None else lead.budget.currency
    facts["expected_on"] = lead.expected_on
    facts |= {f"has_{name}": getattr(lead, name) is not None for name in _FILLED}
    return facts


def scored(lead: Lead, rules: Evaluator | None, facts: Mapping[str, Any]) -> Lead:
    """Return the lead with the score from 0 to 100 and the grade that rules give it.

    Points beyond 0 and 100 do not count. A grade falls only when the score is more than 5 below
    its threshold. Without rules a lead has neither.
    """
    if rules is None:
        return replace(lead, score=None, grade=None)
    score = min(max(rules.decide(facts).points, 0), FULL_SCORE)
    return replace(lead, score=score, grade=grade(GRADES, Decimal(score), lead.grade))
