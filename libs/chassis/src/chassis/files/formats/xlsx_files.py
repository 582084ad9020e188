"""XLSX: the first sheet of a workbook, or the named one."""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import python_calamine

from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.rows import SourceFile, SourceRow, validated_header
from chassis.foundation.archives import DAMAGED, MAX_UNPACKED, PIECE

MAX_SHEET_CELLS = 10_000_000
# The reference of a cell ("B7"); the parser allocates every cell up to the farthest one.
_CELL_REFERENCE = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{0,7})([0-9]{1,9})\s*["']""")


def read_xlsx(content: bytes, sheet: str | None) -> SourceFile:
    """Read the header and rows of a sheet.

    Raises UnreadableFile (FILE_NOT_XLSX, FILE_TOO_LARGE_UNPACKED, SHEET_MISSING, FILE_EMPTY).
    """
    _ensure_unpacked_size(content)
    rows = _cells(content, sheet)
    first = next((number for number, row in enumerate(rows) if _has_text(row)), None)
    if first is None:
        raise UnreadableFile([Finding("FILE_EMPTY")])
    names = [_text(value) for value in rows[first]]
    while not names[-1].strip():  # trailing columns with formatting only
        names.pop()
    header = validated_header(names)
    return SourceFile(header, _rows(rows, first + 1, len(header)))


def _has_text(row: Sequence[Any]) -> bool:
    return any(_text(value).strip() for value in row)


def _rows(rows: Sequence[Sequence[Any]], first: int, width: int) -> Iterator[SourceRow]:
    for number, row in enumerate(rows[first:], start=first + 1):
        cells = [_text(value) for value in row]
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        yield SourceRow(number, cells + [""] * (width - len(cells)))


def _cells(content: bytes, sheet: str | None) -> list[list[Any]]:
    try:
        workbook = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        names = workbook.sheet_names
        if not names:
            raise UnreadableFile([Finding("FILE_EMPTY")])
        if sheet is not None and sheet not in names:
            raise UnreadableFile(
                [Finding("SHEET_MISSING", params={"sheet": sheet, "sheets": names})]
            )
        selected = workbook.get_sheet_by_name(sheet or names[0])
        return selected.to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise UnreadableFile([Finding("FILE_NOT_XLSX")]) from error


def _ensure_unpacked_size(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            sheets = [entry for entry in packed.infolist() if "worksheets/" in entry.filename]
            if sum(entry.file_size for entry in packed.infolist()) > MAX_UNPACKED:
                raise UnreadableFile([Finding("FILE_TOO_LARGE_UNPACKED")])
            for sheet in sheets:
                _ensure_dense(packed, sheet)
    except DAMAGED as error:
        raise UnreadableFile([Finding("FILE_NOT_XLSX")]) from error


def _ensure_dense(packed: zipfile.ZipFile, sheet: zipfile.ZipInfo) -> None:
    """Refuse sheets that would allocate too many cells, such as one cell in a remote corner."""
    width, height, tail, unpacked = 0, 0, b"", 0
    with packed.open(sheet) as stream:
        while piece := stream.read(PIECE):
            unpacked += len(piece)
            for letters, digits in _CELL_REFERENCE.findall(tail + piece):
                width, height = max(width, _column_number(letters)), max(height, int(digits))
            if width * height > MAX_SHEET_CELLS or unpacked > MAX_UNPACKED:
                raise UnreadableFile([Finding("FILE_TOO_LARGE_UNPACKED")])
            tail = piece[-100:]


def _column_number(letters: bytes) -> int:
    column = 0
    for letter in letters.upper():
        column = 26 * column + letter - 64
    return column


def _text(value: Any) -> str:
    """The text of a cell as a person would have typed it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)
