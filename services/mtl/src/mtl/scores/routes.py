"""The HTTP API of the rules by which leads are scored."""

from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from mtl.assignments.routes import LEAD_ASSIGNMENT_RULES
from mtl.leads.actions.scoring import lead_facts
from mtl.leads.store import LEADS
from mtl.rule_sets.store import LEAD_SCORE, VERSIONS
from mtl.scores.actions import start_rescoring
from mtl.scores.views import facts_of_lead, tried_leads
from mtl.texts import RULE_LABELS, TEXTS
from rules.rule_kinds import RuleKind
from rules.rule_routes import RuleAdministration, explanation_router, rule_router
from rules.rule_sets import HitPolicy
from rules.versions import RuleVersion


async def _published(tx: AsyncConnection, version: RuleVersion, now: datetime) -> None:
    await start_rescoring(tx, version.number, now=now)


LEAD_SCORE_RULES: Final = RuleKind(
    name=LEAD_SCORE,
    label="RuleSet.lead_score",
    hit_policy=HitPolicy.SUM,
    schema=lead_facts,
    records=tried_leads,
    facts=facts_of_lead,
    published=_published,
)
RULES: Final = RuleAdministration(
    service="mtl",
    kinds=(LEAD_SCORE_RULES, LEAD_ASSIGNMENT_RULES),
    store=VERSIONS,
    records=LEADS,
    labels=TEXTS | RULE_LABELS,
)
ROUTERS = (rule_router(RULES), explanation_router(RULES, "/leads"))
