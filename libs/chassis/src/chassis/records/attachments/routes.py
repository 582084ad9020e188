"""The routes of a record's files: list, attach, detach, restore, and links by which they open.

`GET /{collection}/{id}/files` and what hangs below are the same for every kind of record.
"""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from chassis.database.rows import from_columns
from chassis.foundation.clock import Now
from chassis.foundation.settings import Settings
from chassis.records.access.visibility import ScopedResource, UnownedResource
from chassis.records.attachments import actions, store
from chassis.records.attachments.model import Attachment
from chassis.records.attachments.signatures import (
    LINK_LIFETIME,
    FileLink,
    FileTicket,
    read_ticket,
    sign_link,
)
from chassis.web.admission import READ_ONLY
from chassis.web.auth import Caller, Principal
from chassis.web.bodies import EmptyBody
from chassis.web.commands import AddCommand, CreateCommand
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.references import PersonSubject
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from contracts.work import RecordRef
from kernel.errors import Invalid, Violation

CONTENT_PATH = "/desk/v1/file-contents/"


class AttachIn(BaseModel):
    """The ticket that desk gave for an uploaded file."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"ticket": "kTq1...as-desk-answered"}]}
    )
    ticket: Annotated[str, Field(min_length=1, max_length=4000)]


class AttachmentOut(BaseModel):
    """A file that hangs on a record."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    file_name: str | None = Field(description="Null once the person of the record was erased")
    media_type: str
    size: int = Field(description="In bytes")
    attached_by: Annotated[str | None, PersonSubject]
    attached_by_name: str | None = None
    created_at: datetime


class FileLinkOut(BaseModel):
    """Where the file can be fetched, by whoever has the address, until the link expires."""

    url: str = Field(
        description="GET, with range requests, without a token",
        examples=["/desk/v1/file-contents/l2ck_EXAMPLE"],
    )
    expires_at: datetime


def attachment_router(
    scoped: ScopedResource | UnownedResource, *, collection: str, read: Any, write: Any
) -> APIRouter:
    """Build the routes of the files below `/{collection}/{id}/files`.

    `read` and `write` are the guards of the record: who sees the record sees its files, and who may
    change it attaches and detaches them. Without `write` only commands of the record attach files.
    The service declares the events of its attachments
    (`contracts.attachments`).
    """
    router = new_router(f"/{collection}", tag=collection)
    _add_reads(router, scoped, read)
    if write is not None:
        _add_changes(router, scoped, write)
    return router


def _add_reads(router: APIRouter, scoped: ScopedResource | UnownedResource, read: Any) -> None:
    @router.get("/{record_id}/files", name=f"{scoped.name}_files", dependencies=[read])
    async def files(record_id: UUID, tx: Tx, page: PageParams) -> Page[AttachmentOut]:
        """List the files of the record, newest first."""
        await actions.ensure_record(tx, scoped, record_id)
        query = store.attachments_of(record_id)
        return await fetch_page(
            tx, query, page, shape=lambda row: _shown(from_columns(Attachment, row))
        )

    @router.post(
        "/{record_id}/files/{attachment_id}/link",
        name=f"{scoped.name}_file_link",
        dependencies=[read],
        openapi_extra=READ_ONLY,
    )
    async def link(
        request: Request,
        record_id: UUID,
        attachment_id: UUID,
        tx: Tx,
        now: Now,
        caller: Caller,
        body: EmptyBody | None = None,
    ) -> FileLinkOut:
        """Return where the file can be fetched; the link is for the caller, for five minutes."""
        await actions.ensure_record(tx, scoped, record_id)
        found = await store.get_of_record(tx, record_id, attachment_id)
        return signed_link(request, caller, found.file_id, found.id, now)


def _add_changes(router: APIRouter, scoped: ScopedResource | UnownedResource, write: Any) -> None:
    def reference(record_id: UUID) -> RecordRef:
        return RecordRef(resource=scoped.resource, record_id=record_id)

    @router.post(
        "/{record_id}/files",
        name=f"{scoped.name}_file_attach",
        status_code=201,
        dependencies=[write],
    )
    async def attach(
        request: Request, record_id: UUID, body: AttachIn, command: AddCommand
    ) -> AttachmentOut:
        """Attach a file that the caller has uploaded to desk."""
        await actions.ensure_record(command.tx, scoped, record_id, lock=True)
        ticket = _ticket_of(request, command.caller, body.ticket, command.now)
        return _shown(
            await actions.attach(command.unconditional, reference(record_id), ticket.file)
        )

    @router.delete(
        "/{record_id}/files/{attachment_id}",
        name=f"{scoped.name}_file_detach",
        status_code=204,
        dependencies=[write],
    )
    async def detach(record_id: UUID, attachment_id: UUID, command: CreateCommand) -> None:
        """Detach a file from the record; it can be restored for 30 days."""
        await actions.ensure_record(command.tx, scoped, record_id, lock=True)
        await actions.detach(command, reference(record_id), attachment_id)

    @router.post(
        "/{record_id}/files/{attachment_id}/restore",
        name=f"{scoped.name}_file_restore",
        dependencies=[write],
    )
    async def restore(
        record_id: UUID,
        attachment_id: UUID,
        command: CreateCommand,
        body: EmptyBody | None = None,
    ) -> AttachmentOut:
        """Attach a detached file again."""
        await actions.ensure_record(command.tx, scoped, record_id, lock=True)
        about = reference(record_id)
        return _shown(await actions.restore_attachment(command, about, attachment_id))


def signed_link(
    request: Request,
    caller: Principal,
    file_id: UUID,
    attachment_id: UUID | None,
    now: datetime,
) -> FileLinkOut:
    """Return a link to a file for this caller, who was found to be allowed to see it."""
    settings: Settings = request.app.state.settings
    link = FileLink(
        tenant=caller.tenant_id,
        file_id=file_id,
        attachment_id=attachment_id,
        fetched_by=caller.subject,
        expires_at=now + LINK_LIFETIME,
    )
    signed = sign_link(link, settings.file_key)
    return FileLinkOut(url=f"{settings.desk_url}{CONTENT_PATH}{signed}", expires_at=link.expires_at)


def _ticket_of(request: Request, caller: Principal | None, text: str, now: datetime) -> FileTicket:
    """Return the ticket of a file that the caller uploaded. Raises Invalid (FILE_TICKET_INVALID).

    The ticket of somebody else is refused like a forged one.
    """
    assert caller is not None, "a request has a caller"
    settings: Settings = request.app.state.settings
    ticket = read_ticket(text, settings.file_key, now=now)
    if ticket is None or ticket.tenant != caller.tenant_id or ticket.uploaded_by != caller.subject:
        raise Invalid([Violation("/ticket", "FILE_TICKET_INVALID")])
    return ticket


def _shown(attachment: Attachment) -> AttachmentOut:
    return AttachmentOut.model_validate(attachment)
