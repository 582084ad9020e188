"""All files of a tenant in one download, beside the tables of a tenant export."""

from collections.abc import AsyncIterator
from uuid import UUID

from fastapi import Request
from starlette.responses import StreamingResponse

from chassis.web.auth import Caller, Principal, allow
from chassis.web.routing import new_router
from chassis.web.streams import short_transaction
from desk.files.actions.archives import zipped
from desk.files.actions.checks import contents_of
from desk.files.actions.downloads import OpenedFile
from desk.files.store.objects import file_store
from desk.files.store.rows import next_ready_file

archive_router = new_router("/file-archive", tag="files")


@archive_router.get(
    "",
    dependencies=[allow("desk.tenant.export")],
    response_class=StreamingResponse,
    summary="Download all files of the tenant as a zip archive",
    responses={
        200: {"content": {"application/zip": {"schema": {"type": "string"}}}, "description": "Zip"}
    },
)
async def file_archive(request: Request, caller: Caller) -> StreamingResponse:
    """Stream the files that are READY, each as `<id>/<name>`: the bytes to a tenant export."""
    async with short_transaction(request, caller):
        pass  # who is not admitted gets no archive
    return StreamingResponse(
        zipped(file_store(), _files(request, caller)),
        media_type="application/zip",
        headers={"Content-Disposition": 'attachment; filename="files.zip"'},
    )


async def _files(request: Request, caller: Principal) -> AsyncIterator[OpenedFile]:
    """Yield the files in the order of their ids; no transaction waits for a download."""
    after: UUID | None = None
    while True:
        async with short_transaction(request, caller) as tx:
            file = await next_ready_file(tx, after)
            if file is None:
                return
            contents = await contents_of(tx, caller.tenant_id, file)
        yield OpenedFile(file, contents)
        after = file.id
