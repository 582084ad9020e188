"""Custom field definitions and the validation of their values; pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from kernel.business_dates import parse_business_date
from kernel.decimals import parse_decimal, plain_text
from kernel.errors import Violation
from kernel.json_pointers import child
from kernel.texts import strip_invisible

LONGEST_TEXT, USUAL_TEXT = 4000, 500


class FieldType(StrEnum):
    """The type of a custom field; it never changes."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    DATE = "DATE"
    BOOLEAN = "BOOLEAN"
    CHOICE = "CHOICE"
    MULTI_CHOICE = "MULTI_CHOICE"


CHOICE_TYPES = (FieldType.CHOICE, FieldType.MULTI_CHOICE)


@dataclass(frozen=True, kw_only=True)
class FieldDefinition:
    """A custom field of a resource. `choices` are `{value, label_zh, label_en, active}`.

    `minimum` and `maximum` bound numbers (decimal strings) and dates, inclusive.
    """

    id: UUID
    resource: str
    key: str
    type: FieldType
    label_zh: str
    label_en: str
    required: bool = False
    filterable: bool = False
    active: bool = True
    position: int = 0
    max_length: int | None = None
    minimum: str | None = None
    maximum: str | None = None
    choices: Sequence[Mapping[str, Any]] = ()
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def usable(self) -> list[str]:
        """The values of active choices."""
        return [str(choice["value"]) for choice in self.choices if choice["active"]]


class _Wrong(Exception):  # converted to a Violation in this module
    def __init__(self, code: str, params: Mapping[str, Any]) -> None:
        super().__init__(code)
        self.code, self.params = code, dict(params)


def validate_values(
    definitions: Mapping[str, FieldDefinition],
    values: Mapping[str, Any],
    before: Mapping[str, Any] | None,
) -> tuple[dict[str, Any], list[Violation]]:
    """Return the values as stored, and all violations.

    Values a record holds already stay valid, whatever happened to the definition. `before` is None
    for a new record, which must have all required fields.
    """
    stored: dict[str, Any] = {}
    violations: list[Violation] = []
    for key, value in values.items():
        if value is None:
            continue
        if before is not None and key in before and before[key] == value:
            stored[key] = value
            continue
        try:
            stored[key] = _checked(definitions.get(key), value)
        except _Wrong as wrong:
            violations.append(Violation(field_pointer(key), wrong.code, wrong.params))
    violations += missing_values(definitions.values(), values, before)
    return stored, violations


def missing_values(
    definitions: Iterable[FieldDefinition],
    values: Mapping[str, Any],
    before: Mapping[str, Any] | None,
) -> Iterator[Violation]:
    """Yield a violation for every required field without a value.

    A record that never had one, since the field became required later, may go on without it.
    """
    for definition in definitions:
        key = definition.key
        required = definition.active and definition.required
        if required and values.get(key) is None and (before is None or key in before):
            yield Violation(field_pointer(key), "REQUIRED")


def field_pointer(key: str) -> str:
    """Return the JSON pointer of a custom field in a request body (RFC 6901)."""
    return child("/custom_fields", key)


def _checked(definition: FieldDefinition | None, value: Any) -> Any:
    if definition is None:
        raise _Wrong("UNKNOWN_FIELD", {})
    if not definition.active:
        raise _Wrong("CUSTOM_FIELD_INACTIVE", {})
    return _BY_TYPE[definition.type](definition, value)


def parse_bound(kind: FieldType, text: str) -> Any:
    """Parse a minimum or maximum of this field type; None if it is not valid."""
    try:
        return _parsed(parse_decimal if kind is FieldType.NUMBER else parse_business_date, text, "")
    except _Wrong:
        return None


def _text(definition: FieldDefinition, value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong("TYPE_INVALID", {"expected": "string"})
    stripped, longest = strip_invisible(value), definition.max_length or USUAL_TEXT
    if not stripped:
        raise _Wrong("TOO_SHORT", {"minimum": 1})
    if len(stripped) > longest:
        raise _Wrong("TOO_LONG", {"maximum": longest})
    return stripped


def _number(definition: FieldDefinition, value: Any) -> str:
    number = _parsed(parse_decimal, value, "DECIMAL_STRING_INVALID")
    minimum = None if definition.minimum is None else Decimal(definition.minimum)
    maximum = None if definition.maximum is None else Decimal(definition.maximum)
    _within(number, minimum, maximum, definition)
    return plain_text(number)


def _date(definition: FieldDefinition, value: Any) -> str:
    day: date = _parsed(parse_business_date, value, "DATE_INVALID")
    minimum = None if definition.minimum is None else date.fromisoformat(definition.minimum)
    maximum = None if definition.maximum is None else date.fromisoformat(definition.maximum)
    _within(day, minimum, maximum, definition)
    return day.isoformat()


def _parsed(parse: Callable[[object], Any], value: Any, code: str) -> Any:
    if not isinstance(value, str):
        raise _Wrong(code, {})
    try:
        return parse(value)
    except ValueError as refused:
        own = str(
            getattr(refused, "type", "")
        )  # a number or day out of range has a code of its own
        if own.isupper():
            raise _Wrong(own, getattr(refused, "context", None) or {}) from None
        raise _Wrong(code, {}) from None


def _within(value: Any, minimum: Any, maximum: Any, definition: FieldDefinition) -> None:
    if minimum is not None and value < minimum:
        raise _Wrong("TOO_SMALL", {"relation": ">=", "limit": definition.minimum})
    if maximum is not None and value > maximum:
        raise _Wrong("TOO_LARGE", {"relation": "<=", "limit": definition.maximum})


def _boolean(_: FieldDefinition, value: Any) -> bool:
    if not isinstance(value, bool):
        raise _Wrong("TYPE_INVALID", {"expected": "boolean"})
    return value


def _choice(definition: FieldDefinition, value: Any) -> str:
    if not isinstance(value, str) or value not in definition.usable:
        raise _Wrong("VALUE_UNKNOWN", {"expected": definition.usable})
    return value


def _choices(definition: FieldDefinition, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise _Wrong("TYPE_INVALID", {"expected": "array"})
    return list(dict.fromkeys(_choice(definition, one) for one in value))


_BY_TYPE: Mapping[FieldType, Callable[[FieldDefinition, Any], Any]] = {
    FieldType.TEXT: _text,
    FieldType.NUMBER: _number,
    FieldType.DATE: _date,
    FieldType.BOOLEAN: _boolean,
    FieldType.CHOICE: _choice,
    FieldType.MULTI_CHOICE: _choices,
}
