"""The record type of a service's attachments, and all SQL on their table."""

from functools import cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.records.access.visibility import UnownedResource
from chassis.records.attachments.model import Attachment
from chassis.records.attachments.tables import attachments
from chassis.records.record_types import RecordType
from contracts.event import EVENT_CLASSES
from contracts.topics import load_events
from kernel.errors import NotFound


@cache
def attachment_type(service: str) -> RecordType[Attachment] | None:
    """Return the type of a service's attachments; None if the service declares no events of them.

    Every change publishes `<service>.attachment.changed.v1`.
    """
    load_events()
    changed = EVENT_CLASSES.get(f"{service}.attachment.changed.v1")
    if changed is None:
        return None
    return RecordType(
        scoped=UnownedResource(f"{service}.attachment", attachments),
        entity=Attachment,
        created=changed,
        changed=changed,
        deleted=changed,
        restored=changed,
    )


def attachments_of(record_id: UUID) -> Select[Any]:
    """Return the query of the files of a record, those that were detached left out."""
    c = attachments.c
    return select(attachments).where(c.record_id == record_id, c.deleted_at.is_(None))


async def count_of(tx: AsyncConnection, record_id: UUID) -> int:
    """Return how many files hang on a record."""
    query = attachments_of(record_id).with_only_columns(func.count())
    return cast(int, await tx.scalar(query))


async def find_by_file(tx: AsyncConnection, record_id: UUID, file_id: UUID) -> Attachment | None:
    """Lock and return the attachment of a file to a record, a detached one as well."""
    c = attachments.c
    query = select(attachments).where(c.record_id == record_id, c.file_id == file_id)
    row = (await tx.execute(query.with_for_update())).one_or_none()
    return None if row is None else from_columns(Attachment, dict(row._mapping))


async def get_of_record(
    tx: AsyncConnection, record_id: UUID, attachment_id: UUID, *, with_deleted: bool = False
) -> Attachment:
    """Read an attachment of a record. Raises NotFound."""
    c = attachments.c
    query = select(attachments).where(c.record_id == record_id, c.id == attachment_id)
    if not with_deleted:
        query = query.where(c.deleted_at.is_(None))
    row = (await tx.execute(query)).one_or_none()
    if row is None:
        raise NotFound("attachment", attachment_id)
    return from_columns(Attachment, dict(row._mapping))
