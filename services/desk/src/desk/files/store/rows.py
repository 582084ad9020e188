"""The tables of files, of their parts and of their attachments, and all SQL on them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import replica_columns, tenant_column
from chassis.database.encryption.columns import EncryptedText
from chassis.database.record_columns import record_columns
from chassis.database.rows import from_columns
from chassis.events.subscriptions import EventMeta
from chassis.records.access.visibility import UnownedResource
from chassis.records.lists.listing import Listing
from chassis.records.lists.spellings import CodeFilter, lower_case
from chassis.records.record_types import RecordType
from contracts.attachments import AttachmentFields
from desk.database import metadata
from desk.files.domain.file import File, FileStatus
from desk.files.schemas import FileSummary

files = Table(
    "files",
    metadata,
    *record_columns(File, without=("size", "content_secret")),
    Column("size", BigInteger, nullable=False),
    Column("content_secret", EncryptedText("desk.file.content_secret")),
)
FILE = RecordType(scoped=UnownedResource("desk.file", files), entity=File, is_published=False)
LISTING = Listing(
    FILE.scoped,
    FileSummary,
    entity=File,
    filters=["status", CodeFilter("media_type", lower_case), "uploaded_by", "created_at"],
    sorts=["created_at"],
)

# An object of the store: it has a row before it has bytes, and until it has none any more. One that
# was dropped may be deleted from `drop_after` on: a writer that lost its way has ended by then.
file_parts = Table(
    "file_parts",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("file_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("size", Integer),
    Column("sha256", Text),
    Column("media_type", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("kept_at", DateTime(timezone=True)),
    Column("drop_after", DateTime(timezone=True)),
    Index(
        "ix_file_parts_kept",
        "tenant_id",
        "file_id",
        "number",
        unique=True,
        postgresql_where=text("kept_at IS NOT NULL AND drop_after IS NULL"),
    ),
    Index(None, "tenant_id", "file_id"),
    Index(
        "ix_file_parts_dropped",
        "tenant_id",
        "drop_after",
        postgresql_where=text("drop_after IS NOT NULL"),
    ),
)
# Which records of all services have which files, as their events say.
file_attachments = Table(
    "file_attachments",
    metadata,
    *replica_columns(),
    Column("file_id", Uuid, nullable=False),
    Column("resource", Text, nullable=False),
    Column("record_id", Uuid, nullable=False),
    Index(None, "tenant_id", "file_id"),
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A part of a file whose bytes are kept."""

    id: UUID
    number: int
    size: int
    sha256: str
    media_type: str | None


def _is_kept(file_id: UUID) -> ColumnElement[bool]:
    c = file_parts.c
    return (c.file_id == file_id) & c.kept_at.is_not(None) & c.drop_after.is_(None)


async def count_open_uploads(tx: AsyncConnection, uploaded_by: str) -> int:
    """Count the uploads that a person has begun and not completed."""
    c = files.c
    query = select(func.count()).where(
        c.uploaded_by == uploaded_by, c.status == FileStatus.UPLOADING
    )
    return await tx.scalar(query) or 0


async def add_part(
    tx: AsyncConnection, part_id: UUID, file_id: UUID, number: int, now: datetime
) -> None:
    """Note that an object is about to be written."""
    values = {"id": part_id, "file_id": file_id, "number": number, "created_at": now}
    await tx.execute(insert(file_parts).values(values))


async def keep_part(tx: AsyncConnection, part: Part, now: datetime) -> bool:
    """Keep an object that was written, as a part; return False if it was dropped meanwhile."""
    c = file_parts.c
    written = update(file_parts).where(c.id == part.id, c.drop_after.is_(None))
    kept = await tx.execute(written.values(kept_at=now, **vars(part)).returning(c.id))
    return kept.one_or_none() is not None


async def drop_kept(tx: AsyncConnection, file_id: UUID, number: int, now: datetime) -> bool:
    """Drop what is kept as this part; return whether there was something."""
    mine = update(file_parts).where(_is_kept(file_id), file_parts.c.number == number)
    dropped = await tx.execute(mine.values(drop_after=now).returning(file_parts.c.id))
    return dropped.one_or_none() is not None


