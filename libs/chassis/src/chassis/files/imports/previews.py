"""The beginning of a file, read as it would be taken in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.reading import format_of, read_file
from chassis.files.formats.rows import Format, SourceRow, is_text
from chassis.files.imports.columns import Mapped, cells_of, header_findings, proposed, read_row
from chassis.files.imports.target import Cells, ImportTarget, ParsedRow

ROWS = 20


@dataclass(frozen=True)
class PreviewRow:
    number: int
    cells: Cells
    reading: ParsedRow[Any]


@dataclass(frozen=True)
class Preview:
    format: Format
    header: Sequence[str]
    columns: Mapped
    findings: Sequence[Finding]
    rows: Sequence[PreviewRow]


def preview_of(
    content: bytes,
    target: ImportTarget[Any],
    *,
    mapping: Mapping[str, str | None] | None,
    sheet: str | None,
) -> Preview:
    """Reads no more than it must."""
    kind = format_of(content)
    try:
        source = read_file(content, sheet=sheet)
        shown = list(islice((row for row in source.rows if not row.is_blank), ROWS))
    except UnreadableFile as unreadable:
        return Preview(kind, [], {}, unreadable.findings, [])
    columns = proposed(source.header, mapping, target)
    findings = header_findings(source.header, mapping, target)
    rows = [_row(source.header, columns, row, target) for row in shown]
    return Preview(kind, source.header, columns, findings, rows)


def _row(
    header: Sequence[str], columns: Mapped, row: SourceRow, target: ImportTarget[Any]
) -> PreviewRow:
    reading = read_row(header, columns, row, target)
    fits = row.cells is not None and len(row.cells) == len(header)
    fits = fits and all(map(is_text, row.cells or ()))
    cells = cells_of(header, columns, row.cells or (), target) if fits else Cells({})
    return PreviewRow(row.number, cells, reading)
