"""Fields of request bodies take no value of another kind: a count is no truth value."""

from collections.abc import Iterator
from importlib import import_module
from typing import Annotated, Any, get_args, get_origin

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, TypeAdapter, ValidationError

from deploy.services import SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_no_whole_number_takes_true(service: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("L2C_MODE", "development")
    monkeypatch.setenv(f"{service.upper()}_DATABASE_URL", "postgresql+asyncpg://unused/x")
    app = import_module(f"{service}.app").create()
    models: set[type[BaseModel]] = set()
    for route in iter_route_contexts(app.routes):
        for body in _bodies(getattr(route, "dependant", None) or Dependant()):
            models |= set(_models(body, models))
    lax = [
        f"{model.__name__}.{name}"
        for model in models
        for name, field in model.model_fields.items()
        if _is_whole_number(field.annotation)
        and _accepts_true(Annotated[(field.annotation, *field.metadata, None)])
    ]
    assert not lax, "use chassis.records.codes.WholeNumber, or strict=True"


def _bodies(dependant: Dependant) -> Iterator[Any]:
    yield from (param.field_info.annotation for param in dependant.body_params)
    for inner in dependant.dependencies:
        yield from _bodies(inner)


def _models(kind: Any, known: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """Yield the models that a type contains, each once."""
    for argument in get_args(kind):
        yield from _models(argument, known)
    if isinstance(kind, type) and issubclass(kind, BaseModel) and kind not in known:
        known.add(kind)
        yield kind
        for field in kind.model_fields.values():
            yield from _models(field.annotation, known)


def _is_whole_number(kind: Any) -> bool:
    if get_origin(kind) is Annotated:
        return _is_whole_number(get_args(kind)[0])
    return kind is int or any(map(_is_whole_number, get_args(kind)))


def _accepts_true(kind: Any) -> bool:
    try:
        TypeAdapter(kind).validate_python(True)  # the value under test
    except ValidationError:
        return False
    return True
