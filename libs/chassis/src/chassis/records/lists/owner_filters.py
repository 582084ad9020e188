"""Which owners' records can meet the filters of a list.

The planner does not know that two conditions on the owner contradict each other: a manager's list
of the records of somebody else's seller would read the whole sort index and find nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chassis.records.access.visibility import ScopedResource
from chassis.records.lists.filters import EQUAL, IN, PREFIX, FilterParameter
from chassis.records.lists.list_query import FilterGroup, ListQuery

# Whether an owner meets a filter by owners, by the name of its parameter.
OwnerTests = Mapping[str, Callable[[str, Any], bool]]
_TESTS: Mapping[str, Callable[[str, Any], bool]] = {
    EQUAL: lambda owner, value: owner == value,
    IN: lambda owner, values: owner in values,
    PREFIX: lambda owner, start: owner.startswith(start),
}


def owner_tests(scoped: ScopedResource | None, parameters: Sequence[FilterParameter]) -> OwnerTests:
    """Return the tests of the parameters that filter by the owner of a record."""
    if scoped is None:
        return {}
    return {
        each.name: _TESTS[each.operation]
        for each in parameters
        if each.column is scoped.owner_column and each.operation in _TESTS
    }


def possible_owners(owners: Sequence[str], query: ListQuery, tests: OwnerTests) -> tuple[str, ...]:
    """Return those of the owners whose records can meet the query's filters."""
    if not query.groups and not tests.keys() & query.values.keys():
        return tuple(owners)
    groups = (FilterGroup(pointer="", values=query.values, any_of=query.groups),)
    return tuple(owner for owner in owners if _may_meet(owner, groups, tests))


def _may_meet(owner: str, groups: Sequence[FilterGroup], tests: OwnerTests) -> bool:
    """Whether a record of this owner can meet one of the groups; True if there are none."""
    return not groups or any(
        all(tests[name](owner, value) for name, value in group.values.items() if name in tests)
        and _may_meet(owner, group.any_of, tests)
        and all(_may_meet(owner, (each,), tests) for each in group.all_of)
        for group in groups
    )
