"""CSV (RFC 4180) in UTF-8, GB18030 or UTF-16, with commas, semicolons or tabs between the cells.

A record that cannot be read costs its first line only: reading goes on with the next line, so a
quote that is never closed does not swallow the rest of the file.
"""

import codecs
import csv
import io
from collections.abc import Iterator

from chassis.files.formats.cells import unescape_formula
from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.rows import SourceFile, SourceRow, validated_header

csv.field_size_limit(131_072)
_BEGINNING = 100_000  # holds the header
DELIMITERS = (",", ";", "\t")  # the first where two of them divide the header alike


def read_csv(content: bytes) -> SourceFile:
    """Raises Unreadable (FILE_EMPTY, HEADER_MALFORMED, FILE_NOT_UTF8)."""
    text = decode_text(content)
    records = parse_records(text, detect_delimiter(text))
    first = next(records, None)
    if first is None or first.is_blank:
        raise UnreadableFile([Finding("FILE_EMPTY")])
    if first.cells is None:
        raise UnreadableFile([Finding("HEADER_MALFORMED")])
    header = validated_header(first.cells)
    return SourceFile(header, (_fitted(record, len(header)) for record in records))


def _fitted(record: SourceRow, width: int) -> SourceRow:
    """Without the blank cells and apostrophes that a spreadsheet adds."""
    cells = record.cells
    if cells is None:
        return record
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        cells = cells[:width]
    return SourceRow(record.number, [unescape_formula(cell) for cell in cells])


def decode_text(content: bytes) -> str:
    """The text of a file; bytes that are none come out as lone surrogates, see `rows.is_text`."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    content = content.removeprefix(codecs.BOM_UTF8)
    if b"\0" not in content and not _is_rather_utf8(content):
        try:
            return content.decode("gb18030")
        except UnicodeDecodeError:
            pass
    return content.decode("utf-8", "surrogateescape")


def _is_rather_utf8(content: bytes) -> bool:
    """By the lines that say anything: a few broken ones do not make a file one of GB18030."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        lines = [line for line in content.split(b"\n") if not line.isascii()]
        good = sum(_is_utf8(line) for line in lines)
        return 2 * good >= len(lines)
    return True


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def detect_delimiter(text: str) -> str:
    """What divides the header into the most cells."""
    return max(DELIMITERS, key=lambda separator: _width(text[:_BEGINNING], separator))


def _width(text: str, separator: str) -> int:
    header = next(parse_records(text, separator), None)
    return 0 if header is None or header.cells is None else len(header.cells)


def parse_records(text: str, separator: str = ",") -> Iterator[SourceRow]:
    """All records, numbered from 1 as a spreadsheet shows them."""
    lines = io.StringIO(text, newline="")
    reader, number, end = _reader(lines, separator), 0, 0
    while end < len(text):
        start, number = end, number + 1
        try:
            cells: list[str] | None = next(reader)
        except csv.Error:
            lines.seek(start)
            lines.readline()
            reader = _reader(lines, separator)
            cells = None
        end = lines.tell()
        yield SourceRow(number, cells)


def _reader(lines: io.StringIO, separator: str) -> Iterator[list[str]]:
    return csv.reader(iter(lines.readline, ""), delimiter=separator, strict=True)
