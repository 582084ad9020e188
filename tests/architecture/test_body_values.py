"""Fields of request bodies take no value of another kind: a count is no text and no truth value."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin
from uuid import UUID

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, TypeAdapter, ValidationError

from chassis.web.patches import MergePatch
from deploy.services import SERVICES
from kernel.money import Money
from tests.architecture.applications import IN_ONE_PROCESS, app_of

pytestmark = IN_ONE_PROCESS

# What JSON must not send for a field of a kind, by the conventions: amounts, quantities and rates
# are decimal strings; counts are numbers; days, instants and durations are texts of ISO 8601.
WRONG: Final[Mapping[type, Sequence[Any]]] = {
    bool: ("true", "yes", "1", 1, 0, 1.0),
    int: (True, "12", "1e3", 12.0, 1.5),
    float: (True, "1.5"),
    str: (12, 1.5, True),
    Decimal: (12, 1.5, True, "1e3", "1,000", " 1", "0x1"),
    Money: (
        *(12, "12", True, {"amount": 12, "currency": "CNY"}),
        {"amount": "378282246310005", "currency": "CNY"},  # the number of a card
    ),
    date: (1_700_000_000, "1700000000", "2026-01-01T00:00:00Z", True),
    datetime: (1_700_000_000, 1.5, "1700000000", "12", "2026-01-01", True),
    time: (3600, "3600", True),
    timedelta: (3600, 1.5, "3600", True),
    UUID: (12, True, "12"),
    Enum: (0, 1, True, ""),
}


@pytest.mark.parametrize("service", SERVICES)
def test_no_field_takes_a_value_of_another_kind(service: str) -> None:
    lax = {
        f"{model.__name__}.{name}": accepted
        for model in _body_models(app_of(service))
        for name, field in model.model_fields.items()
        for kind in _single_values(Annotated[(field.annotation, *field.metadata, None)])
        if (accepted := [value for value in _wrong_for(kind) if _accepts(kind, value)])
    }
    assert not lax, f"use StrictInt, StrictBool, Instant and the types of the kernel: {lax}"


def test_the_probes_find_what_is_lax() -> None:
    assert [*_single_values(Annotated[list[int | None] | None, "mark"])] == [int]
    assert [one for one in _wrong_for(int) if _accepts(int, one)] == [True, "12", 12.0]
    assert [*_wrong_for(int | str)] == [True, 1.5]
    assert _accepts(datetime, 1_700_000_000)


def _body_models(app: Any) -> set[type[BaseModel]]:
    models: set[type[BaseModel]] = set()
    for route in iter_route_contexts(app.routes):
        for body in _bodies(getattr(route, "dependant", None) or Dependant()):
            models |= set(_models(body, models))
    return models


def _bodies(dependant: Dependant) -> Iterator[Any]:
    yield from (param.field_info.annotation for param in dependant.body_params)
    for inner in dependant.dependencies:
        yield from _bodies(inner)


def _models(kind: Any, known: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """Yield the models that a type contains, each once; of a patch the one that it edits."""
    for argument in get_args(kind):
        yield from _models(argument, known)
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in known:
        known.add(kind)
        if issubclass(kind, MergePatch):
            yield from _models(kind.edit_model(), known)
            return
        yield kind
        for field in kind.model_fields.values():
            yield from _models(field.annotation, known)


def _single_values(kind: Any, *marks: Any) -> Iterator[Any]:
    """Yield the types of the single values of a field, with the marks that stand at them."""
    arguments = [one for one in get_args(kind) if one is not type(None)]
    if get_origin(kind) is Annotated:
        yield from _single_values(arguments[0], *arguments[1:], *marks)
    elif get_origin(kind) in (Union, UnionType) and len(arguments) == 1:
        yield from _single_values(arguments[0], *marks)
    elif get_origin(kind) in (list, tuple, dict, Sequence):
        for argument in arguments:
            yield from _single_values(argument)
    else:
        yield Annotated[(kind, *marks, None)] if marks else kind


def _kinds(kind: Any) -> Iterator[type]:
    if get_origin(kind) in (Annotated, Union, UnionType):
        alternatives = get_args(kind)
        for one in alternatives[:1] if get_origin(kind) is Annotated else alternatives:
            yield from _kinds(one)
    elif isinstance(kind, type):
        yield next((each for each in (bool, datetime, Enum) if issubclass(kind, each)), kind)


def _wrong_for(kind: Any) -> Sequence[Any]:
    """Return the values that are wrong for each alternative of a type."""
    tables = [WRONG[one] for one in _kinds(kind) if one in WRONG]
    return (
        [one for one in tables[0] if all(_stands_in(one, each) for each in tables)]
        if tables
        else []
    )


def _stands_in(value: Any, table: Sequence[Any]) -> bool:
    return any(type(one) is type(value) and one == value for one in table)


def _accepts(kind: Any, value: Any) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return False
    return True
