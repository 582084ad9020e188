"""Query plans of declared lists at full size, as the app's role and under the tenant's policy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Column, Executable, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ClauseElement

from chassis.database.engine import Database
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.lists.columns import nothing_in
from chassis.records.lists.filters import EQUAL, IN, NULL, PREFIX, Parameter
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listing
from chassis.records.search.tables import search_texts
from testkit.databases import ServiceDatabase
from testkit.filling import OWNERS, ROWS, WORDED, Filled, filled

PAGE, ASKS = 50, "owner-1"
# Rows a page may read for nothing, or sort: a seller has ROWS / OWNERS of them.
MOST_READ = 8 * ROWS // OWNERS
CUSTOM_ASKED = (
    ("plan_text", "v7"),
    ("plan_text__in", "v7,v9"),
    ("plan_text__startswith", "v1"),
    ("plan_text__isnull", "true"),
    ("plan_text__isnull", "false"),
    ("plan_number", "7"),
    ("plan_number__gte", "20"),
    ("plan_number__gte", "500"),
    ("plan_number__lte", "20"),
)


class _Explain(Executable, ClauseElement):
    """`EXPLAIN ANALYZE` of a statement, with its parameters."""

    inherit_cache = False

    def __init__(self, statement: Select[Any]) -> None:
        self.statement = statement


@compiles(_Explain, "postgresql")
def _explained(element: _Explain, compiler: Any, **options: Any) -> str:
    statement = compiler.process(element.statement, **options)
    return f"EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) {statement}"


@dataclass(frozen=True)
class Measured:
    """What one question cost; `complaints` say what its plan does that it should not."""

    question: str
    visibility: str
    milliseconds: float
    complaints: tuple[str, ...]


def reaches(there: Filled) -> dict[str, Visibility]:
    """A director, the head of most, of some, and a seller whom records are shared with."""
    owners = [f"owner-{n}" for n in range(OWNERS)]

    def of(count: int, *, prefer_filter: bool = False) -> Visibility:
        return Visibility(
            owners=tuple(owners[:count]), grantees=(there.grantee,), prefer_filter=prefer_filter
        )

    return {
        "all": EVERYTHING,
        "wide": of(OWNERS * 7 // 10, prefer_filter=True),
        "manager": of(OWNERS // 10),
        "seller": of(1),
    }


async def measured(
    app: Database,
    listing: Listing[Any],
    there: Filled,
    *,
    samples: Mapping[str, Sequence[Any]] | None = None,
    only: Sequence[ListQuery] = (),
) -> list[Measured]:
    """Every declared filter and sort, the first page and one from the middle, by every reach.

    `samples` gives values for the filters that are no columns; `only` asks these alone.
    """
    found: list[Measured] = []
    asking = reaches(there) if listing.scoped else {"all": EVERYTHING}
    async with app.begin(there.tenant) as tx:
        asked = list(only) or [
            *_sorted(listing),
            *await _filtered(tx, listing, samples or {}),
            *await _worded(tx, listing),
            *_customized(listing),
        ]
        for one in [replace(each, subject=ASKS) for each in asked]:
            bounded = one.values or one.q or one.custom
            middle = [] if bounded else [await _middle(tx, listing, one)]
            for name, visibility in asking.items():
                search = await listing.search(tx, one, visibility)
                for place in [None, *middle]:
                    told = f"{_told(one)}{' middle' if place else ''}"
                    query, most = search.page(place, PAGE + 1), WORDED if one.custom else MOST_READ
                    found.append(await _measure(tx, told, name, query, most))
    return found


async def complaints(
    urls: ServiceDatabase,
    app: Database,
    listing: Listing[Any],
    *,
    values: Mapping[str, str] | None = None,
    samples: Mapping[str, Sequence[Any]] | None = None,
) -> list[str]:
    """What the plans of a list at full size do that they should not; empty is good.

    `assert await complaints(service_database, app_database, LISTING) == []`; `values` as for
    `filled`, `samples` as for `measured`.
    """
    async with filled(urls, listing, values=values) as there:
        found = await measured(app, listing, there, samples=samples)
    return [f"{m.question} as {m.visibility}: {c}" for m in found for c in m.complaints]


def migration_of(listing: Listing[Any]) -> str:
    """The lines that a migration needs for the indexes of a list, to be pasted into it."""
    lines = []
    for index in listing.indexes():
        columns = ", ".join(f'"{getattr(e, "name", e)}"' for e in index.expressions)
        gone = index.dialect_kwargs.get("postgresql_where")
        where = "" if gone is None else ', postgresql_where=sa.text("deleted_at IS NOT NULL")'
        lines.append(f'op.create_index("{index.name}", "{listing.table.name}", [{columns}]{where})')
    return "\n".join(lines)


def _told(asked: ListQuery) -> str:
    said = {**asked.values, **asked.custom}
    parts = [f"{name}={value}" for name, value in said.items()]
    parts += [f"q={asked.q}"] if asked.q else []
    parts += ["deleted"] if asked.deleted else []
    return "&".join([*parts, f"sort={asked.sort}"] if asked.sort else parts) or "newest first"


def _sorted(listing: Listing[Any]) -> Iterator[ListQuery]:
    yield ListQuery()
    if "deleted_at" in listing.table.c:
        yield ListQuery(deleted=True)
    for sort in listing.sorts:
        yield ListQuery(sort=sort)
        yield ListQuery(sort=",".join(o[1:] if o[0] == "-" else f"-{o}" for o in sort.split(",")))


async def _filtered(
    tx: AsyncConnection, listing: Listing[Any], samples: Mapping[str, Sequence[Any]]
) -> list[ListQuery]:
    columns = {p.column for p in listing.parameters if p.column is not None}
    known = {column: await _quantiles(tx, column) for column in columns}
    return [
        ListQuery(values={parameter.name: value})
        for parameter in listing.parameters
        for value in samples.get(parameter.name) or _values(parameter, known)
    ]


async def _worded(tx: AsyncConnection, listing: Listing[Any]) -> list[ListQuery]:
    """A rare word, a common pair of letters, and one letter."""
    if not listing.searchable:
        return []
    some = select(search_texts.c.text).where(search_texts.c.resource == listing.resource)
    word = (await tx.execute(some.order_by(search_texts.c.id).limit(1))).scalar_one()
    return [ListQuery(q=word), ListQuery(q=word[:2]), ListQuery(q=word[:1])]


def _customized(listing: Listing[Any]) -> Iterator[ListQuery]:
    """The tenant's own fields: a value, the beginning of many, ranges, none, and along a sort."""
    if not listing.has_custom:
        return
    for name, value in CUSTOM_ASKED:
        yield ListQuery(custom={f"custom.{name}": value})
    for sort in listing.sorts[:1]:
        yield ListQuery(custom={"custom.plan_text": "v7"}, sort=sort)


