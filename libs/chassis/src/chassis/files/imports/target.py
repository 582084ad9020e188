"""Import targets: how a service imports the rows of a file as records, and the results of rows."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, Literal, TypeVar, cast
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.formats.findings import Finding
from chassis.foundation.refusals import Unavailable
from chassis.foundation.violations import violations_of_body
from chassis.records.access.visibility import Visibility, visibility_of
from chassis.records.import_examples import Example
from chassis.web.auth import Principal
from chassis.web.commands import Command
from contracts.imports import ImportEnded
from kernel.errors import DomainError, Invalid

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
CUSTOM_FIELD_PREFIX = "custom_fields."  # before the key of a custom field


class RowOutcome(StrEnum):
    """The outcome of importing a row."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    MERGED = "MERGED"  # into an existing record known by another name
    UNCHANGED = "UNCHANGED"  # the record already had all these values
    REFUSED = "REFUSED"


@dataclass(frozen=True, kw_only=True)
class RowResult:
    """The outcome of a row and its record; findings are warnings unless it was refused."""

    outcome: RowOutcome
    record_id: UUID | None = None
    findings: Sequence[Finding] = ()


def created(record_id: UUID, *warnings: Finding) -> RowResult:
    return RowResult(outcome=RowOutcome.CREATED, record_id=record_id, findings=warnings)


def updated(record_id: UUID, *warnings: Finding) -> RowResult:
    return RowResult(outcome=RowOutcome.UPDATED, record_id=record_id, findings=warnings)


def merged(record_id: UUID, *warnings: Finding) -> RowResult:
    return RowResult(outcome=RowOutcome.MERGED, record_id=record_id, findings=warnings)


def unchanged(record_id: UUID, *warnings: Finding) -> RowResult:
    return RowResult(outcome=RowOutcome.UNCHANGED, record_id=record_id, findings=warnings)


def refused(*errors: Finding) -> RowResult:
    return RowResult(outcome=RowOutcome.REFUSED, findings=errors)


def refused_for(error: DomainError) -> RowResult:
    """Make a refused row of an action's error; pointers become fields.

    Transient errors (Unavailable, STALE_WRITE) are raised again, so that the chunk is retried.
    """
    if isinstance(error, Unavailable) or error.code == "STALE_WRITE":
        raise error
    if isinstance(error, Invalid):
        return refused(
            *[Finding(v.code, params=v.params, field=_field(v.pointer)) for v in error.violations]
        )
    return refused(Finding(error.code, params=error.params))


@dataclass(frozen=True)
class ImportField:
    """A field that a column can map to, and its known headers, compared without case.

    `example` is its cell in the example row of the template. A field that `identifies` records
    warns of numbers in a workbook, which have lost their leading zeros. One that `is_amount` warns
    of a text such as 1.000, which is one or a thousand; all others refuse numbers that a workbook
    shows with leading zeros.
    """

    name: str
    headers: Sequence[str] = ()
    required: bool = False  # the file must have its column; cells may be blank
    example: Example = ""
    identifies: bool = False
    is_amount: bool = False

    @property
    def chinese_heading(self) -> str:
        """The first known header with a Chinese character; the name without one."""
        chinese = (one for one in self.headers if any("\u4e00" <= char <= "\u9fff" for char in one))
        return next(chinese, self.name)

    @property
    def english_heading(self) -> str:
        """The field's name, or the label of a custom field."""
        return self.name


@dataclass(frozen=True)
class CustomImportField(ImportField):
    """A custom field of the tenant; its headers are its labels in Chinese and English."""

    @property
    def chinese_heading(self) -> str:
        """The Chinese label."""
        return self.headers[0]

    @property
    def english_heading(self) -> str:
        """The English label."""
        return self.headers[-1]


@dataclass(frozen=True)
class Cells:
    """The cells of a row by field, stripped; blank cells are left out.

    `extra_columns` are by the header of columns without a field of their own, `custom` by the keys
    of custom fields.
    """

    fields: Mapping[str, str]
    extra_columns: Mapping[str, str] = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ParsedRow(Generic[T]):
    """The outcome of parsing a row; without a value the row is refused with its errors."""

    value: T | None = None
    errors: Sequence[Finding] = ()
    warnings: Sequence[Finding] = ()


@dataclass(frozen=True, kw_only=True)
class ImportRow(Generic[T]):
    """A parsed row: `number` is that of a spreadsheet; `record_id` is only set for `link`."""

    number: int
    value: T
    record_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ImportContext:
    """The creator of the import, who owns the created records, and when the chunk began."""

    import_id: UUID
    actor: str | None
    now: datetime
    dry_run: bool = False
    caller_kind: str = "person"
    scopes: Sequence[str] = ()

    async def visibility(self, tx: AsyncConnection, resource: str) -> Visibility:
        """Return what the creator sees of a resource, with the scopes of the import's start."""
        return await visibility_of(tx, self.caller, resource, self.now)

    @property
    def caller(self) -> Principal:
        """The creator, with the scopes that the import was started with."""
        kind = cast(Literal["person", "client"], self.caller_kind)
        return Principal(UUID(int=0), self.actor or "", kind, frozenset(self.scopes))

    def command(self, tx: AsyncConnection) -> Command:
        """Return the context of a command on behalf of the creator, who sees what people see."""
        return Command(tx, self.now, self.caller, self.actor, announces=False)


