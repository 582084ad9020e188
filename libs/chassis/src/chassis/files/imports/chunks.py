"""The work of an import job: each transaction imports one chunk of the file."""

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

from chassis.database.advisory_locks import lock_imports
from chassis.database.engine import PUBLISHED_KEY
from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.reader import read_file
from chassis.files.formats.rows import ChunkPlan, SourceRow, plan_chunks
from chassis.files.imports import store
from chassis.files.imports.actions import save_finished
from chassis.files.imports.columns import (
    ColumnMapping,
    ignored_columns,
    parse_row,
    validated_mapping,
    with_columns,
)
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
from chassis.records.tenant_settings import apply_tenant_country
from chassis.tenancy.quotas import apply_record_quota
from kernel.errors import DomainError

log = structlog.get_logger()

MAX_DRY_RUN_ROWS = 20_000  # a dry run is a single transaction


@dataclass(frozen=True)
class ChunkResult:
    """The results of a chunk by row number, the changes of the counts, and the new warnings."""

    results: Mapping[int, RowResult]
    outcome_counts: Counter[RowOutcome]
    warned: int
    is_last: bool


@dataclass(frozen=True)
class ImportSetup:
    """What the processing of every chunk of an import needs."""

    run: Import
    target: ImportTarget[Any]
    context: ImportContext

    @property
    def passes(self) -> int:
        return 1 if self.target.link is None else 2


async def import_chunk(
    tx: AsyncConnection, imports: Imports, import_id: UUID, *, now: datetime
) -> bool:
    """Import the next chunk and save the progress; return whether chunks remain.

    A queued import is prepared first, or fails when its file is unreadable. Raises NotFound.
    """
    run = await store.get(tx, import_id, lock=True)
    if run.state is QUEUED:
        run = await _begin(tx, imports, run, now)
    if run.state is not RUNNING:
        return False
    await lock_imports(tx, run.resource)
    await apply_record_quota(tx)
    await apply_tenant_country(tx)
    context = ImportContext(
        import_id=run.id,
        actor=run.created_by,
        now=now,
        dry_run=run.dry_run,
        caller_kind=run.caller_kind,
        scopes=run.scopes,
    )
    setup = ImportSetup(run, await target_with_custom_fields(tx, imports, run.resource), context)
    run, ended = await (_dry_run(tx, setup) if run.dry_run else _import_next_chunk(tx, setup))
    if ended:
        await save_finished(tx, imports, run.succeed(now=now))
    else:
        await store.save(tx, run)
    return not ended


async def _begin(tx: AsyncConnection, imports: Imports, run: Import, now: datetime) -> Import:
    if run.started_at is not None:  # resumed after its job failed
        return await store.save(tx, run.run(run.total, now=now, warnings=run.warnings))
    content = await store.get_file(tx, run.id)
    try:
        languages = await store.tenant_languages(tx)
        plan = await asyncio.to_thread(_read_plan, content, run, languages)
        target = await target_with_custom_fields(tx, imports, run.resource)
        validated_mapping(plan.header, run.mapping, target)
        _ensure_dry_run_size(run, plan)
    except UnreadableFile as unreadable:
        return await save_finished(tx, imports, run.fail(unreadable.findings, now=now))
    await store.put_plan(tx, run.id, plan)
    warnings = ignored_columns(plan.header, run.mapping, target)
    run = run.run(plan.total, now=now, warnings=warnings)
    if not plan.total:
        return await save_finished(tx, imports, run.succeed(now=now))
    return await store.save(tx, run)


def _read_plan(content: bytes, run: Import, languages: Sequence[str]) -> ChunkPlan:
    return plan_chunks(
        read_file(content, sheet=run.sheet, encoding=run.encoding, languages=languages)
    )


def _ensure_dry_run_size(run: Import, plan: ChunkPlan) -> None:
    if run.dry_run and plan.total > MAX_DRY_RUN_ROWS:
        raise UnreadableFile([Finding("DRY_RUN_TOO_LARGE", params={"maximum": MAX_DRY_RUN_ROWS})])


async def _import_next_chunk(tx: AsyncConnection, setup: ImportSetup) -> tuple[Import, bool]:
    """Import the next chunk; return the updated import and whether that was the last chunk."""
    chunk_result = await _process_chunk(tx, setup, setup.run.chunks_done)
    await store.put_results(tx, setup.run.id, chunk_result.results)
    run = setup.run.count(
        chunk_result.outcome_counts, warned=chunk_result.warned, chunks=1, now=setup.context.now
    )
    return run, chunk_result.is_last


async def _dry_run(tx: AsyncConnection, setup: ImportSetup) -> tuple[Import, bool]:
    """Import all chunks for exact counts, then roll the records back and keep the results."""
    results: dict[int, RowResult] = {}
    outcome_counts: Counter[RowOutcome] = Counter()
    warned, number, is_last = 0, setup.run.chunks_done, False
    savepoint = await tx.begin_nested()
    while not is_last:
        chunk_result = await _process_chunk(tx, setup, number)
        await store.put_results(tx, setup.run.id, chunk_result.results)
        results |= chunk_result.results
        outcome_counts.update(chunk_result.outcome_counts)
        warned, number, is_last = warned + chunk_result.warned, number + 1, chunk_result.is_last
    await savepoint.rollback()
    tx.info.pop(PUBLISHED_KEY, None)
    await store.put_results(
        tx, setup.run.id, {n: _without_created_id(one) for n, one in results.items()}
    )
    chunks = number - setup.run.chunks_done
    return setup.run.count(
        outcome_counts, warned=warned, chunks=chunks, now=setup.context.now
    ), True


