"""What can be done with an import, and what its job does chunk by chunk."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from kernel.errors import Invalid, Violation
from kernel.ids import new_id
from mtl.imports import store
from mtl.imports.domain.columns import Targets, column_of, targets_of
from mtl.imports.domain.files import CHUNK, plan_of, records
from mtl.imports.domain.findings import Finding, Unreadable
from mtl.imports.domain.rows import Row, taken
from mtl.imports.domain.runs import (
    CANCELLED,
    QUEUED,
    RUNNING,
    Import,
    ImportKind,
    Outcome,
)
from mtl.leads.actions import capture_leads
from mtl.leads.domain import Duplicate, Lead, LeadDetails

log = structlog.get_logger()

JOB = "lead_import"
FIRST_ROW = 2  # the header is row 1

# A row of the file by its number, header and cells, as requests would be read.
RowReader = Callable[[int, Sequence[str], Targets, Sequence[str] | None], Row]


async def open_import(
    tx: AsyncConnection,
    *,
    kind: ImportKind,
    file_name: str,
    mapping: Mapping[str, str | None] | None,
    actor: str | None,
    now: datetime,
) -> Import:
    new = Import(
        id=new_id(),
        kind=kind,
        file_name=file_name,
        mapping=mapping,
        created_by=actor,
        created_at=now,
        updated_at=now,
    )
    await store.add(tx, new)
    return new


async def put_file(
    tx: AsyncConnection, import_id: UUID, content: bytes, *, now: datetime
) -> Import:
    """The file, in place of an earlier one. Raises NotFound, Invalid, RuleBroken."""
    if not content:
        raise Invalid([Violation("", "FILE_EMPTY")])
    run = (await store.get(tx, import_id, lock=True)).with_file(len(content), now=now)
    await store.put_file(tx, import_id, content)
    return await store.save(tx, run)


async def start_import(tx: AsyncConnection, import_id: UUID, *, now: datetime) -> Import:
    """Queue its job; again, where one was given up and even that could not be written down.

    Raises NotFound, RuleBroken (IMPORT_FILE_MISSING, IMPORT_CANCELLED).
    """
    run = await store.get(tx, import_id, lock=True)
    if not run.is_started:
        run = await store.save(tx, run.start(now=now))
    if run.state in (QUEUED, RUNNING):
        await queue.enqueue(tx, JOB, str(import_id), run_at=now)
    return run


async def cancel_import(tx: AsyncConnection, import_id: UUID, *, now: datetime) -> Import:
    """What is in stays in. Raises NotFound, RuleBroken (IMPORT_FINISHED)."""
    run = await store.get(tx, import_id, lock=True)
    if run.state is CANCELLED:
        return run
    await queue.cancel(tx, JOB, str(import_id))
    return await store.save(tx, run.cancel(now=now))


async def fail_import(tx: AsyncConnection, import_id: UUID, *, now: datetime) -> None:
    """Its job was given up; what is in stays in. One that has ended stays as it is.

    Raises NotFound.
    """
    run = await store.get(tx, import_id, lock=True)
    if run.may_fail:
        await store.save(tx, run.fail([Finding("JOB_FAILED")], now=now))


async def take_chunk(
    tx: AsyncConnection, import_id: UUID, *, read: RowReader, now: datetime
) -> bool:
    """Take the next rows in; whether there are more. The progress stands in the import.

    A queued one is made ready first, or fails. Raises NotFound.
    """
    run = await store.get(tx, import_id, lock=True)
    if run.state is QUEUED:
        run = await _begin(tx, run, now)
    if run.state is not RUNNING:
        return False
    piece = await store.get_slice(tx, run.id, run.chunks_done)
    targets = targets_of(piece.header, run.mapping)
    first = FIRST_ROW + CHUNK * run.chunks_done
    rows = [
        read(number, piece.header, targets, record.cells)
        for number, record in enumerate(records(piece.content), start=first)
        if not record.is_blank
    ]
    run = await _take_rows(tx, run, rows, targets=targets, last=piece.is_last, now=now)
    return run.state is RUNNING


async def _begin(tx: AsyncConnection, run: Import, now: datetime) -> Import:
    content = await store.get_file(tx, run.id)
    try:
        plan = await asyncio.to_thread(plan_of, content)
        targets_of(plan.header, run.mapping)
    except Unreadable as unreadable:
        return await store.save(tx, run.fail(unreadable.findings, now=now))
    await store.put_plan(tx, run.id, header=plan.header, bounds=plan.bounds)
    run = run.run(plan.total, now=now)
    if len(plan.bounds) == 1:  # no rows
        run = run.succeed(now=now)
    return await store.save(tx, run)


async def _take_rows(
    tx: AsyncConnection,
    run: Import,
    rows: Sequence[Row],
    *,
    targets: Targets,
    last: bool,
    now: datetime,
) -> Import:
    """Take the rows of a chunk in, each as `capture_lead` would, and count them."""
    readable = {row.number: row.details for row in rows if row.details is not None}
    captured = await _captured(tx, list(readable.values()), owner_id=run.created_by, now=now)
    refusals = {
        number: refusal
        for number, one in zip(readable, captured, strict=True)
        if (refusal := _refusal(one, targets)) is not None
    }
    result = taken(rows, refusals)
    await store.add_rows(tx, run.id, Outcome.REFUSED, result.refused)
    await store.add_rows(tx, run.id, Outcome.WARNED, result.warned)
    run = run.count(result.counts, now=now)
    return await store.save(tx, run.succeed(now=now) if last else run)


async def _captured(
    tx: AsyncConnection, many: Sequence[LeadDetails], *, owner_id: str | None, now: datetime
) -> list[Lead | Duplicate | None]:
    """All in one savepoint; where the database refuses, each half in its own, down to the row."""
    try:
        async with tx.begin_nested():
            return [*await capture_leads(tx, many, owner_id=owner_id, now=now)]
    except DBAPIError as error:
        if not _is_of_the_data(error):
            raise
        await log.awarning("import_rows_refused", rows=len(many), error=type(error.orig).__name__)
    if len(many) == 1:
        return [None]
    half = len(many) // 2
    first = await _captured(tx, many[:half], owner_id=owner_id, now=now)
    return first + await _captured(tx, many[half:], owner_id=owner_id, now=now)


def _is_of_the_data(error: DBAPIError) -> bool:
    """Whether a value is at fault, not our code, the schema or the server."""
    # SQLAlchemy makes no DataError of what asyncpg raises: SQLSTATE class 22, or a ValueError
    # where the value was not even sent.
    state = getattr(error.orig, "sqlstate", None)
    unfit = isinstance(error.orig and error.orig.__cause__, ValueError)
    return isinstance(error, IntegrityError) or str(state).startswith("22") or unfit


def _refusal(captured: Lead | Duplicate | None, targets: Targets) -> Finding | None:
    if captured is None:
        return Finding("ROW_NOT_STORED")
    if isinstance(captured, Duplicate):
        params = {"lead_id": str(captured.lead_id), "matched": captured.matched}
        return Finding("LEAD_DUPLICATE", column_of(targets, captured.matched), params)
    return None
