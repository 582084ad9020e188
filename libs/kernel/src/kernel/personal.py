"""The mark on personal data: JSON Schemas show it, logs mask the data, erasure finds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

FieldPath = tuple[str, ...]
ANY_ITEM = "*"


@dataclass(frozen=True, slots=True)
class Personal:
    """Mark a field as personal data: `phone: Annotated[str, Personal("phone")]`.

    The JSON Schema of the field gets `"x-personal": "phone"`.
    """

    kind: str

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "x-personal": self.kind}


def personal_fields(model: type[Any]) -> dict[FieldPath, str]:
    """The paths of the personal fields of a model or dataclass, with the kind of each.

    A path consists of field names, with `ANY_ITEM` for any item of a list or value of a mapping:
    `("contacts", "*", "phone")`. A model that contains itself is not followed a second time.
    """
    return dict(_marks(model, (), ()))


def _marks(kind: Any, path: FieldPath, inside: tuple[Any, ...]) -> Iterator[tuple[FieldPath, str]]:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        yield from ((path, note.kind) for note in arguments[1:] if isinstance(note, Personal))
        yield from _marks(arguments[0], path, inside)
    elif origin is not None:
        step = path if origin in (Union, UnionType) else (*path, ANY_ITEM)
        for argument in arguments[1:] if _is_mapping(origin) else arguments:
            yield from _marks(argument, step, inside)
    elif kind not in inside:
        for name, member in _members(kind):
            yield from _marks(member, (*path, name), (*inside, kind))


def _is_mapping(origin: Any) -> bool:
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _members(kind: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, info in kind.model_fields.items():
            # Annotated needs at least one piece of metadata.
            yield name, Annotated[(info.annotation, *info.metadata, None)]
    elif isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        yield from ((field.name, hints[field.name]) for field in fields(kind))


def mask(value: str) -> str:
    """Replace all but the first and last character by stars: `1*********8`.

    Of two characters only the first stays (`张*`); a single character is replaced.
    """
    if len(value) > 2:
        return value[0] + "*" * (len(value) - 2) + value[-1]
    return f"{value[0]}*" if len(value) == 2 else "*" * len(value)
