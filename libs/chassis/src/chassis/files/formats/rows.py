"""A file as rows of text, whatever its format was; what the formats have in common."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chassis.files.formats.findings import Finding, UnreadableFile

MAX_FILE_ROWS = 200_000
MAX_FILE_BYTES = 32_000_000
MAX_FILE_COLUMNS = 500
CHUNK_ROWS = 250  # rows a chunk, and so a transaction

_UNFIT = re.compile("[\0\ud800-\udfff]")  # NUL, and what is no character


class FileFormat(StrEnum):
    """How a file is written."""

    CSV = "CSV"
    XLSX = "XLSX"
    JSONL = "JSONL"


@dataclass(frozen=True)
class SourceRow:
    """A row under the number a spreadsheet or an editor shows; unreadable ones have no cells."""

    number: int
    cells: Sequence[str] | None

    @property
    def is_blank(self) -> bool:
        return self.cells is not None and not any(cell.strip() for cell in self.cells)


@dataclass(frozen=True)
class SourceFile:
    """A file that can be read: its header, and its rows as they come."""

    header: Sequence[str]
    rows: Iterable[SourceRow]


@dataclass(frozen=True)
class ChunkPlan:
    """A file in the one form that chunks are cut from: a line of JSON per row, no blank ones.

    `bounds` are the places in `content` where each chunk begins, and where the last one ends.
    """

    header: Sequence[str]
    total: int
    content: bytes
    bounds: Sequence[int]


def is_text(cell: str) -> bool:
    """Whether it was text in the file's encoding, and without NUL, which no column takes."""
    return _UNFIT.search(cell) is None


def validated_header(cells: Sequence[str]) -> list[str]:
    """The names of the columns. Raises Unreadable."""
    names = [cell.strip() for cell in cells]
    if not any(names):
        raise UnreadableFile([Finding("FILE_EMPTY")])
    if len(names) > MAX_FILE_COLUMNS:
        raise UnreadableFile([Finding("COLUMNS_TOO_MANY", params={"maximum": MAX_FILE_COLUMNS})])
    if not all(is_text(name) for name in names):
        raise UnreadableFile([Finding("FILE_NOT_UTF8")])
    return names


def plan_chunks(source: SourceFile) -> ChunkPlan:
    """Reads all of it. Raises Unreadable (FILE_TOO_MANY_ROWS, or what the rows come upon)."""
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
    # The standard library's JSON, as it alone keeps the lone surrogates of bytes that are no text.
    said = json.dumps([row.number, row.cells], ensure_ascii=False, separators=(",", ":"))
    return said.encode("utf-8", "surrogatepass") + b"\n"


def decode_rows(piece: bytes) -> list[SourceRow]:
    """The rows of a chunk."""
    lines = piece.decode("utf-8", "surrogatepass").split("\n")
    return [SourceRow(*json.loads(line)) for line in lines if line]
