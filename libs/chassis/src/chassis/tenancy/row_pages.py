"""Pages of a table by primary key: the range of rows that one chunk of a job processes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Table,
    bindparam,
    func,
    select,
    text,
    tuple_,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.tenancy.personal_data_map import FILE_KIND, tenant_id_column

ROW_PAGE_SIZE = 5_000  # rows
FILE_PAGE_SIZE = 50  # rows of a table with files
RowPosition = Mapping[str, Any]  # a primary key as JSON


@dataclass(frozen=True)
class RowPage:
    """The rows after `after` up to and including `last`; without `last`, to the end."""

    table: Table
    after: RowPosition | None
    last: RowPosition | None

    def within(self) -> list[ColumnElement[bool]]:
        """Return the conditions of the page.

        The tenant is named because the worker sees all tenants in the backbone's tables.
        """
        table = self.table
        conditions = [tenant_id_column(table) == text("current_setting('app.tenant')::uuid")]
        key = tuple_(*table.primary_key.columns)
        if self.after is not None:
            conditions.append(key > _as_row(table, self.after, "after"))
        if self.last is not None:
            conditions.append(key <= _as_row(table, self.last, "last"))
        return conditions


async def next_row_page(
    tx: AsyncConnection, table: Table, after: RowPosition | None, *, size: int = 0
) -> RowPage:
    """Return the next page of the table, of `size` rows or of what suits the table."""
    keys = _keys(table)
    has_files = any(one.info.get("personal") == FILE_KIND for one in table.c)
    size = size or (FILE_PAGE_SIZE if has_files else ROW_PAGE_SIZE)
    named = [part for one in keys for part in (str(one.name), one)]
    query = (
        select(func.jsonb_build_object(*named))
        .where(*RowPage(table, after, None).within())
        .order_by(*keys)
        .offset(size - 1)
        .limit(1)
    )
    return RowPage(table, after, (await tx.execute(query)).scalar_one_or_none())


def _keys(table: Table) -> Sequence[Column[Any]]:
    return list(table.primary_key.columns)


def _as_row(table: Table, position: RowPosition, name: str) -> Any:
    """Let PostgreSQL parse the position, whatever the types of its columns are."""
    names = ", ".join(f'r."{one.name}"' for one in _keys(table))
    source = f'SELECT {names} FROM jsonb_populate_record(NULL::"{table.name}", :{name}) AS r'  # noqa: S608  # names of our own tables
    return text(f"({source})").bindparams(bindparam(name, dict(position), type_=JSONB))
