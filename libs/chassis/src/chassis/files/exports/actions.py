"""What can be done with an export, and what its jobs do."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.exports import store
from chassis.files.exports.model import MAX_EXPORT_ROWS, Export, ExportState
from chassis.files.exports.writers import PART_BYTES, ExportWriter, writer_for
from chassis.files.formats.rows import FileFormat
from chassis.jobs import queue
from chassis.records import tenant_settings
from chassis.records.access.visibility import visibility_of
from chassis.records.lists.listing import Listing, find_listing
from chassis.web.auth import Principal
from kernel.errors import DomainError, Forbidden, Invalid, RuleBroken, Violation
from kernel.ids import new_id

EXPORT_JOB, EXPORT_EXPIRY_JOB = "export", "export_expiry"
RowSerializer = Callable[[Any], BaseModel]


async def request_export(
    tx: AsyncConnection,
    service: str,
    caller: Principal,
    *,
    collection: str,
    query: str,
    fields: Sequence[str] | None,
    format: FileFormat,
    now: datetime,
) -> Export:
    """Queue it. Raises Invalid (VALUE_UNKNOWN, and what the list refuses), Forbidden."""
    listing = find_listing(service, collection)
    if listing is None or listing.personal:
        raise Invalid([Violation("/collection", "VALUE_UNKNOWN", {"expected": []})])
    _ensure_may(caller, listing)
    _ensure_sound(listing, query, fields, caller.subject)
    new = Export(
        id=new_id(),
        collection=collection,
        query=query,
        fields=fields,
        format=format,
        created_by=caller.subject,
        caller_kind=caller.kind,
        scopes=sorted(caller.scopes),
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, new)
    await queue.enqueue(tx, EXPORT_JOB, str(new.id), run_at=now)
    return new


def _ensure_may(caller: Principal, listing: Listing[Any]) -> None:
    scope = f"{listing.resource}.read"
    if not caller.may(scope):
        raise Forbidden("SCOPE_MISSING", scopes=[scope])


def _ensure_sound(
    listing: Listing[Any], query: str, fields: Sequence[str] | None, subject: str
) -> None:
    listing.parse_query(query, subject=subject)
    known = list(listing.shows.model_fields)
    unknown = [place for place, name in enumerate(fields or ()) if name not in known]
    if unknown:
        raise Invalid(
            [Violation(f"/fields/{n}", "VALUE_UNKNOWN", {"expected": known}) for n in unknown]
        )


async def run_export(
    tx: AsyncConnection, service: str, tenant: UUID, export_id: UUID, *, now: datetime
) -> None:
    """Write the file, in the scope its caller has now; a refusal ends it as FAILED."""
    export = await store.get(tx, export_id, lock=True)
    if export.state is not ExportState.QUEUED:
        return
    try:
        async with tx.begin_nested():
            done = await _written(tx, service, tenant, export, now)
    except DomainError as error:
        await store.save(tx, export.fail(error.code, error.params, now=now))
        return
    assert done.expires_at is not None
    await store.save(tx, done)
    await queue.enqueue(tx, EXPORT_EXPIRY_JOB, str(export_id), run_at=done.expires_at)


async def _written(
    tx: AsyncConnection, service: str, tenant: UUID, export: Export, now: datetime
) -> Export:
    listing = find_listing(service, export.collection)
    if listing is None:
        raise RuleBroken("EXPORT_NOT_FOUND")  # the list is no more
    caller = _caller_of(export, tenant)
    asked = listing.parse_query(export.query, subject=caller.subject)
    visibility = await visibility_of(tx, caller, listing.resource, now)
    fields = tuple(export.fields or asked.fields)
    file = _Parts(tx, export.id)
    writer = writer_for(FileFormat(export.format), listing.shows, fields)
    shape, rows = await _shape_of(tx, listing, now), 0
    async for batch in listing.rows(tx, asked, visibility):
        rows += len(batch)
        if rows > MAX_EXPORT_ROWS:
            raise RuleBroken("EXPORT_TOO_LARGE", maximum=MAX_EXPORT_ROWS)
        await file.add(await asyncio.to_thread(_encoded, writer, shape, batch, fields))
    for piece in await asyncio.to_thread(list, writer.close()):
        await file.add(piece)
    await file.end()
    return export.succeed(rows=rows, size=file.size, now=now)


async def _shape_of(tx: AsyncConnection, listing: Listing[Any], now: datetime) -> RowSerializer:
    """How the API shows the rows today, where the tenant is."""
    if listing.by_day is None:
        return listing.shape
    return listing.by_day(await tenant_settings.today(tx, now))


def _encoded(
    writer: ExportWriter, shape: RowSerializer, batch: Sequence[Any], fields: Sequence[str]
) -> bytes:
    kept = {*fields, "id"} if fields else None
    items = [shape(row).model_dump(mode="json", include=kept) for row in batch]
    return writer.write(items)


def _caller_of(export: Export, tenant: UUID) -> Principal:
    return Principal(
        tenant_id=tenant,
        subject=export.created_by,
        kind=cast(Literal["person", "client"], export.caller_kind),
        scopes=frozenset(export.scopes),
    )


class _Parts:
    """Collects the file into parts of about a megabyte."""

    def __init__(self, tx: AsyncConnection, export_id: UUID) -> None:
        self._tx, self._id = tx, export_id
        self._kept, self._number, self.size = bytearray(), 0, 0

    async def add(self, piece: bytes) -> None:
        self._kept += piece
        self.size += len(piece)
        if len(self._kept) >= PART_BYTES:
            await self.end()

    async def end(self) -> None:
        if self._kept:
            await store.add_part(self._tx, self._id, self._number, bytes(self._kept))
            self._kept, self._number = bytearray(), self._number + 1


async def fail_export(tx: AsyncConnection, export_id: UUID, *, now: datetime) -> None:
    """Its job was given up. Raises NotFound."""
    export = await store.get(tx, export_id, lock=True)
    if export.state is ExportState.QUEUED:
        await store.save(tx, export.fail("JOB_FAILED", {}, now=now))


async def expire_export(tx: AsyncConnection, export_id: UUID, *, now: datetime) -> None:
    """The file is kept no longer. Raises NotFound."""
    export = await store.get(tx, export_id, lock=True)
    await store.delete_parts(tx, export_id)
    if export.state is ExportState.SUCCEEDED:
        await store.save(tx, export.expire(now=now))


def ensure_downloadable(export: Export) -> None:
    """Raises RuleBroken (EXPORT_NOT_READY, EXPORT_EXPIRED)."""
    if export.state is ExportState.EXPIRED:
        raise RuleBroken("EXPORT_EXPIRED")
    if export.state is not ExportState.SUCCEEDED:
        raise RuleBroken("EXPORT_NOT_READY", state=export.state)
