"""What the job of an import does: a chunk of the file per transaction."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.advisory_locks import lock_import_kind
from chassis.database.engine import PUBLISHED_KEY
from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.reader import read_file
from chassis.files.formats.rows import ChunkPlan, SourceRow, plan_chunks
from chassis.files.imports import store
from chassis.files.imports.actions import save_finished
from chassis.files.imports.columns import ColumnMapping, parse_row, validated_mapping, with_columns
from chassis.files.imports.custom_columns import target_with_custom_fields
from chassis.files.imports.model import QUEUED, RUNNING, Import
from chassis.files.imports.target import (
    ImportContext,
    ImportRow,
    Imports,
    ImportTarget,
    ParsedRow,
    RowOutcome,
    RowResult,
    RowsHandler,
    refused,
    refused_for,
)
from chassis.tenancy.quotas import apply_record_quota
from kernel.errors import DomainError

log = structlog.get_logger()

MAX_DRY_RUN_ROWS = 20_000  # rows of a dry run: it is one transaction


@dataclass(frozen=True)
class ChunkResult:
    """What a chunk came to: results by row, what each outcome gained, rows newly warned of."""

    results: Mapping[int, RowResult]
    gained: Counter[RowOutcome]
    warned: int
    is_last: bool


@dataclass(frozen=True)
class ChunkContext:
    """What every chunk of an import needs."""

    run: Import
    target: ImportTarget[Any]
    context: ImportContext

    @property
    def passes(self) -> int:
        return 1 if self.target.link is None else 2


async def import_chunk(
    tx: AsyncConnection, imports: Imports, import_id: UUID, *, now: datetime
) -> bool:
    """Take the next rows in; whether there are more. The progress stands in the import.

    A queued one is made ready first, or fails. Raises NotFound.
    """
    run = await store.get(tx, import_id, lock=True)
    if run.state is QUEUED:
        run = await _begin(tx, imports, run, now)
    if run.state is not RUNNING:
        return False
    await lock_import_kind(tx, run.kind)
    await apply_record_quota(tx)
    context = ImportContext(
        import_id=run.id,
        actor=run.created_by,
        now=now,
        dry_run=run.dry_run,
        caller_kind=run.caller_kind,
        scopes=run.scopes,
    )
    work = ChunkContext(run, await target_with_custom_fields(tx, imports, run.kind), context)
    run, ended = await (_rehearse(tx, work) if run.dry_run else _advance(tx, work))
    if ended:
        await save_finished(tx, imports, run.succeed(now=now))
    else:
        await store.save(tx, run)
    return not ended


async def _begin(tx: AsyncConnection, imports: Imports, run: Import, now: datetime) -> Import:
    if run.started_at is not None:  # taken up again
        return await store.save(tx, run.run(run.total, now=now))
    content = await store.get_file(tx, run.id)
    try:
        plan = await asyncio.to_thread(_planned, content, run.sheet)
        validated_mapping(
            plan.header, run.mapping, await target_with_custom_fields(tx, imports, run.kind)
        )
        _ensure_rehearsable(run, plan)
    except UnreadableFile as unreadable:
        return await save_finished(tx, imports, run.fail(unreadable.findings, now=now))
    await store.put_plan(tx, run.id, plan)
    run = run.run(plan.total, now=now)
    if not plan.total:
        return await save_finished(tx, imports, run.succeed(now=now))
    return await store.save(tx, run)


def _planned(content: bytes, sheet: str | None) -> ChunkPlan:
    return plan_chunks(read_file(content, sheet=sheet))


def _ensure_rehearsable(run: Import, plan: ChunkPlan) -> None:
    if run.dry_run and plan.total > MAX_DRY_RUN_ROWS:
        raise UnreadableFile([Finding("DRY_RUN_TOO_LARGE", params={"maximum": MAX_DRY_RUN_ROWS})])


async def _advance(tx: AsyncConnection, work: ChunkContext) -> tuple[Import, bool]:
    """The next chunk; the import after it, and whether that was the last."""
    step = await _step(tx, work, work.run.chunks_done)
    await store.put_results(tx, work.run.id, step.results)
    run = work.run.count(step.gained, warned=step.warned, chunks=1, now=work.context.now)
    return run, step.is_last


async def _rehearse(tx: AsyncConnection, work: ChunkContext) -> tuple[Import, bool]:
    """All chunks as if for good, so that the counts are true, and then undone."""
    results: dict[int, RowResult] = {}
    gained: Counter[RowOutcome] = Counter()
    warned, number, is_last = 0, work.run.chunks_done, False
    savepoint = await tx.begin_nested()
    while not is_last:
        step = await _step(tx, work, number)
        await store.put_results(tx, work.run.id, step.results)
        results |= step.results
        gained.update(step.gained)
        warned, number, is_last = warned + step.warned, number + 1, step.is_last
    await savepoint.rollback()
    tx.info.pop(PUBLISHED_KEY, None)
    await store.put_results(tx, work.run.id, {n: _undone(one) for n, one in results.items()})
    chunks = number - work.run.chunks_done
    return work.run.count(gained, warned=warned, chunks=chunks, now=work.context.now), True


def _undone(taken: RowResult) -> RowResult:
    """Without the id of a record that is no more."""
    return replace(taken, record_id=None) if taken.outcome is RowOutcome.CREATED else taken


async def _step(tx: AsyncConnection, work: ChunkContext, number: int) -> ChunkResult:
    chunk = await store.get_chunk(tx, work.run.id, number)
    assert chunk is not None, "a running import has been read as a whole"
    columns = validated_mapping(chunk.header, work.run.mapping, work.target)
    readings = {
        row.number: parse_row(chunk.header, columns, row, work.target) for row in chunk.rows
    }
    is_last = number + 1 == chunk.chunks * work.passes
    if number < chunk.chunks:
        results = await _taken_in(tx, work, readings, columns)
        gained = Counter(one.outcome for one in results.values())
        return ChunkResult(results, gained, sum(map(_is_warned, results.values())), is_last)
    before = await _accepted(tx, work, chunk.rows)
    results = await _linked(tx, work, readings, before, columns)
    gained = Counter(one.outcome for one in results.values())
    gained.subtract(before[number].outcome for number in results)
    warned = sum(_is_warned(one) - _is_warned(before[n]) for n, one in results.items())
    return ChunkResult(results, gained, warned, is_last)


def _is_warned(taken: RowResult) -> bool:
    return bool(taken.findings) and taken.outcome is not RowOutcome.REFUSED


async def _accepted(
    tx: AsyncConnection, work: ChunkContext, rows: Sequence[SourceRow]
) -> dict[int, RowResult]:
    found = await store.get_results(tx, work.run.id, [row.number for row in rows])
    return {n: one for n, one in found.items() if one.outcome is not RowOutcome.REFUSED}


async def _taken_in(
    tx: AsyncConnection,
    work: ChunkContext,
    readings: Mapping[int, ParsedRow[Any]],
    columns: ColumnMapping,
) -> dict[int, RowResult]:
    """What became of each row of a chunk."""
    rows = [ImportRow(number=n, value=r.value) for n, r in readings.items() if r.value is not None]
    answers = await _asked(tx, work.target.take, rows, work.context)
    results = {n: refused(*r.errors) for n, r in readings.items() if r.value is None}
    for row, answer in zip(rows, answers, strict=True):
        results[row.number] = _with_warnings(answer, readings[row.number].warnings, columns)
    return dict(sorted(results.items()))


def _with_warnings(
    answer: RowResult, warnings: Sequence[Finding], columns: ColumnMapping
) -> RowResult:
    """What was said of a row as it was read and as it was taken in; a refusal needs no warnings."""
    more = () if answer.outcome is RowOutcome.REFUSED else warnings
    return replace(answer, findings=[*more, *with_columns(answer.findings, columns)])


async def _linked(
    tx: AsyncConnection,
    work: ChunkContext,
    readings: Mapping[int, ParsedRow[Any]],
    before: Mapping[int, RowResult],
    columns: ColumnMapping,
) -> dict[int, RowResult]:
    """The rows that came in and of which the second pass has something to say."""
    rows = [
        ImportRow(number=n, value=readings[n].value, record_id=one.record_id)
        for n, one in before.items()
        if readings[n].value is not None
    ]
    assert work.target.link is not None
    answers = await _asked(tx, work.target.link, rows, work.context)
    results: dict[int, RowResult] = {}
    for row, answer in zip(rows, answers, strict=True):
        known = before[row.number]
        changed = known.outcome is RowOutcome.UNCHANGED and answer.outcome is RowOutcome.UPDATED
        if changed or answer.findings:
            results[row.number] = replace(
                known,
                outcome=RowOutcome.UPDATED if changed else known.outcome,
                findings=[*known.findings, *with_columns(answer.findings, columns)],
            )
    return results


async def _asked(
    tx: AsyncConnection,
    take: RowsHandler[Any],
    rows: Sequence[ImportRow[Any]],
    context: ImportContext,
) -> list[RowResult]:
    """All in one savepoint; where they are refused, each half in its own, down to the row."""
    if not rows:
        return []
    try:
        async with tx.begin_nested():
            return [*await take(tx, rows, context)]
    except DBAPIError as error:
        if not _is_of_the_data(error):
            raise
        why = refused(Finding("ROW_NOT_STORED"))
        await log.awarning("import_rows_refused", rows=len(rows), error=type(error.orig).__name__)
    except DomainError as error:
        why = refused_for(error)
    if len(rows) == 1:
        return [why]
    half = len(rows) // 2
    first = await _asked(tx, take, rows[:half], context)
    return first + await _asked(tx, take, rows[half:], context)


def _is_of_the_data(error: DBAPIError) -> bool:
    """Whether a value is at fault, not our code, the schema or the server."""
    # SQLAlchemy makes no DataError of what asyncpg raises: SQLSTATE class 22, or a ValueError
    # where the value was not even sent.
    state = getattr(error.orig, "sqlstate", None)
    unfit = isinstance(error.orig and error.orig.__cause__, ValueError)
    return isinstance(error, IntegrityError) or str(state).startswith("22") or unfit
