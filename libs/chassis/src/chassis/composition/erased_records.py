"""Publishes records whose personal data was erased, so that their copies lose it too."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.composition.features import record_types_of
from chassis.records.record_commands import save_record
from chassis.web.commands import Command


async def publish_erased_records(
    service: str, tx: AsyncConnection, ids: Collection[UUID], now: datetime
) -> None:
    """Publish the records of a service with these ids as they are now, each in a new version.

    The new version supersedes older events that are still under way and hold the name; ids of
    other rows are skipped. Called by the erasure job.
    """
    for record_type in record_types_of(service):
        if record_type.changed is None:
            continue
        key = record_type.table.c.id
        query = select(key).where(key.in_(sorted(ids))).order_by(key)
        for record_id in (await tx.execute(query)).scalars().all():
            erased = await record_type.get(
                tx, record_id, lock=True, with_deleted=record_type.is_deletable
            )
            await save_record(Command(tx, now), record_type, erased, erased)
