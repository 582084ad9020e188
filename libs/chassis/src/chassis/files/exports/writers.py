"""Items of a list written as CSV, XLSX or JSON Lines, in pieces."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol, get_args

import orjson
import xlsxwriter
from pydantic import BaseModel

from chassis.files.formats.cells import escape_formula
from chassis.files.formats.rows import FileFormat
from kernel.money import Money

PART_BYTES = 1_000_000  # bytes, about
ExportItem = Mapping[str, Any]


class ExportWriter(Protocol):
    """Takes items as JSON has them and gives the file in pieces."""

    def write(self, items: Sequence[ExportItem]) -> bytes: ...
    def close(self) -> Iterator[bytes]: ...


def writer_for(format: FileFormat, shows: type[BaseModel], fields: Sequence[str]) -> ExportWriter:
    """`fields` are those asked for, in the model's order; none means all."""
    if format is FileFormat.JSONL:
        return JsonlWriter()
    columns = list(export_columns(shows, fields))
    return CsvWriter(columns) if format is FileFormat.CSV else XlsxWriter(columns)


def export_columns(shows: type[BaseModel], fields: Sequence[str]) -> Iterator[str]:
    """The columns of a table; money takes two."""
    for name, field in shows.model_fields.items():
        if fields and name not in {*fields, "id"}:
            continue
        yield name
        if _is_money(field.annotation):
            yield f"{name}.currency"


def _is_money(annotation: Any) -> bool:
    return annotation is Money or any(map(_is_money, get_args(annotation)))


def cell_value(item: ExportItem, column: str) -> Any:
    """A value as a cell: text, a number, a boolean, or None."""
    name, _, part = column.partition(".")
    value = item.get(name)
    if isinstance(value, Mapping) and set(value) == {"amount", "currency"}:
        return value[part or "amount"]
    if part:
        return None
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | Mapping) else value


class JsonlWriter:
    """An item a line, as the API shows it."""

    def write(self, items: Sequence[ExportItem]) -> bytes:
        return b"".join(orjson.dumps(item) + b"\n" for item in items)

    def close(self) -> Iterator[bytes]:
        yield from ()


class CsvWriter:
    """UTF-8 with a BOM, as spreadsheets want it; no cell is taken for a formula."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._begun = False

    def write(self, items: Sequence[ExportItem]) -> bytes:
        rows = [[_plain(cell_value(item, column)) for column in self._columns] for item in items]
        return self._head() + _csv(rows)

    def close(self) -> Iterator[bytes]:
        yield self._head()

    def _head(self) -> bytes:
        head = b"" if self._begun else "\ufeff".encode() + _csv([self._columns])
        self._begun = True
        return head


def _plain(cell: Any) -> str:
    if cell is None:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else escape_formula(str(cell))


def _csv(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


class XlsxWriter:
    """A workbook of one sheet; texts stay texts, amounts too, as no float holds them all."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._out = io.BytesIO()
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._workbook = xlsxwriter.Workbook(self._out, options)
        self._sheet = self._workbook.add_worksheet()
        self._row = 0
        self._add(columns)

    def write(self, items: Sequence[ExportItem]) -> bytes:
        for item in items:
            self._add([cell_value(item, column) for column in self._columns])
        return b""

    def _add(self, cells: Sequence[Any]) -> None:
        for place, cell in enumerate(cells):
            if isinstance(cell, bool):
                self._sheet.write_boolean(self._row, place, cell)
            elif isinstance(cell, int | float):
                self._sheet.write_number(self._row, place, cell)
            elif cell:
                self._sheet.write_string(self._row, place, str(cell)[:MAX_CELL_CHARACTERS])
        self._row += 1

    def close(self) -> Iterator[bytes]:
        self._workbook.close()
        content = self._out.getvalue()
        yield from (
            content[start : start + PART_BYTES] for start in range(0, len(content), PART_BYTES)
        )


MAX_CELL_CHARACTERS = 32_767  # characters in a cell of XLSX
