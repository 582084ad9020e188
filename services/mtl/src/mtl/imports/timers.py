"""The job of an import: a chunk of its file per run, each in a transaction of its own."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Again, Done, Job
from chassis.violations import from_pydantic
from mtl.imports import actions, store
from mtl.imports.domain.columns import Targets, cells_at_fault, column_of, read_row, targets_of
from mtl.imports.domain.files import CHUNK, records
from mtl.imports.domain.findings import Finding
from mtl.imports.domain.rows import Row
from mtl.imports.domain.runs import RUNNING
from mtl.leads.schemas import LeadIn

FIRST_ROW = 2  # the header is row 1


async def run_chunk(tx: AsyncConnection, job: Job) -> Done | Again:
    """Take the next rows in; the progress stands in the import, not in the job."""
    run = await actions.resume_import(tx, UUID(job.key), now=job.now)
    if run.state is not RUNNING:
        return Done()
    piece = await store.get_slice(tx, run.id, run.chunks_done)
    targets = targets_of(piece.header, run.mapping)
    first = FIRST_ROW + CHUNK * run.chunks_done
    rows = [
        _row(number, piece.header, targets, record.cells)
        for number, record in enumerate(records(piece.content), start=first)
        if not record.is_blank
    ]
    run = await actions.take_rows(tx, run, rows, targets=targets, last=piece.is_last, now=job.now)
    return Again(run_at=job.now) if run.state is RUNNING else Done()


def _row(number: int, header: Sequence[str], targets: Targets, cells: Sequence[str] | None) -> Row:
    errors = cells_at_fault(header, cells)
    if errors or cells is None:
        return Row(number=number, errors=errors)
    body, warnings = read_row(header, targets, cells)
    try:
        details = LeadIn.model_validate(body).details()
    except ValidationError as invalid:
        return Row(number=number, errors=_findings(invalid, targets))
    return Row(number=number, details=details, warnings=warnings)


def _findings(invalid: ValidationError, targets: Targets) -> list[Finding]:
    """What the schema says of a body, said of columns."""
    faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in invalid.errors()]
    return [
        Finding(v.code, column_of(targets, v.pointer.removeprefix("/")), v.params)
        for v in from_pydantic(faults)
    ]
