"""References in answers: the name of a record stands beside its id.

A model marks the fields that hold ids of records: `account_id: Annotated[UUID,
RefersTo("l2o.account")]`. Its field `account_name` (or `account_no`, for documents) is filled with
the record's name when a route answers, and its field `account` with the record itself where the
caller expands it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Final, TypeVar, get_args

from pydantic import BaseModel, Field, model_validator

M = TypeVar("M", bound=BaseModel)
_EXPANDABLE: Final = object()
_NAME_SUFFIXES = ("_name", "_no", "_names")


@dataclass(frozen=True)
class RefersTo:
    """Marks a field whose value, or whose values, are the ids of a resource's records.

    `key` is the column that holds the value in the resource's table.
    """

    resource: str
    key: str = "id"


def _is_none(value: object) -> bool:
    return value is None


# The field of an expanded record; it is left out where the caller does not expand it.
Expandable = Annotated[
    M | None,
    _EXPANDABLE,
    Field(default=None, exclude_if=_is_none, description="The record itself, if `expand` names it"),
]
# The same for a field with many ids: `members` beside `member_ids`.
ExpandableList = Annotated[
    list[M] | None,
    _EXPANDABLE,
    Field(default=None, exclude_if=_is_none, description="The records, if `expand` names them"),
]
# The owner of a record, and whoever else is known by the subject of their tokens.
PersonSubject = RefersTo("org.person", key="subject")


def ignored_names(*names: str) -> Any:
    """Return the validator of a part that is sent back as it was read, with names beside its ids.

    It drops the names: `_names = ignored_names("product_name")` in the model of the part.
    """

    def drop(data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if name not in names}

    return model_validator(mode="before")(drop)


@dataclass(frozen=True)
class Reference:
    """A field of a model that refers to records, with the fields beside it that show these.

    `name_field` shows the name, or the names of many records; `active_field`, such as
    `person_active`, whether the record is active; `record_field` an expanded record, as a
    `record_model`. None where the model has no such field.
    """

    field: str
    refers_to: RefersTo
    service: str
    name_field: str | None
    active_field: str | None
    record_field: str | None
    record_model: type[BaseModel] | None

    @property
    def is_many(self) -> bool:
        """Whether the field holds many ids, and so `record_field` many records."""
        return self.field.endswith("_ids")

    def ids_in(self, model: BaseModel) -> Collection[Any]:
        """Return the ids of the records that a model refers to by this field."""
        value = getattr(model, self.field, None)
        if value is None:
            return ()
        return value if isinstance(value, list | tuple) else (value,)


@cache
def references_of(model: type[BaseModel]) -> tuple[Reference, ...]:
    """Return the references of a model, in the order of its fields."""
    return tuple(
        _reference(model, name, marker)
        for name, info in model.model_fields.items()
        for marker in info.metadata
        if isinstance(marker, RefersTo)
    )


def _reference(model: type[BaseModel], field: str, refers_to: RefersTo) -> Reference:
    base = field.removesuffix("_ids").removesuffix("_id")
    names = [base + suffix for suffix in _NAME_SUFFIXES]
    active_field = f"{base}_active"
    record_field = f"{base}s" if field.endswith("_ids") else base
    record = model.model_fields.get(record_field)
    expandable = record is not None and _EXPANDABLE in record.metadata
    return Reference(
        field=field,
        refers_to=refers_to,
        service=model.__module__.partition(".")[0],
        name_field=next((name for name in names if name in model.model_fields), None),
        active_field=active_field if active_field in model.model_fields else None,
        record_field=record_field if expandable else None,
        record_model=model_in(record.annotation) if record is not None and expandable else None,
    )


def model_in(annotation: Any) -> type[BaseModel] | None:
    """Return the model that a field holds, alone, optionally or in a list; None without one."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for inner in get_args(annotation) if (found := model_in(inner))), None)


@cache
def expandable_paths(model: type[BaseModel], *, depth: int = 2) -> tuple[str, ...]:
    """Return the paths that can be expanded in an answer of this model, at most `depth` long."""
    records = {one.record_field for one in references_of(model) if one.record_field}
    paths: list[str] = []
    for name, info in model.model_fields.items():
        if name in records:
            paths.append(name)
        inner = model_in(info.annotation)
        if inner is not None and depth > 1:
            paths += [f"{name}.{below}" for below in expandable_paths(inner, depth=depth - 1)]
    return tuple(paths)


def models_at(answer: Any, path: Sequence[str]) -> Iterator[BaseModel]:
    """Yield the models that an answer, or each of a list of answers, holds at a path of fields."""
    if isinstance(answer, list | tuple):
        for item in answer:
            yield from models_at(item, path)
    elif isinstance(answer, BaseModel):
        if path:
            yield from models_at(getattr(answer, path[0], None), path[1:])
        else:
            yield answer


def shown_fields(model: type[BaseModel]) -> list[str]:
    """Return the names of all fields of a model except expandable records."""
    return [n for n, info in model.model_fields.items() if _EXPANDABLE not in info.metadata]


def has_names(annotation: Any) -> bool:
    """Return whether a model of this annotation, or a model below it, shows names of records."""
    model = model_in(annotation)
    return model is not None and _shows_names(model)


@cache
def _shows_names(model: type[BaseModel], seen: frozenset[type] = frozenset()) -> bool:
    if any(reference.name_field for reference in references_of(model)):
        return True
    parts = {model_in(info.annotation) for info in model.model_fields.values()}
    seen = seen | {model}
    return any(_shows_names(part, seen) for part in parts if part and part not in seen)


def has_name_fields(items: Sequence[BaseModel], fields: Sequence[str]) -> bool:
    """Return whether any of these fields of the items, or a part of it, shows names of records."""
    if not items:
        return False
    model = type(items[0])
    return any(one.name_field in fields for one in references_of(model)) or any(
        has_names(info.annotation) for name, info in model.model_fields.items() if name in fields
    )
