"""What rules read of an account, and what they say of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from kernel.errors import RuleBroken
from l2o.accounts.domain import Account
from l2o.service_policies.domain import MASTER_FACTS, AccountGrade, account_spec, master_facts_of
from parties.tags import MAX_TAGS, distinct_tags
from rules.evaluation import Evaluator
from rules.fields import FactSchema, FactType

RECENT_DAYS: Final = 90


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What is counted about an account; amounts in the tenant's currency.

    Opportunities say how much is to be had, and what was won and lost. `orders` and `ordered` are
    of all time, the window ones of the days that RFM scores count. `contacts`, `recent_activities`
    (of 90 days, without notes) and `months_as_customer`, since the first order, say how deep the
    cooperation is.
    """

    open_opportunities: int = 0
    open_amount: Decimal = Decimal(0)
    won_opportunities: int = 0
    won_amount: Decimal = Decimal(0)
    lost_opportunities: int = 0
    orders: int = 0
    ordered: Decimal = Decimal(0)
    months_as_customer: int | None = None
    contacts: int = 0
    recent_activities: int = 0
    window_orders: int = 0
    window_ordered: Decimal = Decimal(0)
    recency: int | None = None
    frequency: int | None = None
    monetary: int | None = None


_INTEGERS: Final = (
    "open_opportunities",
    "won_opportunities",
    "lost_opportunities",
    "orders",
    "months_as_customer",
    "contacts",
    "recent_activities",
    "window_orders",
    "recency",
    "frequency",
    "monetary",
)
_AMOUNTS: Final = ("open_amount", "won_amount", "ordered", "window_ordered")
ACCOUNT_FACTS: Final = FactSchema.of(
    *MASTER_FACTS,
    account_spec("industry", FactType.TEXT),
    account_spec("employees", FactType.INTEGER),
    account_spec("founded_year", FactType.INTEGER),
    account_spec("annual_revenue", FactType.DECIMAL),
    account_spec("annual_revenue_currency", FactType.TEXT),
    account_spec("tags", FactType.TEXT_LIST),
    account_spec("days_since_activity", FactType.INTEGER),
    *(account_spec(name, FactType.INTEGER) for name in _INTEGERS),
    *(account_spec(name, FactType.DECIMAL) for name in _AMOUNTS),
)


def facts_of(account: Account, figures: Figures, now: datetime) -> dict[str, Any]:
    """Return what rules read of an account, without its custom fields."""
    revenue, touched = account.annual_revenue, account.last_activity_at
    return {
        **master_facts_of(account),
        "industry": account.industry,
        "employees": account.employees,
        "founded_year": account.founded_year,
        "annual_revenue": None if revenue is None else revenue.amount,
        "annual_revenue_currency": None if revenue is None else revenue.currency,
        "tags": list(account.tags),
        "days_since_activity": None if touched is None else max((now - touched).days, 0),
        **vars(figures),
    }


@dataclass(frozen=True, kw_only=True)
class GradeRecord:
    """How an account came to its grade: by the rules, unless a person has pinned another one."""

    account_id: UUID
    computed: AccountGrade | None = None
    row_name: str | None = None
    rule_version: int = 0
    pinned: AccountGrade | None = None
    pin_reason: str | None = None
    pinned_by: str | None = None
    pinned_at: datetime | None = None

    @property
    def grade(self) -> AccountGrade | None:
        """The grade that counts."""
        return self.pinned or self.computed

    def pin(
        self, grade: AccountGrade, *, reason: str, by: str | None, at: datetime
    ) -> "GradeRecord":
        """Return the record with a grade that rules do not change."""
        return replace(self, pinned=grade, pin_reason=reason, pinned_by=by, pinned_at=at)

    def unpin(self) -> "GradeRecord":
        """Return the record with the grade of the rules. Raises RuleBroken (GRADE_NOT_PINNED)."""
        if self.pinned is None:
            raise RuleBroken("GRADE_NOT_PINNED")
        return replace(self, pinned=None, pin_reason=None, pinned_by=None, pinned_at=None)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the rules say of an account, and which row of the grade's rules decided."""

    grade: AccountGrade | None = None
    row_name: str | None = None
    segment: str | None = None
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ClassRules:
    """The rules in force, each of which may be absent; `version` is that of the grade's rules."""

    grade: Evaluator | None = None
    segment: Evaluator | None = None
    tags: Evaluator | None = None
    version: int = 0

    def judge(self, facts: Mapping[str, Any]) -> Verdict:
        """Return what the rules say of an account: the first row counts, of tags every row."""
        rows = self.grade.decide(facts).rows if self.grade else ()
        segment = self.segment.decide(facts).outcome if self.segment else None
        tagging = self.tags.decide(facts).outcomes if self.tags else ()
        return Verdict(
            grade=AccountGrade(rows[0].outcome["grade"]) if rows else None,
            row_name=(rows[0].name or rows[0].id) if rows else None,
            segment=segment["segment"] if segment else None,
            tags=distinct_tags(tag for one in tagging for tag in one["tags"])[:MAX_TAGS],
        )
