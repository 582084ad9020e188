"""The HTTP API of the clocks of leads, and of the rules by which they fall back."""

from typing import Annotated, Final
from uuid import UUID

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list, may_read
from chassis.records.access.visibility import Visibility
from chassis.web.admission import READ_ONLY
from chassis.web.auth import allow
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from mtl.leads.domain.retention import check_retention
from mtl.leads.domain.scoring import stored_facts_of
from mtl.leads.store import LEADS
from mtl.leads.store.clocks import retention_facts
from mtl.leads.store.tried import LeadFacts
from mtl.recyclings.actions import start_reckoning
from mtl.recyclings.schemas import ForecastIn, ForecastOut, LeadClockOut
from mtl.recyclings.views import forecast, read_lead_clock
from mtl.rule_sets.store import LEAD_RETENTION
from rules.rule_kinds import RuleKind
from rules.rule_routes import MAX_TRIED
from rules.rule_sets import HitPolicy

_FACTS: Final = LeadFacts(stored_facts_of)
LEAD_RETENTION_RULES: Final = RuleKind(
    name=LEAD_RETENTION,
    label="RuleSet.lead_retention",
    hit_policy=HitPolicy.FIRST,
    schema=retention_facts,
    records=_FACTS.of_newest,
    facts=_FACTS.of_one,
    published=start_reckoning,
    check_outcome=check_retention,
)
clocks = new_router("/leads", tag="recycling")
rules = new_router("/rule-sets", tag="recycling")


@clocks.get(
    "/{lead_id}/clock",
    dependencies=[may_read(LEADS)],
    summary="When a lead falls back from its owner, and why",
)
async def lead_clock(lead_id: UUID, tx: Tx, now: Now) -> LeadClockOut:
    """Explain the clock of a lead: since when it counts, by which rule, and what comes before."""
    return await read_lead_clock(tx, lead_id, now)


@rules.post(
    "/lead_retention/forecast",
    dependencies=[allow("mtl.rule.read")],
    openapi_extra=READ_ONLY,
    summary="Count the leads that rules would take from their owners",
)
async def retention_forecast(
    body: ForecastIn, tx: Tx, now: Now, visibility: Annotated[Visibility, may_list(LEADS)]
) -> ForecastOut:
    """Count the newest 20,000 leads that the caller sees and that fall back within some days."""
    checked = await LEAD_RETENTION_RULES.check(tx, body.rules, at="/rules")
    return await forecast(
        tx, checked.rule_set, visibility, now=now, days=body.days, limit=MAX_TRIED
    )


ROUTERS = (clocks, rules)
