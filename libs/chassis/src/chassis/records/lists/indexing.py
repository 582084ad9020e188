"""The indexes of a declared list, derived from its declaration so that the two always agree."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Index, Table

from chassis.records.access.visibility import ScopedResource
from chassis.records.lists.columns import comparable_column
from chassis.records.lists.filters import DeclaredFilter, filtered_column
from chassis.records.lists.sorts import SortOrder, sort_columns
from chassis.web.pages import DESC


def attach_indexes(
    table: Table,
    scoped: ScopedResource | None,
    filters: Sequence[DeclaredFilter],
    sorts: Sequence[str],
    *,
    personal: str = "",
) -> list[Index]:
    """Attach the list's indexes to its table: per filter and sort, for owners and deleted rows.

    Each begins with the tenant and ends with the id, which breaks ties; an index that the table
    already declares is not created twice. A `personal` list has one index only, because all rows
    of the person are read.
    """
    if personal:
        return [_index(table, [(table.c[personal], False)])]
    names = [filtered_column(each) for each in filters]
    needed = [[(comparable_column(table, name), False)] for name in names if name is not None]
    needed += [_index_columns(sort_columns(table, sort)) for sort in sorts]
    if scoped is not None:
        needed.insert(0, [(scoped.owner_column, False)])
    indexes = [_index(table, columns) for columns in needed]
    if "deleted_at" in table.c:
        indexes += _deleted_indexes(table, [column for _, column in scoped.of] if scoped else [])
    return list(dict.fromkeys(indexes))


def _index_columns(order: SortOrder) -> list[tuple[Column[Any], bool]]:
    """Return the columns of a sort's index, each with whether it is descending.

    An index on one column is read in both directions, so that it serves `x` and `-x`.
    """
    if len(order) == 1:
        return [(order[0][0], False)]
    return [(column, direction is DESC) for column, direction in order]


def _index(table: Table, columns: Sequence[tuple[Column[Any], bool]]) -> Index:
    key = table.c.id
    # Of tenants themselves, the id is the tenant's.
    leading = [table.c.tenant_id] if "tenant_id" in table.c else []
    parts = [*leading, *(c.desc() if descending else c for c, descending in columns)]
    if key not in [column for column, _ in columns]:
        parts.append(key.desc() if columns[-1][1] else key)
    expressions = [str(part) for part in parts]
    for index in table.indexes:
        if [str(part) for part in index.expressions] == expressions and not index.dialect_kwargs:
            return index
    directions = "_".join("desc" if descending else "" for _, descending in columns).strip("_")
    names = [
        "ix",
        table.name,
        *(c.name for c in leading),
        *(c.name for c, _ in columns),
        directions,
        "id",
    ]
    return Index("_".join(names).replace("__", "_")[:63], *parts)


def _deleted_indexes(table: Table, parents: Sequence[str]) -> list[Index]:
    """Return the indexes of deleted rows: by id, and by each record that grants are inherited from.

    Without the latter a list of deleted rows reads all rows in the order of the parent's id.
    """
    names = {f"ix_{table.name}_deleted": [table.c.tenant_id, table.c.id]}
    for parent in parents:
        columns = [table.c.tenant_id, table.c[parent], table.c.id]
        names[f"ix_{table.name}_deleted_{parent}"] = columns
    existing = {str(index.name): index for index in table.indexes}
    is_deleted = table.c.deleted_at.is_not(None)
    return [
        existing.get(name) or Index(name, *columns, postgresql_where=is_deleted)
        for name, columns in names.items()
    ]
