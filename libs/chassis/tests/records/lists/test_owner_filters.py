"""Owners whose records cannot meet the filters of a list are left out of what its SQL compares."""

from typing import Any

import pytest
from sqlalchemy import Column, MetaData, Table, Text, Uuid

from chassis.records.access.visibility import ScopedResource
from chassis.records.lists.filters import filter_parameters
from chassis.records.lists.list_query import FilterGroup, ListQuery
from chassis.records.lists.owner_filters import owner_tests, possible_owners

TABLE = Table(
    "visits",
    MetaData(),
    Column("id", Uuid, primary_key=True),
    Column("owner_id", Text, nullable=False),
    Column("place", Text, nullable=False),
)
SCOPED = ScopedResource("demo.visit", TABLE)
TESTS = owner_tests(
    SCOPED, [each for name in ("owner_id", "place") for each in filter_parameters(TABLE, name)]
)
TEAM = ("ann", "anton", "bo", "cy")


def group(
    any_of: tuple[FilterGroup, ...] = (), all_of: tuple[FilterGroup, ...] = (), **values: Any
) -> FilterGroup:
    return FilterGroup(pointer="", values=values, any_of=any_of, all_of=all_of)


def test_only_filters_by_the_owner_are_tested() -> None:
    assert set(TESTS) == {"owner_id", "owner_id__in", "owner_id__startswith"}
    assert owner_tests(None, filter_parameters(TABLE, "owner_id")) == {}


@pytest.mark.parametrize(
    ("query", "owners"),
    [
        (ListQuery(values={"owner_id": "bo"}), ("bo",)),
        (ListQuery(values={"owner_id": "dee"}), ()),
        (ListQuery(values={"owner_id__in": ["cy", "dee"]}), ("cy",)),
        (ListQuery(values={"owner_id__startswith": "an"}), ("ann", "anton")),
        (ListQuery(values={"owner_id__in": ["ann", "bo"], "owner_id__startswith": "an"}), ("ann",)),
        (ListQuery(values={"place": "Xi'an"}), TEAM),
        (ListQuery(groups=(group(owner_id="bo"), group(owner_id__startswith="c"))), ("bo", "cy")),
        (ListQuery(groups=(group(owner_id="bo"), group(place="Xi'an"))), TEAM),
        (ListQuery(groups=(group(owner_id="bo", place="Xi'an"),)), ("bo",)),
        (ListQuery(values={"owner_id": "ann"}, groups=(group(owner_id="bo"),)), ()),
        (ListQuery(groups=(group(all_of=(group(owner_id="bo"), group(owner_id="cy"))),)), ()),
        (
            ListQuery(
                groups=(
                    group(
                        owner_id__startswith="a",
                        any_of=(group(owner_id="ann"), group(owner_id="bo")),
                    ),
                )
            ),
            ("ann",),
        ),
    ],
)
def test_owners_of_whom_no_record_can_match_are_left_out(
    query: ListQuery, owners: tuple[str, ...]
) -> None:
    assert possible_owners(TEAM, query, TESTS) == owners
