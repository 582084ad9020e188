"""What follows from the attachments of all services: which files are kept, and for how long."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from chassis.jobs import queue
from chassis.records.attachments.model import FileDescription
from chassis.records.record_commands import save_record
from chassis.web.commands import Command
from contracts.attachments import KEPT_DETACHED, AttachmentFields
from contracts.work import RecordRef
from desk.file_settings.actions import free_storage
from desk.files.actions.checks import find_file
from desk.files.actions.drops import drop_bytes
from desk.files.actions.uploads import COLLECTION_JOB, remove_file
from desk.files.domain.file import FileStatus
from desk.files.store import rows
from desk.files.store.rows import FILE

WITHOUT_NAME: Final = None  # of the file of a person who was erased


async def note_attachment(
    tx: AsyncConnection, attachment: AttachmentFields, meta: EventMeta, *, deleted: bool
) -> None:
    """Keep a file as long as a record has it; destroy it once its record's person was erased."""
    if not await rows.note_attachment(tx, attachment, meta, deleted=deleted):
        return
    if attachment.file_name is WITHOUT_NAME:
        await erase_file(tx, attachment.file_id, meta.occurred_at)
    elif deleted and not await rows.is_attached(tx, attachment.file_id):
        await queue.enqueue(
            tx,
            COLLECTION_JOB,
            str(attachment.file_id),
            run_at=meta.occurred_at + KEPT_DETACHED,
            about=RecordRef(resource="desk.file", record_id=attachment.file_id),
            replace=True,
        )


async def attachable_file(
    tx: AsyncConnection, file_id: UUID, *, by: str | None, now: datetime
) -> FileDescription | None:
    """Return a file that its uploader may attach now, as an attachment repeats it; else None."""
    file = await find_file(tx, file_id)
    if file is None or file.uploaded_by != by:
        return None
    until = file.attachable_until
    if until is None or until <= now or file.media_type is None:
        return None
    return FileDescription(
        file_id=file.id, file_name=file.display_name, media_type=file.media_type, size=file.size
    )


async def erase_file(tx: AsyncConnection, file_id: UUID, now: datetime) -> None:
    """Destroy the bytes and the key of a file, whatever other records have it."""
    file = await find_file(tx, file_id, lock=True)
    if file is None or file.status is FileStatus.ERASED:
        return
    await save_record(Command(tx, now), FILE, file, file.erased())
    await drop_bytes(tx, now, file_id)
    if not file.has_lost_bytes:
        await free_storage(tx, file.size)


async def collect_file(command: Command, file_id: UUID) -> None:
    """Remove a file that no record has."""
    file = await find_file(command.tx, file_id, lock=True)
    if file is not None and not await rows.is_attached(command.tx, file_id):
        await remove_file(command, file)
