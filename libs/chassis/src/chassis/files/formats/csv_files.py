"""CSV (RFC 4180) in UTF-8, GB18030 or UTF-16, delimited by commas, semicolons or tabs.

A malformed record loses only its first line: reading continues with the next line, so that an
unclosed quote does not swallow the remaining file.
"""

import codecs
import csv
import io
from collections.abc import Iterator

from chassis.files.formats.cells import unescape_formula
from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.rows import SourceFile, SourceRow, validated_header

csv.field_size_limit(131_072)
_HEADER_CHARACTERS = 100_000  # at the beginning; contains the header
DELIMITERS = (",", ";", "\t")  # the first one wins a tie


def read_csv(content: bytes) -> SourceFile:
    """Read the header and rows of a CSV file.

    Raises UnreadableFile (FILE_EMPTY, HEADER_MALFORMED, FILE_NOT_UTF8, COLUMNS_TOO_MANY).
    """
    text = decode_text(content)
    records = parse_records(text, detect_delimiter(text))
    first = next(records, None)
    if first is None or first.is_blank:
        raise UnreadableFile([Finding("FILE_EMPTY")])
    if first.cells is None:
        raise UnreadableFile([Finding("HEADER_MALFORMED")])
    header = validated_header(first.cells)
    return SourceFile(header, (_trimmed(record, len(header)) for record in records))


def _trimmed(record: SourceRow, width: int) -> SourceRow:
    """The row without the trailing blank cells and apostrophes that a spreadsheet adds."""
    cells = record.cells
    if cells is None:
        return record
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        cells = cells[:width]
    return SourceRow(record.number, [unescape_formula(cell) for cell in cells])


def decode_text(content: bytes) -> str:
    """Decode a file; undecodable bytes become lone surrogates, see `rows.is_text`."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    content = content.removeprefix(codecs.BOM_UTF8)
    if b"\0" not in content and not _is_mostly_utf8(content):
        try:
            return content.decode("gb18030")
        except UnicodeDecodeError:
            pass
    return content.decode("utf-8", "surrogateescape")


def _is_mostly_utf8(content: bytes) -> bool:
    """Judge by the lines that are not ASCII: a few broken ones do not turn UTF-8 into GB18030."""
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        lines = [line for line in content.split(b"\n") if not line.isascii()]
        valid = sum(_is_utf8(line) for line in lines)
        return 2 * valid >= len(lines)
    return True


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def detect_delimiter(text: str) -> str:
    """The delimiter that splits the header into the most cells."""
    return max(DELIMITERS, key=lambda delimiter: _width(text[:_HEADER_CHARACTERS], delimiter))


def _width(text: str, delimiter: str) -> int:
    header = next(parse_records(text, delimiter), None)
    return 0 if header is None or header.cells is None else len(header.cells)


def parse_records(text: str, delimiter: str = ",") -> Iterator[SourceRow]:
    """Parse all records, numbered from 1 as in a spreadsheet."""
    lines = io.StringIO(text, newline="")
    reader, number, end = _reader(lines, delimiter), 0, 0
    while end < len(text):
        start, number = end, number + 1
        try:
            cells: list[str] | None = next(reader)
        except csv.Error:
            lines.seek(start)
            lines.readline()
            reader = _reader(lines, delimiter)
            cells = None
        end = lines.tell()
        yield SourceRow(number, cells)


def _reader(lines: io.StringIO, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(iter(lines.readline, ""), delimiter=delimiter, strict=True)
