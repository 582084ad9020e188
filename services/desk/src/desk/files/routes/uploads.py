"""Uploads, as who uploads sees them, and files as their administrators do."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Path, Request, Response
from starlette.requests import ClientDisconnect

from chassis.foundation.clock import Now
from chassis.foundation.refusals import Malformed
from chassis.foundation.settings import Settings
from chassis.records.attachments.model import FileDescription
from chassis.records.attachments.signatures import FileTicket, sign_ticket
from chassis.records.audit.routes import audit_router
from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import Caller, allow
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand, Command, CreateCommand
from chassis.web.routing import new_router
from chassis.web.streams import short_transaction
from chassis.web.transaction import Tx
from desk.file_settings.domain.limits import PART_BYTES
from desk.files.actions import uploads
from desk.files.actions.checks import check_again
from desk.files.domain.file import File, FileStatus
from desk.files.schemas import FileIn, FileOut, FilePartOut, FileSummary
from desk.files.store.objects import file_store
from desk.files.store.rows import FILE, LISTING, parts_of

router = new_router("/files", tag="files")
audit = audit_router(
    "/files",
    resource=FILE.scoped.resource,
    table=FILE.table,
    dependencies=[allow("desk.file.read")],
)
UPLOAD, ADMINISTER = [allow("desk.file.write")], [allow("desk.file.read")]
PART_REQUEST: dict[str, Any] = {
    "x-max-body-bytes": PART_BYTES,
    "requestBody": {
        "required": True,
        "description": "The bytes of the part, as many as `part_size` says, fewer in the last one",
        "content": {"application/octet-stream": {"schema": {"type": "string"}}},
    },
}
add_list_routes(router, LISTING, description="For administrators: the files of all people.")


@router.post("", status_code=201, dependencies=UPLOAD, summary="Begin to upload a file")
async def file_create(
    request: Request, body: FileIn, command: CreateCommand, response: Response
) -> FileOut:
    """Say what comes; then PUT its parts in any order, again where one was lost, and complete it.

    Until it is complete, `GET /files/{id}` says which parts are there: an upload that broke off
    goes on from there for a day.
    """
    file = await uploads.begin_upload(command, **body.model_dump())
    response.headers["Location"] = f"/desk/v1/files/{file.id}"
    return await _shown(request, command, file)


@router.put(
    "/{file_id}/parts/{number}",
    dependencies=UPLOAD,
    openapi_extra=PART_REQUEST,
    summary="Send a part of a file; sent again, it takes the place of the former one",
)
async def file_put_part(
    request: Request,
    file_id: UUID,
    number: Annotated[int, Path(ge=1, le=1_000_000)],
    caller: Caller,
    now: Now,
    content_digest: Annotated[
        str | None,
        Header(
            description="The SHA-256 of the part (RFC 9530); what differs from it is refused",
            examples=["sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"],
        ),
    ] = None,
) -> FilePartOut:
    """Store a part while it arrives: no transaction and no memory waits for it."""
    async with short_transaction(request, caller) as tx:
        command = Command(tx, now, caller, caller.subject)
        target = await uploads.begin_part(command, file_id, number)
    try:
        part = await uploads.receive_part(file_store(), target, request.stream(), content_digest)
    except ClientDisconnect:  # nobody reads the answer
        raise Malformed("MALFORMED") from None
    async with short_transaction(request, caller) as tx:
        command = Command(tx, now, caller, caller.subject)
        return FilePartOut.model_validate(await uploads.keep_part(command, target, part))


@router.get("/{file_id}", dependencies=UPLOAD, summary="Read a file that the caller uploaded")
async def file_get(request: Request, file_id: UUID, tx: Tx, now: Now, caller: Caller) -> FileOut:
    command = Command(tx, now, caller, caller.subject)
    return await _shown(request, command, await uploads.own_file(command, file_id))


@router.post(
    "/{file_id}/complete",
    dependencies=UPLOAD,
    summary="Complete an upload; a repeated call changes nothing",
)
async def file_complete(
    request: Request, file_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> FileOut:
    """Put the parts together; the answer has the `ticket` by which records take the file.

    A file of several parts, and any file where a virus scanner is set, is CHECKING for a moment
    before it is served; it can be attached meanwhile.
    """
    file = await uploads.complete_upload(command, file_id)
    return await _shown(request, command, file)


@router.delete(
    "/{file_id}",
    status_code=204,
    dependencies=UPLOAD,
    summary="Give an upload up, or remove a file that no record has",
)
async def file_delete(file_id: UUID, command: ChangeCommand) -> None:
    await uploads.give_up_upload(command, file_id)


@router.post(
    "/{file_id}/check",
    dependencies=ADMINISTER,
    summary="Check a file again, such as after the virus scanner was away",
)
async def file_check(
    file_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> FileSummary:
    return FileSummary.model_validate(await check_again(command, file_id))


async def _shown(request: Request, command: Command, file: File) -> FileOut:
    shown = FileSummary.model_validate(file).model_dump()
    parts = []
    if file.status is FileStatus.UPLOADING:
        parts = [FilePartOut.model_validate(one) for one in await parts_of(command.tx, file.id)]
    return FileOut(
        **shown, part_count=file.part_count, parts=parts, ticket=_ticket(request, command, file)
    )


def _ticket(request: Request, command: Command, file: File) -> str | None:
    """Return the ticket by which the uploader attaches a file, while that is possible."""
    until = file.attachable_until
    if until is None or until <= command.now or command.caller is None:
        return None
    settings: Settings = request.app.state.settings
    described = FileDescription(
        file_id=file.id,
        file_name=file.display_name,
        media_type=file.media_type or "",
        size=file.size,
    )
    ticket = FileTicket(
        tenant=command.caller.tenant_id,
        uploaded_by=file.uploaded_by,
        file=described,
        expires_at=until,
    )
    return sign_ticket(ticket, settings.file_key)
