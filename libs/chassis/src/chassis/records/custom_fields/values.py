"""Validates a record's custom fields, and filters lists by them."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Column, ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.strict_json import normalized_text
from chassis.records.custom_fields.domain import (
    FieldDefinition,
    FieldType,
    missing_values,
    validate_values,
)
from chassis.records.custom_fields.store import definitions_of, shared_lock
from chassis.records.custom_fields.tables import custom_values
from kernel.business_dates import CalendarDate
from kernel.decimals import DecimalString
from kernel.errors import Invalid, Violation

CUSTOM_FILTER_PREFIX = "custom."
MAX_CUSTOM_FILTER_VALUES = 100
_RANGE = {"gte", "lte", "gt", "lt"}
_OPERATIONS = {
    FieldType.TEXT: {"", "in", "startswith", "isnull"},
    FieldType.NUMBER: {"", "isnull", *_RANGE},
    FieldType.DATE: {"", "isnull", *_RANGE},
    FieldType.BOOLEAN: {"", "isnull"},
    FieldType.CHOICE: {"", "in", "isnull"},
    FieldType.MULTI_CHOICE: {"", "in", "isnull"},
}
_BOOL: TypeAdapter[bool] = TypeAdapter(bool)
_DATE: TypeAdapter[date] = TypeAdapter(CalendarDate)
_NUMBER: TypeAdapter[Decimal] = TypeAdapter(DecimalString)


async def validated_custom_fields(
    tx: AsyncConnection,
    resource: str,
    values: Mapping[str, Any],
    *,
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the values to store in a record's `custom_fields`.

    `before` holds the stored values; None for a new one. Raises Invalid with every violation,
    at /custom_fields/<key>.
    """
    if before is not None and values == before:
        return dict(before)
    definitions = await locked_definitions(tx, resource)
    stored, violations = validate_values(definitions, values, before)
    if violations:
        raise Invalid(violations)
    return stored


async def locked_definitions(tx: AsyncConnection, resource: str) -> Mapping[str, FieldDefinition]:
    """Return the custom fields of a resource by key; nobody changes them until the commit."""
    definitions = await definitions_of(tx, resource)
    if definitions:  # read again under the lock: the definitions may have changed meanwhile
        await shared_lock(tx, resource)
        definitions = await definitions_of(tx, resource)
    return definitions


async def ensure_required(tx: AsyncConnection, resource: str, values: Mapping[str, Any]) -> None:
    """Refuse a whole body without all required fields, also for a record that never had them.

    Raises Invalid (REQUIRED) at /custom_fields/<key>.
    """
    violations = list(missing_values((await definitions_of(tx, resource)).values(), values, None))
    if violations:
        raise Invalid(violations)


async def carried_custom_fields(
    tx: AsyncConnection, resource: str, values: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the values that a new record takes over from a record of another resource.

    A value is taken over to the field of its key if it is valid there.
    """
    definitions = await locked_definitions(tx, resource)
    carried: dict[str, Any] = {}
    for key, value in values.items():
        if key in definitions:
            stored, violations = validate_values({key: definitions[key]}, {key: value}, None)
            carried |= {} if violations else stored
    return carried


async def custom_conditions(
    tx: AsyncConnection, resource: str, key: Column[UUID], parameters: Mapping[str, str]
) -> Sequence[ColumnElement[bool]]:
    """Return the conditions of parameters such as `custom.colour__in=red,blue`.

    For `Listing(..., custom=custom_conditions)`. Raises Invalid (UNKNOWN_FIELD,
    CUSTOM_FIELD_NOT_FILTERABLE, and violations of values).
    """
    definitions = await definitions_of(tx, resource)
    conditions: list[ColumnElement[bool]] = []
    violations: list[Violation] = []
    for parameter, value in parameters.items():
        try:
            conditions.append(_condition(resource, key, definitions, parameter, value))
        except Invalid as refused:
            violations += refused.violations
    if violations:
        raise Invalid(violations)
    return conditions


def _condition(
    resource: str,
    record_id: Column[UUID],
    definitions: Mapping[str, FieldDefinition],
    parameter: str,
    value: str,
) -> ColumnElement[bool]:
    name, _, operation = parameter.removeprefix(CUSTOM_FILTER_PREFIX).partition("__")
    definition = definitions.get(name)
    if definition is None or operation not in _OPERATIONS[definition.type]:
        raise _refused(parameter, "UNKNOWN_FIELD")
    if not definition.filterable:
        raise _refused(parameter, "CUSTOM_FIELD_NOT_FILTERABLE")
    mine = and_(custom_values.c.resource == resource, custom_values.c.key == name)
    field_values = select(custom_values.c.record_id).where(mine)
    if operation == "isnull":
        empty = _read(parameter, _BOOL, value, "VALUE_INVALID")
        if not empty:
            return record_id.in_(field_values)
        return ~field_values.where(
            custom_values.c.record_id == record_id
        ).exists()  # NOT IN would read all rows
    return record_id.in_(
        field_values.where(_compared(definition.type, parameter, operation, value))
    )


def _compared(kind: FieldType, parameter: str, operation: str, value: str) -> ColumnElement[bool]:
    if kind is FieldType.NUMBER:
        number = float(_read(parameter, _NUMBER, value, "DECIMAL_STRING_INVALID"))
        return _ranged(custom_values.c.number_value, operation, number)
    if kind is FieldType.DATE:
        day = _read(parameter, _DATE, value, "DATE_INVALID")
        return _ranged(custom_values.c.date_value, operation, day)
    column = custom_values.c.text_value
    if kind is FieldType.BOOLEAN:
        texts = _read(parameter, _BOOL, value, "VALUE_INVALID")
        return column == ("true" if texts else "false")
    if operation == "in":
        parts = value.split(",")
        if len(parts) > MAX_CUSTOM_FILTER_VALUES:
            raise _refused(parameter, "TOO_LONG", maximum=MAX_CUSTOM_FILTER_VALUES)
        return column.in_([func.left(normalized_text(part).strip(), 200) for part in parts])
    if operation == "startswith":
        start = normalized_text(value).lstrip()
        return and_(column >= start, column < start + "\U0010ffff")
    return column == func.left(normalized_text(value).strip(), 200)


def _ranged(column: Column[Any], operation: str, value: Any) -> ColumnElement[bool]:
    by_name: dict[str, ColumnElement[bool]] = {
        "": column == value,
        "gte": column >= value,
        "lte": column <= value,
        "gt": column > value,
        "lt": column < value,
    }
    return by_name[operation]


def _read(parameter: str, adapter: TypeAdapter[Any], value: str, code: str) -> Any:
    try:
        return adapter.validate_python(value)
    except ValidationError:
        raise _refused(parameter, code) from None


def _refused(parameter: str, code: str, **params: Any) -> Invalid:
    return Invalid([Violation(f"?{parameter}", code, params)])
