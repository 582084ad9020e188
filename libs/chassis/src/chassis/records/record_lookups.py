"""Finds records by what people call them: their id, their code or their name."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import NAME_KEY_OF
from chassis.database.rows import is_one_of
from chassis.records.access.visibility import (
    Access,
    ScopedResource,
    UnownedResource,
    Visibility,
    grants_of,
    is_visible,
)
from chassis.records.record_types import record_type_of
from kernel.names import comparable_name


async def ids_called(
    tx: AsyncConnection, resource: str, called: str, visibility: Visibility
) -> Sequence[UUID]:
    """Return the visible records of this service that have this id, else this code, else this name.

    Several have a name that is not unique.
    """
    scoped = record_type_of(resource).scoped
    columns, seen = scoped.table.c, _is_present(scoped, visibility)
    try:
        conditions = [columns.id == UUID(called)]
    except ValueError:
        conditions = [columns.code == called] if "code" in columns else []
    for condition in conditions:
        found = (await tx.execute(select(columns.id).where(condition, seen))).scalars().all()
        if found:
            return found
    if "name" not in columns:
        return []
    return await ids_with(tx, scoped, {"name": called}, visibility)


async def ids_with(
    tx: AsyncConnection,
    scoped: ScopedResource | UnownedResource,
    values: Mapping[str, Any],
    visibility: Visibility,
    *,
    exact: Collection[str] = (),
) -> Sequence[UUID]:
    """Return the visible records that have all these values, the oldest first.

    Texts are compared as names are, but for columns that are `exact`. A table of many records
    needs a `name_key_column` for that, or another value that few records share.
    """
    compared: dict[str, str] = {}
    conditions = [_is_present(scoped, visibility)]
    columns = scoped.table.c
    for name, value in values.items():
        key = _key_of(scoped.table, name)
        if not isinstance(value, str) or name in exact:
            conditions.append(
                columns[name] == value if value is not None else columns[name].is_(None)
            )
        elif key is not None:
            conditions.append(columns[key] == comparable_name(value))
        else:
            compared[name] = comparable_name(value)
    query: Select[Any] = select(columns.id, *(columns[name] for name in compared))
    rows = (await tx.execute(query.where(*conditions).order_by(columns.id))).mappings()
    return [
        row["id"]
        for row in rows
        if all(comparable_name(row[name] or "") == text for name, text in compared.items())
    ]


async def visible_ids(
    tx: AsyncConnection,
    scoped: ScopedResource,
    ids: Collection[UUID],
    visibility: Visibility,
    access: Access = Access.READ,
) -> set[UUID]:
    """Return which of these records, deleted ones too, the caller sees, or may change."""
    if not ids:
        return set()
    key = scoped.table.c.id
    query = select(key).where(is_one_of(key, ids), is_visible(scoped, visibility, access))
    return set((await tx.execute(query)).scalars())


async def visible_among(
    tx: AsyncConnection,
    scoped: ScopedResource,
    owners: Mapping[UUID, str | None],
    visibility: Visibility,
) -> set[UUID]:
    """Return which of these records, each with its owner, the caller sees.

    What their owners do not decide is asked only where records are granted to the caller.
    """
    if visibility.everything:
        return set(owners)
    own = {key for key, owner in owners.items() if owner in visibility.owners}
    if not scoped.seen_with and not grants_of(scoped, visibility):
        return own
    return own | await visible_ids(tx, scoped, owners.keys() - own, visibility)


def _key_of(table: Table, name: str) -> str | None:
    """Return the column with the comparable form of a name; None without one."""
    return next((one.name for one in table.c if one.info.get(NAME_KEY_OF) == name), None)


def _is_present(
    scoped: ScopedResource | UnownedResource, visibility: Visibility
) -> ColumnElement[bool]:
    columns = scoped.table.c
    present = columns.deleted_at.is_(None) if "deleted_at" in columns else true()
    return (
        present & is_visible(scoped, visibility) if isinstance(scoped, ScopedResource) else present
    )
