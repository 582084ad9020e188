"""The filter groups of a search: models for their JSON, and the SQL condition of groups."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, ForwardRef

from pydantic import BaseModel, ConfigDict, Field, create_model
from sqlalchemy import ColumnElement, and_, or_

from chassis.records.lists.filters import FilterParameter
from chassis.records.lists.list_query import CUSTOM_PREFIX, FilterGroup
from kernel.errors import Invalid, Violation

MAX_GROUPS = 5  # in one list of groups
MAX_GROUP_DEPTH = 3
MAX_CONDITIONS = 50  # of a whole search
CUSTOM, ANY_OF, ALL_OF = "custom", "any_of", "all_of"

# Turns the filters by custom fields of one group into conditions.
CustomConditions = Callable[[Mapping[str, str]], Awaitable[Sequence[ColumnElement[bool]]]]


def group_model(
    name: str, parameters: Sequence[FilterParameter], *, custom: bool
) -> type[BaseModel]:
    """Return the model of a group's JSON: one property for each filter parameter of the list."""
    fields: dict[str, Any] = {
        parameter.name: (parameter.body_annotation, _optional(parameter.description))
        for parameter in parameters
    }
    if custom:
        keys = "Filters by custom fields, such as `colour__in`: `red,blue`"
        fields[CUSTOM] = (dict[str, CustomText], _optional(keys))
    itself: Any = ForwardRef(name)
    groups = Annotated[list[itself], Field(max_length=MAX_GROUPS)]
    fields[ANY_OF] = (groups, _optional("At least one of these groups holds"))
    fields[ALL_OF] = (groups, _optional("Each of these groups holds"))
    model: type[BaseModel] = create_model(name, __config__=_STRICT, **fields)
    model.__doc__ = "Conditions that hold together; the names are those of the list's parameters."
    model.model_rebuild(force=True, _types_namespace={name: model})
    return model


_STRICT = ConfigDict(extra="forbid", json_schema_extra={"minProperties": 1})
CustomText = Annotated[str, Field(max_length=1000)]


def _optional(description: str) -> Any:
    """Return a field that may be absent but not null."""
    return Field(default_factory=lambda: None, description=description or None)


def read_groups(groups: Sequence[BaseModel], pointer: str) -> tuple[FilterGroup, ...]:
    """Return the groups that stand at this pointer of a search body.

    Raises Invalid (TOO_SHORT for a group without conditions, GROUPS_TOO_DEEP,
    TOO_MANY_CONDITIONS).
    """
    read = tuple(_read(group, f"{pointer}/{place}") for place, group in enumerate(groups))
    violations = [each for group in read for each in _violations(group, 1)]
    if sum(map(_size, read)) > MAX_CONDITIONS:
        params = {"maximum": MAX_CONDITIONS}
        violations.append(Violation(pointer, "TOO_MANY_CONDITIONS", params))
    if violations:
        raise Invalid(violations)
    return read


def _read(group: BaseModel, pointer: str) -> FilterGroup:
    given = {name: getattr(group, name) for name in group.model_fields_set}
    custom = given.pop(CUSTOM, {})
    nested = {
        name: tuple(
            _read(each, f"{pointer}/{name}/{place}")
            for place, each in enumerate(given.pop(name, ()))
        )
        for name in (ANY_OF, ALL_OF)
    }
    named = {f"{CUSTOM_PREFIX}{key}": value for key, value in custom.items()}
    return FilterGroup(pointer=pointer, values=given, custom=named, **nested)


def _violations(group: FilterGroup, depth: int) -> Iterator[Violation]:
    nested = (*group.any_of, *group.all_of)
    if depth > MAX_GROUP_DEPTH:
        yield Violation(group.pointer, "GROUPS_TOO_DEEP", {"maximum": MAX_GROUP_DEPTH})
        return
    if not (group.values or group.custom or nested):
        yield Violation(group.pointer, "TOO_SHORT", {"minimum": 1})
    for each in nested:
        yield from _violations(each, depth + 1)


def _size(group: FilterGroup) -> int:
    nested = sum(map(_size, (*group.any_of, *group.all_of)))
    return len(group.values) + len(group.custom) + nested


class GroupConditions:
    """Turns filter groups into conditions, by the filters that the list declares."""

    def __init__(
        self, where: Mapping[str, Callable[[Any], ColumnElement[bool]]], custom: CustomConditions
    ) -> None:
        self._where, self._custom = where, custom

    async def any_of(self, groups: Sequence[FilterGroup]) -> ColumnElement[bool]:
        """Return the condition that one of the groups holds.

        Raises Invalid with every violation that the filters by custom fields have in any group.
        """
        return or_(*await self._conditions(groups))

    async def _conditions(self, groups: Sequence[FilterGroup]) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = []
        violations: list[Violation] = []
        for group in groups:
            try:
                conditions.append(await self._condition(group))
            except Invalid as refused:
                violations += refused.violations
        if violations:
            raise Invalid(violations)
        return conditions

    async def _condition(self, group: FilterGroup) -> ColumnElement[bool]:
        with _pointing_into(group.pointer, "?"):
            parts = [self._where[name](value) for name, value in group.values.items()]
        parts += await self._custom_parts(group)
        if group.any_of:
            parts.append(or_(*await self._conditions(group.any_of)))
        parts += await self._conditions(group.all_of)
        return and_(*parts)

    async def _custom_parts(self, group: FilterGroup) -> Sequence[ColumnElement[bool]]:
        if not group.custom:
            return ()
        with _pointing_into(f"{group.pointer}/{CUSTOM}", f"?{CUSTOM_PREFIX}"):
            return await self._custom(group.custom)


@contextmanager
def _pointing_into(pointer: str, prefix: str) -> Iterator[None]:
    """Let the violations of query parameters point into a search body instead."""
    try:
        yield
    except Invalid as refused:
        raise Invalid(
            [
                Violation(f"{pointer}/{each.pointer.removeprefix(prefix)}", each.code, each.params)
                for each in refused.violations
            ]
        ) from None
