"""A table page by page, in the order of its primary key: what a chunk of a job looks through."""

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

PAGE_ROWS = 5_000  # rows
FILE_PAGE_ROWS = 50  # rows that hold files
RowPosition = Mapping[str, Any]  # a primary key as JSON has it


@dataclass(frozen=True)
class RowPage:
    """Rows behind `after`, up to and with `last`; without `last` to the end of the table."""

    table: Table
    after: RowPosition | None
    last: RowPosition | None

    def within(self) -> list[ColumnElement[bool]]:
        """The backbone's tables show the worker all tenants, so the tenant is said aloud."""
        table = self.table
        told = [tenant_id_column(table) == text("current_setting('app.tenant')::uuid")]
        key = tuple_(*table.primary_key.columns)
        if self.after is not None:
            told.append(key > _as_row(table, self.after, "after"))
        if self.last is not None:
            told.append(key <= _as_row(table, self.last, "last"))
        return told


async def next_row_page(tx: AsyncConnection, table: Table, after: RowPosition | None) -> RowPage:
    """The next page of the table."""
    keys = _keys(table)
    size = (
        FILE_PAGE_ROWS
        if any(one.info.get("personal") == FILE_KIND for one in table.c)
        else PAGE_ROWS
    )
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


def _as_row(table: Table, place: RowPosition, name: str) -> Any:
    """PostgreSQL itself reads the place, whatever the types of its columns are."""
    names = ", ".join(f'r."{one.name}"' for one in _keys(table))
    source = f'SELECT {names} FROM jsonb_populate_record(NULL::"{table.name}", :{name}) AS r'  # noqa: S608  # names of our own tables
    return text(f"({source})").bindparams(bindparam(name, dict(place), type_=JSONB))