def _values(parameter: Parameter, known: Mapping[Column[Any], Sequence[Any]]) -> Sequence[Any]:
    """A value, the ends and the middle of a range."""
    column, operation = parameter.column, parameter.operation
    assert column is not None, f"{parameter.name} needs samples"
    if operation == NULL:
        return [True, False]
    low, middle, high = known[column]
    if operation == EQUAL:
        return [middle]
    if operation == IN:
        return [[low, high]]
    return [middle[:3], middle] if operation == PREFIX else [low, middle, high]


async def _quantiles(tx: AsyncConnection, column: Column[Any]) -> list[Any]:
    """Values a fiftieth from each end, and from the middle."""
    there = column.is_not(None) if nothing_in(column) is None else column != nothing_in(column)
    count = select(func.count()).select_from(column.table).where(there)
    rows = (await tx.execute(count)).scalar_one()
    ordered = select(column).where(there).order_by(column).limit(1)
    places = [rows // 50, rows // 2, rows - rows // 50]
    return [(await tx.execute(ordered.offset(place))).scalar_one() for place in places]


async def _middle(tx: AsyncConnection, listing: Listing[Any], asked: ListQuery) -> list[Any]:
    """Where the middle of the list is."""
    search = await listing.search(tx, asked, EVERYTHING)
    total = (await tx.execute(search.total())).scalar_one()
    row = (await tx.execute(search.page(None, 1).offset(total // 2))).mappings().one()
    return [row[column.name] for column, _ in search.order]


async def _measure(
    tx: AsyncConnection, question: str, visibility: str, query: Select[Any], most: int
) -> Measured:
    told = (await tx.execute(_Explain(query))).scalar_one()[0]
    milliseconds = told["Planning Time"] + told["Execution Time"]
    return Measured(question, visibility, milliseconds, tuple(_complaints(told["Plan"], most)))


def _complaints(node: Mapping[str, Any], most: int) -> Iterator[str]:
    """`most`: how many rows may be read for nothing, or sorted."""
    kind, loops = node["Node Type"], node["Actual Loops"]
    inner = node.get("Plans", [])
    if kind == "Seq Scan" and node["Actual Rows"] * loops > PAGE:
        yield f"Seq Scan on {node['Relation Name']}"
    removed = node.get("Rows Removed by Filter", 0) * loops
    if removed > most:
        yield f"{kind} removes {removed} rows by {node['Filter'][:100]}"
    if kind == "Sort" and inner and inner[0]["Actual Rows"] * inner[0]["Actual Loops"] > most:
        yield f"Sort of {inner[0]['Actual Rows'] * inner[0]['Actual Loops']} rows"
    for each in inner:
        yield from _complaints(each, most)
