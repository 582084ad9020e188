"""Reads the leads on which rules are tried, with their facts."""

from collections.abc import AsyncIterator
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.records.access.visibility import Visibility, is_visible
from chassis.records.custom_fields.store import definitions_of
from mtl.leads.actions.scoring import LeadScorer
from mtl.leads.domain.lead import Lead
from mtl.leads.store import LEAD, LEADS, leads
from rules.fact_values import Facts


async def tried_leads(
    tx: AsyncConnection, visibility: Visibility, limit: int
) -> AsyncIterator[tuple[UUID, Facts]]:
    """Yield the newest leads that the caller sees, with what rules read of them."""
    scorer = LeadScorer(definitions=await definitions_of(tx, LEADS.resource))
    newest = select(leads).where(leads.c.deleted_at.is_(None), is_visible(LEADS, visibility))
    rows = await tx.execute(newest.order_by(leads.c.id.desc()).limit(limit))
    for row in rows.mappings():
        lead = from_columns(Lead, dict(row))
        yield lead.id, scorer.facts(lead)


async def facts_of_lead(tx: AsyncConnection, lead_id: UUID) -> Facts:
    """Return what rules read of a lead. Raises NotFound."""
    lead = await LEAD.get(tx, lead_id, with_deleted=True)
    return LeadScorer(definitions=await definitions_of(tx, LEADS.resource)).facts(lead)
