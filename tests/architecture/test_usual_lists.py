"""The check of large lists itself: what it counts, and that it finds a costly usual query."""

import pytest

from chassis.records.lists.list_query import ListQuery
from testkit.explain import QueryPlan, rows_read
from tests.deep.test_large_lists import Combined, faults_of, multiple
from tests.deep.usual_lists import is_usual

INDEX_SCAN = {
    "Node Type": "Index Scan",
    "Actual Rows": 51,
    "Actual Loops": 2,
    "Rows Removed by Filter": 10,
}
BITMAP_SCAN = {
    "Node Type": "Bitmap Heap Scan",
    "Actual Rows": 400,
    "Actual Loops": 1,
    "Plans": [{"Node Type": "Bitmap Index Scan", "Actual Rows": 500, "Actual Loops": 1}],
}


def test_rows_are_read_by_scans_and_by_bitmaps_once() -> None:
    assert rows_read(INDEX_SCAN) == 122
    assert rows_read(BITMAP_SCAN) == 500
    joined = {"Node Type": "Append", "Actual Rows": 9, "Plans": [INDEX_SCAN, BITMAP_SCAN]}
    assert rows_read(joined) == 622


def combined(
    query: ListQuery, visibility: str, *, read: int, faults: tuple[str, ...] = ()
) -> Combined:
    plan = QueryPlan("a query", visibility, 1.0, read, 51, faults)
    return Combined(query, [plan])


def test_a_usual_query_that_reads_much_is_a_fault() -> None:
    query = ListQuery(values={"status": "RAW"})
    assert faults_of("leads", combined(query, "all", read=153)) == []
    [fault] = faults_of("leads", combined(query, "all", read=154))
    assert fault == "leads?a query as all reads 154 rows for 51"
    assert faults_of("leads", combined(query, "seller", read=154)) == []


def test_a_scan_of_a_table_is_a_fault_of_any_query() -> None:
    scanned = ("Seq Scan on leads", "Sort of 9 rows")
    query = ListQuery(values={"name__startswith": "x"}, sort="company")
    [fault] = faults_of("leads", combined(query, "seller", read=9, faults=scanned))
    assert fault.endswith("as seller: Seq Scan on leads")


def test_a_page_that_is_not_full_counts_as_a_full_one() -> None:
    assert multiple(QueryPlan("rare", "all", 1.0, rows_read=102, rows_returned=1, faults=())) == 2


@pytest.mark.parametrize(
    ("parameter", "sort", "visibility", "usual"),
    [
        ("", None, "seller", True),
        ("", "name", "wide", True),
        ("", "name", "seller", False),
        ("status", None, "all", True),
        ("status", "name", "all", False),
        ("created_at__gte", None, "wide", True),
        ("name__startswith", None, "all", False),
    ],
)
def test_usual_queries(parameter: str, sort: str | None, visibility: str, *, usual: bool) -> None:
    assert is_usual(parameter, sort, visibility) is usual
