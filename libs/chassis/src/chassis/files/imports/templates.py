"""Templates of imports: a file with the columns of a target and an example row."""

import csv
import io
from typing import Any

import xlsxwriter

from chassis.files.formats.cells import escape_formula
from chassis.files.imports.headings import template_headings
from chassis.files.imports.target import ImportTarget
from chassis.records.import_examples import ExampleReader, example_cell


def template_rows(target: ImportTarget[Any], reader: ExampleReader) -> list[list[str]]:
    """Return the heading row and the example row."""
    examples = [example_cell(field.example, reader) for field in target.fields]
    return [template_headings(target, reader.language), examples]


def csv_template(target: ImportTarget[Any], reader: ExampleReader) -> bytes:
    """Return the template as CSV in UTF-8 with a BOM, which spreadsheets expect."""
    out = io.StringIO(newline="")
    rows = template_rows(target, reader)
    csv.writer(out).writerows([escape_formula(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def xlsx_template(target: ImportTarget[Any], reader: ExampleReader) -> bytes:
    """Return the template as XLSX: text cells, required columns in bold, headings that stay."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    headings, examples = template_rows(target, reader)
    with xlsxwriter.Workbook(out, options) as workbook:
        sheet, bold = workbook.add_worksheet(), workbook.add_format({"bold": True})
        text = workbook.add_format({"num_format": "@"})  # keeps leading zeros of what people type
        sheet.freeze_panes(1, 0)
        for column, field in enumerate(target.fields):
            sheet.set_column(column, column, 20, text)
            sheet.write_string(0, column, headings[column], bold if field.required else None)
            sheet.write_string(1, column, examples[column], text)
    return out.getvalue()
