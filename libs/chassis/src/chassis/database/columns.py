"""Columns every table of a service is made of: the tenant, money, enums, JSON documents."""

from functools import cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Enum,
    Index,
    Integer,
    MetaData,
    Numeric,
    Text,
    Uuid,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

UNCOUNTED = "uncounted"  # in the info of a version column: why its rows are no counted records
NAME_KEY_OF = "name_key_of"  # in the info of a column: the field whose comparable form it holds
CURRENT_TENANT = "nullif(current_setting('app.tenant', true), '')::uuid"


def tenant_column() -> Column[UUID]:
    """Return the `tenant_id` column; the database fills it in from the transaction."""
    return Column("tenant_id", Uuid, primary_key=True, server_default=text(CURRENT_TENANT))


def filter_indexes(*columns: str) -> tuple[Index, ...]:
    """Return the indexes of a list's filters and sorts; the id breaks ties."""
    return tuple(Index(None, "tenant_id", column, "id") for column in columns)


def new_metadata() -> MetaData:
    """Return metadata with the naming convention for indexes and constraints."""
    return MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "%(table_name)s_%(column_0_N_name)s_key",
            "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "pk": "%(table_name)s_pkey",
        }
    )


def enum_column(kind: type[Any]) -> Enum:
    """Return the type of a column that stores a StrEnum as text: a new value needs no DDL."""
    return Enum(
        kind,
        native_enum=False,
        create_constraint=False,
        length=40,
        values_callable=lambda members: [member.value for member in members],
    )


def uncounted(reason: str) -> dict[str, str]:
    """Return the `info` of a version column whose rows are no records that a quota counts."""
    return {UNCOUNTED: reason}


def money_columns(name: str, *, nullable: bool = False) -> tuple[Column[Any], Column[Any]]:
    """Return the two columns of a money field: `x numeric(22,6)` and `x_currency`."""
    return (
        Column(name, Numeric(22, 6), nullable=nullable),
        Column(f"{name}_currency", Text, nullable=nullable),
    )


def name_key_column(name: str = "name") -> Column[str]:
    """Return the column `name_key`: a name in the form in which names are compared.

    `to_columns` fills it from the field `name`; the entity has no such field.
    """
    return Column(f"{name}_key", Text, nullable=False, info={NAME_KEY_OF: name})


def replica_columns() -> tuple[Column[Any], ...]:
    """Return the first columns of a replica: tenant, id, the version it holds, the deleted mark."""
    return (
        tenant_column(),
        Column("id", Uuid, primary_key=True),
        Column("epoch", Integer, nullable=False),
        Column("sequence", BigInteger, nullable=False),
        Column("deleted", Boolean, nullable=False, server_default=false()),
    )


class JsonDocument(TypeDecorator[Any]):
    """A column that stores a frozen dataclass, or a tuple of them, as one JSON value, or null."""

    impl = JSONB
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__(none_as_null=True)
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else _adapter(self.kind).dump_python(value, mode="json")

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else _adapter(self.kind).validate_python(value)


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Return the adapter of a kind; making one takes a hundred times as long as a value."""
    return TypeAdapter(kind)
