"""Publishes records whose personal data was erased, so that their copies lose it too."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.composition.features import attachment_types_of, record_types_of
from chassis.records.record_commands import save_record
from chassis.records.record_types import RecordType
from chassis.tenancy.erase import rewrite_row
from chassis.tenancy.personal_data_map import tenant_tables
from chassis.web.commands import Command

VERSIONED: Final = {"id", "version", "updated_at"}


async def publish_erased_records(
    service: str, tx: AsyncConnection, ids: Collection[UUID], now: datetime
) -> None:
    """Publish the records of a service with these ids as they are now, each in a new version.

    Rows with a version that are no published records, such as tasks, get a new version alone.

    The new version supersedes older events that are still under way and hold the name. A record
    whose parts have these ids gets one too; ids of other rows are skipped. Called by the erasure
    job.
    """
    for record_type in (*record_types_of(service), *attachment_types_of(service)):
        if record_type.changed is None and record_type.is_published:
            continue  # its events say what happened, and hold no free text
        query = select(record_type.table.c.id).where(_is_changed(record_type, ids))
        for record_id in (await tx.execute(query.order_by("id"))).scalars().all():
            erased = await record_type.get(
                tx, record_id, lock=True, with_deleted=record_type.is_deletable
            )
            await save_record(Command(tx, now), record_type, erased, erased)
    await advance_versions(service, tx, ids, now)


async def advance_versions(
    service: str, tx: AsyncConnection, ids: Collection[UUID], now: datetime
) -> None:
    """Give the rows with these ids that are no records of a declared type a new version.

    Else their ETags would still stand for what was erased.
    """
    types = (*record_types_of(service), *attachment_types_of(service))
    records = {record_type.table.name for record_type in types}
    for table in tenant_tables(service):
        if table.name in records or not set(table.c.keys()) >= VERSIONED:
            continue
        query = select(*table.primary_key.columns, table.c.version).where(table.c.id.in_(ids))
        for row in (await tx.execute(query)).mappings().all():
            await rewrite_row(tx, table, row, {"version": row["version"] + 1, "updated_at": now})


def _is_changed(record_type: RecordType[Any], ids: Collection[UUID]) -> ColumnElement[bool]:
    """Return the condition of records that the erasure changed, themselves or in a part."""
    key, changed = record_type.table.c.id, sorted(ids)
    conditions = [key.in_(changed)]
    for parts in record_type.parts:
        columns = parts.table.c
        parents = select(columns[parts.parent]).where(columns.id.in_(changed))
        conditions.append(key.in_(parents))
    return or_(*conditions)
