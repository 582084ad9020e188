"""Endpoints of exports: request one, read it, download its file; callers see only their own."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from chassis.database.engine import Database
from chassis.database.rows import from_columns
from chassis.files.exports import actions, store
from chassis.files.exports.model import Export
from chassis.files.exports.schemas import ExportFailureOut, ExportIn, ExportOut
from chassis.files.exports.tables import exports
from chassis.files.formats.rows import FileFormat
from chassis.foundation.clock import Now
from chassis.foundation.context import current
from chassis.foundation.texts import Texts
from chassis.records.lists.list_routes import add_list_routes
from chassis.records.lists.listing import Listing, RowShape
from chassis.web.auth import Caller, allow
from chassis.web.routing import new_router
from chassis.web.transaction import Tx

MEDIA_TYPES = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.JSONL: "application/jsonl",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
FILE_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {media: {"schema": {"type": "string"}} for media in MEDIA_TYPES.values()},
        "description": "The file",
    }
}


LISTING = Listing(
    exports,
    ExportOut,
    resource="export",
    personal="created_by",
    filters=["resource", "state", "format", "created_at", "updated_at"],
    sorts=["created_at", "updated_at"],
    technical=True,
)


def export_router(service: str) -> APIRouter:
    """The router `/exports` of a service, for every list that it declares."""
    router = new_router("/exports", tag="exports")
    read = [allow(f"{service}.export.read")]
    write = [allow(f"{service}.export.write")]
    router.post("", status_code=201, dependencies=write)(_create(service))
    add_list_routes(router, LISTING, shape=_row_shape, guard=read)
    router.get("/{export_id}", dependencies=read)(export_get)
    router.get("/{export_id}/file", dependencies=read, responses=FILE_RESPONSES)(export_get_file)
    return router


def _create(service: str) -> Callable[..., Awaitable[ExportOut]]:
    async def export_create(
        request: Request, response: Response, body: ExportIn, tx: Tx, now: Now, caller: Caller
    ) -> ExportOut:
        """Export a list to a file, as a job."""
        export = await actions.request_export(
            tx,
            service,
            caller,
            resource=body.resource,
            query=body.query,
            fields=body.fields,
            format=body.format,
            now=now,
        )
        response.headers["Location"] = f"/{service}/v1/exports/{export.id}"
        return _export_out(request, export)

    return export_create


def _row_shape(request: Request) -> RowShape:
    return lambda row: _export_out(request, from_columns(Export, row))


async def export_get(request: Request, export_id: UUID, tx: Tx, caller: Caller) -> ExportOut:
    """Get an export with its progress."""
    return _export_out(request, await store.get_own(tx, export_id, caller.subject))


async def export_get_file(
    request: Request, export_id: UUID, tx: Tx, caller: Caller
) -> StreamingResponse:
    """Download the file."""
    export = await store.get_own(tx, export_id, caller.subject)
    actions.ensure_downloadable(export)
    database: Database = request.app.state.database
    noun = export.resource.partition(".")[2]
    name = f"{noun}-{export.created_at:%Y%m%d-%H%M%S}.{export.format.lower()}"
    return StreamingResponse(
        _pieces(database, caller.tenant_id, export_id),
        media_type=MEDIA_TYPES[FileFormat(export.format)],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


async def _pieces(database: Database, tenant: UUID, export_id: UUID) -> AsyncIterator[bytes]:
    part = 0
    while True:
        async with database.begin(tenant) as tx:
            piece = await store.get_part(tx, export_id, part)
        if piece is None:
            return
        yield piece
        part += 1


def _export_out(request: Request, export: Export) -> ExportOut:
    texts: Texts = request.app.state.texts
    failures = [
        ExportFailureOut(message=texts.say(f["code"], f["params"], current().language), **f)
        for f in export.failures
    ]
    return ExportOut(**{**vars(export), "failures": failures})
