"""SQL of exports."""

from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_row
from chassis.files.exports.model import Export
from chassis.files.exports.tables import export_parts, exports
from chassis.records.writes import insert_row, update_row
from kernel.errors import NotFound


async def get(tx: AsyncConnection, export_id: UUID, *, lock: bool = False) -> Export:
    """Read an export. Raises NotFound."""
    return await fetch_row(tx, exports, export_id, Export, lock=lock)


async def get_own(tx: AsyncConnection, export_id: UUID, subject: str) -> Export:
    """Read an export of this requester.

    Raises NotFound, also for an export of somebody else: its file holds what *they* may see.
    """
    export = await get(tx, export_id)
    if export.created_by != subject:
        raise NotFound("export", export_id)
    return export


async def add(tx: AsyncConnection, new: Export) -> None:
    await insert_row(tx, exports, new)


async def save(tx: AsyncConnection, changed: Export) -> Export:
    """Update an export. Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, exports, changed)


async def add_part(tx: AsyncConnection, export_id: UUID, part: int, content: bytes) -> None:
    values = {"export_id": export_id, "part": part, "content": content}
    await tx.execute(insert(export_parts).values(values))


async def get_part(tx: AsyncConnection, export_id: UUID, part: int) -> bytes | None:
    """The content of a part of the file, counted from 0; None after the last part."""
    columns = export_parts.c
    query = select(columns.content).where(columns.export_id == export_id, columns.part == part)
    content = (await tx.execute(query)).scalar_one_or_none()
    return None if content is None else bytes(content)


async def delete_parts(tx: AsyncConnection, export_id: UUID) -> None:
    await tx.execute(delete(export_parts).where(export_parts.c.export_id == export_id))
