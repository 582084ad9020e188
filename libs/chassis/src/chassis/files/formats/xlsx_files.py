"""XLSX: the first sheet of a workbook, or the named one."""

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from xml.parsers.expat import ExpatError

import python_calamine

from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.rows import (
    CellRemark,
    RemarkKind,
    SourceFile,
    SourceRow,
    validated_header,
)
from chassis.files.formats.xlsx_formulas import formulas_without_results
from chassis.files.formats.xlsx_number_formats import padded_numbers
from chassis.files.formats.xlsx_parts import Place
from chassis.foundation.archives import DAMAGED, MAX_UNPACKED, PIECE

MAX_SHEET_CELLS = 10_000_000
MAX_NUMBER_DIGITS = 15  # spreadsheets keep no more of a number
# The reference of a cell ("B7"); the parser allocates every cell up to the farthest one.
_CELL_REFERENCE = re.compile(rb"""\br\s*=\s*["']\s*([A-Za-z]{0,7})([0-9]{1,9})\s*["']""")


class _Marked(NamedTuple):
    """The places of formulas without results, and of numbers shown with leading zeros."""

    formulas: Collection[Place]
    padded: Collection[Place]


def read_xlsx(content: bytes, sheet: str | None) -> SourceFile:
    """Read the header and rows of a sheet.

    Numbers that lost digits or zeros, formulas without results and doubtful dates are remarks of
    the rows.

    Raises UnreadableFile (FILE_NOT_XLSX, FILE_TOO_LARGE_UNPACKED, SHEET_MISSING, FILE_EMPTY).
    """
    marked = _checked_cells(content, sheet)
    rows = _cells(content, sheet)
    first = next((number for number, row in enumerate(rows) if _has_text(row)), None)
    if first is None:
        raise UnreadableFile([Finding("FILE_EMPTY")])
    names = [_text(value) for value in rows[first]]
    while not names[-1].strip():  # trailing columns with formatting only
        names.pop()
    header = validated_header(names)
    return SourceFile(header, _rows(rows, first + 1, len(header), marked))


def _has_text(row: Sequence[Any]) -> bool:
    return any(_text(value).strip() for value in row)


def _rows(
    rows: Sequence[Sequence[Any]], first: int, width: int, marked: _Marked
) -> Iterator[SourceRow]:
    empty = defaultdict(list)
    for row_number, column in sorted(marked.formulas):
        empty[row_number].append(CellRemark(column, RemarkKind.FORMULA_EMPTY))
    for number in range(first, max([len(rows), *(row + 1 for row in empty)])):
        row = rows[number] if number < len(rows) else []
        cells = [_text(value) for value in row]
        while len(cells) > width and not cells[-1].strip():
            cells.pop()
        remarks = [*_remarks(number, row, marked.padded), *empty[number]]
        yield SourceRow(
            number + 1,
            cells + [""] * (width - len(cells)),
            tuple(remark for remark in remarks if remark.position < width),
        )


def _remarks(number: int, row: Sequence[Any], padded: Collection[Place]) -> Iterator[CellRemark]:
    for position, value in enumerate(row):
        if isinstance(value, float):
            is_long = abs(value) >= 10**MAX_NUMBER_DIGITS
            if is_long:
                kind = RemarkKind.DIGITS_LOST
            else:
                is_padded = (number, position) in padded
                kind = RemarkKind.ZEROS_LOST if is_padded else RemarkKind.NUMBER
            yield CellRemark(position, kind)
        elif isinstance(value, date) and value.isoformat() < "1900-03-01":
            yield CellRemark(position, RemarkKind.DATE_BEFORE_MARCH_1900)


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


def _checked_cells(content: bytes, sheet: str | None) -> _Marked:
    """Check the unpacked size; return the cells that show something else than they hold."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            sheets = [one for one in packed.infolist() if "worksheets/" in one.filename]
            if sum(one.file_size for one in packed.infolist()) > MAX_UNPACKED:
                raise UnreadableFile([Finding("FILE_TOO_LARGE_UNPACKED")])
            for entry in sheets:
                _ensure_dense(packed, entry)
            return _Marked(formulas_without_results(packed, sheet), padded_numbers(packed, sheet))
    except (*DAMAGED, KeyError, ExpatError) as error:
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
