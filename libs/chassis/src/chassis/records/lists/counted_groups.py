"""Leaves the filters on a counted field out of the groups of a search, where that has a meaning."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from chassis.records.lists.list_query import FilterGroup
from kernel.errors import Invalid, Violation


def groups_without(groups: Sequence[FilterGroup], field: str) -> tuple[FilterGroup, ...]:
    """Return the groups without their filters on this field, which is counted by its values.

    Where all conditions hold together, the filters are left out as those of a list. One that
    stands in one of several alternatives cannot be: without it the alternative would mean
    something else. Raises Invalid (COUNTED_IN_ALTERNATIVES) with every such filter.
    """
    violations = [
        Violation(pointer, "COUNTED_IN_ALTERNATIVES") for pointer in _in_alternatives(groups, field)
    ]
    if violations:
        raise Invalid(violations)
    return tuple(kept for group in groups if (kept := _without(group, field)) is not None)


def _is_on(name: str, field: str) -> bool:
    return name.partition("__")[0] == field


def _in_alternatives(groups: Sequence[FilterGroup], field: str) -> Iterator[str]:
    """The pointers of the filters on the field in these groups, of which one holds."""
    for group in groups:
        if len(groups) > 1:
            yield from _pointers(group, field)
        else:
            yield from _in_parts(group, field)


def _in_parts(group: FilterGroup, field: str) -> Iterator[str]:
    """The same of a group that has to hold: its own filters hold together."""
    yield from _in_alternatives(group.any_of, field)
    for part in group.all_of:
        yield from _in_parts(part, field)


def _pointers(group: FilterGroup, field: str) -> Iterator[str]:
    yield from (f"{group.pointer}/{name}" for name in group.values if _is_on(name, field))
    for part in (*group.any_of, *group.all_of):
        yield from _pointers(part, field)


def _without(group: FilterGroup, field: str) -> FilterGroup | None:
    """The group without its filters on the field; None if it has no other condition."""
    values = {name: value for name, value in group.values.items() if not _is_on(name, field)}
    any_of, all_of = (
        tuple(kept for part in parts if (kept := _without(part, field)) is not None)
        for parts in (group.any_of, group.all_of)
    )
    if not (values or group.custom or any_of or all_of):
        return None
    return replace(group, values=values, any_of=any_of, all_of=all_of)
