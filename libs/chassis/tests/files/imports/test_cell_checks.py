"""Cells of which a workbook does not hold what a person typed, and amounts read in two ways."""

import io
from datetime import date
from typing import Any

import pytest
import xlsxwriter

from chassis.files.formats.findings import UnreadableFile
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


def padded_workbook(number_format: str, value: float, column: int = 0) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["code", "amount", "due", "remark"])
    sheet.write_string(1, 3, "x")
    sheet.write_number(1, column, value, book.add_format({"num_format": number_format}))
    book.close()
    return out.getvalue()


@pytest.mark.parametrize(
    ("number_format", "value", "lost"),
    [
        ("00000", 42, True),
        ("00000", 12345, False),
        ("00000", 123456, False),
        ("000-0000", 42, True),
        ('"SKU-"00000', 42, True),
        ("00000;-00000", 42, True),
        ("0,000", 42, True),
        ("00000", 0, True),
        ("0", 42, False),
        ("0.00", 42, False),
        ("#,##0.000", 42, False),
        ("yyyy00", 42, False),
    ],
)
def test_a_number_shown_with_leading_zeros_is_refused_where_it_is_no_amount(
    number_format: str, value: float, *, lost: bool
) -> None:
    errors, _ = findings(padded_workbook(number_format, value))[0]
    assert errors == (["code:CELL_ZEROS_LOST"] if lost else [])


def test_an_amount_may_be_shown_with_leading_zeros_and_other_texts_may_not() -> None:
    assert findings(padded_workbook("00000", 42, column=1)) == [([], [])]
    assert findings(padded_workbook("00000", 42, column=2)) == [(["due:CELL_ZEROS_LOST"], [])]
    assert findings(padded_workbook("00000", 42, column=3)) == [([], [])]  # ignored


@pytest.mark.parametrize("character", ["\ue123", "\uf8ff", "\ufffd"])
def test_text_that_was_damaged_before_is_refused(character: str) -> None:
    text = f"王{character}芳"
    for content in (
        f"code,amount,due,remark\n{text},1,x{character},{text}\n".encode(),
        f"code,amount,due,remark\n{text},1,x{character},{text}\n".encode("utf-16"),
        workbook([text, 1, f"x{character}", text]),
    ):
        assert findings(content) == [(["code:TEXT_DAMAGED", "due:TEXT_DAMAGED"], [])]
    with pytest.raises(UnreadableFile, match="TEXT_DAMAGED"):
        read_file(f"co{character}de,amount\n1,1\n".encode())


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
