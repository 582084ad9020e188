"""The import that follows from the declaration of a resource: its columns, and how rows are stored.

A row is the record that has its external id, as in a PUT by external id; without one, the record
that has the same values in the fields `matched_by`; else it is a new record. Fields without a cell
keep their values. The resource's own commands create and edit, so that the rules are theirs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property, partial
from typing import Any, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.imports.named_rows import EXTERNAL_FIELDS, RowCommands, lock_names, store_row
from chassis.files.imports.resource_rows import ResourceRow, refused_fields, row_reader
from chassis.files.imports.target import (
    ImportContext,
    ImportField,
    ImportRow,
    ImportTarget,
    RowResult,
    refused,
    refused_for,
)
from chassis.foundation.texts import Catalog
from chassis.foundation.violations import violations_of_body
from chassis.records.access.owners import subjects_by_name
from chassis.records.custom_fields.cells import parse_custom_field_cells
from chassis.records.external_ids.actions import references_by
from chassis.records.import_headings import BodyColumn, body_columns
from chassis.records.record_lookups import ids_called, ids_with
from chassis.records.record_types import Record
from chassis.records.resource import Resource
from chassis.web.commands import Command
from chassis.web.patches import MergePatch
from kernel.errors import DomainError, Invalid, Violation
from kernel.money import Money

B = TypeVar("B", bound=BaseModel)
R = TypeVar("R", bound=Record)


def resource_import(resource: Resource[Any, Any], texts: Catalog) -> ImportTarget[ResourceRow]:
    """Return the import target of a resource; `texts` has the labels of its enums.

    Raises TypeError for a resource that does not say which record a row is.
    """
    record_type = resource.record_type
    if not resource.matched_by:
        raise TypeError(
            f"{record_type.scoped.resource} needs matched_by: else files repeat records"
        )
    columns = body_columns(resource.body, resource.answer)
    return ImportTarget(
        resource=record_type.scoped.resource,
        fields=(
            *map(_field, columns),
            *(EXTERNAL_FIELDS if resource.external_ids else ()),
        ),
        read=row_reader(record_type.scoped.resource, columns, texts),
        import_rows=_RowsImport(resource, columns).import_rows,
        custom_fields=record_type.has_custom_fields,
    )


def _field(column: BodyColumn) -> ImportField:
    heading = column.heading
    others = (column.field,) if column.field != column.name else ()
    return ImportField(
        column.name,
        (heading.zh, *heading.others, *others),
        required=column.info.is_required(),
        example=heading.example,
        identifies=column.name == "code" or column.name.endswith(("_code", "_number")),
        is_amount=column.base in (int, Decimal, Money),
    )


def _as_json(references: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [str(one) for one in value] if isinstance(value, tuple) else str(value)
        for name, value in references.items()
    }


@dataclass(frozen=True)
class _RowsImport(Generic[B, R]):
    """Stores the rows of a resource's file."""

    resource: Resource[B, R]
    columns: Sequence[BodyColumn]

    @cached_property
    def patch_type(self) -> Any:
        return MergePatch[self.resource.edit_body]  # type: ignore[name-defined]  # known at run time

    async def import_rows(
        self, tx: AsyncConnection, rows: Sequence[ImportRow[ResourceRow]], context: ImportContext
    ) -> list[RowResult]:
        """Store each row in a savepoint of its own; external ids are locked in their order."""
        resource = self.resource.record_type.scoped.resource
        await lock_names(tx, resource, [row.value.external_id for row in rows])
        return [await self._import_one(context, context.command(tx), row.value) for row in rows]

    async def _import_one(
        self, context: ImportContext, command: Command, row: ResourceRow
    ) -> RowResult:
        try:
            async with command.tx.begin_nested():
                return await self._stored(context, command, row)
        except Invalid as invalid:
            return refused(*refused_fields(invalid, self.columns))
        except DomainError as error:
            return refused_for(error)  # raises transient errors

    async def _stored(
        self, context: ImportContext, command: Command, row: ResourceRow
    ) -> RowResult:
        """Create, edit or leave the record of a row. Raises what the commands raise, Invalid."""
        named = references_by(row.external_id)
        command = replace(command, named=named, confirmed=True)  # a file answers no warning
        refers = await self._references(context, command, row)
        values, fixed = {**row.values, **_as_json(refers)}, {**row.fixed, **refers}
        record_type = self.resource.record_type
        does: RowCommands[R] = RowCommands(
            record_type=record_type,
            create=partial(self._create, command, row, values),
            edit=partial(self._edit, command, row, values, fixed),
            restore=partial(self.resource.restore_by_id, command)
            if record_type.is_deletable
            else None,
            same=partial(self._matched, context, command, fixed)
            if row.external_id is None
            else None,
        )
        return await store_row(context, command, row.external_id, does)

    async def _references(
        self, context: ImportContext, command: Command, row: ResourceRow
    ) -> dict[str, Any]:
        """Return the ids of the records that the row refers to, by the fields of the body."""
        found: dict[str, Any] = {}
        violations: list[Violation] = []
        for column in self.columns:
            ids = []
            for called in row.references.get(column.field, ()):
                matches = await self._called(context, command, column, called)
                if len(matches) == 1:
                    ids.append(matches[0])
                    continue
                code = "REFERENCE_AMBIGUOUS" if matches else "REFERENCE_UNKNOWN"
                violations.append(Violation(f"/{column.field}", code, {"given": called}))
            if column.field in row.references and ids:
                found[column.field] = tuple(ids) if column.is_list else ids[0]
        if violations:
            raise Invalid(violations)
        return found

    async def _called(
        self, context: ImportContext, command: Command, column: BodyColumn, called: str
    ) -> Sequence[Any]:
        assert column.refers_to is not None
        if column.refers_to.key == "subject":
            return (await subjects_by_name(command.tx, [called])).get(called, ())
        visibility = await context.visibility(command.tx, column.refers_to.resource)
        return await ids_called(command.tx, column.refers_to.resource, called, visibility)

    async def _matched(
        self, context: ImportContext, command: Command, fixed: Mapping[str, Any]
    ) -> UUID | None:
        """Return the record that has the values of the row in `matched_by`, None without one.

        Raises Invalid (RECORD_AMBIGUOUS).
        """
        choices = self.resource.matched_by
        names = next((one for one in choices if set(one) <= fixed.keys()), choices[-1])
        record_type = self.resource.record_type
        visibility = await context.visibility(command.tx, record_type.scoped.resource)
        found = await ids_with(
            command.tx,
            record_type.scoped,
            {name: fixed.get(name) for name in names},
            visibility,
            exact=record_type.unique,
        )
        if len(found) > 1:
            raise Invalid([Violation(f"/{names[-1]}", "RECORD_AMBIGUOUS")])
        return found[0] if found else None

    async def _create(self, command: Command, row: ResourceRow, values: Mapping[str, Any]) -> R:
        document = {**values, **await self._custom_fields(command, row, None)}
        try:
            body = self.resource.body.model_validate(document)
        except ValidationError as invalid:
            raise Invalid(violations_of_body(invalid)) from None
        return await self.resource.create_from(command, body)

    async def _edit(
        self,
        command: Command,
        row: ResourceRow,
        values: Mapping[str, Any],
        fixed: Mapping[str, Any],
        before: R,
    ) -> R:
        """Edit the record as a PATCH would; what only a new record says, as a PUT would."""
        editable = self.resource.edit_body.model_fields
        custom = await self._custom_fields(command, row, before)
        patch = self.patch_type({n: v for n, v in {**values, **custom}.items() if n in editable})
        entity = self.resource.record_type.entity.__dataclass_fields__
        others = {n: v for n, v in fixed.items() if n not in editable and n in entity}
        apply = self.resource.edit_of(patch)

        def edit(old: R) -> R:
            return replace(apply(old), **others)

        return await self.resource.edit_with(command, before.id, edit)

    async def _custom_fields(
        self, command: Command, row: ResourceRow, before: R | None
    ) -> dict[str, Any]:
        if not self.resource.record_type.has_custom_fields or (before and not row.custom_cells):
            return {}
        stored = None if before is None else getattr(before, "custom_fields")  # noqa: B009  # it has
        resource = self.resource.record_type.scoped.resource
        values = await parse_custom_field_cells(
            command.tx, resource, row.custom_cells, before=stored
        )
        return {"custom_fields": values}
