"""CSV (RFC 4180) in any of the `encodings`, delimited by commas, semicolons or tabs.

A malformed record loses only its first line: reading continues with the next line, so that an
unclosed quote does not swallow the remaining file.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence

from chassis.files.formats.cells import unescape_formula
from chassis.files.formats.code_pages import Encoding
from chassis.files.formats.encodings import decode_text
from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.rows import SourceFile, SourceRow, validated_header

csv.field_size_limit(131_072)
_HEADER_CHARACTERS = 100_000  # at the beginning; contains the header
_BLANK_LINES = re.compile(r"([^\S\r\n]*(\r\n|\r|\n))+")
DELIMITERS = (",", ";", "\t")  # the first one wins a tie


def read_csv(
    content: bytes, encoding: Encoding | None = None, languages: Sequence[str] = ()
) -> SourceFile:
    """Read the header and rows of a CSV file; the header is its first line that is not blank.

    Raises UnreadableFile (FILE_EMPTY, HEADER_MALFORMED, FILE_NOT_UTF8, COLUMNS_TOO_MANY,
    FILE_ENCODING_WRONG, FILE_ENCODING_DOUBTFUL, TEXT_DAMAGED).
    """
    decoded = decode_text(content, encoding, languages)
    blank = _BLANK_LINES.match(decoded.text)
    skipped = blank.group() if blank else ""
    text = decoded.text[len(skipped) :]
    records = parse_records(text, detect_delimiter(text), after=len(skipped.splitlines()))
    first = next((record for record in records if not record.is_blank), None)
    if first is None:
        raise UnreadableFile([Finding("FILE_EMPTY")])
    if first.cells is None:
        raise UnreadableFile([Finding("HEADER_MALFORMED")])
    header = validated_header(first.cells)
    rows = (_trimmed(record, len(header)) for record in records)
    return SourceFile(header, rows, decoded.encoding)


def _trimmed(record: SourceRow, width: int) -> SourceRow:
    """The row without the trailing blank cells and apostrophes that a spreadsheet adds."""
    cells = record.cells
    if cells is None:
        return record
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        cells = cells[:width]
    return SourceRow(record.number, [unescape_formula(cell) for cell in cells])


def detect_delimiter(text: str) -> str:
    """The delimiter that splits the header into the most cells."""
    return max(DELIMITERS, key=lambda delimiter: _width(text[:_HEADER_CHARACTERS], delimiter))


def _width(text: str, delimiter: str) -> int:
    header = next(parse_records(text, delimiter), None)
    return 0 if header is None or header.cells is None else len(header.cells)


def parse_records(text: str, delimiter: str = ",", *, after: int = 0) -> Iterator[SourceRow]:
    """Parse all records, numbered as in a spreadsheet: the first one comes `after` others."""
    lines = io.StringIO(text, newline="")
    reader, number, end = _reader(lines, delimiter), after, 0
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
