"""Rows of text, common to all file formats, and the division of a file into chunks."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from chassis.files.formats.code_pages import Encoding
from chassis.files.formats.findings import Finding, UnreadableFile
from kernel.texts import strip_invisible

MAX_FILE_ROWS = 200_000
MAX_FILE_BYTES = 32_000_000
MAX_FILE_COLUMNS = 500
CHUNK_ROWS = 250  # rows of a chunk, which is one transaction

# Private-use characters and U+FFFD: what another program made of bytes that it could not read.
_DAMAGED = re.compile("[\ue000-\uf8ff\ufffd]")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL and lone surrogates


class FileFormat(StrEnum):
    """The supported formats of files."""

    CSV = "CSV"
    XLSX = "XLSX"
    JSONL = "JSONL"
    VCARD = "VCARD"


class RemarkKind(StrEnum):
    """What a reader found out about a cell."""

    NUMBER = "NUMBER"  # a number of a workbook: leading zeros are not in the file
    ZEROS_LOST = "ZEROS_LOST"  # a number that its format shows with leading zeros
    DIGITS_LOST = "DIGITS_LOST"  # a number of more digits than a workbook keeps
    FORMULA_EMPTY = "FORMULA_EMPTY"  # a formula whose result is not in the file
    DATE_BEFORE_MARCH_1900 = "DATE_BEFORE_MARCH_1900"  # workbooks count a 29 February 1900


class CellRemark(NamedTuple):
    """What a reader found out about the cell at this position, from 0."""

    position: int
    kind: RemarkKind


@dataclass(frozen=True)
class SourceRow:
    """A row with its number as in a spreadsheet or editor; a malformed row has no cells.

    `remarks` are the cells of which the file says more, or less, than their text.
    """

    number: int
    cells: Sequence[str] | None
    remarks: Sequence[CellRemark] = ()

    @property
    def is_blank(self) -> bool:
        has_text = self.cells is None or any(map(strip_invisible, self.cells))
        return not has_text and not self.remarks


@dataclass(frozen=True)
class SourceFile:
    """A readable file: its header, and a lazy sequence of its rows."""

    header: Sequence[str]
    rows: Iterable[SourceRow]
    encoding: Encoding | None = None  # None for a workbook


@dataclass(frozen=True)
class ChunkPlan:
    """A file normalized to one line of JSON per row without blank rows, divided into chunks.

    `bounds` are the offsets in `content` where each chunk begins, and where the last one ends.
    """

    header: Sequence[str]
    total: int
    content: bytes
    bounds: Sequence[int]


def is_text(cell: str) -> bool:
    """Whether the cell was valid in the file's encoding and has no NUL (PostgreSQL rejects it)."""
    return _UNSTORABLE.search(cell) is None


def is_damaged(cell: str) -> bool:
    """Whether characters of the text were already lost when the file was written."""
    return _DAMAGED.search(cell) is not None


def validated_header(cells: Sequence[str]) -> list[str]:
    """The stripped names of the columns.

    Raises UnreadableFile (FILE_EMPTY, COLUMNS_TOO_MANY, FILE_NOT_UTF8, TEXT_DAMAGED).
    """
    names = [strip_invisible(cell) for cell in cells]
    if not any(names):
        raise UnreadableFile([Finding("FILE_EMPTY")])
    if len(names) > MAX_FILE_COLUMNS:
        raise UnreadableFile([Finding("COLUMNS_TOO_MANY", params={"maximum": MAX_FILE_COLUMNS})])
    if not all(is_text(name) for name in names):
        raise UnreadableFile([Finding("FILE_NOT_UTF8")])
    if damaged := [Finding("TEXT_DAMAGED", name) for name in names if is_damaged(name)]:
        raise UnreadableFile(damaged)
    return names


def plan_chunks(source: SourceFile) -> ChunkPlan:
    """Read all rows and divide them into chunks.

    Raises UnreadableFile (FILE_TOO_MANY_ROWS, or an error of reading the rows).
    """
    content, bounds, total = bytearray(), [0], 0
    for row in source.rows:
        if row.is_blank:
            continue
        if total == MAX_FILE_ROWS:
            raise UnreadableFile([Finding("FILE_TOO_MANY_ROWS", params={"maximum": MAX_FILE_ROWS})])
        if total and total % CHUNK_ROWS == 0:
            bounds.append(len(content))
        content += _line(row)
        total += 1
    return ChunkPlan(
        source.header, total, bytes(content), [*bounds, len(content)] if total else [0]
    )


def _line(row: SourceRow) -> bytes:
    # Only the standard library's JSON keeps the lone surrogates of undecodable bytes.
    columns = [row.number, row.cells, *([row.remarks] if row.remarks else [])]
    line = json.dumps(columns, ensure_ascii=False, separators=(",", ":"))
    return line.encode("utf-8", "surrogatepass") + b"\n"


def decode_rows(content: bytes) -> list[SourceRow]:
    """Decode the rows of a chunk."""
    lines = content.decode("utf-8", "surrogatepass").split("\n")
    return [_row(*json.loads(line)) for line in lines if line]


def _row(
    number: int, cells: Sequence[str] | None, remarks: Sequence[tuple[int, str]] = ()
) -> SourceRow:
    return SourceRow(number, cells, tuple(CellRemark(at, RemarkKind(kind)) for at, kind in remarks))
