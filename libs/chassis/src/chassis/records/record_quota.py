"""The record quota: counts the records of tenants with a limit."""

from sqlalchemy import BigInteger, Column, Table, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import metadata as backbone_metadata
from chassis.database.columns import UNCOUNTED, tenant_column
from chassis.database.engine import ROW_LIMIT_KEY
from kernel.errors import Conflict

# The number of records of a tenant with a limit; a tenant without a limit has no row.
tenant_usage = Table(
    "tenant_usage",
    backbone_metadata,
    tenant_column(),
    Column("rows", BigInteger, nullable=False),
)


async def count_records(tx: AsyncConnection, table: Table, records: int = 1) -> None:
    """Count new records against the tenant's quota, before they are stored.

    Records are rows with a version in a service's own tables: lines, imports and other tables of
    the ground do not count, nor rows whose version is declared `uncounted`. It is one guarded
    UPDATE, so that concurrent writers wait for each other. Raises Conflict (QUOTA_ROWS).
    """
    limit: int | None = tx.info.get(ROW_LIMIT_KEY)
    if limit is None or not is_counted(table) or await _use_up(tx, records, limit):
        return
    if await tx.scalar(select(tenant_usage.c.rows)) is None:
        await _begin_to_count(tx, table)
        if await _use_up(tx, records, limit):
            return
    raise Conflict("QUOTA_ROWS", limit=limit)


async def forget_count(tx: AsyncConnection) -> None:
    """Discard the count, so that the next record is preceded by a new one.

    Called whenever the tenant's limit changes: without a limit nothing was counted.
    """
    await tx.execute(delete(tenant_usage))


def is_counted(table: Table) -> bool:
    """Return whether the rows of a table are records that a quota counts."""
    if "version" not in table.c or table.metadata is backbone_metadata:
        return False
    return UNCOUNTED not in table.c.version.info


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
    """Count existing records once, before the first record under a limit."""
    existing = 0
    for counted_table in table.metadata.sorted_tables:
        if is_counted(counted_table):
            existing += await tx.scalar(select(func.count()).select_from(counted_table)) or 0
    await tx.execute(insert(tenant_usage).values(rows=existing).on_conflict_do_nothing())