async def drop_all(
    tx: AsyncConnection, now: datetime, writers_until: datetime, file_id: UUID | None = None
) -> None:
    """Drop all objects of a file, or of the tenant.

    What is still being written may be deleted later: the writer has ended at `writers_until`.
    """
    c = file_parts.c
    mine = [c.drop_after.is_(None), *([] if file_id is None else [c.file_id == file_id])]
    for is_kept, after in ((c.kept_at.is_not(None), now), (c.kept_at.is_(None), writers_until)):
        await tx.execute(update(file_parts).where(*mine, is_kept).values(drop_after=after))


async def drop_unkept(tx: AsyncConnection, file_id: UUID, writers_until: datetime) -> bool:
    """Drop objects of a file that no part kept; return whether there were any."""
    c = file_parts.c
    lost = update(file_parts).where(c.file_id == file_id, c.kept_at.is_(None))
    lost = lost.where(c.drop_after.is_(None)).values(drop_after=writers_until)
    return bool((await tx.execute(lost.returning(c.id))).all())


async def parts_of(tx: AsyncConnection, file_id: UUID) -> list[Part]:
    """Return the kept parts of a file, in their order."""
    query = select(file_parts).where(_is_kept(file_id)).order_by(file_parts.c.number)
    return [from_columns(Part, dict(row)) for row in (await tx.execute(query)).mappings()]


async def dropped_parts(tx: AsyncConnection, now: datetime, most: int) -> list[tuple[UUID, UUID]]:
    """Return files and ids of objects that may be deleted from the store."""
    c = file_parts.c
    query = select(c.file_id, c.id).where(c.drop_after <= now).order_by(c.drop_after).limit(most)
    return [(row.file_id, row.id) for row in await tx.execute(query)]


async def next_drop(tx: AsyncConnection) -> datetime | None:
    """Return when the next object may be deleted; None if nothing is dropped."""
    return cast(datetime | None, await tx.scalar(select(func.min(file_parts.c.drop_after))))


async def forget_parts(tx: AsyncConnection, part_ids: Sequence[UUID]) -> None:
    """Delete the rows of objects that are gone from the store."""
    await tx.execute(delete(file_parts).where(file_parts.c.id.in_(part_ids)))


async def has_parts(tx: AsyncConnection) -> bool:
    """Return whether any object of the tenant may have bytes."""
    return (await tx.execute(select(file_parts.c.id).limit(1))).one_or_none() is not None


async def note_attachment(
    tx: AsyncConnection, attachment: AttachmentFields, meta: EventMeta, *, deleted: bool
) -> bool:
    """Write down an attachment as an event says; return False if a later one was applied before."""
    values: dict[str, Any] = {
        "id": attachment.attachment_id,
        "epoch": meta.epoch,
        "sequence": meta.sequence,
        "deleted": deleted,
        "file_id": attachment.file_id,
        "resource": attachment.resource,
        "record_id": attachment.record_id,
    }
    c = file_attachments.c
    older = or_(c.epoch < meta.epoch, (c.epoch == meta.epoch) & (c.sequence < meta.sequence))
    statement = upsert(file_attachments).values(values)
    statement = statement.on_conflict_do_update(
        index_elements=["tenant_id", "id"], set_=values, where=older
    )
    return (await tx.execute(statement.returning(c.id))).one_or_none() is not None


async def is_attached(tx: AsyncConnection, file_id: UUID) -> bool:
    """Return whether a record has this file."""
    c = file_attachments.c
    query = select(c.id).where(c.file_id == file_id, ~c.deleted).limit(1)
    return (await tx.execute(query)).one_or_none() is not None


async def is_detached(tx: AsyncConnection, attachment_id: UUID) -> bool:
    """Return whether an event has said that this attachment was deleted."""
    c = file_attachments.c
    found = await tx.scalar(select(c.deleted).where(c.id == attachment_id))
    return cast(bool | None, found) is True


async def next_ready_file(tx: AsyncConnection, after: UUID | None) -> File | None:
    """Return the file that is served with the next id; None behind the last one."""
    c = files.c
    query = select(files).where(c.status == FileStatus.READY).order_by(c.id).limit(1)
    if after is not None:
        query = query.where(c.id > after)
    row = (await tx.execute(query)).one_or_none()
    return None if row is None else from_columns(File, dict(row._mapping))
