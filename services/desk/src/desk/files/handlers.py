"""Attachments of all services, none of which desk knows."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from contracts.attachments import AttachmentChanged, AttachmentSnapshot
from desk.files.actions.attachments import note_attachment


async def on_attachment_changed(
    tx: AsyncConnection, event: AttachmentChanged | AttachmentSnapshot, meta: EventMeta
) -> None:
    """Note which record has which file."""
    await note_attachment(tx, event.attachment, meta, deleted=event.attachment.deleted)
