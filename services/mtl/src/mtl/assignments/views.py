"""Reads what the rules of assignment read: the fields of leads, with score, grade and status."""

from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.records.access.visibility import Visibility, is_visible
from chassis.records.custom_fields.domain import FieldDefinition
from chassis.records.custom_fields.store import definitions_of
from mtl.assignments.domain import FURTHER_FACTS, further_facts_of
from mtl.leads.actions.scoring import LeadScorer, lead_facts
from mtl.leads.domain.lead import Lead
from mtl.leads.store import LEAD, LEADS, leads
from rules.fact_values import Facts
from rules.fields import FactSchema
from rules.rule_kinds import TriedRecord


async def assignment_facts(tx: AsyncConnection) -> FactSchema:
    """Return the fields of leads that the rules may read, with the tenant's custom fields."""
    return (await lead_facts(tx)).with_fields(FURTHER_FACTS)


def facts_for(definitions: Mapping[str, FieldDefinition], lead: Lead) -> dict[str, Any]:
    """Return what the rules read of a lead."""
    return LeadScorer(definitions=definitions).facts(lead) | further_facts_of(lead)


async def tried_leads(
    tx: AsyncConnection, visibility: Visibility, limit: int
) -> AsyncIterator[tuple[TriedRecord, Facts]]:
    """Yield the newest leads that the caller sees, with what the rules read of them."""
    definitions = await definitions_of(tx, LEADS.resource)
    newest = select(leads).where(leads.c.deleted_at.is_(None), is_visible(LEADS, visibility))
    rows = await tx.execute(newest.order_by(leads.c.id.desc()).limit(limit))
    for row in rows.mappings():
        lead = from_columns(Lead, dict(row))
        yield TriedRecord(lead.id, lead.display_name), facts_for(definitions, lead)


async def facts_of_lead(tx: AsyncConnection, lead_id: UUID) -> Facts:
    """Return what the rules read of a lead. Raises NotFound."""
    lead = await LEAD.get(tx, lead_id, with_deleted=True)
    return facts_for(await definitions_of(tx, LEADS.resource), lead)
