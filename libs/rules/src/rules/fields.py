"""The fields that a rule may read, declared by the service whose records it is applied to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final


class FactType(StrEnum):
    """The type of a field, as rules see it."""

    TEXT = "TEXT"
    ENUM = "ENUM"
    DECIMAL = "DECIMAL"
    INTEGER = "INTEGER"
    BOOLEAN = "BOOLEAN"
    DATE = "DATE"
    INSTANT = "INSTANT"
    TEXT_LIST = "TEXT_LIST"
    ENUM_LIST = "ENUM_LIST"


LIST_TYPES: Final = frozenset({FactType.TEXT_LIST, FactType.ENUM_LIST})
ENUM_TYPES: Final = frozenset({FactType.ENUM, FactType.ENUM_LIST})
ORDERED_TYPES: Final = frozenset(
    {FactType.DECIMAL, FactType.INTEGER, FactType.DATE, FactType.INSTANT}
)


@dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """A field that rules may read.

    `label` is the code of its name for people. `values` are all values that an enum, or an element
    of a list of enums, can have in any record, choices that are no longer offered included: the
    analysis of rules takes them for complete.
    """

    name: str
    type: FactType
    label: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class FactSchema:
    """All fields that the rules of one purpose may read, by name."""

    fields: Mapping[str, FieldSpec]

    @classmethod
    def of(cls, *specs: FieldSpec) -> "FactSchema":
        """Return the schema of these fields.

        Raises ValueError for a name that occurs twice, an enum without values, and values of a
        field that is no enum.
        """
        return cls({}).with_fields(specs)

    def with_fields(self, specs: Iterable[FieldSpec]) -> "FactSchema":
        """Return the schema with further fields, such as the custom fields of a tenant.

        Raises ValueError as `of` does.
        """
        fields = dict(self.fields)
        for spec in specs:
            if spec.name in fields:
                raise ValueError(f"the field {spec.name} is declared twice")
            if (spec.type in ENUM_TYPES) != bool(spec.values):
                raise ValueError(f"the field {spec.name} must have values if it is an enum only")
            fields[spec.name] = spec
        return FactSchema(fields)

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash(tuple(self.fields))
