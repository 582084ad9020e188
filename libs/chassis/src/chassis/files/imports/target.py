"""What a service says of a kind of rows it takes in; the rest of an import is the same for all."""

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
from chassis.foundation.violations import from_pydantic
from chassis.records.access.visibility import Visibility, visibility_of
from chassis.web.auth import Principal
from contracts.imports import ImportEnded
from kernel.errors import DomainError, Invalid

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)
CUSTOM_FIELD_PREFIX = "custom_fields."  # before the key of a tenant's own field


class RowOutcome(StrEnum):
    """What became of a row."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    MERGED = "MERGED"  # into a record that was there under another name
    UNCHANGED = "UNCHANGED"  # all of it was known already
    REFUSED = "REFUSED"


@dataclass(frozen=True, kw_only=True)
class RowResult:
    """What became of a row, of which record; findings are warnings unless it was refused."""

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
    """A refusal of an action, said of the row; pointers become fields.

    Raises it again where it will pass (Unavailable, STALE_WRITE): then the chunk is tried again.
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
    """A field that a column may give, and the headers it is usually found under, in any case."""

    name: str
    headers: Sequence[str] = ()
    required: bool = False  # the file must have a column for it; a cell may still be blank


@dataclass(frozen=True)
class Cells:
    """A row by fields, stripped and without the blank ones.

    `rest` is by columns that no field takes, `custom` by the keys of the tenant's own fields.
    """

    fields: Mapping[str, str]
    rest: Mapping[str, str] = field(default_factory=dict)
    custom: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class ParsedRow(Generic[T]):
    """A row as far as it could be read; without a value it is refused for its errors."""

    value: T | None = None
    errors: Sequence[Finding] = ()
    warnings: Sequence[Finding] = ()


@dataclass(frozen=True, kw_only=True)
class ImportRow(Generic[T]):
    """A readable row: `number` as a spreadsheet counts; `record_id` is known to `link` only."""

    number: int
    value: T
    record_id: UUID | None = None


@dataclass(frozen=True, kw_only=True)
class ImportContext:
    """Whose import it is (the owner of what it makes), and when the chunk began."""

    import_id: UUID
    actor: str | None
    now: datetime
    dry_run: bool = False
    caller_kind: str = "person"
    scopes: Sequence[str] = ()

    async def visibility(self, tx: AsyncConnection, resource: str) -> Visibility:
        """How far its owner sees into a resource, with the scopes the import was opened with."""
        kind = cast(Literal["person", "client"], self.caller_kind)
        principal = Principal(UUID(int=0), self.actor or "", kind, frozenset(self.scopes))
        return await visibility_of(tx, principal, resource, self.now)


RowsHandler = Callable[
    [AsyncConnection, Sequence[ImportRow[T]], ImportContext], Awaitable[Sequence[RowResult]]
]


@dataclass(frozen=True, kw_only=True)
class ImportTarget(Generic[T]):
    """A kind of rows: which fields they have, how one is read, and how many are taken in at once.

    `scope` is what the caller needs beside `<service>.import.write`, several with blanks between
    them. `take` answers for each row in order; it runs in a savepoint: when the database or a
    DomainError refuses it, it is called again with each half, down to the row at fault. `link` is a
    second pass over the rows that came in, for what names another row of the file (a parent):
    UPDATED makes an UNCHANGED row an UPDATED one, findings become warnings. `rest` names the field
    that gathers columns no field takes; they are left out without it. `any_of`: the file must have
    a column for at least one of these. `custom` names the resource whose custom fields columns may
    give (`custom_fields.<key>`, or the field's label): `read` finds them in `Cells.custom`, and
    `take` makes values of them with `chassis.records.custom_fields.cells.parse_custom_field_cells`.
    """

    kind: str
    scope: str
    fields: Sequence[ImportField]
    read: Callable[[Cells], ParsedRow[T]]
    take: RowsHandler[T]
    link: RowsHandler[T] | None = None
    any_of: Sequence[str] = ()
    rest: str | None = None
    most_rest: int = 100
    custom: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Everything a column can be mapped to."""
        return (*(one.name for one in self.fields), *([self.rest] if self.rest else []))


@dataclass(frozen=True)
class Imports:
    """All that a service imports: give it to `import_router`, `import_jobs`, `import_failures`."""

    service: str
    targets: Sequence[ImportTarget[Any]]
    finished: type[ImportEnded]

    def target(self, kind: str) -> ImportTarget[Any]:
        return next(target for target in self.targets if target.kind == kind)


def validate_row(
    model: type[M],
    body: Mapping[str, Any],
    shape: Callable[[M], T],
    *,
    warnings: Sequence[Finding] = (),
) -> ParsedRow[T]:
    """A row read as the body of a request would be; all faults at once, each by its field."""
    try:
        value = shape(model.model_validate(dict(body)))
    except ValidationError as invalid:
        faults = [{**fault, "loc": ("body", *fault["loc"])} for fault in invalid.errors()]
        found = from_pydantic(faults)
        return ParsedRow(
            errors=[Finding(v.code, params=v.params, field=_field(v.pointer)) for v in found]
        )
    except Invalid as invalid:
        return ParsedRow(errors=refused_for(invalid).findings)
    return ParsedRow(value=value, warnings=warnings)


def _field(pointer: str) -> str | None:
    field, _, below = pointer.removeprefix("/").partition("/")
    if f"{field}." == CUSTOM_FIELD_PREFIX and below:
        return CUSTOM_FIELD_PREFIX + below
    return field or None


def row_by_row(
    take_one: Callable[[AsyncConnection, T, ImportContext], Awaitable[RowResult]],
) -> RowsHandler[T]:
    """A `take` that asks an action row by row, each in a savepoint of its own."""

    async def take(
        tx: AsyncConnection, rows: Sequence[ImportRow[T]], context: ImportContext
    ) -> list[RowResult]:
        return [await _one(tx, row, context) for row in rows]

    async def _one(tx: AsyncConnection, row: ImportRow[T], context: ImportContext) -> RowResult:
        try:
            async with tx.begin_nested():
                return await take_one(tx, row.value, context)
        except DomainError as error:
            return refused_for(error)  # raises what will pass

    return take
