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
    tx: AsyncConnection, imports: Imports, kind: str
) -> ImportTarget[Any]:
    """Return the target of this kind, extended by the tenant's active custom fields."""
    target = imports.target(kind)
    if not target.custom:
        return target
    definitions = await definitions_of(tx, target.custom)
    custom_fields = [
        CustomImportField(f"{CUSTOM_FIELD_PREFIX}{one.key}", (one.label_zh, one.label_en))
        for one in definitions.values()
        if one.active
    ]
    return replace(target, fields=(*target.fields, *custom_fields))
