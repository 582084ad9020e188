"""Every import target refuses the ids of which a workbook has lost the leading zeros."""

import io
from typing import Any

import pytest
import xlsxwriter

from chassis.files.formats.reader import read_file
from chassis.files.imports.columns import parse_row, validated_mapping
from chassis.files.imports.target import ImportTarget
from tests.resources.test_import_templates import targets

IDENTIFYING = ("code", "sku", "external_id")


def workbook(headers: list[str], number_format: str) -> bytes:
    """A row of the number 42 in all columns."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet, shown = book.add_worksheet(), book.add_format({"num_format": number_format})
    sheet.write_row(0, 0, headers)
    sheet.write_row(1, 0, [42] * len(headers), shown)
    book.close()
    return out.getvalue()


def codes(target: ImportTarget[Any], number_format: str) -> set[tuple[str | None, str]]:
    """The findings about cells of workbooks, by column."""
    headers = [field.name for field in target.fields]
    source = read_file(workbook(headers, number_format))
    [row] = source.rows
    parsed = parse_row(headers, validated_mapping(headers, {}, target), row, target)
    found = [*parsed.errors, *parsed.warnings]
    return {(one.column, one.code) for one in found if one.code.startswith("CELL_")}


@pytest.mark.parametrize("target", targets(), ids=lambda one: one.resource)
def test_numbers_shown_with_leading_zeros_are_no_ids(target: ImportTarget[Any]) -> None:
    texts = {field.name for field in target.fields if not field.is_amount}
    assert codes(target, "00000") == {(name, "CELL_ZEROS_LOST") for name in texts}
    ids = texts.intersection(IDENTIFYING)
    assert codes(target, "General") == {(name, "CELL_ID_IS_NUMBER") for name in ids}
