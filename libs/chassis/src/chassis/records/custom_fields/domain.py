"""What a tenant's field may be, and what its values may be; pure."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from kernel.business_dates import parse_business_date
from kernel.decimals import parse_decimal, plain_text
from kernel.errors import Violation

LONGEST_TEXT, USUAL_TEXT = 4000, 500


class FieldType(StrEnum):
    """What a field holds; it never changes."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    DATE = "DATE"
    BOOLEAN = "BOOLEAN"
    CHOICE = "CHOICE"
    MULTI_CHOICE = "MULTI_CHOICE"


CHOICE_TYPES = (FieldType.CHOICE, FieldType.MULTI_CHOICE)


@dataclass(frozen=True, kw_only=True)
class FieldDefinition:
    """A field of a resource. `choices` are `{value, label_zh, label_en, active}`.

    `minimum` and `maximum` bound numbers (decimal strings) and dates, both included.
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
        """The choices that may be chosen anew."""
        return [str(choice["value"]) for choice in self.choices if choice["active"]]


class _Wrong(Exception):  # leaves this module as a Violation
    def __init__(self, code: str, params: Mapping[str, Any]) -> None:
        super().__init__(code)
        self.code, self.params = code, dict(params)


def validate_values(
    definitions: Mapping[str, FieldDefinition],
    values: Mapping[str, Any],
    before: Mapping[str, Any] | None,
) -> tuple[dict[str, Any], list[Violation]]:
    """The values as they are stored, and everything that is wrong with them.

    What a record holds already stays valid whatever became of the definition; `before` is None
    for a new record, which must have all that is required.
    """
    kept: dict[str, Any] = {}
    violations: list[Violation] = []
    for key, value in values.items():
        if value is None:
            continue
        if before is not None and key in before and before[key] == value:
            kept[key] = value
            continue
        try:
            kept[key] = _checked(definitions.get(key), value)
        except _Wrong as wrong:
            violations.append(Violation(field_pointer(key), wrong.code, wrong.params))
    violations += _missing(definitions.values(), values, before)
    return kept, violations


def _missing(
    definitions: Any, values: Mapping[str, Any], before: Mapping[str, Any] | None
) -> Iterator[Violation]:
    for definition in definitions:
        key = definition.key
        wanted = definition.active and definition.required
        if wanted and values.get(key) is None and (before is None or key in before):
            yield Violation(field_pointer(key), "REQUIRED")


def field_pointer(key: str) -> str:
    """Where a field stands in a body (RFC 6901)."""
    return "/custom_fields/" + key.replace("~", "~0").replace("/", "~1")


def _checked(definition: FieldDefinition | None, value: Any) -> Any:
    if definition is None:
        raise _Wrong("UNKNOWN_FIELD", {})
    if not definition.active:
        raise _Wrong("CUSTOM_FIELD_INACTIVE", {})
    return _BY_TYPE[definition.type](definition, value)


def parse_bound(kind: FieldType, said: str) -> Any:
    """A minimum or maximum of this type as a value; None if it is none."""
    try:
        return _parsed(parse_decimal if kind is FieldType.NUMBER else parse_business_date, said, "")
    except _Wrong:
        return None


def _text(definition: FieldDefinition, value: Any) -> str:
    if not isinstance(value, str):
        raise _Wrong("TYPE_INVALID", {"expected": "string"})
    stripped, longest = value.strip(), definition.max_length or USUAL_TEXT
    if not stripped:
        raise _Wrong("TOO_SHORT", {"minimum": 1})
    if len(stripped) > longest:
        raise _Wrong("TOO_LONG", {"maximum": longest})
    return stripped


def _number(definition: FieldDefinition, value: Any) -> str:
    number = _parsed(parse_decimal, value, "DECIMAL_STRING_INVALID")
    least = None if definition.minimum is None else Decimal(definition.minimum)
    most = None if definition.maximum is None else Decimal(definition.maximum)
    _within(number, least, most, definition)
    return plain_text(number)


def _date(definition: FieldDefinition, value: Any) -> str:
    day: date = _parsed(parse_business_date, value, "DATE_INVALID")
    least = None if definition.minimum is None else date.fromisoformat(definition.minimum)
    most = None if definition.maximum is None else date.fromisoformat(definition.maximum)
    _within(day, least, most, definition)
    return day.isoformat()


def _parsed(parse: Callable[[object], Any], value: Any, code: str) -> Any:
    if not isinstance(value, str):
        raise _Wrong(code, {})
    try:
        return parse(value)
    except ValueError:
        raise _Wrong(code, {}) from None


def _within(value: Any, least: Any, most: Any, definition: FieldDefinition) -> None:
    if least is not None and value < least:
        raise _Wrong("TOO_SMALL", {"relation": ">=", "limit": definition.minimum})
    if most is not None and value > most:
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
