"""The mark on personal data: contracts show it, logs mask it, erasure finds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

Path = tuple[str, ...]
EACH = "*"


@dataclass(frozen=True, slots=True)
class Personal:
    """`phone: Annotated[str, Personal("phone")]`; the JSON schema says `"x-personal": "phone"`."""

    kind: str

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "x-personal": self.kind}


def personal_fields(model: type[Any]) -> dict[Path, str]:
    """Where a model or dataclass carries personal data, and of which kind.

    A path is made of field names, with `EACH` for any item of a list or value of a mapping:
    `("contacts", "*", "phone")`. A model inside itself is not followed a second time.
    """
    return dict(_marks(model, (), ()))


def _marks(kind: Any, path: Path, inside: tuple[Any, ...]) -> Iterator[tuple[Path, str]]:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        yield from ((path, note.kind) for note in arguments[1:] if isinstance(note, Personal))
        yield from _marks(arguments[0], path, inside)
    elif origin is not None:
        step = path if origin in (Union, UnionType) else (*path, EACH)
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
            # Annotated wants one note at least.
            yield name, Annotated[(info.annotation, *info.metadata, None)]
    elif isinstance(kind, type) and is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        yield from ((each.name, hints[each.name]) for each in fields(kind))


def mask(value: str) -> str:
    """The first and last character with a star for each one between: `1*********8`.

    Of two characters the first stays (`张*`), of one none.
    """
    if len(value) > 2:
        return value[0] + "*" * (len(value) - 2) + value[-1]
    return f"{value[0]}*" if len(value) == 2 else "*" * len(value)
