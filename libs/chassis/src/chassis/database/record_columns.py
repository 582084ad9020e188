"""The columns of a table that follow from the dataclass of its records.

The entity says once what a field is called, of what type it is, and whether it may be missing; the
table adds keys, indexes and what only the database knows.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from sqlalchemy import Boolean, Column, Date, DateTime, Integer, Numeric, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis.database.columns import JsonDocument, enum_column, money_columns, tenant_column
from chassis.database.encryption.columns import encrypted_columns
from chassis.database.rows import Row
from kernel.money import Money
from kernel.personal import Personal

_SIMPLE: Final[Mapping[Any, Any]] = {
    UUID: Uuid(),
    str: Text(),
    bool: Boolean(),
    int: Integer(),
    Decimal: Numeric(),
    date: Date(),
    datetime: DateTime(timezone=True),
}
_EMPTY: Final = text("'{}'")


def record_columns(
    entity: type[Row], *, without: Sequence[str] = (), encrypted: Sequence[str] = (), of: str = ""
) -> Iterator[Column[Any]]:
    """Yield the tenant's column, and one for each field of the entity, in their order.

    Money has two columns, an enum its values, a mapping is JSON, a sequence of texts an array, and
    other dataclasses are JSON documents. A field that is marked as `Personal` marks its column.
    `without` names fields that are stored in other tables. `encrypted` names fields, texts that may
    be missing, which are stored encrypted and bound to the resource `of`.
    """
    yield tenant_column()
    for name, hint in get_type_hints(entity, include_extras=True).items():
        if name in encrypted:
            yield from encrypted_columns(name, of=of, personal=_personal_kind(hint) or "")
        elif name in entity.__dataclass_fields__ and name not in without:
            yield from _columns(name, hint)


def _personal_kind(hint: Any) -> str | None:
    marks = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
    return next((one.kind for one in marks if isinstance(one, Personal)), None)


def _columns(name: str, hint: Any) -> Iterator[Column[Any]]:
    personal = _personal_kind(hint)
    info = {} if personal is None else {"personal": personal}
    kind = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    options = get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,)
    nullable = type(None) in options
    [kind] = [one for one in options if one is not type(None)]
    if kind is Money:
        yield from money_columns(name, nullable=nullable)
    elif kind in _SIMPLE:
        key = name == "id"
        yield Column(name, _SIMPLE[kind], primary_key=key, nullable=nullable, info=info)
    elif isinstance(kind, type) and issubclass(kind, Enum):
        yield Column(name, enum_column(kind), nullable=nullable, info=info)
    else:
        type_, default = _composite(kind)
        yield Column(name, type_, nullable=nullable, info=info, server_default=default)


def _composite(kind: Any) -> tuple[Any, Any]:
    """Return the type of a value that consists of others, and its default in the database."""
    origin = get_origin(kind)
    if origin in (dict, Mapping):
        return JSONB(), _EMPTY
    if str in get_args(kind):
        return ARRAY(Text, as_tuple=origin is tuple), _EMPTY
    return JsonDocument(kind), None
