"""The custom fields of a tenant, as rules see them: `custom.<key>`."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.canonical_json import canonical_json
from chassis.records.custom_fields.domain import FieldDefinition, FieldType
from chassis.records.custom_fields.store import definitions_of
from rules.fact_values import parse_fact
from rules.fields import FactSchema, FactType, FieldSpec
from rules.versions import Content

CUSTOM: Final = "custom."  # what the names of custom fields begin with in rules

_TYPES: Final[Mapping[FieldType, FactType]] = {
    FieldType.TEXT: FactType.TEXT,
    FieldType.NUMBER: FactType.DECIMAL,
    FieldType.DATE: FactType.DATE,
    FieldType.BOOLEAN: FactType.BOOLEAN,
    FieldType.CHOICE: FactType.ENUM,
    FieldType.MULTI_CHOICE: FactType.ENUM_LIST,
}


def custom_field_spec(definition: FieldDefinition) -> FieldSpec:
    """Return the field that rules read; inactive choices are values of it, as records have them.

    Its label is its name: the definition holds the texts.
    """
    name = f"{CUSTOM}{definition.key}"
    values = tuple(str(choice["value"]) for choice in definition.choices)
    return FieldSpec(name=name, type=_TYPES[definition.type], label=name, values=values)


def reads_custom_fields(content: Content) -> bool:
    """Return whether rules may read a custom field; false only if they surely read none."""
    return CUSTOM.encode() in canonical_json(content)


def custom_facts(
    definitions: Iterable[FieldDefinition], stored: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the facts of a record's custom fields from their stored JSON values.

    Raises WrongValue for a value that its definition does not know.
    """
    specs = {each.key: custom_field_spec(each) for each in definitions}
    return {spec.name: parse_fact(spec, stored.get(key)) for key, spec in specs.items()}


async def schema_with_custom_fields(
    tx: AsyncConnection, schema: FactSchema, resource: str
) -> FactSchema:
    """Return the fields that rules may read, with the tenant's custom fields of a resource."""
    definitions = await definitions_of(tx, resource)
    return schema.with_fields(map(custom_field_spec, definitions.values()))
