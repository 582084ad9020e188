"""The mapping of a file's columns to the fields of a target, and the parsing of rows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.rows import SourceRow, is_damaged, is_text
from chassis.files.imports.cell_checks import remark_findings
from chassis.files.imports.headings import template_headings
from chassis.files.imports.target import CUSTOM_FIELD_PREFIX, Cells, ImportTarget, ParsedRow
from chassis.foundation.context import current
from chassis.foundation.strict_json import normalized_text
from kernel.names import comparable_name
from kernel.texts import strip_invisible

MAX_COLUMN_NAME = 100
# The columns that our result files add; they are ignored when such a file is uploaded again.
RESULT_COLUMNS = ("_row", "_outcome", "_record_id", "_codes", "_messages")

# By column: a field of the target, its field for extra columns, or None for an ignored column.
ColumnMapping = Mapping[str, str | None]


def validated_mapping(
    header: Sequence[str], requested: Mapping[str, str | None] | None, target: ImportTarget[Any]
) -> ColumnMapping:
    """Return the mapping of the header. Raises UnreadableFile with all its findings."""
    columns = proposed_mapping(header, requested, target)
    findings = header_findings(header, requested, target)
    if findings:
        raise UnreadableFile(findings)
    return columns


def proposed_mapping(
    header: Sequence[str], requested: Mapping[str, str | None] | None, target: ImportTarget[Any]
) -> ColumnMapping:
    """Map each column as requested, else by its known headers, else as an extra column."""
    overrides = requested or {}
    default_fields = _default_fields(target)
    columns: dict[str, str | None] = {name: overrides[name] for name in header if name in overrides}
    for name in header:
        if name in RESULT_COLUMNS:
            columns.setdefault(name, None)
        field = default_fields.get(comparable_name(name), target.extra_columns)
        columns.setdefault(name, target.extra_columns if field in columns.values() else field)
    return columns


def _default_fields(target: ImportTarget[Any]) -> dict[str, str]:
    return {
        comparable_name(header): field.name
        for field in reversed(target.fields)  # the first field wins a header that two of them claim
        for header in (field.name, *field.headers)
    }


def header_findings(
    header: Sequence[str], requested: Mapping[str, str | None] | None, target: ImportTarget[Any]
) -> list[Finding]:
    """Return all errors that prevent the import of a file with this header."""
    columns = proposed_mapping(header, requested, target)
    return [*_column_name_findings(header, requested or {}), *_field_findings(columns, target)]


def ignored_columns(
    header: Sequence[str], requested: Mapping[str, str | None] | None, target: ImportTarget[Any]
) -> list[Finding]:
    """Return a warning for each column that no field takes, unless the mapping says that of it."""
    columns, overrides = proposed_mapping(header, requested, target), requested or {}
    return [
        Finding("COLUMN_IGNORED", name)
        for name, field in columns.items()
        if name and field is None and name not in overrides and name not in RESULT_COLUMNS
    ]


def _column_name_findings(
    header: Sequence[str], requested: Mapping[str, str | None]
) -> list[Finding]:
    unnamed = [position for position, name in enumerate(header, start=1) if not name]
    findings = [Finding("COLUMN_UNNAMED", params={"position": position}) for position in unnamed]
    name_counts = Counter(name for name in header if name)
    for name, times in name_counts.items():
        if times > 1:
            findings.append(Finding("COLUMN_DUPLICATE", name))
        if len(name) > MAX_COLUMN_NAME:
            params = {"maximum": MAX_COLUMN_NAME}
            findings.append(Finding("COLUMN_NAME_TOO_LONG", name, params))
    return findings + [
        Finding("COLUMN_MISSING", name) for name in requested if name not in name_counts
    ]


def _field_findings(columns: ColumnMapping, target: ImportTarget[Any]) -> list[Finding]:
    mapped_fields = list(columns.values())
    findings = [
        Finding("COLUMN_REQUIRED", params={"field": field.name, "headers": list(field.headers)})
        for field in target.fields
        if field.required and field.name not in mapped_fields
    ]
    if target.any_of and set(target.any_of).isdisjoint(mapped_fields):
        headers = [h for f in target.fields if f.name in target.any_of for h in f.headers[:2]]
        params = {"fields": list(target.any_of), "headers": headers}
        findings.append(Finding("COLUMN_IDENTIFYING_MISSING", params=params))
    if (
        target.extra_columns
        and mapped_fields.count(target.extra_columns) > target.max_extra_columns
    ):
        findings.append(Finding("COLUMNS_TOO_MANY", params={"maximum": target.max_extra_columns}))
    return findings


def parse_row(
    header: Sequence[str], columns: ColumnMapping, row: SourceRow, target: ImportTarget[Any]
) -> ParsedRow[Any]:
    """Parse a row for the target; the findings name the columns."""
    cell_findings = _cell_findings(header, row.cells)
    if cell_findings or row.cells is None:
        return ParsedRow(errors=cell_findings)
    damaged = [
        Finding("TEXT_DAMAGED", name)
        for name, cell in zip(header, row.cells, strict=True)
        if columns[name] is not None and is_damaged(cell)
    ]
    if damaged:
        return ParsedRow(errors=damaged)
    errors, warnings = remark_findings(header, columns, row, target)
    parsed = target.read(cells_by_field(header, columns, row.cells, target))
    return ParsedRow(
        value=None if errors else parsed.value,
        errors=[*errors, *with_columns(parsed.errors, columns, target)],
        warnings=[*warnings, *with_columns(parsed.warnings, columns, target)],
    )


def _cell_findings(header: Sequence[str], cells: Sequence[str] | None) -> list[Finding]:
    """Return the errors of the row's cells; empty when the row can be parsed."""
    if cells is None:
        return [Finding("ROW_MALFORMED")]
    if len(cells) != len(header):
        return [Finding("ROW_CELLS", params={"expected": len(header), "actual": len(cells)})]
    return [
        Finding("TEXT_INVALID", name)
        for name, cell in zip(header, cells, strict=True)
        if not is_text(cell)
    ]


def cells_by_field(
    header: Sequence[str], columns: ColumnMapping, cells: Sequence[str], target: ImportTarget[Any]
) -> Cells:
    """Sort the cells of a row by field, extra column and custom field; blank cells are dropped."""
    fields: dict[str, str] = {}
    extra_columns: dict[str, str] = {}
    custom: dict[str, str] = {}
    for name, cell in zip(header, cells, strict=True):
        field, value = columns[name], strip_invisible(normalized_text(cell))
        if field is None or not value:
            continue
        if field == target.extra_columns:
            extra_columns[name] = value
        elif field.startswith(CUSTOM_FIELD_PREFIX):
            custom[field.removeprefix(CUSTOM_FIELD_PREFIX)] = value
        else:
            fields[field] = value
    return Cells(fields, extra_columns, custom)


def with_columns(
    findings: Sequence[Finding], columns: ColumnMapping, target: ImportTarget[Any]
) -> list[Finding]:
    """Add to findings about fields the columns that are mapped to them.

    A field without a column, such as a required custom field, has the heading of the template.
    """
    if not findings:
        return []
    by_field = _headings(target)
    by_field |= {field: name for name, field in columns.items() if field is not None}
    return [
        replace(finding, column=finding.column or by_field.get(finding.field or ""))
        for finding in findings
    ]


def _headings(target: ImportTarget[Any]) -> dict[str, str]:
    headings = template_headings(target, current().language)
    return {one.name: heading for one, heading in zip(target.fields, headings, strict=True)}
