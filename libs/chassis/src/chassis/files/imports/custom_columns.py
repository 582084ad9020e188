"""Custom fields as columns of imported files."""

from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports.target import (
    CUSTOM_FIELD_PREFIX,
    CustomImportField,
    Imports,
    ImportTarget,
)
from chassis.records.custom_fields.store import definitions_of


async def target_with_custom_fields(
    tx: AsyncConnection, imports: Imports, resource: str
) -> ImportTarget[Any]:
    """Return the target of this resource, extended by the tenant's active custom fields."""
    target = imports.target(resource)
    if not target.custom_fields:
        return target
    definitions = await definitions_of(tx, resource)
    custom_fields = [
        CustomImportField(f"{CUSTOM_FIELD_PREFIX}{one.key}", (one.label_zh, one.label_en))
        for one in definitions.values()
        if one.active
    ]
    return replace(target, fields=(*target.fields, *custom_fields))
