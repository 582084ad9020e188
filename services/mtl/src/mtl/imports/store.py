"""The tables of imports and all their SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Column,
    DateTime,
    Index,
    Integer,
    LargeBinary,
    Select,
    Table,
    Text,
    Uuid,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import enum_column, tenant_column
from chassis.pages import ASC, Sort
from chassis.rows import fetch_row, from_columns, insert_row, update_row
from kernel.ids import new_id
from mtl.database import metadata
from mtl.imports.domain.findings import Finding
from mtl.imports.domain.runs import Import, ImportKind, ImportState, Outcome

imports = Table(
    "imports",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("kind", enum_column(ImportKind), nullable=False),
    Column("file_name", Text, nullable=False),
    Column("mapping", JSONB(none_as_null=True)),
    Column("state", enum_column(ImportState), nullable=False),
    Column("file_size", Integer),
    Column("total", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("refused", Integer, nullable=False),
    Column("with_warnings", Integer, nullable=False),
    Column("chunks_done", Integer, nullable=False),
    Column("failures", JSONB, nullable=False),
    Column("created_by", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("started_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    Index(None, "tenant_id", "state", "id"),
)

# Stored uncompressed (see the migration), so that a chunk is read without reading the file.
import_files = Table(
    "import_files",
    metadata,
    tenant_column(),
    Column("import_id", Uuid, primary_key=True),
    Column("content", LargeBinary, nullable=False),
    Column("header", JSONB(none_as_null=True)),
    Column("bounds", ARRAY(Integer)),
)

import_rows = Table(
    "import_rows",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("import_id", Uuid, nullable=False),
    Column("row", Integer, nullable=False),
    Column("outcome", enum_column(Outcome), nullable=False),
    Column("findings", JSONB, nullable=False),
    Index(None, "tenant_id", "import_id", "outcome", "row", "id"),
)


BY_ROW: Sort = ((import_rows.c.row, ASC),)


@dataclass(frozen=True)
class Slice:
    """The bytes of one chunk, and whether more come after it."""

    header: Sequence[str]
    content: bytes
    is_last: bool


async def get(tx: AsyncConnection, import_id: UUID, *, lock: bool = False) -> Import:
    """Raises NotFound."""
    return _whole(await fetch_row(tx, imports, import_id, Import, lock=lock))


def shaped(row: Mapping[str, Any]) -> Import:
    """The import in a row of `listed`."""
    return _whole(from_columns(Import, row))


def _whole(found: Import) -> Import:
    stored: Sequence[Any] = found.failures  # as JSON has it
    return replace(found, failures=tuple(Finding(**failure) for failure in stored))


def listed(*, state: ImportState | None = None) -> Select[Any]:
    """The imports in this state, as a query for a page."""
    query = select(imports)
    return query if state is None else query.where(imports.c.state == state)


def rows_of(import_id: UUID, outcome: Outcome) -> Select[Any]:
    """The rows with this outcome, as a query for a page."""
    columns = import_rows.c
    return select(columns.id, columns.row, columns.findings).where(
        columns.import_id == import_id, columns.outcome == outcome
    )


async def add(tx: AsyncConnection, new: Import) -> None:
    await insert_row(tx, imports, new)


async def save(tx: AsyncConnection, changed: Import) -> Import:
    """Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, imports, changed)


async def put_file(tx: AsyncConnection, import_id: UUID, content: bytes) -> None:
    """The file of an import, in place of the one it had."""
    new = insert(import_files).values(import_id=import_id, content=content)
    await tx.execute(
        new.on_conflict_do_update(
            index_elements=["tenant_id", "import_id"], set_={"content": new.excluded.content}
        )
    )


async def get_file(tx: AsyncConnection, import_id: UUID) -> bytes:
    content = select(import_files.c.content).where(import_files.c.import_id == import_id)
    return bytes((await tx.execute(content)).scalar_one())


async def put_plan(
    tx: AsyncConnection, import_id: UUID, *, header: Sequence[str], bounds: Sequence[int]
) -> None:
    """Where the chunks of the file begin, and where the last one ends."""
    await tx.execute(
        update(import_files)
        .where(import_files.c.import_id == import_id)
        .values(header=list(header), bounds=list(bounds))
    )


async def get_slice(tx: AsyncConnection, import_id: UUID, chunk: int) -> Slice:
    """The chunk of this number, from 0."""
    columns = import_files.c
    start, end = columns.bounds[chunk + 1], columns.bounds[chunk + 2]  # SQL counts from 1
    content = func.substring(columns.content, start + 1, end - start)
    last = func.cardinality(columns.bounds) == chunk + 2
    query = select(columns.header, content, last).where(columns.import_id == import_id)
    header, found, is_last = (await tx.execute(query)).one()
    return Slice(header, bytes(found), is_last)


async def add_rows(
    tx: AsyncConnection, import_id: UUID, outcome: Outcome, rows: Mapping[int, Sequence[Finding]]
) -> None:
    """What there is to say about rows, by their number."""
    values = [
        {
            "id": new_id(),
            "import_id": import_id,
            "row": row,
            "outcome": outcome,
            "findings": list(findings),
        }
        for row, findings in rows.items()
    ]
    if values:
        await tx.execute(insert(import_rows), values)
