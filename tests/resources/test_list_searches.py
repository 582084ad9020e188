"""Searches by groups of filters find what their lists hold, and from indexes.

`make test-deep` runs them: they take as long as the plans of all lists.
"""

from itertools import pairwise

from chassis.records.access.visibility import EVERYTHING
from chassis.records.lists.list_query import FilterGroup, ListQuery
from testkit.plans import SUBJECT, FilledDatabase, declared_lists


def group(*queries: ListQuery) -> FilterGroup:
    """A group of conditions that all hold; those of several queries are nested."""
    nested = tuple(FilterGroup(pointer="", values=query.values) for query in queries)
    return nested[0] if len(nested) == 1 else FilterGroup(pointer="", all_of=nested)


def search(*groups: FilterGroup) -> ListQuery:
    """A search for the records that meet one of the groups."""
    return ListQuery(groups=groups, subject=SUBJECT)


async def test_a_search_by_two_filters_finds_the_union_of_two_lists(
    full_database: FilledDatabase, service: str, collection: str
) -> None:
    """Of two filters, |a or b| = |a| + |b| - |a and b|."""
    listing = declared_lists(service)[collection]
    wrong = []
    async with full_database.app.begin(full_database.tenant.tenant) as tx:

        async def total(query: ListQuery) -> int:
            found = await listing.search(tx, query, EVERYTHING)
            count: int = (await tx.execute(found.total())).scalar_one()
            return count

        for a, b in pairs(await full_database.filter_queries(listing))[::3]:
            both, either = search(group(a, b)), search(group(a), group(b))
            if await total(either) + await total(both) != await total(a) + await total(b):
                wrong.append((a.values, b.values))
    assert wrong == []


async def test_a_search_by_two_filters_is_read_from_indexes(
    full_database: FilledDatabase, service: str, collection: str
) -> None:
    listing = declared_lists(service)[collection]
    queries = await full_database.filter_queries(listing)
    searches = [search(group(a), group(b)) for a, b in pairs(queries)[::2]]
    assert await full_database.faults(listing, only=searches) == []


def pairs(queries: list[ListQuery]) -> list[tuple[ListQuery, ListQuery]]:
    """Each filter with the next one, for one value of each parameter."""
    first = {next(iter(query.values)): query for query in queries}
    return list(pairwise(first.values()))
