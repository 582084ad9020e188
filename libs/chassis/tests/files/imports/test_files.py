"""Reading files of every format and encoding, and dividing their rows into chunks."""

import csv
import io
import zipfile
from contextlib import suppress
from datetime import date, datetime
from itertools import pairwise
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from chassis.files.formats import rows, xlsx_files
from chassis.files.formats.cells import escape_formula, unescape_formula
from chassis.files.formats.csv_files import DELIMITERS, detect_delimiter, parse_records
from chassis.files.formats.encodings import decode_text
from chassis.files.formats.findings import UnreadableFile
from chassis.files.formats.reader import detect_format, read_file
from chassis.files.formats.rows import FileFormat, decode_rows, plan_chunks


def cells(content: bytes) -> list[list[str] | None]:
    records = parse_records(decode_text(content, languages=["zh-CN"]).text)
    return [None if r.cells is None else list(r.cells) for r in records]


def workbook(**sheets: list[list[Any]]) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd hh:mm"})
    for name, table in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(table):
            for place, cell in enumerate(row):
                if cell is not None:
                    sheet.write(number, place, cell)
    book.close()
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        (b"a,b\r\n1,2", [["a", "b"], ["1", "2"]]),
        (b"a,b\r1,2\r", [["a", "b"], ["1", "2"]]),
        (b'a\n"x\ny, ""z"""\nb', [["a"], ['x\ny, "z"'], ["b"]]),
        (b"a\n\n,\nb\n", [["a"], [], ["", ""], ["b"]]),
        (b'5" pipe,x\n', [['5" pipe', "x"]]),
        ("姓名\n王芳\n".encode(), [["姓名"], ["王芳"]]),
        ("姓名\n王芳\n".encode("gb18030"), [["姓名"], ["王芳"]]),
        ("姓名\n王芳\n".encode("utf-16"), [["姓名"], ["王芳"]]),
        ("\ufeff姓名\n".encode(), [["姓名"]]),
        (b"a\0b\n", [["a\0b"]]),
        ("王芳\n李雷\n".encode() + b"\xc3\x28\n", [["王芳"], ["李雷"], ["\udcc3("]]),
    ],
)
def test_csv_records_are_parsed(content: bytes, expected: list[list[str]]) -> None:
    assert cells(content) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'a\n"never closed\nb\nc\n', [["a"], None, ["b"], ["c"]]),
        (b'"x" y\nb\n', [None, ["b"]]),
        (b'a\n"', [["a"], None]),
        (b'"' + b"x" * 200_000 + b'"\nb\n', [None, ["b"]]),
        (b'"1\n2\n"3\n4\n', [None, ["2"], None, ["4"]]),
    ],
)
def test_a_malformed_record_loses_its_first_line_only(
    content: bytes, expected: list[list[str] | None]
) -> None:
    assert cells(content) == expected


@pytest.mark.parametrize(
    ("header", "separator"),
    [
        ("a;b", ";"),
        ("a\tb", "\t"),
        ("公司;电话, 手机;备注", ";"),
        ('"a;b;c",d', ","),
        ("a,b;c", ","),
        ("a;b\tc", ";"),
        ("a\tb\tc;d,e", "\t"),
        ("a", ","),
        ('"never closed;b', ","),
        ("", ","),
    ],
)
def test_the_delimiter_is_detected_from_the_header(header: str, separator: str) -> None:
    assert detect_delimiter(header) == separator
    assert detect_delimiter(f"{header}\n1;2;3;4;5;6\n") == separator


@pytest.mark.parametrize("separator", DELIMITERS)
def test_rows_use_the_delimiter_of_the_header(separator: str) -> None:
    content = 'name*amount*note\n"a*b"*2*x\n'.replace("*", separator).encode()
    source = read_file(content)
    assert source.header == ["name", "amount", "note"]
    assert [row.cells for row in source.rows] == [[f"a{separator}b", "2", "x"]]


TABLE = st.lists(
    st.lists(st.text(st.characters(codec="utf-8"), max_size=8), min_size=2, max_size=3),
    min_size=1,
    max_size=30,
)


@given(table=TABLE, newline=st.sampled_from(["\n", "\r\n"]), bom=st.booleans())
def test_the_csv_of_a_spreadsheet_is_read_back(
    table: list[list[str]], newline: str, bom: bool
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows(table)
    content = out.getvalue().encode("utf-8-sig" if bom else "utf-8")
    if not bom and content.startswith(b"\xef\xbb\xbf"):
        return  # a first cell that begins with a mark cannot be told from one
    assert cells(content) == table


@given(st.binary(max_size=300), st.integers(1, 4))
def test_chunks_together_equal_the_whole_file(body: bytes, size: int) -> None:
    """For any bytes, the chunks together contain all rows of the file except blank ones."""
    content = b"phone,b\n" + body
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows, "CHUNK_ROWS", size)
        try:
            plan = plan_chunks(read_file(content))
        except UnreadableFile:  # its encoding is doubtful
            return
    whole = [row for row in read_file(content).rows if not row.is_blank]
    pieces = [decode_rows(plan.content[start:end]) for start, end in pairwise(plan.bounds)]
    assert [row for piece in pieces for row in piece] == whole
    assert all(len(piece) == size for piece in pieces[:-1])
    assert plan.total == len(whole)


