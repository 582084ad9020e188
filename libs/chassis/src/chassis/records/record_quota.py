"""How many records a tenant with a limit has; one without a limit is not counted."""

from sqlalchemy import BigInteger, Column, Table, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import metadata as backbone_metadata
from chassis.database.columns import tenant_column
from chassis.database.engine import ROW_LIMIT_KEY
from kernel.errors import Conflict

# How many records a tenant with a limit has; one without a limit has no row.
tenant_usage = Table(
    "tenant_usage",
    backbone_metadata,
    tenant_column(),
    Column("rows", BigInteger, nullable=False),
)


async def count_records(tx: AsyncConnection, table: Table, records: int = 1) -> None:
    """Use up so many of the tenant's records, before they are stored.

    Records are a service's rows with a version: lines and history do not count, nor do imports and
    whatever else the backbone keeps. One guarded statement, whose row whoever comes at once waits
    for. Raises Conflict (QUOTA_ROWS).
    """
    limit: int | None = tx.info.get(ROW_LIMIT_KEY)
    if limit is None or not _is_counted(table) or await _use_up(tx, records, limit):
        return
    if await tx.scalar(select(tenant_usage.c.rows)) is None:
        await _begin_to_count(tx, table)
        if await _use_up(tx, records, limit):
            return
    raise Conflict("QUOTA_ROWS", limit=limit)


async def forget_count(tx: AsyncConnection) -> None:
    """Let the next record be preceded by a new count: without a limit nobody counted on.

    Called whenever the tenant's limit changes.
    """
    await tx.execute(delete(tenant_usage))


def _is_counted(table: Table) -> bool:
    return "version" in table.c and table.metadata is not backbone_metadata


async def _use_up(tx: AsyncConnection, records: int, limit: int) -> bool:
    columns = tenant_usage.c
    used = await tx.execute(
        update(tenant_usage)
        .where(columns.rows + records <= limit)
        .values(rows=columns.rows + records)
        .returning(columns.rows)
    )
    return used.one_or_none() is not None


async def _begin_to_count(tx: AsyncConnection, table: Table) -> None:
    """The first record under a limit: what is there already is counted once."""
    there = 0
    for each in table.metadata.sorted_tables:
        if "version" in each.c:
            there += await tx.scalar(select(func.count()).select_from(each)) or 0
    await tx.execute(insert(tenant_usage).values(rows=there).on_conflict_do_nothing())
