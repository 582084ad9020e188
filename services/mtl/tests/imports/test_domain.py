"""Cutting files into records and chunks, what columns mean, and the moves of an import."""

import csv
import io
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import RuleBroken
from kernel.ids import new_id
from mtl.imports.domain import files
from mtl.imports.domain.columns import cells_at_fault, read_row, targets_of
from mtl.imports.domain.files import plan_of, records
from mtl.imports.domain.findings import Finding, Unreadable
from mtl.imports.domain.rows import Row, taken
from mtl.imports.domain.runs import Counts, Import, ImportKind, ImportState
from mtl.leads.domain import LeadDetails
from services.mtl.tests.factories import NOON


def cells(content: bytes, start: int = 0) -> list[list[str] | None]:
    return [None if r.cells is None else list(r.cells) for r in records(content, start)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", []),
        (b"a,b\n1,2\n", [["a", "b"], ["1", "2"]]),
        (b"a,b\r\n1,2", [["a", "b"], ["1", "2"]]),
        (b'a\n"x\ny, ""z"""\nb', [["a"], ['x\ny, "z"'], ["b"]]),
        (b"a\n\n,\nb\n", [["a"], [], ["", ""], ["b"]]),
        (b'5" pipe,x\n', [['5" pipe', "x"]]),
        ("姓名\n王芳\n".encode(), [["姓名"], ["王芳"]]),
        (b"a\0b\n", [["a\0b"]]),
        (b"\xff,b\n", [["\udcff", "b"]]),
    ],
)
def test_records(content: bytes, expected: list[list[str]]) -> None:
    assert cells(content) == expected


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'a\n"never closed\nb\nc\n', [["a"], None, ["b"], ["c"]]),
        (b'"x" y\nb\n', [None, ["b"]]),
        (b'a\n"', [["a"], None]),
        (b"a\rb\nc\n", [None, ["c"]]),
        (b'"' + b"x" * 200_000 + b'"\nb\n', [None, ["b"]]),
        (b'"1\n2\n"3\n4\n', [None, ["2"], None, ["4"]]),
    ],
)
def test_a_broken_record_costs_its_first_line_only(
    content: bytes, expected: list[list[str] | None]
) -> None:
    assert cells(content) == expected


TABLE = st.lists(st.lists(st.text(max_size=8), min_size=2, max_size=3), min_size=1, max_size=30)


@given(table=TABLE, newline=st.sampled_from(["\n", "\r\n"]), bom=st.booleans())
def test_what_a_spreadsheet_writes_is_read_back(
    table: list[list[str]], newline: str, bom: bool
) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator=newline, quoting=csv.QUOTE_ALL).writerows(table)
    content = out.getvalue().encode("utf-8-sig" if bom else "utf-8")
    assert cells(content, 3 if bom else 0) == table


@given(st.binary(max_size=300), st.integers(1, 4))
def test_chunks_are_read_as_the_whole_is(body: bytes, size: int) -> None:
    """Whatever bytes: each chunk by itself gives the records that the whole file gives there."""
    content = b"phone,b\n" + body
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "CHUNK", size)
        bounds = plan_of(content).bounds
    _header, *whole = records(content)
    pieces = [
        [record.cells for record in records(content[start:end])] for start, end in pairwise(bounds)
    ]
    assert [cell for piece in pieces for cell in piece] == [record.cells for record in whole]
    assert all(len(piece) == size for piece in pieces[:-1])


