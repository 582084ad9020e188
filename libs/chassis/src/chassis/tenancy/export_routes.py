"""Routes for the files of a tenant's export; a service's part is one zip archive."""

import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from tempfile import SpooledTemporaryFile
from typing import IO
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import StreamingResponse

from chassis.tenancy.tables import tenant_exports
from chassis.web.auth import allow
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.errors import NotFound

MAX_BYTES_IN_MEMORY = 8_000_000  # a larger archive is built on disk
READ_BYTES = 65_536


class ExportedTable(BaseModel):
    """The file of one table in the archive."""

    task_id: UUID
    table: str
    rows: int
    created_at: datetime


class ExportedTables(BaseModel):
    """The exported tables of a tenant, newest export first."""

    items: list[ExportedTable]


def tenant_export_router(service: str) -> APIRouter:
    """Return the routes `/tenant-exports` of a service; exports are kept for 7 days."""
    router = new_router("/tenant-exports", tag="tenant exports")
    read = allow(f"{service}.tenant.export")

    @router.get("", dependencies=[read])
    async def tenant_export_list(tx: Tx) -> ExportedTables:
        """List the files that tenant exports wrote in this service."""
        columns = tenant_exports.c
        query = (
            select(
                columns.task_id,
                columns.name.label("table"),
                func.sum(columns.rows).label("rows"),
                func.max(columns.created_at).label("created_at"),
            )
            .group_by(columns.task_id, columns.name)
            .order_by(columns.task_id.desc(), columns.name)
        )
        rows = (await tx.execute(query)).mappings()
        return ExportedTables(items=[ExportedTable(**row) for row in rows])

    @router.get("/{task_id}/file", dependencies=[read], response_class=StreamingResponse)
    async def tenant_export_file(task_id: UUID, tx: Tx) -> StreamingResponse:
        """Download an export: a zip archive with one file of JSON Lines per table."""
        archive = await _archive(tx, task_id)
        name = f"{service}-{task_id}.zip"
        return StreamingResponse(
            _pieces(archive),
            media_type="application/zip",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )

    return router


async def _archive(tx: AsyncConnection, task_id: UUID) -> IO[bytes]:
    """Build the archive of an export. Raises NotFound."""
    columns = tenant_exports.c
    positions = select(columns.name, columns.part).where(columns.task_id == task_id)
    parts = (await tx.execute(positions.order_by(columns.name, columns.part))).all()
    if not parts:
        raise NotFound("tenant_export", task_id)
    file = SpooledTemporaryFile(max_size=MAX_BYTES_IN_MEMORY)  # noqa: SIM115  # closed after it was sent
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in dict.fromkeys(part.name for part in parts):
            with archive.open(f"{name}.jsonl", "w") as entry:
                for number in (part.part for part in parts if part.name == name):
                    entry.write(zlib.decompress(await _content(tx, task_id, name, number)))
    file.seek(0)
    return file


async def _content(tx: AsyncConnection, task_id: UUID, name: str, part: int) -> bytes:
    columns = tenant_exports.c
    mine = (columns.task_id == task_id) & (columns.name == name) & (columns.part == part)
    content: bytes = (await tx.execute(select(columns.content).where(mine))).scalar_one()
    return content


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(READ_BYTES):
            yield piece
