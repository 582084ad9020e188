"""Checks of cells that a target cannot see: what the file says beside, or without, their text."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from chassis.files.formats.findings import Finding
from chassis.files.formats.rows import RemarkKind, SourceRow
from chassis.files.imports.target import ImportField, ImportTarget

# One point with three digits after it: 1.000 is a thousand in some countries, one in others.
_AMBIGUOUS_NUMBER = re.compile(r"-?[0-9]{1,3}\.[0-9]{3}", re.ASCII)
_ERRORS: Final = {
    RemarkKind.DIGITS_LOST: "CELL_DIGITS_LOST",
    RemarkKind.FORMULA_EMPTY: "CELL_FORMULA_EMPTY",
}


def remark_findings(
    header: Sequence[str],
    columns: Mapping[str, str | None],
    row: SourceRow,
    target: ImportTarget[Any],
) -> tuple[list[Finding], list[Finding]]:
    """Return the errors and the warnings of the cells of a row; ignored columns have none."""
    by_name = {field.name: field for field in target.fields}
    fields = [by_name.get(columns[name] or "") for name in header]
    errors, warnings, numbers = [], [], set()
    for position, kind in row.remarks:
        name = header[position]
        if columns[name] is None:
            continue
        field = fields[position]
        if kind in _ERRORS:
            errors.append(Finding(_ERRORS[kind], name))
        elif kind is RemarkKind.ZEROS_LOST:
            numbers.add(position)
            if field is None or not field.is_amount:
                errors.append(Finding("CELL_ZEROS_LOST", name))
        elif kind is RemarkKind.DATE_BEFORE_MARCH_1900:
            warnings.append(Finding("CELL_DATE_DOUBTFUL", name))
        else:
            numbers.add(position)
            if field is not None and field.identifies:
                warnings.append(Finding("CELL_ID_IS_NUMBER", name))
    return errors, [*warnings, *_ambiguous_numbers(header, fields, row, numbers)]


def _ambiguous_numbers(
    header: Sequence[str],
    fields: Sequence[ImportField | None],
    row: SourceRow,
    numbers: set[int],
) -> list[Finding]:
    """The warnings of amounts as text, whose point may separate thousands."""
    return [
        Finding("NUMBER_AMBIGUOUS", name, {"given": text.strip()})
        for position, (name, field, text) in enumerate(
            zip(header, fields, row.cells or (), strict=True)
        )
        if field is not None and field.is_amount and position not in numbers
        if _AMBIGUOUS_NUMBER.fullmatch(text.strip())
    ]
