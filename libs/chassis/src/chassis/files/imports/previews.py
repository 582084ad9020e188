"""Previews: the first rows of a file, parsed as an import would parse them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.files.formats.code_pages import Encoding
from chassis.files.formats.encodings import ENCODING_DOUBTFUL, first_lines_by_encoding
from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.reader import detect_format, read_file
from chassis.files.formats.rows import FileFormat, SourceRow, is_text
from chassis.files.imports.columns import (
    ColumnMapping,
    cells_by_field,
    header_findings,
    ignored_columns,
    parse_row,
    proposed_mapping,
    with_columns,
)
from chassis.files.imports.target import Cells, ImportRow, ImportTarget, ParsedRow

PREVIEW_ROWS = 20


@dataclass(frozen=True)
class PreviewRow:
    """A row of a preview: its cells, and how the target parsed them."""

    number: int
    cells: Cells
    parsed: ParsedRow[Any]


@dataclass(frozen=True)
class ImportPreview:
    """The format, header, mapping and first rows of a file.

    `findings` prevent its import, `warnings` do not.
    """

    format: FileFormat
    encoding: Encoding | None
    header: Sequence[str]
    columns: ColumnMapping
    findings: Sequence[Finding]
    rows: Sequence[PreviewRow]
    candidates: Mapping[Encoding, Sequence[str]] = field(default_factory=dict)
    warnings: Sequence[Finding] = ()


def build_preview(
    content: bytes,
    target: ImportTarget[Any],
    *,
    mapping: Mapping[str, str | None] | None,
    sheet: str | None,
    encoding: Encoding | None,
    languages: Sequence[str],
) -> ImportPreview:
    """Parse the header and the first rows, without reading the rest of the file."""
    kind = detect_format(content)
    try:
        source = read_file(content, sheet=sheet, encoding=encoding, languages=languages)
        first_rows = list(islice((row for row in source.rows if not row.is_blank), PREVIEW_ROWS))
    except UnreadableFile as unreadable:
        candidates: Mapping[Encoding, Sequence[str]] = {}
        if any(one.code == ENCODING_DOUBTFUL for one in unreadable.findings):
            candidates = first_lines_by_encoding(content, languages)
        return ImportPreview(kind, None, [], {}, unreadable.findings, [], candidates)
    columns = proposed_mapping(source.header, mapping, target)
    findings = header_findings(source.header, mapping, target)
    rows = [_row(source.header, columns, row, target) for row in first_rows]
    return ImportPreview(
        kind,
        source.encoding,
        source.header,
        columns,
        findings,
        rows,
        warnings=ignored_columns(source.header, mapping, target),
    )


async def check_preview(
    tx: AsyncConnection, preview: ImportPreview, target: ImportTarget[Any]
) -> ImportPreview:
    """Add what the target finds out about the first rows from what is stored already."""
    if target.check_rows is None:
        return preview
    parsed = [
        ImportRow(number=row.number, value=row.parsed.value)
        for row in preview.rows
        if row.parsed.value is not None
    ]
    found = await target.check_rows(tx, parsed)
    rows = [
        replace(row, parsed=_checked(row.parsed, found[row.number], preview.columns, target))
        if row.number in found
        else row
        for row in preview.rows
    ]
    return replace(preview, rows=rows)


def _checked(
    parsed: ParsedRow[Any],
    found: ParsedRow[Any],
    columns: ColumnMapping,
    target: ImportTarget[Any],
) -> ParsedRow[Any]:
    return ParsedRow(
        value=found.value,
        errors=[*parsed.errors, *with_columns(found.errors, columns, target)],
        warnings=[*parsed.warnings, *with_columns(found.warnings, columns, target)],
    )


def _row(
    header: Sequence[str], columns: ColumnMapping, row: SourceRow, target: ImportTarget[Any]
) -> PreviewRow:
    parsed = parse_row(header, columns, row, target)
    fits = row.cells is not None and len(row.cells) == len(header)
    fits = fits and all(map(is_text, row.cells or ()))
    cells = cells_by_field(header, columns, row.cells or (), target) if fits else Cells({})
    return PreviewRow(row.number, cells, parsed)
