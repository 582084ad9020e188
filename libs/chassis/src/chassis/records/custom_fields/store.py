"""Definitions in the database, their locks, and the values that lists look at."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table, delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import CURRENT_TENANT
from chassis.database.rows import fetch_row, from_columns
from chassis.records.custom_fields.domain import FieldDefinition
from chassis.records.custom_fields.tables import custom_values, definitions
from chassis.records.writes import insert_row, update_row
from kernel.errors import NotFound

_KEY = f"hashtextextended(concat_ws(' ', {CURRENT_TENANT}, CAST(:resource AS text)), 12)"
_SHARED = text(f"SELECT pg_advisory_xact_lock_shared({_KEY})")
_ALONE = text(f"SELECT pg_advisory_xact_lock({_KEY})")


async def shared_lock(tx: AsyncConnection, resource: str) -> None:
    """Until this transaction ends, the definitions of the resource stay as they are."""
    await tx.execute(_SHARED, {"resource": resource})


async def exclusive_lock(tx: AsyncConnection, resource: str) -> None:
    """Wait for whoever writes records by these definitions; the others wait for us."""
    await tx.execute(_ALONE, {"resource": resource})


async def definitions_of(tx: AsyncConnection, resource: str) -> Mapping[str, FieldDefinition]:
    """All definitions of a resource by their keys, in their order."""
    query = select_definitions(resource).order_by(definitions.c.position, definitions.c.key)
    found = (from_columns(FieldDefinition, row) for row in (await tx.execute(query)).mappings())
    return {definition.key: definition for definition in found}


def select_definitions(resource: str) -> Select[Any]:
    return select(definitions).where(definitions.c.resource == resource)


async def get(tx: AsyncConnection, definition_id: UUID, *, lock: bool = False) -> FieldDefinition:
    """Raises NotFound."""
    try:
        return await fetch_row(tx, definitions, definition_id, FieldDefinition, lock=lock)
    except NotFound:
        raise NotFound("custom_field", definition_id) from None


async def add(tx: AsyncConnection, definition: FieldDefinition) -> None:
    await insert_row(tx, definitions, definition)


async def save(tx: AsyncConnection, definition: FieldDefinition) -> FieldDefinition:
    """Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, definitions, definition)


async def remove(tx: AsyncConnection, definition: FieldDefinition) -> None:
    await tx.execute(delete(definitions).where(definitions.c.id == definition.id))
    await drop_values(tx, definition)


async def in_use(tx: AsyncConnection, table: Table, key: str, value: str | None = None) -> bool:
    """Whether a record holds this field, or this choice of it."""
    fields = table.c.custom_fields
    holds = fields.has_key(key) if value is None else fields[key].has_key(value)
    return (await tx.execute(select(table.c.id).where(holds).limit(1))).first() is not None


async def drop_values(tx: AsyncConnection, definition: FieldDefinition) -> None:
    """Lists are filtered by this field no more."""
    mine = (custom_values.c.resource == definition.resource) & (
        custom_values.c.key == definition.key
    )
    await tx.execute(delete(custom_values).where(mine))


async def fill_values(tx: AsyncConnection, table: Table, definition: FieldDefinition) -> None:
    """Let lists be filtered by a field that records hold already."""
    statement = (
        "INSERT INTO custom_values"  # noqa: S608  # a table of our own
        " (tenant_id, resource, record_id, key, place,"
        " text_value, number_value, date_value)"
        " SELECT r.tenant_id, CAST(:resource AS text), r.id, CAST(:key AS text), v.place,"
        " v.text_value, v.number_value, v.date_value"
        f" FROM {table.name} AS r, LATERAL"
        " custom_values_of(CAST(:kind AS text), r.custom_fields -> CAST(:key AS text)) AS v"
        f" WHERE r.tenant_id = {CURRENT_TENANT} AND r.custom_fields ? CAST(:key AS text)"
    )
    asked = {"resource": definition.resource, "key": definition.key, "kind": definition.type.value}
    await tx.execute(text(statement), asked)
