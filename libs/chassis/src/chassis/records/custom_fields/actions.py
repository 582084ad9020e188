"""Commands that add, change and remove custom field definitions."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.custom_fields import store
from chassis.records.custom_fields.definition_checks import ensure_valid_definition
from chassis.records.custom_fields.domain import FieldDefinition
from chassis.web.preconditions import UNCONDITIONAL, Precondition
from kernel.errors import Conflict, RuleBroken

MAX_CUSTOM_FIELDS = 200


async def add_definition(tx: AsyncConnection, definition: FieldDefinition) -> FieldDefinition:
    """Add a custom field to a resource.

    Raises Invalid, Conflict (CUSTOM_FIELD_EXISTS), RuleBroken (CUSTOM_FIELDS_TOO_MANY).
    """
    ensure_valid_definition(definition)
    await store.exclusive_lock(tx, definition.resource)
    existing = await store.definitions_of(tx, definition.resource)
    if definition.key in existing:
        raise Conflict("CUSTOM_FIELD_EXISTS", key=definition.key)
    if len(existing) >= MAX_CUSTOM_FIELDS:
        raise RuleBroken("CUSTOM_FIELDS_TOO_MANY", limit=MAX_CUSTOM_FIELDS)
    await store.add(tx, definition)
    return definition


async def change_definition(
    tx: AsyncConnection,
    table: Table,
    definition_id: UUID,
    edit: Callable[[FieldDefinition], FieldDefinition],
    *,
    expected: Precondition = UNCONDITIONAL,
    now: datetime,
) -> FieldDefinition:
    """Change a definition; values that records hold already stay valid.

    `table` is the table of the resource's records.

    Raises NotFound, Invalid, RuleBroken (CUSTOM_CHOICE_IN_USE).
    """
    definition = await store.get(tx, definition_id)
    await store.exclusive_lock(tx, definition.resource)
    before = await store.get(tx, definition_id, lock=True)
    after = edit(before)
    if after == before:
        return before
    expected.check(before)
    ensure_valid_definition(after)
    await _keep_used_choices(tx, table, before, after)
    if before.filterable and not after.filterable:
        await store.drop_values(tx, before)
    elif after.filterable and not before.filterable:
        await store.fill_values(tx, table, before)
    return await store.save(tx, replace(after, updated_at=now))


async def _keep_used_choices(
    tx: AsyncConnection, table: Table, before: FieldDefinition, after: FieldDefinition
) -> None:
    removed = {choice["value"] for choice in after.choices}
    for choice in before.choices:
        value = str(choice["value"])
        if value not in removed and await store.in_use(tx, table, before.key, value):
            raise RuleBroken("CUSTOM_CHOICE_IN_USE", choice=value)


async def remove_definition(
    tx: AsyncConnection,
    table: Table,
    definition_id: UUID,
    *,
    expected: Precondition = UNCONDITIONAL,
) -> None:
    """Remove a field that no record has a value for.

    Raises NotFound, RuleBroken (CUSTOM_FIELD_IN_USE): deactivate the field instead.
    """
    definition = await store.get(tx, definition_id)
    await store.exclusive_lock(tx, definition.resource)
    before = await store.get(tx, definition_id, lock=True)
    expected.check(before)
    if await store.in_use(tx, table, before.key):
        raise RuleBroken("CUSTOM_FIELD_IN_USE", key=before.key)
    await store.remove(tx, before)
