"""The SQL of imports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import tenant_settings
from chassis.database.rows import fetch_row, from_columns
from chassis.files.formats.findings import Finding
from chassis.files.formats.rows import ChunkPlan, SourceRow, decode_rows
from chassis.files.imports.model import FILE_FINDINGS, Import, ImportState
from chassis.files.imports.tables import import_results, import_runs, import_sources
from chassis.files.imports.target import RowOutcome, RowResult
from chassis.records.writes import insert_row, update_row
from chassis.web.pages import ASC, Sort
from kernel.errors import RuleBroken
from kernel.ids import new_id

BY_ROW: Sort = ((import_results.c.row, ASC),)


@dataclass(frozen=True)
class Chunk:
    """A chunk of the file, and how many chunks the file has."""

    header: Sequence[str]
    rows: Sequence[SourceRow]
    chunks: int


async def get(tx: AsyncConnection, import_id: UUID, *, lock: bool = False) -> Import:
    """Read an import, locked on request. Raises NotFound."""
    return _with_findings(await fetch_row(tx, import_runs, import_id, Import, lock=lock))


def import_from_row(row: Mapping[str, Any]) -> Import:
    """Make an import of a row of `import_runs`."""
    return _with_findings(from_columns(Import, row))


def _with_findings(found: Import) -> Import:
    stored: dict[str, Any] = {
        name: tuple(Finding(**one) for one in getattr(found, name))  # still the stored JSON
        for name in FILE_FINDINGS
    }
    return replace(found, **stored)


async def add(tx: AsyncConnection, new: Import) -> None:
    await insert_row(tx, import_runs, _with_json_findings(new))


async def save(tx: AsyncConnection, changed: Import) -> Import:
    """Save a changed import. Raises Conflict (STALE_WRITE)."""
    saved = await update_row(tx, import_runs, _with_json_findings(changed))
    return replace(changed, version=saved.version)


def _with_json_findings(run: Import) -> Import:
    stored: dict[str, Any] = {
        name: [finding.stored() for finding in getattr(run, name)] for name in FILE_FINDINGS
    }
    return replace(run, **stored)


def active_count_query() -> Select[Any]:
    """Return the query that counts the tenant's active imports, for its quota."""
    active = import_runs.c.state.in_([ImportState.QUEUED, ImportState.RUNNING])
    return select(func.count()).select_from(import_runs).where(active)


async def is_tenant_active(tx: AsyncConnection) -> bool:
    """Whether the tenant is neither suspended nor deleted."""
    status = (await tx.execute(select(tenant_settings.c.status))).scalar_one_or_none()
    return status in (None, "ACTIVE")


async def tenant_languages(tx: AsyncConnection) -> Sequence[str]:
    """Return the tenant's languages, the preferred first; none before its settings arrive."""
    found = (await tx.execute(select(tenant_settings.c.languages))).scalar_one_or_none()
    return tuple(found or ())


async def put_file(tx: AsyncConnection, import_id: UUID, content: bytes) -> None:
    """Store the file of an import, replacing an earlier one."""
    new = insert(import_sources).values(import_id=import_id, content=content)
    await tx.execute(
        new.on_conflict_do_update(
            index_elements=["tenant_id", "import_id"], set_={"content": new.excluded.content}
        )
    )


async def get_file(tx: AsyncConnection, import_id: UUID) -> bytes:
    """Read the file of an import. Raises RuleBroken (IMPORT_FILE_MISSING)."""
    content = select(import_sources.c.content).where(import_sources.c.import_id == import_id)
    found = (await tx.execute(content)).scalar_one_or_none()
    if found is None:
        raise RuleBroken("IMPORT_FILE_MISSING")
    return bytes(found)


async def delete_rows(tx: AsyncConnection, import_id: UUID) -> None:
    """Delete the file and the results of its rows."""
    for table in (import_sources, import_results):
        await tx.execute(delete(table).where(table.c.import_id == import_id))


async def put_plan(tx: AsyncConnection, import_id: UUID, plan: ChunkPlan) -> None:
    """Store the rows of the file, divided into chunks."""
    await tx.execute(
        update(import_sources)
        .where(import_sources.c.import_id == import_id)
        .values(header=list(plan.header), rows=plan.content, bounds=list(plan.bounds))
    )


async def get_chunk(tx: AsyncConnection, import_id: UUID, number: int) -> Chunk | None:
    """Read the chunk of this number, from 0; the second pass counts on after the last chunk.

    None when no job has read the file yet.
    """
    columns = import_sources.c
    chunks = func.cardinality(columns.bounds) - 1
    chunk_index = func.mod(number, func.nullif(chunks, 0))
    # Arrays in SQL start at 1.
    start, end = columns.bounds[chunk_index + 1], columns.bounds[chunk_index + 2]
    content = func.substring(columns.rows, start + 1, end - start)
    query = select(columns.header, content, chunks).where(columns.import_id == import_id)
    found = (await tx.execute(query)).one_or_none()
    if found is None or found[0] is None:
        return None
    header, piece, chunk_count = found
    return Chunk(header, decode_rows(bytes(piece or b"")), chunk_count)


async def put_results(
    tx: AsyncConnection, import_id: UUID, results: Mapping[int, RowResult]
) -> None:
    """Store the results of rows by number; the second pass overwrites those of the first."""
    if not results:
        return
    new = insert(import_results)
    updates = {name: new.excluded[name] for name in ("outcome", "record_id", "warned", "findings")}
    await tx.execute(
        new.on_conflict_do_update(index_elements=["tenant_id", "import_id", "row"], set_=updates),
        [_result(import_id, row, one) for row, one in results.items()],
    )


def _result(import_id: UUID, row: int, result: RowResult) -> dict[str, Any]:
    refused = result.outcome is RowOutcome.REFUSED
    return {
        "id": new_id(),
        "import_id": import_id,
        "row": row,
        "outcome": result.outcome,
        "record_id": result.record_id,
        "warned": bool(result.findings) and not refused,
        "findings": [finding.stored() for finding in result.findings],
    }


async def get_results(
    tx: AsyncConnection, import_id: UUID, rows: Sequence[int]
) -> dict[int, RowResult]:
    """Read the results of these rows by number; unprocessed rows are missing."""
    if not rows:
        return {}
    columns = import_results.c
    query = select(import_results).where(
        columns.import_id == import_id, columns.row.between(min(rows), max(rows))
    )
    return {row.row: result_from_row(dict(row._mapping)) for row in await tx.execute(query)}


def result_from_row(row: Mapping[str, Any]) -> RowResult:
    """Make a result of a row of `import_results`."""
    findings = [Finding(**finding) for finding in row["findings"]]
    return RowResult(outcome=row["outcome"], record_id=row["record_id"], findings=findings)


def results_query(
    import_id: UUID, *, outcome: RowOutcome | None = None, warned: bool | None = None
) -> Select[Any]:
    """Return the query of the results with this outcome, or with warnings."""
    columns = import_results.c
    query = select(import_results).where(columns.import_id == import_id)
    if outcome is not None:
        query = query.where(columns.outcome == outcome)
    return query if warned is None else query.where(columns.warned == warned)
