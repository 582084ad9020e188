"""The tables of a tenant's limits and of what it uses, and all SQL on them."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Table, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import tenant_column
from chassis.records.access.visibility import UnownedResource
from chassis.records.record_types import RecordType
from chassis.records.tenant_records import tenant_record_columns, tenant_record_of
from desk.database import metadata
from desk.file_settings.domain.limits import FileSettings

_SIZES = ("max_file_bytes", "storage_bytes")
file_settings = Table(
    "file_settings",
    metadata,
    *tenant_record_columns(FileSettings, without=_SIZES),
    *(Column(name, BigInteger, nullable=False) for name in _SIZES),
)
SETTINGS = RecordType(
    scoped=UnownedResource("desk.file_setting", file_settings),
    entity=FileSettings,
    is_published=False,
)
# How many bytes a tenant's files take, those that are being uploaded included.
file_usage = Table(
    "file_usage",
    metadata,
    tenant_column(),
    Column("bytes", BigInteger, nullable=False),
)


async def settings_of_files(tx: AsyncConnection, now: datetime) -> FileSettings:
    """Return the limits of the transaction's tenant; the default ones if nobody has set any."""
    return await tenant_record_of(tx, SETTINGS, now=now)


async def used_bytes(tx: AsyncConnection) -> int:
    """Return how many bytes the tenant's files take."""
    return await tx.scalar(select(file_usage.c.bytes)) or 0


async def reserve_bytes(tx: AsyncConnection, size: int, limit: int) -> bool:
    """Count so many more bytes, if that stays within the limit; return whether it did."""
    c = file_usage.c
    first = insert(file_usage).values(bytes=0).on_conflict_do_nothing()
    await tx.execute(first)
    more = update(file_usage).where(c.bytes + size <= limit).values(bytes=c.bytes + size)
    return (await tx.execute(more.returning(c.bytes))).one_or_none() is not None


async def release_bytes(tx: AsyncConnection, size: int) -> None:
    """Count so many bytes less."""
    c = file_usage.c
    await tx.execute(update(file_usage).values(bytes=func.greatest(c.bytes - size, 0)))
