"""Rows of text, common to all file formats, and the division of a file into chunks."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chassis.files.formats.findings import Finding, UnreadableFile

MAX_FILE_ROWS = 200_000
MAX_FILE_BYTES = 32_000_000
MAX_FILE_COLUMNS = 500
CHUNK_ROWS = 250  # rows of a chunk, which is one transaction

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")  # NUL and lone surrogates


class FileFormat(StrEnum):
    """The supported formats of files."""

    CSV = "CSV"
    XLSX = "XLSX"
    JSONL = "JSONL"


@dataclass(frozen=True)
class SourceRow:
    """A row with its number as in a spreadsheet or editor; a malformed row has no cells."""

    number: int
    cells: Sequence[str] | None

    @property
    def is_blank(self) -> bool:
        return self.cells is not None and not any(cell.strip() for cell in self.cells)


@dataclass(frozen=True)
class SourceFile:
    """A readable file: its header, and a lazy sequence of its rows."""

    header: Sequence[str]
    rows: Iterable[SourceRow]


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


def validated_header(cells: Sequence[str]) -> list[str]:
    """The stripped names of the columns.

    Raises UnreadableFile (FILE_EMPTY, COLUMNS_TOO_MANY, FILE_NOT_UTF8).
    """
    names = [cell.strip() for cell in cells]
    if not any(names):
        raise UnreadableFile([Finding("FILE_EMPTY")])
    if len(names) > MAX_FILE_COLUMNS:
        raise UnreadableFile([Finding("COLUMNS_TOO_MANY", params={"maximum": MAX_FILE_COLUMNS})])
    if not all(is_text(name) for name in names):
        raise UnreadableFile([Finding("FILE_NOT_UTF8")])
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
    line = json.dumps([row.number, row.cells], ensure_ascii=False, separators=(",", ":"))
    return line.encode("utf-8", "surrogatepass") + b"\n"


def decode_rows(content: bytes) -> list[SourceRow]:
    """Decode the rows of a chunk."""
    lines = content.decode("utf-8", "surrogatepass").split("\n")
    return [SourceRow(*json.loads(line)) for line in lines if line]
