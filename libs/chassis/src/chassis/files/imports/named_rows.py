"""Rows that other systems name: their two columns, and the record that has the external id."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Final, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.formats.findings import Finding
from chassis.files.imports.target import (
    Cells,
    ImportContext,
    ImportField,
    ImportRow,
    ParsedRow,
    RowResult,
    RowsHandler,
    created,
    row_by_row,
    unchanged,
    updated,
    validate_row,
)
from chassis.records.access.visibility import Access
from chassis.records.external_ids.actions import ExternalId, lock_external_id, upsert
from chassis.records.external_ids.puts import check_external_access, external_name_only
from chassis.records.external_ids.references import refer
from chassis.records.external_ids.routes import EXTERNAL_ID_PATTERN, SYSTEM_PATTERN
from chassis.records.record_types import Record, RecordType, lock_first
from chassis.web.commands import Command

R = TypeVar("R", bound=Record)
T = TypeVar("T")

EXTERNAL_ID, EXTERNAL_SYSTEM = "external_id", "external_system"
DEFAULT_SYSTEM: Final = "import"  # as in `by-external-id/import/{id}`
EXTERNAL_ID_HEADERS: Final = ("外部编号", "external id")
SYSTEM_FIELD: Final = ImportField(EXTERNAL_SYSTEM, ("外部系统", "external system"), example="erp")
EXTERNAL_FIELDS: Final = (
    ImportField(EXTERNAL_ID, EXTERNAL_ID_HEADERS, example="0001", identifies=True),
    SYSTEM_FIELD,
)


class ExternalCells(BaseModel):
    """The two cells by which another system names the record of a row."""

    external_id: Annotated[str, Field(pattern=EXTERNAL_ID_PATTERN)] | None = None
    external_system: Annotated[str, Field(pattern=SYSTEM_PATTERN)] = DEFAULT_SYSTEM

    def external_id_of(self, resource: str) -> ExternalId | None:
        """Return the external id, None if the row has none."""
        if self.external_id is None:
            return None
        return ExternalId(resource, self.external_system, self.external_id)


@dataclass(frozen=True)
class NamedRow(Generic[T]):
    """What a target read in a row, and the external id that the row has."""

    value: T
    external_id: ExternalId | None = None


@dataclass(frozen=True, kw_only=True)
class SplitCells:
    """The external id of a row with its errors, and the other cells of the row."""

    external_id: ExternalId | None
    errors: Sequence[Finding]
    others: Cells


def split_cells(resource: str, cells: Cells) -> SplitCells:
    """Read the external id of a row of this resource, and leave its cells out."""
    names = ExternalCells.model_fields
    outside = {name: text for name, text in cells.fields.items() if name in names}
    own = {name: text for name, text in cells.fields.items() if name not in names}
    parsed = validate_row(ExternalCells, outside, lambda valid: valid)
    found = None if parsed.value is None else parsed.value.external_id_of(resource)
    others = replace(cells, fields=own)
    return SplitCells(external_id=found, errors=parsed.errors, others=others)


def read_named(
    resource: str, read: Callable[[Cells], ParsedRow[T]]
) -> Callable[[Cells], ParsedRow[NamedRow[T]]]:
    """Return a `read` for a target with `EXTERNAL_FIELDS`; `read` gets the other cells."""

    def read_row(cells: Cells) -> ParsedRow[NamedRow[T]]:
        split = split_cells(resource, cells)
        parsed = read(split.others)
        errors = [*parsed.errors, *split.errors]
        if errors or parsed.value is None:
            return ParsedRow(errors=errors, warnings=parsed.warnings)
        return ParsedRow(value=NamedRow(parsed.value, split.external_id), warnings=parsed.warnings)

    return read_row


async def lock_names(
    tx: AsyncConnection, resource: str, names: Iterable[ExternalId | None]
) -> None:
    """Lock the external ids of rows in one order, after what all writers of the resource lock."""
    await lock_first(tx, resource)
    given = {name for name in names if name is not None}
    for name in sorted(given, key=lambda one: (one.system, one.external_id)):
        await lock_external_id(tx, name)


def named_row_by_row(
    resource: str,
    import_row: Callable[[AsyncConnection, NamedRow[T], ImportContext], Awaitable[RowResult]],
) -> RowsHandler[NamedRow[T]]:
    """Return an `import_rows` that locks all external ids, then imports each row by itself."""
    import_each = row_by_row(import_row)

    async def import_rows(
        tx: AsyncConnection, rows: Sequence[ImportRow[NamedRow[T]]], context: ImportContext
    ) -> Sequence[RowResult]:
        await lock_names(tx, resource, [row.value.external_id for row in rows])
        return await import_each(tx, rows, context)

    return import_rows


@dataclass(frozen=True, kw_only=True)
class RowCommands(Generic[R]):
    """What a row does to the records of a type.

    `edit` gets the record as it was; `restore` is for records that can be deleted. `same` finds a
    record that the row means although nobody has told us its external id.
    """

    record_type: RecordType[R]
    create: Callable[[], Awaitable[R]]
    edit: Callable[[R], Awaitable[R]]
    restore: Callable[[UUID], Awaitable[R]] | None = None
    same: Callable[[], Awaitable[UUID | None]] | None = None


async def store_row(
    context: ImportContext, command: Command, name: ExternalId | None, row: RowCommands[R]
) -> RowResult:
    """Store a row as the record of its external id, as a PUT does, and restore a deleted one.

    A record that only `same` finds gets the external id. Raises what the commands of the row
    raise, and NotFound or Forbidden if the creator of the import may not write the record.
    """
    storing = _Storing(context, command, row)
    if name is None:
        return storing.result(await storing.match_or_create())
    with external_name_only(name):
        upserted = await upsert(
            command.tx,
            name,
            create=storing.match_or_create,
            update=storing.edit,
            restore=storing.restore if row.restore is not None else None,
            get=storing.edit,
        )
    record = upserted.record
    if upserted.created:
        record = await refer(command, name, record)
    return storing.result(record, is_named=upserted.created)


class _Storing(Generic[R]):
    """Carries out the commands of one row, and remembers the record as it was before."""

    def __init__(self, context: ImportContext, command: Command, row: RowCommands[R]) -> None:
        self._context, self._command, self._row = context, command, row
        self._before: R | None = None

    async def match_or_create(self) -> R:
        same = None if self._row.same is None else await self._row.same()
        return await (self._row.create() if same is None else self.edit(same))

    async def edit(self, record_id: UUID) -> R:
        tx, record_type = self._command.tx, self._row.record_type
        scoped, caller = record_type.scoped, self._context.caller
        await check_external_access(tx, caller, scoped, record_id, Access.WRITE, self._context.now)
        old = await record_type.get(tx, record_id)
        self._before = self._before or old
        return await self._row.edit(old)

    async def restore(self, record_id: UUID) -> R:
        assert self._row.restore is not None, "else nothing restores"
        record_type: RecordType[Any] = self._row.record_type
        self._before = await record_type.get(self._command.tx, record_id, with_deleted=True)
        return await self._row.restore(record_id)

    def result(self, record: R, *, is_named: bool = False) -> RowResult:
        """Return what became of the record; one that has just been named has changed."""
        if self._before is None:
            return created(record.id)
        if record == self._before and not is_named:
            return unchanged(record.id)
        return updated(record.id)
