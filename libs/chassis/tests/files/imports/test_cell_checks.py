"""Cells of which a workbook does not hold what a person typed, and amounts read in two ways."""

import io
from datetime import date
from typing import Any

import pytest
import xlsxwriter

from chassis.files.formats.reader import read_file
from chassis.files.formats.rows import RemarkKind, decode_rows, plan_chunks
from chassis.files.imports.columns import parse_row, validated_mapping
from chassis.files.imports.target import Cells, ImportField, ImportTarget, ParsedRow


async def import_nothing(*_: Any) -> list[Any]:
    return []


TARGET = ImportTarget[dict[str, str]](
    resource="testkit.thing",
    fields=(
        ImportField("code", identifies=True),
        ImportField("amount", is_amount=True),
        ImportField("due"),
    ),
    read=lambda cells: ParsedRow(value=_fields(cells)),
    import_rows=import_nothing,
)


def _fields(cells: Cells) -> dict[str, str]:
    return dict(cells.fields)


def workbook(*rows: list[Any]) -> bytes:
    """A workbook; a cell that begins with `=` is a formula without a result."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
    for number, row in enumerate([["code", "amount", "due", "remark"], *rows]):
        for place, cell in enumerate(row):
            if isinstance(cell, str) and cell.startswith("="):
                sheet.write_formula(number, place, cell, None, "")
            elif isinstance(cell, date):
                sheet.write_datetime(number, place, cell, day)
            elif cell is not None:
                sheet.write(number, place, cell)
    book.close()
    return out.getvalue()


def findings(content: bytes) -> list[tuple[list[str], list[str]]]:
    """The codes of the errors and the warnings of each row, read as the job reads them."""
    plan = plan_chunks(read_file(content))
    columns = validated_mapping(plan.header, {"remark": None}, TARGET)
    found = []
    for row in decode_rows(plan.content):
        parsed = parse_row(plan.header, columns, row, TARGET)
        assert (parsed.value is None) == bool(parsed.errors)
        found.append(
            (
                [f"{one.column}:{one.code}" for one in parsed.errors],
                [f"{one.column}:{one.code}" for one in parsed.warnings],
            )
        )
    return found


def test_numbers_of_more_than_15_digits_are_refused_and_lost_zeros_are_warned_of() -> None:
    content = workbook(
        [12345678901236781, 1],
        [12345678901236782, 1],
        [123456789012345, 1],
        ["12345678901236781", 1.5],
        ["007", 1e15],
    )
    assert findings(content) == [
        (["code:CELL_DIGITS_LOST"], []),
        (["code:CELL_DIGITS_LOST"], []),
        ([], ["code:CELL_ID_IS_NUMBER"]),
        ([], []),
        (["amount:CELL_DIGITS_LOST"], []),
    ]


def test_a_formula_without_a_result_refuses_its_row_even_where_nothing_else_stands() -> None:
    content = workbook(["a", "=1+1"], ["b", 2, None, "=1+1"], ["=A2"])
    assert findings(content) == [
        (["amount:CELL_FORMULA_EMPTY"], []),
        ([], []),  # the column is ignored
        (["code:CELL_FORMULA_EMPTY"], []),
    ]


def test_a_formula_of_another_sheet_or_with_an_empty_result_is_no_error() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    first, second = book.add_worksheet("First"), book.add_worksheet("Second")
    for sheet in (first, second):
        sheet.write_row(0, 0, ["code", "amount", "due", "remark"])
    first.write_formula(1, 0, '=""', None, "x")
    second.write_formula(1, 0, "=1", None, "")
    book.close()
    [row] = read_file(out.getvalue()).rows
    assert (row.cells, list(row.remarks)) == (["x", "", "", ""], [])
    [row] = read_file(out.getvalue(), sheet="Second").rows
    assert [kind for _, kind in row.remarks] == [RemarkKind.FORMULA_EMPTY]


def test_a_date_before_march_1900_is_warned_of() -> None:
    content = workbook(["a", 1, date(1900, 2, 28)], ["b", 1, date(1900, 3, 1)])
    assert findings(content) == [([], ["due:CELL_DATE_DOUBTFUL"]), ([], [])]


@pytest.mark.parametrize(
    ("amount", "warned"),
    [("1.000", True), ("-12.500", True), ("1.00", False), ("1000.000", False), ("1000", False)],
)
def test_a_point_that_may_separate_thousands_is_warned_of(amount: str, *, warned: bool) -> None:
    content = f"code,amount,due,remark\n1.000,{amount},1.000,1.000\n".encode()
    assert findings(content) == [([], ["amount:NUMBER_AMBIGUOUS"] if warned else [])]
    assert findings(workbook(["a", 1.125])) == [([], [])]
