"""The mapping of columns to fields, and the findings about headers and rows."""

from typing import Any

import pytest

from chassis.files.formats.findings import Finding, UnreadableFile
from chassis.files.formats.rows import SourceRow
from chassis.files.imports.columns import (
    RESULT_COLUMNS,
    header_findings,
    ignored_columns,
    parse_row,
    proposed_mapping,
    validated_mapping,
)
from chassis.files.imports.target import Cells, ImportField, ImportTarget, ParsedRow
from testkit.cards.imports import CARD_IMPORT


async def nothing(*_: Any) -> list[Any]:
    return []


def read(cells: Cells) -> ParsedRow[Any]:
    if "bad" in cells.extra_columns:
        return ParsedRow(errors=[Finding("TOO_LONG", field="phone"), Finding("X", field="salary")])
    return ParsedRow(value=cells, warnings=[Finding("LEFT_OUT", "Note")])


PEOPLE: ImportTarget[Any] = ImportTarget(
    resource="org.person",
    fields=(ImportField("name", ("姓名", "Full Name")), ImportField("phone", ("手机", "mobile"))),
    read=read,
    import_rows=nothing,
    any_of=("name", "phone"),
    extra_columns="attributes",
    max_extra_columns=2,
)


def test_columns_are_mapped_by_their_known_headers() -> None:
    assert proposed_mapping(["FULL NAME", "手机", "Phone", "City"], None, PEOPLE) == {
        "FULL NAME": "name",
        "手机": "phone",
        "Phone": "attributes",
        "City": "attributes",
    }
    assert proposed_mapping(["标题", "Stage", "City"], None, CARD_IMPORT) == {
        "标题": "title",
        "Stage": "stage",
        "City": None,
    }


def test_the_requested_mapping_takes_precedence() -> None:
    requested = {"Tel": "phone", "ID": None, "City": "attributes"}
    assert proposed_mapping(["Phone", "Tel", "ID", "City"], requested, PEOPLE) == {
        "Phone": "attributes",
        "Tel": "phone",
        "ID": None,
        "City": "attributes",
    }


def test_columns_of_result_files_are_ignored() -> None:
    columns = proposed_mapping([*RESULT_COLUMNS, "phone"], None, PEOPLE)
    assert [columns[name] for name in RESULT_COLUMNS] == [None] * 5


def test_columns_that_no_field_takes_are_named_unless_somebody_said_so() -> None:
    header = [*RESULT_COLUMNS, "标题", "City", "Memo"]
    assert ignored_columns(header, {"Memo": None}, CARD_IMPORT) == [
        Finding("COLUMN_IGNORED", "City")
    ]
    assert ignored_columns(["phone", "City"], None, PEOPLE) == []


IDENTIFYING = {
    "fields": ["name", "phone"],
    "headers": ["姓名", "Full Name", "手机", "mobile"],
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
        (["phone", "a", "b", "c"], None, [Finding("COLUMNS_TOO_MANY", params={"maximum": 2})]),
        (
            ["13800138000", "x"],
            None,
            [Finding("COLUMN_IDENTIFYING_MISSING", params=IDENTIFYING)],
        ),
        (["phone"], {"phone": None}, [Finding("COLUMN_IDENTIFYING_MISSING", params=IDENTIFYING)]),
    ],
)  # fmt: skip
def test_invalid_headers_are_unreadable(
    header: list[str], mapping: dict[str, str | None] | None, expected: list[Finding]
) -> None:
    with pytest.raises(UnreadableFile) as unreadable:
        validated_mapping(header, mapping, PEOPLE)
    assert list(unreadable.value.findings) == expected


def test_all_findings_of_a_header_are_returned_at_once() -> None:
    findings = header_findings(["", "a", "a"], {"Tel": "phone"}, PEOPLE)
    assert [finding.code for finding in findings] == [
        "COLUMN_UNNAMED",
        "COLUMN_DUPLICATE",
        "COLUMN_MISSING",
        "COLUMN_IDENTIFYING_MISSING",
    ]


def test_a_required_field_needs_its_column() -> None:
    [finding] = header_findings(["stage"], None, CARD_IMPORT)
    assert finding == Finding(
        "COLUMN_REQUIRED", params={"field": "title", "headers": ["标题", "subject"]}
    )


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (None, [Finding("ROW_MALFORMED")]),
        (["1"], [Finding("ROW_CELLS", params={"expected": 2, "actual": 1})]),
        (["\0", "\udcff"], [Finding("TEXT_INVALID", "手机"), Finding("TEXT_INVALID", "bad")]),
        (["1", "x"], [Finding("TOO_LONG", "手机", field="phone"), Finding("X", field="salary")]),
    ],
)
def test_invalid_rows_have_errors(cells: list[str] | None, expected: list[Finding]) -> None:
    header = ["手机", "bad"]
    columns = validated_mapping(header, None, PEOPLE)
    assert list(parse_row(header, columns, SourceRow(2, cells), PEOPLE).errors) == expected


def test_cells_are_stripped_and_blank_cells_are_dropped() -> None:
    header = ["手机", "姓名", "City", "Skip"]
    columns = validated_mapping(header, {"Skip": None}, PEOPLE)
    parsed = parse_row(header, columns, SourceRow(2, [" 7 ", " ", " 杭州 ", "y"]), PEOPLE)
    assert parsed.value == Cells({"phone": "7"}, {"City": "杭州"})
    assert parsed.warnings == [Finding("LEFT_OUT", "Note")]