RowsHandler = Callable[
    [AsyncConnection, Sequence[ImportRow[T]], ImportContext], Awaitable[Sequence[RowResult]]
]
RowsCheck = Callable[
    [AsyncConnection, Sequence[ImportRow[T]]], Awaitable[Mapping[int, ParsedRow[T]]]
]


@dataclass(frozen=True, kw_only=True)
class ImportTarget(Generic[T]):
    """The import of a resource: its fields, how a row is parsed, and how parsed rows are imported.

    `resource` is the name of the records that rows become; their import writes those of the
    resources in `also_writes` as well, and the caller needs the scope `write` of each.
    `import_rows` returns a result per row, in order. It runs in a savepoint: after a data error or
    a DomainError it is called again with each half, down to the row at fault. `link` is a second
    pass over the accepted rows, for references to other rows of the file (a parent): its UPDATED
    turns an UNCHANGED row into an UPDATED one, its findings become warnings. `extra_columns` names
    the field that collects columns without a field of their own, `max_extra_columns` at most;
    without it they are ignored. `any_of`: the file must have a column for at least one of these
    fields. With `custom_fields` columns may contain the custom fields of the resource
    (`custom_fields.<key>`, or the field's label): `read` finds them in `Cells.custom`, and
    `import_rows` parses them with `chassis.records.custom_fields.cells.parse_custom_field_cells`.
    `check_rows` tells a preview what `import_rows` will say of rows, by their numbers.
    """

    resource: str
    fields: Sequence[ImportField]
    read: Callable[[Cells], ParsedRow[T]]
    import_rows: RowsHandler[T]
    check_rows: RowsCheck[T] | None = None
    link: RowsHandler[T] | None = None
    any_of: Sequence[str] = ()
    extra_columns: str | None = None
    max_extra_columns: int = 100
    custom_fields: bool = False
    also_writes: Sequence[str] = ()

    @property
    def noun(self) -> str:
        """The last part of the resource's name: `price_book`."""
        return self.resource.partition(".")[2]

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that the caller needs beside `<service>.import.write`."""
        return tuple(f"{name}.write" for name in (self.resource, *self.also_writes))

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a column can map to."""
        extra = [self.extra_columns] if self.extra_columns else []
        return (*(one.name for one in self.fields), *extra)


@dataclass(frozen=True)
class Imports:
    """The import targets of a service, for `import_router` and the handlers of jobs."""

    service: str
    targets: Sequence[ImportTarget[Any]]
    finished: type[ImportEnded]

    @property
    def run_resource(self) -> str:
        """The resource of the imports themselves."""
        return f"{self.service}.import"

    def target(self, resource: str) -> ImportTarget[Any]:
        return next(target for target in self.targets if target.resource == resource)


def validate_row(
    model: type[M],
    body: Mapping[str, Any],
    shape: Callable[[M], T],
    *,
    warnings: Sequence[Finding] = (),
) -> ParsedRow[T]:
    """Validate a row like a request body; return all errors, each with its field."""
    try:
        value = shape(model.model_validate(dict(body)))
    except ValidationError as invalid:
        violations = violations_of_body(invalid)
        errors = [Finding(v.code, params=v.params, field=_field(v.pointer)) for v in violations]
        return ParsedRow(errors=errors)
    except Invalid as invalid:
        return ParsedRow(errors=refused_for(invalid).findings)
    return ParsedRow(value=value, warnings=warnings)


def _field(pointer: str) -> str | None:
    field, _, below = pointer.removeprefix("/").partition("/")
    if f"{field}." == CUSTOM_FIELD_PREFIX and below:
        return CUSTOM_FIELD_PREFIX + below
    return field or None


def row_by_row(
    import_row: Callable[[AsyncConnection, T, ImportContext], Awaitable[RowResult]],
) -> RowsHandler[T]:
    """Return an `import_rows` that imports each row in a savepoint of its own."""

    async def import_rows(
        tx: AsyncConnection, rows: Sequence[ImportRow[T]], context: ImportContext
    ) -> list[RowResult]:
        return [await _import_one(tx, row, context) for row in rows]

    async def _import_one(
        tx: AsyncConnection, row: ImportRow[T], context: ImportContext
    ) -> RowResult:
        try:
            async with tx.begin_nested():
                return await import_row(tx, row.value, context)
        except DomainError as error:
            return refused_for(error)  # raises transient errors

    return import_rows
