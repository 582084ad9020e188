"""A tenant's own fields as columns of its files."""

from dataclasses import replace
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports.target import CUSTOM_FIELD_PREFIX, ImportField, Imports, ImportTarget
from chassis.records.custom_fields.store import definitions_of


async def target_with_custom_fields(
    tx: AsyncConnection, imports: Imports, kind: str
) -> ImportTarget[Any]:
    """The target of this kind, whose fields are also those that the tenant defined."""
    target = imports.target(kind)
    if not target.custom:
        return target
    known = await definitions_of(tx, target.custom)
    more = [
        ImportField(f"{CUSTOM_FIELD_PREFIX}{one.key}", (one.label_zh, one.label_en))
        for one in known.values()
        if one.active
    ]
    return replace(target, fields=(*target.fields, *more))
