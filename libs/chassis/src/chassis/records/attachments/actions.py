"""Attaches files to records, and detaches them, in the transaction of the change.

Each call publishes one `<service>.attachment.changed.v1`; desk consumes these events of all
services: it keeps a file for as long as a record has it. Who may call is decided before.
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import ScopedResource, UnownedResource
from chassis.records.access_keys.store import present_version
from chassis.records.attachments import store
from chassis.records.attachments.model import Attachment, FileDescription
from chassis.records.record_commands import create_record, delete_record, restore_record
from chassis.records.record_types import RecordType
from chassis.web.commands import Command
from contracts.work import RecordRef
from kernel.errors import NotFound, RuleBroken
from kernel.ids import new_id

MAX_ATTACHMENTS: Final = 200  # of a record

AnyScoped = ScopedResource | UnownedResource


async def attach(command: Command, record: RecordRef, file: FileDescription) -> Attachment:
    """Attach a file to a record; one that is attached already stays so, a detached one comes back.

    Raises RuleBroken (ATTACHMENTS_TOO_MANY).
    """
    of_service = _type_of(record.resource)
    found = await store.find_by_file(command.tx, record.record_id, file.file_id)
    if found is not None:
        return await restore_record(command.unconditional, of_service, found.id)
    if await store.count_of(command.tx, record.record_id) >= MAX_ATTACHMENTS:
        raise RuleBroken("ATTACHMENTS_TOO_MANY", limit=MAX_ATTACHMENTS)
    new = Attachment(
        id=new_id(),
        resource=record.resource,
        record_id=record.record_id,
        attached_by=command.actor,
        created_at=command.now,
        updated_at=command.now,
        **vars(file),
    )
    return await create_record(command, of_service, new)


async def detach(command: Command, record: RecordRef, attachment_id: UUID) -> None:
    """Detach a file from a record; one that is detached already stays so. Raises NotFound."""
    await store.get_of_record(command.tx, record.record_id, attachment_id, with_deleted=True)
    await delete_record(command.unconditional, _type_of(record.resource), attachment_id)


async def restore_attachment(
    command: Command, record: RecordRef, attachment_id: UUID
) -> Attachment:
    """Attach a detached file again. Raises NotFound, RuleBroken (ATTACHMENT_GONE)."""
    tx, record_id = command.tx, record.record_id
    found = await store.get_of_record(tx, record_id, attachment_id, with_deleted=True)
    found.ensure_restorable(now=command.now)
    return await restore_record(command.unconditional, _type_of(record.resource), attachment_id)


async def ensure_record(
    tx: AsyncConnection, scoped: AnyScoped, record_id: UUID, *, lock: bool = False
) -> None:
    """Ensure that a record exists and is not deleted; `lock` keeps it so until the commit.

    Raises NotFound.
    """
    exists, _version = await present_version(tx, scoped, record_id, lock=lock)
    if not exists:
        raise NotFound(scoped.name, record_id)


def _type_of(resource: str) -> RecordType[Any]:
    """Return the type of the attachments of a resource's service.

    Raises TypeError if the service declares no events of attachments.
    """
    service = resource.partition(".")[0]
    found = store.attachment_type(service)
    if found is None:
        raise TypeError(f"{service} declares no {service}.attachment.changed.v1")
    return found
