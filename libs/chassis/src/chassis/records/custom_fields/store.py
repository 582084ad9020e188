"""Stores custom field definitions, their locks, and the values that lists filter by."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table, bindparam, delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_field_definitions
from chassis.database.columns import CURRENT_TENANT
from chassis.database.rows import fetch_row, from_columns
from chassis.records.custom_fields.domain import FieldDefinition
from chassis.records.custom_fields.tables import custom_values, definitions
from chassis.records.writes import delete_row, insert_row, update_row
from kernel.errors import NotFound

_DEFINITIONS: Select[Any] = (
    select(definitions)
    .where(definitions.c.resource == bindparam("of"))
    .order_by(definitions.c.position, definitions.c.key)
)


async def shared_lock(tx: AsyncConnection, resource: str) -> None:
    """Lock the definitions of a resource against changes until this transaction ends."""
    await lock_field_definitions(tx, resource, exclusive=False)


async def exclusive_lock(tx: AsyncConnection, resource: str) -> None:
    """Lock the definitions of a resource for a change; writers of its records wait."""
    await lock_field_definitions(tx, resource, exclusive=True)


async def definitions_of(tx: AsyncConnection, resource: str) -> Mapping[str, FieldDefinition]:
    """Return all definitions of a resource by key, in their order."""
    found = (await tx.execute(_DEFINITIONS, {"of": resource})).mappings()
    rows = (from_columns(FieldDefinition, row) for row in found)
    return {definition.key: definition for definition in rows}


def select_definitions(resource: str) -> Select[Any]:
    return select(definitions).where(definitions.c.resource == resource)


async def get(tx: AsyncConnection, definition_id: UUID, *, lock: bool = False) -> FieldDefinition:
    """Get a definition. Raises NotFound."""
    try:
        return await fetch_row(tx, definitions, definition_id, FieldDefinition, lock=lock)
    except NotFound:
        raise NotFound("custom_field", definition_id) from None


async def add(tx: AsyncConnection, definition: FieldDefinition) -> None:
    await insert_row(tx, definitions, definition)


async def save(tx: AsyncConnection, definition: FieldDefinition) -> FieldDefinition:
    """Save a definition guarded by its version. Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, definitions, definition)


async def remove(tx: AsyncConnection, definition: FieldDefinition) -> None:
    await delete_row(tx, definitions, definition.id)
    await drop_values(tx, definition)


async def in_use(tx: AsyncConnection, table: Table, key: str, value: str | None = None) -> bool:
    """Return whether a record has a value for this field, or has this choice."""
    fields = table.c.custom_fields
    holds = fields.has_key(key) if value is None else fields[key].has_key(value)
    return (await tx.execute(select(table.c.id).where(holds).limit(1))).first() is not None


async def drop_values(tx: AsyncConnection, definition: FieldDefinition) -> None:
    """Remove the values that lists filter by, when the field is no longer filterable."""
    mine = (custom_values.c.resource == definition.resource) & (
        custom_values.c.key == definition.key
    )
    await tx.execute(delete(custom_values).where(mine))


async def fill_values(tx: AsyncConnection, table: Table, definition: FieldDefinition) -> None:
    """Store the values of existing records, when a field becomes filterable."""
    statement = (
        "INSERT INTO custom_values"  # noqa: S608  # our own table
        " (tenant_id, resource, record_id, key, place,"
        " text_value, number_value, date_value)"
        " SELECT r.tenant_id, CAST(:resource AS text), r.id, CAST(:key AS text), v.place,"
        " v.text_value, v.number_value, v.date_value"
        f" FROM {table.name} AS r, LATERAL"
        " custom_values_of(CAST(:kind AS text), r.custom_fields -> CAST(:key AS text)) AS v"
        f" WHERE r.tenant_id = {CURRENT_TENANT} AND r.custom_fields ? CAST(:key AS text)"
    )
    values = {"resource": definition.resource, "key": definition.key, "kind": definition.type.value}
    await tx.execute(text(statement), values)
