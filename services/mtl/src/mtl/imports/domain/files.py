"""A CSV file (RFC 4180, UTF-8) cut into records, and into chunks that can be read by themselves.

A record that cannot be read costs its first line only: reading goes on with the next line, so a
quote that is never closed does not swallow the rest of the file.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mtl.imports.domain.findings import Finding, Unreadable

CHUNK = 250  # records a chunk, and so a transaction
MAX_RECORDS = 200_000
MAX_BYTES = 32_000_000
BOM = b"\xef\xbb\xbf"

_UNFIT = re.compile("[\0\udc80-\udcff]")  # NUL, and what surrogateescape makes of such bytes
csv.field_size_limit(131_072)


@dataclass(frozen=True)
class Record:
    """A record and its place: bytes from `start` to `end`. Unreadable ones have no cells."""

    start: int
    end: int
    cells: Sequence[str] | None

    @property
    def is_blank(self) -> bool:
        return self.cells is not None and not any(cell.strip() for cell in self.cells)


def records(content: bytes, start: int = 0) -> Iterator[Record]:
    """All records; bytes that are no UTF-8 come out as lone surrogates, see `is_text`."""
    lines = io.BytesIO(content)
    end = lines.seek(start)
    reader = csv.reader(_text(lines), strict=True)
    while end < len(content):
        start = end
        try:
            cells = next(reader)
        except csv.Error:
            lines.seek(start)
            lines.readline()
            reader = csv.reader(_text(lines), strict=True)
            cells = None
        end = lines.tell()
        yield Record(start, end, cells)


def _text(lines: io.BytesIO) -> Iterator[str]:
    for line in iter(lines.readline, b""):
        yield line.decode("utf-8", "surrogateescape")


def is_text(cell: str) -> bool:
    """Whether it was UTF-8, and without NUL, which no database column takes."""
    return _UNFIT.search(cell) is None


@dataclass(frozen=True)
class Plan:
    """How a file is worked off: its header, its rows, and where each chunk begins and ends."""

    header: Sequence[str]
    total: int
    bounds: Sequence[int]


def plan_of(content: bytes) -> Plan:
    """Reads the whole file once. Raises Unreadable."""
    all_records = records(content, len(BOM) if content.startswith(BOM) else 0)
    header = _header(next(all_records, None))
    bounds, total, end = [], 0, len(content)
    for place, record in enumerate(all_records):
        if place == MAX_RECORDS:
            raise Unreadable([Finding("FILE_TOO_MANY_ROWS", params={"maximum": MAX_RECORDS})])
        if place % CHUNK == 0:
            bounds.append(record.start)
        total += not record.is_blank
        end = record.end
    return Plan(header, total, [*bounds, end])


def _header(record: Record | None) -> list[str]:
    if record is None or record.is_blank:
        raise Unreadable([Finding("FILE_EMPTY")])
    if record.cells is None:
        raise Unreadable([Finding("HEADER_MALFORMED")])
    names = [cell.strip() for cell in record.cells]
    if not all(is_text(name) for name in names):
        raise Unreadable([Finding("FILE_NOT_UTF8")])
    return names
