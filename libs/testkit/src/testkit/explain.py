"""`EXPLAIN ANALYZE` of a list's query: what it reads, and which steps of its plan cost too much."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Executable, Select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ClauseElement

PAGE = 50
SEQ_SCAN = "Seq Scan"
SCANS = (SEQ_SCAN, "Index Scan", "Index Only Scan", "Bitmap Index Scan")


class _Explain(Executable, ClauseElement):
    """`EXPLAIN ANALYZE` of a statement, with its parameters."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explain, "postgresql")
def _compile_explain(element: _Explain, compiler: Any, **options: Any) -> str:
    statement = compiler.process(element.statement, **options)
    return f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}"


@dataclass(frozen=True)
class QueryPlan:
    """The cost of one query; `faults` list the costly steps of its plan.

    `rows_read` counts the rows, or the entries of bitmaps, that its scans have looked at.
    """

    query: str
    visibility: str
    milliseconds: float
    rows_read: int
    rows_returned: int
    faults: tuple[str, ...]


async def explain(
    tx: AsyncConnection, name: str, visibility: str, query: Select[Any], max_rows: int
) -> QueryPlan:
    """Run the query and return its plan; `max_rows` may be read and discarded, or sorted."""
    explained = (await tx.execute(_Explain(query))).scalar_one()[0]
    plan = explained["Plan"]
    return QueryPlan(
        query=name,
        visibility=visibility,
        milliseconds=explained["Planning Time"] + explained["Execution Time"],
        rows_read=rows_read(plan),
        rows_returned=round(plan["Actual Rows"]),
        faults=tuple(_faults(plan, max_rows)),
    )


def rows_read(node: Mapping[str, Any]) -> int:
    """Return how many rows, or entries of bitmaps, the scans of a plan have looked at.

    The rows that a bitmap leads to count once, as its entries.
    """
    read = sum(rows_read(each) for each in node.get("Plans", []))
    if node["Node Type"] not in SCANS:
        return read
    removed = sum(node.get(f"Rows Removed by {why}", 0) for why in ("Filter", "Index Recheck"))
    return read + int((node["Actual Rows"] + removed) * node["Actual Loops"])


def _faults(node: Mapping[str, Any], max_rows: int) -> Iterator[str]:
    """Yield the costly steps; `max_rows` rows may be read and discarded, or sorted."""
    kind, loops = node["Node Type"], node["Actual Loops"]
    inner = node.get("Plans", [])
    if kind == SEQ_SCAN and node["Actual Rows"] * loops > PAGE:
        yield f"{SEQ_SCAN} on {node['Relation Name']}"
    removed = node.get("Rows Removed by Filter", 0) * loops
    if removed > max_rows:
        yield f"{kind} removes {removed} rows by {node['Filter'][:100]}"
    if kind == "Sort" and inner and inner[0]["Actual Rows"] * inner[0]["Actual Loops"] > max_rows:
        yield f"Sort of {inner[0]['Actual Rows'] * inner[0]['Actual Loops']} rows"
    for each in inner:
        yield from _faults(each, max_rows)
