"""Query plans of declared lists over full tables, as the app's role, under the tenant's policy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any

from sqlalchemy import Column, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.engine import Database
from chassis.records.access.visibility import EVERYTHING, Visibility
from chassis.records.lists.columns import null_stand_in
from chassis.records.lists.filters import EQUAL, IN, NULL, PREFIX, FilterParameter
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import Listing, listings_of
from chassis.records.search.tables import search_texts
from testkit import databases
from testkit.databases import ServiceDatabase
from testkit.digested import digested_texts
from testkit.explain import PAGE, QueryPlan, explain
from testkit.filling import FULL_SIZE, OWNERS, PLAN_ROWS, SPARSE, FilledTenant, ListSample, fill

SUBJECT = "owner-1"
# How many rows a page may read and discard, or sort: the rows of eight owners at full size.
MAX_ROWS = 8 * FULL_SIZE // OWNERS
MAX_CUSTOM_ROWS = FULL_SIZE // SPARSE
MAX_SEARCH_ROWS = FULL_SIZE // 4  # a manager's page of rare alternatives reads 29,350 rows
CUSTOM_QUERIES = (
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


def declared_lists(service: str) -> dict[str, Listing[Any]]:
    """All lists that a service declares, by their collections; imports the service."""
    import_module(f"{service}.app")
    return {listing.collection: listing for listing in listings_of(service)}


@dataclass(frozen=True)
class FilledDatabase:
    """A service's database of its own, in which the tables of all declared lists are full.

    Plans are only read from it, so that all lists of the service share it.
    """

    urls: ServiceDatabase
    app: Database
    tenant: FilledTenant
    samples: Mapping[str, ListSample]

    async def plans(
        self, listing: Listing[Any], *, only: Sequence[ListQuery] = ()
    ) -> list[QueryPlan]:
        """Explain every declared filter and sort, first and middle page, for every visibility.

        With `only`, explain just these queries.
        """
        plans: list[QueryPlan] = []
        sample = self.samples.get(listing.collection, ListSample())
        visibilities = visibilities_of(self.tenant) if listing.scoped else {"all": EVERYTHING}
        async with self.app.begin(self.tenant.tenant) as tx:
            for query in only or await _queries(tx, listing, sample):
                own_query = replace(query, subject=SUBJECT)
                filtered = own_query.is_filtered
                pages = [None] if filtered else [None, await _middle(tx, listing, own_query)]
                for name, visibility in visibilities.items():
                    search = await listing.search(tx, own_query, visibility)
                    for page in pages:
                        title = f"{_name(own_query)}{' middle' if page else ''}"
                        statement = search.page(page, PAGE + 1)
                        plans.append(
                            await explain(tx, title, name, statement, _max_rows(own_query))
                        )
        return plans

    async def filter_queries(self, listing: Listing[Any]) -> list[ListQuery]:
        """Return a query for each declared filter and each of its sample values."""
        samples = self.samples.get(listing.collection, ListSample()).filters
        async with self.app.begin(self.tenant.tenant) as tx:
            filtered = await _filtered(tx, listing, samples)
        return [replace(query, subject=SUBJECT) for query in filtered]

    async def faults(self, listing: Listing[Any], *, only: Sequence[ListQuery] = ()) -> list[str]:
        """Return the costly steps in the plans of a list; empty if all plans are good."""
        return [
            f"{plan.query} as {plan.visibility}: {fault}"
            for plan in await self.plans(listing, only=only)
            for fault in plan.faults
        ]

    async def drop(self) -> None:
        """Remove the database."""
        await self.app.dispose()
        await databases.drop(self.urls)


async def filled_database(
    service: str,
    suffix: str,
    samples: Mapping[str, ListSample],
    *,
    lists: Sequence[Listing[Any]] = (),
) -> FilledDatabase:
    """Create a database of the service, filled for all its declared lists, or just for `lists`."""
    listings = {one.collection: one for one in lists} or declared_lists(service)
    unknown = samples.keys() - listings.keys()
    assert not unknown, f"samples for lists that {service} does not declare: {sorted(unknown)}"
    urls = await databases.create_database(service, f"plans_{suffix}")
    tenant = await fill(urls, list(listings.values()), samples)
    return FilledDatabase(urls, Database(urls.app_url, name="test-plans"), tenant, samples)


def visibilities_of(filled: FilledTenant) -> dict[str, Visibility]:
    """Return the visibilities of a director and of a seller with shared records.

    At full size, in `make test-deep` and `make test-plans`, those of two managers as well.
    """
    owners = [f"owner-{n}" for n in range(OWNERS)]

    def of(count: int, *, prefer_filter: bool = False) -> Visibility:
        return Visibility(
            owners=tuple(owners[:count]), grantees=(filled.grantee,), prefer_filter=prefer_filter
        )

    extremes = {"all": EVERYTHING, "seller": of(1)}
    if PLAN_ROWS < FULL_SIZE:
        return extremes
    return {
        **extremes,
        "wide": of(OWNERS * 7 // 10, prefer_filter=True),
        "manager": of(OWNERS // 10),
    }


def migration_of(listing: Listing[Any]) -> str:
    """Return the lines of a migration that create the indexes of a list."""
    lines = []
    for index in listing.indexes():
        columns = ", ".join(f'"{getattr(e, "name", e)}"' for e in index.expressions)
        condition = index.dialect_kwargs.get("postgresql_where")
        where = "" if condition is None else ', postgresql_where=sa.text("deleted_at IS NOT NULL")'
        lines.append(f'op.create_index("{index.name}", "{listing.table.name}", [{columns}]{where})')
    return "\n".join(lines)


def _max_rows(query: ListQuery) -> int:
    if query.groups:
        return MAX_SEARCH_ROWS
    return MAX_CUSTOM_ROWS if query.custom else MAX_ROWS


def _name(query: ListQuery) -> str:
    parts = [f"{name}={value}" for name, value in {**query.values, **query.custom}.items()]
    parts += [f"({' or '.join(str(dict(g.values)) for g in query.groups)})"] if query.groups else []
    parts += [f"q={query.q}"] if query.q else []
    parts += ["deleted"] if query.deleted else []
    return "&".join([*parts, f"sort={query.sort}"] if query.sort else parts) or "newest first"


async def _queries(
    tx: AsyncConnection, listing: Listing[Any], sample: ListSample
) -> list[ListQuery]:
    """Every sort and filter, alone."""
    return [
        *_sorted(listing),
        *await _filtered(tx, listing, sample.filters),
        *await _searched(tx, listing),
        *_customized(listing),
    ]


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
    columns = {
        each.column
        for each in listing.parameters
        if each.column is not None and each.operation != NULL and each.name not in samples
    }
    quantiles = {one: digested_texts(one) or await _quantiles(tx, one) for one in columns}
    return [
        ListQuery(values={parameter.name: value})
        for parameter in listing.parameters
        for value in samples.get(parameter.name) or _values(parameter, quantiles)
    ]


async def _searched(tx: AsyncConnection, listing: Listing[Any]) -> list[ListQuery]:
    """A rare word, a common pair of letters, and one letter."""
    if not listing.options.words:
        return []
    some = select(search_texts.c.text).where(search_texts.c.resource == listing.resource)
    word = (await tx.execute(some.order_by(search_texts.c.id).limit(1))).scalar_one()
    return [ListQuery(q=word), ListQuery(q=word[:2]), ListQuery(q=word[:1])]


def _customized(listing: Listing[Any]) -> Iterator[ListQuery]:
    """Yield queries of custom fields: values, prefixes, ranges, nulls, and with a sort."""
    if not listing.options.custom:
        return
    for name, value in CUSTOM_QUERIES:
        yield ListQuery(custom={f"custom.{name}": value})
    for sort in listing.sorts[:1]:
        yield ListQuery(custom={"custom.plan_text": "v7"}, sort=sort)


def _values(
    parameter: FilterParameter, quantiles: Mapping[Column[Any], Sequence[Any]]
) -> Sequence[Any]:
    """A value, the ends and the middle of a range."""
    column, operation = parameter.column, parameter.operation
    assert column is not None, f"{parameter.name} needs samples"
    if operation == NULL:
        return [True, False]
    low, middle, high = quantiles[column]
    if operation == EQUAL:
        return [middle]
    if operation == IN:
        return [[low, high]]
    return [middle[:3], middle] if operation == PREFIX else [low, middle, high]


async def _quantiles(tx: AsyncConnection, column: Column[Any]) -> list[Any]:
    """Values a fiftieth from each end, and from the middle."""
    stand_in = null_stand_in(column)
    not_null = column.is_not(None) if stand_in is None else column != stand_in
    count = select(func.count()).select_from(column.table).where(not_null)
    rows = (await tx.execute(count)).scalar_one()
    ordered = select(column).where(not_null).order_by(column).limit(1)
    places = [rows // 50, rows // 2, rows - rows // 50]
    return [(await tx.execute(ordered.offset(place))).scalar_one() for place in places]


async def _middle(tx: AsyncConnection, listing: Listing[Any], query: ListQuery) -> list[Any]:
    """The cursor of the middle of the list."""
    search = await listing.search(tx, query, EVERYTHING)
    total = (await tx.execute(search.total())).scalar_one()
    row = (await tx.execute(search.page(None, 1).offset(total // 2))).mappings().one()
    return [row[column.name] for column, _ in search.order]
