"""The job of an import: a chunk of its file per run, each in a transaction of its own."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs.queue import Again, Done, Job
from chassis.violations import from_pydantic
from mtl.imports import actions
from mtl.imports.domain.columns import Targets, cells_at_fault, column_of, read_row
from mtl.imports.domain.findings import Finding
from mtl.imports.domain.rows import Row
from mtl.leads.schemas import LeadIn


async def run_chunk(tx: AsyncConnection, job: Job) -> Done | Again:
    more = await actions.take_chunk(tx, UUID(job.key), read=_row, now=job.now)
    return Again(run_at=job.now) if more else Done()


async def on_given_up(tx: AsyncConnection, job: Job) -> None:
    await actions.fail_import(tx, UUID(job.key), now=job.now)


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
