"""All the SQL of imports."""

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
from chassis.files.imports.model import Import, ImportState
from chassis.files.imports.tables import import_results, import_runs, import_sources
from chassis.files.imports.target import RowOutcome, RowResult
from chassis.records.writes import insert_row, update_row
from chassis.web.pages import ASC, Sort
from kernel.errors import RuleBroken
from kernel.ids import new_id

BY_ROW: Sort = ((import_results.c.row, ASC),)


@dataclass(frozen=True)
class Chunk:
    """A piece of the file by its number, and how many pieces there are."""

    header: Sequence[str]
    rows: Sequence[SourceRow]
    chunks: int


async def get(tx: AsyncConnection, import_id: UUID, *, lock: bool = False) -> Import:
    """Raises NotFound."""
    return _whole(await fetch_row(tx, import_runs, import_id, Import, lock=lock))


def import_from_row(row: Mapping[str, Any]) -> Import:
    """The import in a row of a list."""
    return _whole(from_columns(Import, row))


def _whole(found: Import) -> Import:
    stored: Sequence[Any] = found.failures  # as JSON has it
    return replace(found, failures=tuple(Finding(**failure) for failure in stored))


async def add(tx: AsyncConnection, new: Import) -> None:
    await insert_row(tx, import_runs, _plain(new))


async def save(tx: AsyncConnection, changed: Import) -> Import:
    """Raises Conflict (STALE_WRITE)."""
    saved = await update_row(tx, import_runs, _plain(changed))
    return replace(changed, version=saved.version)


def _plain(run: Import) -> Import:
    stored: Any = [failure.stored() for failure in run.failures]
    return replace(run, failures=stored)


def active_count_query() -> Select[Any]:
    """How many imports of the tenant are under way, for its quota."""
    under_way = import_runs.c.state.in_([ImportState.QUEUED, ImportState.RUNNING])
    return select(func.count()).select_from(import_runs).where(under_way)


async def is_tenant_active(tx: AsyncConnection) -> bool:
    """Whether the tenant is neither suspended nor deleted."""
    status = (await tx.execute(select(tenant_settings.c.status))).scalar_one_or_none()
    return status in (None, "ACTIVE")


async def put_file(tx: AsyncConnection, import_id: UUID, content: bytes) -> None:
    """The file of an import, in place of the one it had."""
    new = insert(import_sources).values(import_id=import_id, content=content)
    await tx.execute(
        new.on_conflict_do_update(
            index_elements=["tenant_id", "import_id"], set_={"content": new.excluded.content}
        )
    )


async def get_file(tx: AsyncConnection, import_id: UUID) -> bytes:
    """Raises RuleBroken (IMPORT_FILE_MISSING)."""
    content = select(import_sources.c.content).where(import_sources.c.import_id == import_id)
    found = (await tx.execute(content)).scalar_one_or_none()
    if found is None:
        raise RuleBroken("IMPORT_FILE_MISSING")
    return bytes(found)


async def delete_rows(tx: AsyncConnection, import_id: UUID) -> None:
    """The file goes, and what became of each of its rows."""
    for table in (import_sources, import_results):
        await tx.execute(delete(table).where(table.c.import_id == import_id))


async def put_plan(tx: AsyncConnection, import_id: UUID, plan: ChunkPlan) -> None:
    """The file as chunks are cut from it."""
    await tx.execute(
        update(import_sources)
        .where(import_sources.c.import_id == import_id)
        .values(header=list(plan.header), rows=plan.content, bounds=list(plan.bounds))
    )


async def get_chunk(tx: AsyncConnection, import_id: UUID, number: int) -> Chunk | None:
    """The chunk of this number, from 0; after the last one the second pass begins anew.

    None when the file was never read as a whole.
    """
    columns = import_sources.c
    chunks = func.cardinality(columns.bounds) - 1
    place = func.mod(number, func.nullif(chunks, 0))
    start, end = columns.bounds[place + 1], columns.bounds[place + 2]  # SQL counts from 1
    content = func.substring(columns.rows, start + 1, end - start)
    query = select(columns.header, content, chunks).where(columns.import_id == import_id)
    found = (await tx.execute(query)).one_or_none()
    if found is None or found[0] is None:
        return None
    header, piece, many = found
    return Chunk(header, decode_rows(bytes(piece or b"")), many)


async def put_results(tx: AsyncConnection, import_id: UUID, taken: Mapping[int, RowResult]) -> None:
    """What became of rows, by their number; a second pass writes over what the first one said."""
    if not taken:
        return
    new = insert(import_results)
    said = {name: new.excluded[name] for name in ("outcome", "record_id", "warned", "findings")}
    await tx.execute(
        new.on_conflict_do_update(index_elements=["tenant_id", "import_id", "row"], set_=said),
        [_result(import_id, row, one) for row, one in taken.items()],
    )


def _result(import_id: UUID, row: int, taken: RowResult) -> dict[str, Any]:
    refused = taken.outcome is RowOutcome.REFUSED
    return {
        "id": new_id(),
        "import_id": import_id,
        "row": row,
        "outcome": taken.outcome,
        "record_id": taken.record_id,
        "warned": bool(taken.findings) and not refused,
        "findings": [finding.stored() for finding in taken.findings],
    }


async def get_results(
    tx: AsyncConnection, import_id: UUID, rows: Sequence[int]
) -> dict[int, RowResult]:
    """What became of these rows, by their number; those not reached are not in it."""
    if not rows:
        return {}
    columns = import_results.c
    query = select(import_results).where(
        columns.import_id == import_id, columns.row.between(min(rows), max(rows))
    )
    return {row.row: result_from_row(dict(row._mapping)) for row in await tx.execute(query)}


def result_from_row(row: Mapping[str, Any]) -> RowResult:
    """What a row of the results says."""
    findings = [Finding(**finding) for finding in row["findings"]]
    return RowResult(outcome=row["outcome"], record_id=row["record_id"], findings=findings)


def results_query(
    import_id: UUID, *, outcome: RowOutcome | None = None, warned: bool | None = None
) -> Select[Any]:
    """The results with this outcome, or with warnings, as a query for a page."""
    columns = import_results.c
    query = select(import_results).where(columns.import_id == import_id)
    if outcome is not None:
        query = query.where(columns.outcome == outcome)
    return query if warned is None else query.where(columns.warned == warned)
