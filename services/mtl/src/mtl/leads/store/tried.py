"""The leads on which rules are tried: the newest ones that the caller sees, and single ones."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.records.access.visibility import Visibility, is_visible
from chassis.records.custom_fields.domain import FieldDefinition
from chassis.records.custom_fields.store import definitions_of
from mtl.leads.domain.lead import Lead
from mtl.leads.store import LEAD, LEADS, leads
from mtl.leads.store.facts import facts_with_custom_fields
from rules.fact_values import Facts
from rules.rule_kinds import TriedRecord


@dataclass(frozen=True)
class LeadFacts:
    """What the rules of one kind read of leads; `own` returns it without the custom fields."""

    own: Callable[[Lead], dict[str, Any]]

    def of(self, lead: Lead, definitions: Mapping[str, FieldDefinition] | None) -> dict[str, Any]:
        """Return what the rules read of a lead, with its custom fields of these definitions."""
        return facts_with_custom_fields(self.own(lead), definitions, lead)

    async def of_newest(
        self, tx: AsyncConnection, visibility: Visibility, limit: int
    ) -> AsyncIterator[tuple[TriedRecord, Facts]]:
        """Yield the newest leads that the caller sees, with what the rules read of them."""
        definitions = await definitions_of(tx, LEADS.resource)
        for lead in await read_leads(tx, newest_leads(visibility).limit(limit)):
            yield TriedRecord(lead.id, lead.display_name), self.of(lead, definitions)

    async def of_one(self, tx: AsyncConnection, lead_id: UUID) -> Facts:
        """Return what the rules read of a lead. Raises NotFound."""
        lead = await LEAD.get(tx, lead_id, with_deleted=True)
        return self.of(lead, await definitions_of(tx, LEADS.resource))


def newest_leads(visibility: Visibility) -> Select[Any]:
    """Return the query for the leads that the caller sees, the newest first."""
    newest = select(leads).where(leads.c.deleted_at.is_(None), is_visible(LEADS, visibility))
    return newest.order_by(leads.c.id.desc())


async def read_leads(tx: AsyncConnection, query: Select[Any]) -> list[Lead]:
    """Return the leads that a query of their table finds."""
    return [from_columns(Lead, dict(row)) for row in (await tx.execute(query)).mappings()]
