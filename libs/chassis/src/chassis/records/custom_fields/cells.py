"""Parses custom field values from the text cells of a file."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.custom_fields.domain import FieldDefinition, FieldType, validate_values
from chassis.records.custom_fields.values import locked_definitions
from kernel.errors import Invalid
from kernel.names import comparable_name

_BETWEEN = re.compile("[,;|，；、]")
_WHOLE_NUMBER = re.compile(r"-?\d{1,19}")
_YES_AND_NO = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False}


@dataclass(frozen=True)
class CustomFieldParser:
    """Parses the custom fields of many rows by the definitions of one resource."""

    definitions: Mapping[str, FieldDefinition]

    def parse(
        self, cells: Mapping[str, str], *, before: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return a record's custom fields after a file row; fields without a cell stay as they are.

        `before` holds the stored values; None for a new record, which must have all required
        fields. Raises Invalid with every violation, at /custom_fields/<key>.
        """
        text = {key: _value(self.definitions.get(key), cell) for key, cell in cells.items()}
        values = {**(before or {}), **text}
        if before is not None and values == before:
            return dict(before)
        stored, violations = validate_values(self.definitions, values, before)
        if violations:
            raise Invalid(violations)
        return stored


async def custom_field_parser(tx: AsyncConnection, resource: str) -> CustomFieldParser:
    """Return the parser of a resource's fields, which stay as they are until the commit."""
    return CustomFieldParser(await locked_definitions(tx, resource))


async def parse_custom_field_cells(
    tx: AsyncConnection,
    resource: str,
    cells: Mapping[str, str],
    *,
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return what `CustomFieldParser.parse` returns for one row, and raise what it raises."""
    return (await custom_field_parser(tx, resource)).parse(cells, before=before)


def _value(definition: FieldDefinition | None, cell: str) -> Any:
    """Parse a cell; a value that cannot be parsed stays a text, which validation refuses."""
    if definition is None:
        return cell
    if definition.type is FieldType.BOOLEAN:
        return yes_or_no(cell)
    if definition.type is FieldType.CHOICE:
        return _choice(definition, cell)
    if definition.type is FieldType.MULTI_CHOICE:
        return [_choice(definition, part) for part in values_in(cell)]
    return cell


def values_in(cell: str) -> list[str]:
    """Return the values of a cell that has several, between commas, semicolons or bars."""
    return [part.strip() for part in _BETWEEN.split(cell) if part.strip()]


def yes_or_no(cell: str) -> bool | str:
    """Return what a cell says; a text that says neither yes nor no stays, to be refused."""
    return _YES_AND_NO.get(comparable_name(cell), cell)


def _choice(definition: FieldDefinition, text: str) -> str:
    """Return the choice by its value or one of its labels: files contain either."""
    for choice in definition.choices:
        names = (choice["value"], choice["label_zh"], choice["label_en"])
        if comparable_name(text) in map(comparable_name, names):
            return str(choice["value"])
    return text


def whole_number(cell: str) -> int | str:
    """Return the number that a cell says; a text that is none stays, to be refused."""
    return int(cell) if _WHOLE_NUMBER.fullmatch(cell) else cell