def _without_created_id(result: RowResult) -> RowResult:
    """Remove the id of a created record, which was rolled back."""
    return replace(result, record_id=None) if result.outcome is RowOutcome.CREATED else result


async def _process_chunk(tx: AsyncConnection, setup: ImportSetup, number: int) -> ChunkResult:
    chunk = await store.get_chunk(tx, setup.run.id, number)
    assert chunk is not None, "a running import has a plan of chunks"
    columns = validated_mapping(chunk.header, setup.run.mapping, setup.target)
    parsed_rows = {
        row.number: parse_row(chunk.header, columns, row, setup.target) for row in chunk.rows
    }
    is_last = number + 1 == chunk.chunks * setup.passes
    if number < chunk.chunks:
        results = await _import_rows(tx, setup, parsed_rows, columns)
        outcome_counts = Counter(one.outcome for one in results.values())
        return ChunkResult(results, outcome_counts, sum(map(_is_warned, results.values())), is_last)
    first_results = await _accepted_results(tx, setup, chunk.rows)
    results = await _link_rows(tx, setup, parsed_rows, first_results, columns)
    outcome_counts = Counter(one.outcome for one in results.values())
    outcome_counts.subtract(first_results[number].outcome for number in results)
    warned = sum(_is_warned(one) - _is_warned(first_results[n]) for n, one in results.items())
    return ChunkResult(results, outcome_counts, warned, is_last)


def _is_warned(result: RowResult) -> bool:
    return bool(result.findings) and result.outcome is not RowOutcome.REFUSED


async def _accepted_results(
    tx: AsyncConnection, setup: ImportSetup, rows: Sequence[SourceRow]
) -> dict[int, RowResult]:
    stored = await store.get_results(tx, setup.run.id, [row.number for row in rows])
    return {n: one for n, one in stored.items() if one.outcome is not RowOutcome.REFUSED}


async def _import_rows(
    tx: AsyncConnection,
    setup: ImportSetup,
    parsed_rows: Mapping[int, ParsedRow[Any]],
    columns: ColumnMapping,
) -> dict[int, RowResult]:
    """Import the rows of a chunk; return their results by row number."""
    rows = [
        ImportRow(number=n, value=r.value) for n, r in parsed_rows.items() if r.value is not None
    ]
    handled = await _handle_rows(tx, setup.target.import_rows, rows, setup.context)
    results = {n: refused(*r.errors) for n, r in parsed_rows.items() if r.value is None}
    for row, result in zip(rows, handled, strict=True):
        results[row.number] = _with_warnings(
            setup, result, parsed_rows[row.number].warnings, columns
        )
    return dict(sorted(results.items()))


def _with_warnings(
    setup: ImportSetup, result: RowResult, warnings: Sequence[Finding], columns: ColumnMapping
) -> RowResult:
    """Add the warnings of parsing to the findings of the target, unless the row was refused."""
    more = () if result.outcome is RowOutcome.REFUSED else warnings
    findings = [*more, *with_columns(result.findings, columns, setup.target)]
    return replace(result, findings=findings)


async def _link_rows(
    tx: AsyncConnection,
    setup: ImportSetup,
    parsed_rows: Mapping[int, ParsedRow[Any]],
    first_results: Mapping[int, RowResult],
    columns: ColumnMapping,
) -> dict[int, RowResult]:
    """Run the second pass over accepted rows; return the results that it changed."""
    rows = [
        ImportRow(number=n, value=parsed_rows[n].value, record_id=one.record_id)
        for n, one in first_results.items()
        if parsed_rows[n].value is not None
    ]
    assert setup.target.link is not None
    handled = await _handle_rows(tx, setup.target.link, rows, setup.context)
    results: dict[int, RowResult] = {}
    for row, result in zip(rows, handled, strict=True):
        previous = first_results[row.number]
        changed = previous.outcome is RowOutcome.UNCHANGED and result.outcome is RowOutcome.UPDATED
        if changed or result.findings:
            results[row.number] = replace(
                previous,
                outcome=RowOutcome.UPDATED if changed else previous.outcome,
                findings=[
                    *previous.findings,
                    *with_columns(result.findings, columns, setup.target),
                ],
            )
    return results


async def _handle_rows(
    tx: AsyncConnection,
    handler: RowsHandler[Any],
    rows: Sequence[ImportRow[Any]],
    context: ImportContext,
) -> list[RowResult]:
    """Handle the rows in one savepoint; after an error, each half separately, down to one row."""
    if not rows:
        return []
    try:
        async with tx.begin_nested():
            return [*await handler(tx, rows, context)]
    except DBAPIError as error:
        if not _is_data_error(error):
            raise
        refusal = refused(Finding("ROW_NOT_STORED"))
        await log.awarning("import_rows_refused", rows=len(rows), error=type(error.orig).__name__)
    except DomainError as error:
        refusal = refused_for(error)
    if len(rows) == 1:
        return [refusal]
    half = len(rows) // 2
    first = await _handle_rows(tx, handler, rows[:half], context)
    return first + await _handle_rows(tx, handler, rows[half:], context)


def _is_data_error(error: DBAPIError) -> bool:
    """Whether a value caused the error, rather than our code, the schema or the server."""
    # SQLAlchemy does not map asyncpg's data errors to DataError: they have SQLSTATE class 22, or
    # are a ValueError when the value could not be encoded.
    state = getattr(error.orig, "sqlstate", None)
    not_sent = isinstance(error.orig and error.orig.__cause__, ValueError)
    return isinstance(error, IntegrityError) or str(state).startswith("22") or not_sent
