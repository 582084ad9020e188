"""The routes of the rules of quotes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.texts import Text
from contracts.cpq.approvals import QUOTE_DISCOUNT
from cpq.quote_rules.views import approval_facts, facts_of, newest_quotes
from cpq.quotes.store import QUOTES
from cpq.rule_sets.store import QUOTE_APPROVAL, VERSIONS
from cpq.texts import TEXTS
from kernel.errors import Violation
from rules.approval_facts import fact_labels
from rules.rule_kinds import RuleKind
from rules.rule_routes import RuleAdministration, explanation_router, rule_router
from rules.rule_sets import HitPolicy
from rules.versions import RuleVersion

LABELS: Final = {"RuleSet.quote_approval": Text("报价审批", "Approval of quotes")}


def _no_outcome(outcome: Mapping[str, Any]) -> Iterable[Violation]:
    """A row says which quotes need an approval, and nothing more: flows say whose."""
    return [Violation(f"/{name}", "UNKNOWN_FIELD") for name in outcome]


async def _published(tx: AsyncConnection, version: RuleVersion, now: datetime) -> None:
    """Quotes are judged when they are sent, so nothing is to be done now."""


QUOTE_APPROVAL_RULES: Final = RuleKind(
    name=QUOTE_APPROVAL,
    label="RuleSet.quote_approval",
    hit_policy=HitPolicy.COLLECT,
    schema=approval_facts,
    records=newest_quotes,
    facts=facts_of,
    published=_published,
    check_outcome=_no_outcome,
)
RULES: Final = RuleAdministration(
    service="cpq",
    kinds=(QUOTE_APPROVAL_RULES,),
    store=VERSIONS,
    records=QUOTES,
    labels={**TEXTS, **fact_labels(QUOTE_DISCOUNT), **LABELS},
)
ROUTERS: Final = (rule_router(RULES), explanation_router(RULES, "/quotes"))
