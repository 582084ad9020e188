"""Reads the cells of a row as the fields of a resource's body."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Annotated, Any

from pydantic import BaseModel, create_model

from chassis.files.formats.findings import Finding
from chassis.files.imports.named_rows import split_cells
from chassis.files.imports.target import Cells, ParsedRow, refused_for, validate_row
from chassis.foundation.texts import Catalog
from chassis.records.custom_fields.cells import values_in, whole_number, yes_or_no
from chassis.records.external_ids.actions import ExternalId
from chassis.records.import_headings import BodyColumn
from kernel.errors import Invalid
from kernel.money import Money
from kernel.names import comparable_name


@dataclass(frozen=True, kw_only=True)
class ResourceRow:
    """A row of the file of a resource, by the fields of its body; fields without a cell are absent.

    `values` are JSON values, `fixed` the same as the body reads them; `references` are what the
    cells call other records, and `custom_cells` the texts of custom fields.
    """

    values: Mapping[str, Any]
    fixed: Mapping[str, Any]
    references: Mapping[str, Sequence[str]]
    custom_cells: Mapping[str, str]
    external_id: ExternalId | None


def row_reader(
    resource: str, columns: Sequence[BodyColumn], texts: Catalog
) -> Callable[[Cells], ParsedRow[ResourceRow]]:
    """Return the function that reads the rows of a resource.

    Every cell is validated as the body of a new record validates its field; whether the row says
    enough for a new record is known when it is imported. `texts` has the labels of enums.
    """
    values = [one for one in columns if one.refers_to is None]
    model = _model_of(values)
    readers = {one.name: partial(_value, one, _choices(one, texts)) for one in values}
    return partial(_read, resource, {one.name: one for one in columns}, model, readers)


def _model_of(columns: Sequence[BodyColumn]) -> type[BaseModel]:
    """Return a model with the fields of these columns as the body has them, but none required."""
    fields: dict[str, Any] = {
        one.field: (Annotated[(one.info.annotation, *one.info.metadata, None)] | None, None)
        for one in columns
    }
    return create_model("ResourceCells", **fields)


def _read(
    resource: str,
    by_name: Mapping[str, BodyColumn],
    model: type[BaseModel],
    readers: Mapping[str, Callable[[str], Any]],
    cells: Cells,
) -> ParsedRow[ResourceRow]:
    values: dict[str, Any] = {}
    references: dict[str, Sequence[str]] = {}
    split = split_cells(resource, cells)
    errors = [*split.errors]
    for name, cell in split.others.fields.items():
        if name not in readers:
            references[by_name[name].field] = values_in(cell) if by_name[name].is_list else [cell]
        else:
            try:
                values[by_name[name].field] = readers[name](cell)
            except Invalid as invalid:
                errors += [Finding(v.code, params=v.params, field=name) for v in invalid.violations]

    def row(valid: BaseModel) -> ResourceRow:
        return ResourceRow(
            values=values,
            fixed={name: getattr(valid, name) for name in values},
            references=references,
            custom_cells=cells.custom,
            external_id=split.external_id,
        )

    parsed = validate_row(model, values, row)
    errors += parsed.errors
    return ParsedRow(errors=errors) if errors else parsed


def _choices(column: BodyColumn, texts: Catalog) -> Mapping[str, str]:
    """Return the values of an enum by what files call them: the values and their labels."""
    if not (isinstance(column.base, type) and issubclass(column.base, Enum)):
        return {}
    choices: dict[str, str] = {}
    for one in column.base:
        label = texts.get(f"{column.base.__name__}.{one.value}")
        for called in (one.value, *(() if label is None else (label.zh, label.en))):
            choices[comparable_name(str(called))] = str(one.value)
    return choices


def _value(column: BodyColumn, choices: Mapping[str, str], cell: str) -> Any:
    """Return the JSON value of a cell; a text that is none stays, to be refused. Raises Invalid."""
    if column.heading.cell is not None:
        return column.heading.cell(cell)
    if column.is_list:
        return [_single(column, choices, part) for part in values_in(cell)]
    return _single(column, choices, cell)


def _single(column: BodyColumn, choices: Mapping[str, str], text: str) -> Any:
    if column.base is bool:
        return yes_or_no(text)
    if column.base is int:
        return whole_number(text)
    if column.base is Money:
        return _money(text)
    return choices.get(comparable_name(text), text)


def _money(text: str) -> Any:
    """Return the money that a cell such as `1200.50 CNY` or `CNY 1200.50` holds."""
    parts = sorted(text.split(), key=str.isalpha)
    return {"amount": parts[0], "currency": parts[1]} if len(parts) == 2 else text


def refused_fields(errors: Invalid, columns: Sequence[BodyColumn]) -> Sequence[Finding]:
    """Return the findings of a refused body, each with the name of its column."""
    names = {one.field: one.name for one in columns}
    findings = refused_for(errors).findings
    return [
        Finding(one.code, one.column, one.params, names.get(one.field or "", one.field))
        for one in findings
    ]
