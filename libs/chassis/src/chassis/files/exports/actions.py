"""Actions on exports: request, run, fail, expire."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
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
from chassis.records.access.visibility import visibility_of
from chassis.records.lists.batches import list_rows
from chassis.records.lists.expansion import row_shape
from chassis.records.lists.items import complete_items
from chassis.records.lists.listing import Listing, find_listing, listings_of
from chassis.records.tenant_settings import apply_tenant_country
from chassis.web.auth import Principal
from chassis.web.references import shown_fields
from contracts.work import RecordRef
from kernel.errors import DomainError, Forbidden, Invalid, RuleBroken, Violation
from kernel.ids import new_id

EXPORT_JOB, EXPORT_EXPIRY_JOB = "export", "export_expiry"


async def request_export(
    tx: AsyncConnection,
    service: str,
    caller: Principal,
    *,
    resource: str,
    query: str,
    fields: Sequence[str] | None,
    format: FileFormat,
    now: datetime,
) -> Export:
    """Create an export and queue its job.

    Raises Invalid (VALUE_UNKNOWN, or an error of the query), Forbidden (SCOPE_MISSING).
    """
    listing = find_listing(service, resource)
    if listing is None or listing.personal:
        expected = sorted(one.resource for one in listings_of(service) if not one.personal)
        raise Invalid([Violation("/resource", "VALUE_UNKNOWN", {"expected": expected})])
    _ensure_scope(caller, listing)
    _ensure_valid(listing, query, fields, caller)
    new = Export(
        id=new_id(),
        resource=resource,
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
    about = RecordRef(resource=f"{service}.export", record_id=new.id)
    await queue.enqueue(tx, EXPORT_JOB, str(new.id), run_at=now, about=about)
    return new


def _ensure_scope(caller: Principal, listing: Listing[Any]) -> None:
    scope = f"{listing.resource}.read"
    if not caller.may(scope):
        raise Forbidden("SCOPE_MISSING", scopes=[scope])


def _ensure_valid(
    listing: Listing[Any], query: str, fields: Sequence[str] | None, caller: Principal
) -> None:
    parsed = listing.parse_query(query, subject=caller.subject, scopes=caller.scopes)
    listing.restricted.ensure_unused(parsed)
    available = shown_fields(listing.shows)
    unknown = [position for position, name in enumerate(fields or ()) if name not in available]
    if unknown:
        raise Invalid(
            [Violation(f"/fields/{n}", "VALUE_UNKNOWN", {"expected": available}) for n in unknown]
        )


async def run_export(
    tx: AsyncConnection, service: str, tenant: UUID, export_id: UUID, *, now: datetime
) -> None:
    """Write the file with the visibility its requester has now.

    A domain error marks the export as FAILED. Raises NotFound.
    """
    export = await store.get(tx, export_id, lock=True)
    if export.state is not ExportState.QUEUED:
        return
    try:
        async with tx.begin_nested():
            succeeded = await _write_file(tx, service, tenant, export, now)
    except DomainError as error:
        await store.save(tx, export.fail(error.code, error.params, now=now))
        return
    assert succeeded.expires_at is not None
    await store.save(tx, succeeded)
    await queue.enqueue(tx, EXPORT_EXPIRY_JOB, str(export_id), run_at=succeeded.expires_at)


async def _write_file(
    tx: AsyncConnection, service: str, tenant: UUID, export: Export, now: datetime
) -> Export:
    listing = find_listing(service, export.resource)
    if listing is None:
        raise RuleBroken("EXPORT_NOT_FOUND")  # a later release removed the list
    await apply_tenant_country(tx)
    caller = _caller_of(export, tenant)
    list_query = listing.parse_query(export.query, subject=caller.subject, scopes=caller.scopes)
    visibility = await visibility_of(tx, caller, listing.resource, now)
    fields = tuple(export.fields or list_query.fields)
    file = _PartWriter(tx, export.id)
    writer = writer_for(FileFormat(export.format), listing.shows, fields)
    shape, rows = await row_shape(tx, listing, now), 0
    shape = listing.restricted.shape(list_query, shape)
    async for batch in list_rows(tx, listing, list_query, visibility):
        rows += len(batch)
        if rows > MAX_EXPORT_ROWS:
            raise RuleBroken("EXPORT_TOO_LARGE", maximum=MAX_EXPORT_ROWS)
        items = await asyncio.to_thread(lambda rows: [*map(shape, rows)], batch)
        items = await complete_items(tx, items, replace(list_query, fields=fields))
        await file.add(await asyncio.to_thread(_encode_batch, writer, items))
    for piece in await asyncio.to_thread(list, writer.close()):
        await file.add(piece)
    await file.flush()
    return export.succeed(rows=rows, size=file.size, now=now)


def _encode_batch(writer: ExportWriter, items: Sequence[BaseModel]) -> bytes:
    return writer.write([item.model_dump(mode="json") for item in items])


def _caller_of(export: Export, tenant: UUID) -> Principal:
    return Principal(
        tenant_id=tenant,
        subject=export.created_by,
        kind=cast(Literal["person", "client"], export.caller_kind),
        scopes=frozenset(export.scopes),
    )


class _PartWriter:
    """Collects pieces of the file and stores them in parts of about a megabyte."""

    def __init__(self, tx: AsyncConnection, export_id: UUID) -> None:
        self._tx, self._id = tx, export_id
        self._buffer, self._number, self.size = bytearray(), 0, 0

    async def add(self, piece: bytes) -> None:
        self._buffer += piece
        self.size += len(piece)
        if len(self._buffer) >= PART_BYTES:
            await self.flush()

    async def flush(self) -> None:
        if self._buffer:
            await store.add_part(self._tx, self._id, self._number, bytes(self._buffer))
            self._buffer, self._number = bytearray(), self._number + 1


async def fail_export(tx: AsyncConnection, export_id: UUID, *, now: datetime) -> None:
    """Mark the export as FAILED after its job has exhausted its attempts. Raises NotFound."""
    export = await store.get(tx, export_id, lock=True)
    if export.state is ExportState.QUEUED:
        await store.save(tx, export.fail("JOB_FAILED", {}, now=now))


async def expire_export(tx: AsyncConnection, export_id: UUID, *, now: datetime) -> None:
    """Delete the file at the end of its retention. Raises NotFound."""
    export = await store.get(tx, export_id, lock=True)
    await store.delete_parts(tx, export_id)
    if export.state is ExportState.SUCCEEDED:
        await store.save(tx, export.expire(now=now))


def ensure_downloadable(export: Export) -> None:
    """Check that the file exists. Raises RuleBroken (EXPORT_NOT_READY, EXPORT_EXPIRED)."""
    if export.state is ExportState.EXPIRED:
        raise RuleBroken("EXPORT_EXPIRED")
    if export.state is not ExportState.SUCCEEDED:
        raise RuleBroken("EXPORT_NOT_READY", state=export.state)