def test_a_plan_counts_rows_but_not_blank_ones() -> None:
    plan = plan_of(b'phone,name\n1,a\n\n,\n"x\n2,b\n')
    assert (list(plan.header), plan.total) == (["phone", "name"], 3)
    assert list(plan.bounds) == [11, 25]
    assert list(plan_of(b"phone\n").bounds) == [6]
    marked = plan_of(b"\xef\xbb\xbfphone\n1\n")
    assert (list(marked.header), list(marked.bounds)) == (["phone"], [9, 11])


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "FILE_EMPTY"),
        (b"\n", "FILE_EMPTY"),
        (b"\xef\xbb\xbf", "FILE_EMPTY"),
        (b'"a', "HEADER_MALFORMED"),
        ("姓名,手机\n".encode("gb18030"), "FILE_NOT_UTF8"),
        ("phone,name\n".encode("utf-16"), "FILE_NOT_UTF8"),
        (b"\x89PNG\r\n\x1a\n\0\0", "FILE_NOT_UTF8"),
        (b"phone\n" + b"1\n" * 200_001, "FILE_TOO_MANY_ROWS"),
    ],
)
def test_files_that_cannot_be_read(content: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as unreadable:
        plan_of(content)
    assert [finding.code for finding in unreadable.value.findings] == [code]


def test_columns_are_known_by_their_usual_names() -> None:
    header = ["Prospect ID", "Lead Number", "Lead Source", "手机", "Phone", "E", "EMAIL"]
    assert targets_of(header, None) == {
        "Prospect ID": "attributes",
        "Lead Number": "external_id",
        "Lead Source": "source",
        "手机": "phone",
        "Phone": "attributes",
        "E": "attributes",
        "EMAIL": "email",
    }


def test_what_the_caller_says_of_columns_comes_first() -> None:
    said = {"Tel": "phone", "Prospect ID": None, "Lead Source": "attributes"}
    assert targets_of(["Phone", "Tel", "Prospect ID", "Lead Source"], said) == {
        "Phone": "attributes",
        "Tel": "phone",
        "Prospect ID": None,
        "Lead Source": "attributes",
    }


@pytest.mark.parametrize(
    ("header", "mapping", "expected"),
    [
        (["phone", "phone"], None, [Finding("COLUMN_DUPLICATE", "phone")]),
        (["phone", ""], None, [Finding("COLUMN_UNNAMED", params={"position": 2})]),
        (
            ["phone", "x" * 101],
            None,
            [Finding("COLUMN_NAME_TOO_LONG", "x" * 101, {"maximum": 100})],
        ),
        (["phone"], {"Tel": "phone"}, [Finding("COLUMN_MISSING", "Tel")]),
        (
            ["phone", *map(str, range(101))],
            None,
            [Finding("COLUMNS_TOO_MANY", params={"maximum": 100})],
        ),
        (
            ["13800138000", "来源"],
            None,
            [
                Finding(
                    "COLUMN_IDENTIFYING_MISSING",
                    params={"fields": ["name", "company", "phone", "email", "external_id"]},
                )
            ],
        ),
    ],
)
def test_headers_at_fault(
    header: list[str], mapping: dict[str, str | None] | None, expected: list[Finding]
) -> None:
    with pytest.raises(Unreadable) as unreadable:
        targets_of(header, mapping)
    assert list(unreadable.value.findings) == expected


def test_all_faults_of_a_header_at_once() -> None:
    with pytest.raises(Unreadable) as unreadable:
        targets_of(["", "a", "a"], {"Tel": "phone"})
    assert [finding.code for finding in unreadable.value.findings] == [
        "COLUMN_UNNAMED",
        "COLUMN_DUPLICATE",
        "COLUMN_MISSING",
        "COLUMN_IDENTIFYING_MISSING",
    ]


def test_rows_at_fault() -> None:
    header = ["phone", "name"]
    assert cells_at_fault(header, None) == [Finding("ROW_MALFORMED")]
    assert cells_at_fault(header, ["1"]) == [
        Finding("ROW_CELLS", params={"expected": 2, "actual": 1})
    ]
    assert cells_at_fault(header, ["\0", "\udcff"]) == [
        Finding("TEXT_INVALID", "phone"),
        Finding("TEXT_INVALID", "name"),
    ]
    assert cells_at_fault(header, ["1", "a"]) == []


def test_a_row_as_a_lead() -> None:
    header = ["Lead Number", "Lead Source", "City", "Note", "Company", "Skip"]
    targets = targets_of(header, {"Skip": None})
    row = [" 7 ", "Select", " 杭州 ", "x" * 1001, "Select", "y"]
    assert read_row(header, targets, row) == (
        {"external_id": "7", "company": "Select", "attributes": {"City": "杭州"}},
        [Finding("ATTRIBUTE_LEFT_OUT", "Note", {"maximum": 1000})],
    )
    assert read_row(header, targets, ["", " ", "Select", "", "", ""]) == ({"attributes": {}}, [])


def test_what_became_of_rows() -> None:
    warning, error = Finding("ATTRIBUTE_LEFT_OUT"), Finding("ROW_MALFORMED")
    rows = [
        Row(number=2, details=LeadDetails(name="a"), warnings=[warning]),
        Row(number=3, errors=[error]),
        Row(number=4, details=LeadDetails(name="b"), warnings=[warning]),
        Row(number=5, details=LeadDetails(name="c")),
    ]
    result = taken(rows, {4: Finding("LEAD_DUPLICATE")})
    assert result.refused == {3: [error], 4: [Finding("LEAD_DUPLICATE")]}
    assert result.warned == {2: [warning]}
    assert result.counts == Counts(accepted=2, refused=2, with_warnings=1)


def make_import(state: ImportState = ImportState.OPEN, **fields: Any) -> Import:
    return Import(
        id=new_id(),
        kind=ImportKind.LEADS,
        file_name="leads.csv",
        mapping=None,
        state=state,
        created_by="seller",
        created_at=NOON,
        updated_at=NOON,
        **fields,
    )


def test_the_way_of_an_import() -> None:
    run = make_import().with_file(10, now=NOON).start(now=NOON)
    assert (run.state, run.is_started) == (ImportState.QUEUED, True)
    run = run.run(3, now=NOON)
    assert (run.state, run.total, run.started_at) == (ImportState.RUNNING, 3, NOON)
    run = run.count(Counts(accepted=1, refused=1, with_warnings=1), now=NOON)
    run = run.count(Counts(accepted=1), now=NOON).succeed(now=NOON)
    assert (run.accepted, run.refused, run.with_warnings, run.processed) == (2, 1, 1, 3)
    assert (run.state, run.chunks_done, run.finished_at) == (ImportState.SUCCEEDED, 2, NOON)


REFUSED: list[tuple[ImportState, Callable[[Import], Import], str]] = [
    (ImportState.OPEN, lambda run: run.start(now=NOON), "IMPORT_FILE_MISSING"),
    (ImportState.CANCELLED, lambda run: run.start(now=NOON), "IMPORT_CANCELLED"),
    (ImportState.QUEUED, lambda run: run.with_file(1, now=NOON), "IMPORT_NOT_OPEN"),
    (ImportState.SUCCEEDED, lambda run: run.cancel(now=NOON), "IMPORT_FINISHED"),
    (ImportState.FAILED, lambda run: run.cancel(now=NOON), "IMPORT_FINISHED"),
]


@pytest.mark.parametrize(("state", "move", "code"), REFUSED)
def test_forbidden_moves(state: ImportState, move: Callable[[Import], Import], code: str) -> None:
    with pytest.raises(RuleBroken) as refused:
        move(make_import(state))
    assert refused.value.code == code
