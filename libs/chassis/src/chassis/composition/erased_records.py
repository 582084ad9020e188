"""Publishes records whose personal data was erased, so that their copies lose it too."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.composition.features import record_types_of
from chassis.records.record_commands import save_record
from chassis.records.record_types import RecordType
from chassis.web.commands import Command


async def publish_erased_records(
    service: str, tx: AsyncConnection, ids: Collection[UUID], now: datetime
) -> None:
    """Publish the records of a service with these ids as they are now, each in a new version.

    The new version supersedes older events that are still under way and hold the name. A record
    whose parts have these ids gets one too; ids of other rows are skipped. Called by the erasure
    job.
    """
    for record_type in record_types_of(service):
        if record_type.changed is None and record_type.is_published:
            continue  # its events say what happened, and hold no free text
        query = select(record_type.table.c.id).where(_is_changed(record_type, ids))
        for record_id in (await tx.execute(query.order_by("id"))).scalars().all():
            erased = await record_type.get(
                tx, record_id, lock=True, with_deleted=record_type.is_deletable
            )
            await save_record(Command(tx, now), record_type, erased, erased)


def _is_changed(record_type: RecordType[Any], ids: Collection[UUID]) -> ColumnElement[bool]:
    """Return the condition of records that the erasure changed, themselves or in a part."""
    key, changed = record_type.table.c.id, sorted(ids)
    if record_type.parts is None:
        return key.in_(changed)
    part = record_type.parts.table.c
    parents = select(part[record_type.parts.parent]).where(part.id.in_(changed))
    return key.in_(changed) | key.in_(parents)
