"""Writers of CSV, XLSX and JSON Lines files, piece by piece."""

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
from chassis.web.references import shown_fields
from kernel.money import Money

PART_BYTES = 1_000_000  # about; bytes of a stored part
ExportItem = Mapping[str, Any]


class ExportWriter(Protocol):
    """Converts items, as in a JSON response, to the bytes of a file."""

    def write(self, items: Sequence[ExportItem]) -> bytes: ...
    def close(self) -> Iterator[bytes]: ...


def writer_for(format: FileFormat, shows: type[BaseModel], fields: Sequence[str]) -> ExportWriter:
    """The writer of this format; `fields` are the requested fields of `shows`, empty means all."""
    if format is FileFormat.JSONL:
        return JsonlWriter()
    columns = list(export_columns(shows, fields))
    return CsvWriter(columns) if format is FileFormat.CSV else XlsxWriter(columns)


def export_columns(shows: type[BaseModel], fields: Sequence[str]) -> Iterator[str]:
    """The columns of a table in the order of the model; a Money field has two columns."""
    for name in shown_fields(shows):
        field = shows.model_fields[name]
        if fields and name not in {*fields, "id"}:
            continue
        yield name
        if _is_money(field.annotation):
            yield f"{name}.currency"


def _is_money(annotation: Any) -> bool:
    return annotation is Money or any(map(_is_money, get_args(annotation)))


def cell_value(item: ExportItem, column: str) -> Any:
    """The value of a column as a cell: text, a number, a boolean, or None."""
    name, _, part = column.partition(".")
    value = item.get(name)
    if isinstance(value, Mapping) and set(value) == {"amount", "currency"}:
        return value[part or "amount"]
    if part:
        return None
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | Mapping) else value


class JsonlWriter:
    """JSON Lines: one item per line, as in the response of the API."""

    def write(self, items: Sequence[ExportItem]) -> bytes:
        return b"".join(orjson.dumps(item) + b"\n" for item in items)

    def close(self) -> Iterator[bytes]:
        yield from ()


class CsvWriter:
    """CSV in UTF-8 with a BOM, which spreadsheets expect; formulas are escaped."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._header_written = False

    def write(self, items: Sequence[ExportItem]) -> bytes:
        rows = [[_csv_cell(cell_value(item, column)) for column in self._columns] for item in items]
        return self._header() + _csv_bytes(rows)

    def close(self) -> Iterator[bytes]:
        yield self._header()

    def _header(self) -> bytes:
        header = b"" if self._header_written else "\ufeff".encode() + _csv_bytes([self._columns])
        self._header_written = True
        return header


def _csv_cell(cell: Any) -> str:
    if cell is None:
        return ""
    return str(cell).lower() if isinstance(cell, bool) else escape_formula(str(cell))


def _csv_bytes(rows: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


class XlsxWriter:
    """XLSX with one sheet; amounts are text because a float cannot hold every amount exactly."""

    def __init__(self, columns: Sequence[str]) -> None:
        self._columns = columns
        self._out = io.BytesIO()
        options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
        self._workbook = xlsxwriter.Workbook(self._out, options)
        self._sheet = self._workbook.add_worksheet()
        self._row = 0
        self._write_row(columns)

    def write(self, items: Sequence[ExportItem]) -> bytes:
        for item in items:
            self._write_row([cell_value(item, column) for column in self._columns])
        return b""

    def _write_row(self, cells: Sequence[Any]) -> None:
        for column, cell in enumerate(cells):
            if isinstance(cell, bool):
                self._sheet.write_boolean(self._row, column, cell)
            elif isinstance(cell, int | float):
                self._sheet.write_number(self._row, column, cell)
            elif cell:
                self._sheet.write_string(self._row, column, str(cell)[:MAX_CELL_CHARACTERS])
        self._row += 1

    def close(self) -> Iterator[bytes]:
        self._workbook.close()
        content = self._out.getvalue()
        yield from (
            content[start : start + PART_BYTES] for start in range(0, len(content), PART_BYTES)
        )


MAX_CELL_CHARACTERS = 32_767  # the limit of XLSX
