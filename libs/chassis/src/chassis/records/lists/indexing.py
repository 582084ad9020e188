"""The indexes a declared list needs: made from the declaration, so that they cannot disagree."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Index, Table

from chassis.records.access.visibility import ScopedResource
from chassis.records.lists.columns import comparable_column
from chassis.records.lists.filters import Filter
from chassis.records.lists.sorts import sort_columns
from chassis.web.pages import DESC


def attach_indexes(
    table: Table,
    scoped: ScopedResource | None,
    filters: Sequence[str | Filter],
    sorts: Sequence[str],
    *,
    personal: str = "",
) -> list[Index]:
    """One index for each filter and sort, one for owners, one for what is deleted.

    Each begins with the tenant and ends with the id, which is the order of equals; what the
    table declares already is not made twice. A `personal` list reads one person's rows whole.
    """
    if personal:
        return [_index(table, [(table.c[personal], False)])]
    wanted = [
        [(comparable_column(table, name), False)] for name in filters if isinstance(name, str)
    ]
    wanted += [[(c, way is DESC) for c, way in _upward(sort_columns(table, one))] for one in sorts]
    if scoped is not None:
        wanted.insert(0, [(scoped.owner_column, False)])
    found = [_index(table, columns) for columns in wanted]
    if "deleted_at" in table.c:
        found.append(_of_deleted(table))
    return list(dict.fromkeys(found))


def _upward(order: list[tuple[Column[Any], Any]]) -> list[tuple[Column[Any], Any]]:
    """An index is read both ways: that of `-x` is that of `x`."""
    if len(order) > 1:
        return order
    return [(column, None) for column, _ in order]


def _index(table: Table, columns: Sequence[tuple[Column[Any], bool]]) -> Index:
    key = table.c.id
    parts = [table.c.tenant_id, *(c.desc() if down else c for c, down in columns)]
    if key not in [column for column, _ in columns]:
        parts.append(key.desc() if columns[-1][1] else key)
    told = [str(part) for part in parts]
    for index in table.indexes:
        if [str(part) for part in index.expressions] == told and not index.dialect_kwargs:
            return index
    downs = "_".join("desc" if down else "" for _, down in columns).strip("_")
    name = "_".join(["ix", table.name, "tenant_id", *(c.name for c, _ in columns), downs, "id"])
    return Index(name.replace("__", "_")[:63], *parts)


def _of_deleted(table: Table) -> Index:
    gone = table.c.deleted_at
    name = f"ix_{table.name}_deleted"
    known = next((index for index in table.indexes if index.name == name), None)
    return known or Index(name, table.c.tenant_id, table.c.id, postgresql_where=gone.is_not(None))
