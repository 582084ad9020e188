"""Result files of imports: the cells of each row with its outcome, codes and messages."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.files.formats.cells import escape_formula
from chassis.files.formats.findings import Finding
from chassis.files.formats.rows import SourceRow
from chassis.files.imports import store
from chassis.files.imports.columns import RESULT_COLUMNS
from chassis.files.imports.store import Chunk
from chassis.files.imports.target import RowOutcome, RowResult
from kernel.errors import RuleBroken

MessageOf = Callable[[Finding], str]


class ResultFile(StrEnum):
    """The result files by the rows they contain."""

    SUCCESSFUL = "successful"
    FAILED = "failed"
    UNPROCESSED = "unprocessed"

    def includes(self, result: RowResult | None) -> bool:
        if result is None:
            return self is ResultFile.UNPROCESSED
        refused = result.outcome is RowOutcome.REFUSED
        return self is (ResultFile.FAILED if refused else ResultFile.SUCCESSFUL)


async def ensure_results_available(tx: AsyncConnection, import_id: UUID) -> None:
    """Ensure that a job has read the file. Raises RuleBroken (IMPORT_NOT_READ, IMPORT_EXPIRED)."""
    (await store.get(tx, import_id)).ensure_not_expired()
    if await store.get_chunk(tx, import_id, 0) is None:
        raise RuleBroken("IMPORT_NOT_READ")


async def stream_result_file(
    database: Database, tenant: UUID, import_id: UUID, which: ResultFile, say: MessageOf
) -> AsyncIterator[bytes]:
    """Yield the file as CSV, chunk by chunk; each is read in a short transaction of its own."""
    number, chunks = 0, 1
    while number < chunks:
        async with database.begin(tenant) as tx:
            chunk = await store.get_chunk(tx, import_id, number)
            assert chunk is not None, "checked by ensure_results_available"
            rows = [row.number for row in chunk.rows]
            results = await store.get_results(tx, import_id, rows)
        chunks = chunk.chunks
        header = [[*RESULT_COLUMNS, *chunk.header]] if number == 0 else []
        lines = [
            _line(row, results.get(row.number), chunk, say)
            for row in chunk.rows
            if which.includes(results.get(row.number))
        ]
        yield _csv([*header, *lines], bom=number == 0)
        number += 1


def _line(row: SourceRow, result: RowResult | None, chunk: Chunk, say: MessageOf) -> list[str]:
    cells = row.cells if row.cells is not None else [""] * len(chunk.header)
    if result is None:
        return [str(row.number), "", "", "", "", *cells]
    codes = " ".join(finding.code for finding in result.findings)
    messages = " ".join(map(say, result.findings))
    record = "" if result.record_id is None else str(result.record_id)
    return [str(row.number), result.outcome.value, record, codes, messages, *cells]


def _csv(rows: Sequence[Sequence[str]], *, bom: bool) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([escape_formula(cell) for cell in row] for row in rows)
    # Bytes that could not be decoded are written as escapes.
    return ("\ufeff" if bom else "").encode() + out.getvalue().encode("utf-8", "backslashreplace")
