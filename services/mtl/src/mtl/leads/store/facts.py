"""What rules read of leads: their fields, with the custom fields of the tenant."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.custom_fields.domain import FieldDefinition
from mtl.leads.domain.lead import Lead
from rules import custom_fields
from rules.fields import FactSchema

LEAD_RESOURCE: Final = "mtl.lead"


async def schema_with_custom_fields(tx: AsyncConnection, schema: FactSchema) -> FactSchema:
    """Return the fields that rules may read, with the tenant's custom fields of leads."""
    return await custom_fields.schema_with_custom_fields(tx, schema, LEAD_RESOURCE)


def facts_with_custom_fields(
    facts: dict[str, Any], definitions: Mapping[str, FieldDefinition] | None, lead: Lead
) -> dict[str, Any]:
    """Return the facts of a lead, with its custom fields of these definitions."""
    return (
        facts | custom_fields.custom_facts(definitions.values(), lead.custom_fields)
        if definitions
        else facts
    )
