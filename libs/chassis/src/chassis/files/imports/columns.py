"""What the columns of a file mean for a target, and a row as the target reads it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.rows import SourceRow, is_text
from chassis.files.imports.target import CUSTOM_FIELD_PREFIX, Cells, ImportTarget, ParsedRow

MAX_COLUMN_NAME = 100
# What our own result files say beside the row's cells; left out when one is sent in again.
RESULT_COLUMNS = ("_row", "_outcome", "_record_id", "_codes", "_messages")

# By column: a field of the target, its `rest`, or None for what is left out.
ColumnMapping = Mapping[str, str | None]


def validated_mapping(
    header: Sequence[str], said: Mapping[str, str | None] | None, target: ImportTarget[Any]
) -> ColumnMapping:
    """The proposed mapping. Raises UnreadableFile with all findings of the header."""
    columns = proposed_mapping(header, said, target)
    findings = header_findings(header, said, target)
    if findings:
        raise UnreadableFile(findings)
    return columns


def proposed_mapping(
    header: Sequence[str], said: Mapping[str, str | None] | None, target: ImportTarget[Any]
) -> ColumnMapping:
    """What each column is for: as the caller says, else as usual, else the rest."""
    told = said or {}
    usual = _usual(target)
    columns: dict[str, str | None] = {name: told[name] for name in header if name in told}
    for name in header:
        if name in RESULT_COLUMNS:
            columns.setdefault(name, None)
        field = usual.get(name.casefold(), target.rest)
        columns.setdefault(name, target.rest if field in columns.values() else field)
    return columns


def _usual(target: ImportTarget[Any]) -> dict[str, str]:
    return {
        header.casefold(): field.name
        for field in reversed(target.fields)  # of two that a header may mean, the first
        for header in (field.name, *field.headers)
    }


def header_findings(
    header: Sequence[str], said: Mapping[str, str | None] | None, target: ImportTarget[Any]
) -> list[Finding]:
    """All that keeps a file of this header from being taken in."""
    columns = proposed_mapping(header, said, target)
    return [*_names_at_fault(header, said or {}), *_fields_at_fault(columns, target)]


def _names_at_fault(header: Sequence[str], said: Mapping[str, str | None]) -> list[Finding]:
    unnamed = [place for place, name in enumerate(header, start=1) if not name]
    findings = [Finding("COLUMN_UNNAMED", params={"position": place}) for place in unnamed]
    named = Counter(name for name in header if name)
    for name, times in named.items():
        if times > 1:
            findings.append(Finding("COLUMN_DUPLICATE", name))
        if len(name) > MAX_COLUMN_NAME:
            params = {"maximum": MAX_COLUMN_NAME}
            findings.append(Finding("COLUMN_NAME_TOO_LONG", name, params))
    return findings + [Finding("COLUMN_MISSING", name) for name in said if name not in named]


def _fields_at_fault(columns: ColumnMapping, target: ImportTarget[Any]) -> list[Finding]:
    there = list(columns.values())
    findings = [
        Finding("COLUMN_REQUIRED", params={"field": field.name, "headers": list(field.headers)})
        for field in target.fields
        if field.required and field.name not in there
    ]
    if target.any_of and set(target.any_of).isdisjoint(there):
        params = {"fields": list(target.any_of)}
        findings.append(Finding("COLUMN_IDENTIFYING_MISSING", params=params))
    if target.rest and there.count(target.rest) > target.most_rest:
        findings.append(Finding("COLUMNS_TOO_MANY", params={"maximum": target.most_rest}))
    return findings


def parse_row(
    header: Sequence[str], columns: ColumnMapping, row: SourceRow, target: ImportTarget[Any]
) -> ParsedRow[Any]:
    """A row as the target reads it; its findings are about columns."""
    faults = _cells_at_fault(header, row.cells)
    if faults or row.cells is None:
        return ParsedRow(errors=faults)
    reading = target.read(cells_by_field(header, columns, row.cells, target))
    return replace(
        reading,
        errors=with_columns(reading.errors, columns),
        warnings=with_columns(reading.warnings, columns),
    )


def _cells_at_fault(header: Sequence[str], cells: Sequence[str] | None) -> list[Finding]:
    """Why a row cannot be read; empty when it can."""
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
    fields: dict[str, str] = {}
    rest: dict[str, str] = {}
    custom: dict[str, str] = {}
    for name, cell in zip(header, cells, strict=True):
        field, value = columns[name], cell.strip()
        if field is None or not value:
            continue
        if field == target.rest:
            rest[name] = value
        elif field.startswith(CUSTOM_FIELD_PREFIX):
            custom[field.removeprefix(CUSTOM_FIELD_PREFIX)] = value
        else:
            fields[field] = value
    return Cells(fields, rest, custom)


def with_columns(findings: Sequence[Finding], columns: ColumnMapping) -> list[Finding]:
    """Findings about fields, said of the columns that give them."""
    by_field = {field: name for name, field in columns.items() if field is not None}
    return [
        replace(finding, column=finding.column or by_field.get(finding.field or ""))
        for finding in findings
    ]
