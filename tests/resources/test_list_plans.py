"""Every declared filter and sort of every list is read from an index for every caller."""

from testkit.plans import FilledDatabase, declared_lists


async def test_every_filter_and_sort_is_read_from_an_index(
    full_database: FilledDatabase, service: str, collection: str
) -> None:
    assert await full_database.faults(declared_lists(service)[collection]) == []