def test_a_plan_skips_blank_rows_and_keeps_row_numbers() -> None:
    plan = plan_chunks(read_file(b'phone,name\n1,a\n\n,\n"x\n2,b\n'))
    assert (list(plan.header), plan.total) == (["phone", "name"], 3)
    [start, end] = plan.bounds
    assert [row.number for row in decode_rows(plan.content[start:end])] == [2, 5, 6]
    assert list(plan_chunks(read_file(b"phone\n")).bounds) == [0]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b"\n", "FILE_EMPTY"),
        (b"\xef\xbb\xbf", "FILE_EMPTY"),
        (b'"a', "HEADER_MALFORMED"),
        (b"\x89PNG\r\n\x1a\n\0\0", "FILE_NOT_UTF8"),
        (b"PK\x03\x04 no workbook", "FILE_NOT_XLSX"),
        (workbook(A=[["a"]])[:-200], "FILE_NOT_XLSX"),
        (workbook(A=[]), "FILE_EMPTY"),
        (workbook(A=[["a", "", "c"]]), None),
        (b"a\n" + b"1\n" * 200_001, "FILE_TOO_MANY_ROWS"),
        (b",".join(b"c%d" % n for n in range(501)), "COLUMNS_TOO_MANY"),
        (b"{" + b",".join(b'"%d":1' % n for n in range(501)) + b"}", "COLUMNS_TOO_MANY"),
    ],
)
def test_unreadable_files_are_refused(content: bytes, code: str | None) -> None:
    if code is None:
        assert list(read_file(content).header) == ["a", "", "c"]
        return
    with pytest.raises(UnreadableFile) as unreadable:
        plan_chunks(read_file(content))
    assert [finding.code for finding in unreadable.value.findings] == [code]


def test_cells_of_a_workbook_are_read_as_typed_text() -> None:
    table: list[list[Any]] = [
        ["姓名", "amount", "due", "done", None],
        [],
        ["王芳", 1234.5, datetime(2026, 1, 2), True],  # noqa: DTZ001  # a cell has no zone
        ["李雷", 13800138000, date(2026, 3, 4), False, " "],
        ["x", 0.1, datetime(2026, 1, 2, 3, 4, 5), None],  # noqa: DTZ001  # as above
    ]
    content = workbook(First=table, Second=[["b"], ["2"]])
    assert detect_format(content) is FileFormat.XLSX
    source = read_file(content)
    assert list(source.header) == ["姓名", "amount", "due", "done"]
    shown = {row.number: row.cells for row in source.rows if not row.is_blank}
    assert shown == {
        3: ["王芳", "1234.5", "2026-01-02", "true"],
        4: ["李雷", "13800138000", "2026-03-04", "false"],
        5: ["x", "0.1", "2026-01-02 03:04:05", ""],
    }
    assert list(read_file(content, sheet="Second").header) == ["b"]
    with pytest.raises(UnreadableFile) as unreadable:
        read_file(content, sheet="Third")
    [finding] = unreadable.value.findings
    assert (finding.code, finding.params["sheets"]) == ("SHEET_MISSING", ["First", "Second"])


def test_an_oversized_workbook_is_refused_before_unpacking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    book.add_worksheet().write(1_048_575, 16_383, "far away")
    book.close()
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/worksheets/sheet1.xml", b" " * 3_000_000)
    monkeypatch.setattr(xlsx_files, "MAX_UNPACKED", 2_000_000)
    for content in (out.getvalue(), bomb.getvalue()):
        with pytest.raises(UnreadableFile, match="FILE_TOO_LARGE_UNPACKED"):
            read_file(content)


@given(st.lists(st.tuples(st.integers(4, 4000), st.integers(0, 255)), max_size=6))
def test_a_damaged_workbook_raises_unreadable_file_only(damage: list[tuple[int, int]]) -> None:
    content = bytearray(workbook(A=[["a", "b"], [1, "x"]]))
    for place, value in damage:
        content[min(place, len(content) - 1)] = value
    with suppress(UnreadableFile):
        plan_chunks(read_file(bytes(content)))


def test_json_lines_are_parsed() -> None:
    lines = [
        '{"title": "a", "amount": 1.10, "big": 12345678901234567890}',
        "",
        '{"title": "b", "done": true, "more": {"x": [1, null]}}',
        '{"title": NaN}',
        "[1]",
        '{"title": ',
        '{"title": null}',
    ]
    content = "\n".join(lines).encode("utf-8-sig")
    assert detect_format(content) is FileFormat.JSONL
    source = read_file(content)
    assert list(source.header) == ["title", "amount", "big", "done", "more"]
    assert [(row.number, row.cells) for row in source.rows] == [
        (1, ["a", "1.10", "12345678901234567890", "", ""]),
        (3, ["b", "", "", "true", '{"x": ["1", null]}']),
        (4, None),
        (5, None),
        (6, None),
        (7, ["", "", "", "", ""]),
    ]


@given(st.text(max_size=20))
def test_any_cell_survives_escaping(cell: str) -> None:
    assert unescape_formula(escape_formula(cell)) == cell or cell.startswith("'")


@pytest.mark.parametrize("cell", ["=1+1", "+86", "-x", "@SUM(A1)", "\t=1", "＝1", "'=1"])
def test_formulas_are_escaped(cell: str) -> None:
    assert escape_formula(cell) == f"'{cell}"
    assert unescape_formula(escape_formula(cell)) == cell


@pytest.mark.parametrize("cell", ["", "a", "-12.50", "1", "a=b", "'a"])
def test_other_cells_are_not_escaped(cell: str) -> None:
    assert escape_formula(cell) == unescape_formula(cell) == cell
