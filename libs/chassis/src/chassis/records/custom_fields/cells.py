"""Parses custom field values from the text cells of a file."""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.custom_fields.domain import FieldDefinition, FieldType
from chassis.records.custom_fields.store import definitions_of
from chassis.records.custom_fields.values import validated_custom_fields

_BETWEEN = re.compile("[,;|，；、]")
_SAID = {"true": True, "yes": True, "是": True, "false": False, "no": False, "否": False}


async def parse_custom_field_cells(
    tx: AsyncConnection,
    resource: str,
    cells: Mapping[str, str],
    *,
    before: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return a record's custom fields after a file row; fields without a cell stay as they are.

    `before` holds the stored values; None for a new one. Raises Invalid with every violation, at
    /custom_fields/<key>.
    """
    definitions = await definitions_of(tx, resource) if cells else {}
    text = {key: _value(definitions.get(key), cell) for key, cell in cells.items()}
    values = dict(before or {})
    return await validated_custom_fields(tx, resource, {**values, **text}, before=before)


def _value(definition: FieldDefinition | None, cell: str) -> Any:
    """Parse a cell; a value that cannot be parsed stays a text, which validation refuses."""
    if definition is None:
        return cell
    if definition.type is FieldType.BOOLEAN:
        return _SAID.get(cell.casefold(), cell)
    if definition.type is FieldType.CHOICE:
        return _choice(definition, cell)
    if definition.type is FieldType.MULTI_CHOICE:
        return [_choice(definition, part.strip()) for part in _BETWEEN.split(cell) if part.strip()]
    return cell


def _choice(definition: FieldDefinition, text: str) -> str:
    """Return the choice by its value or one of its labels: files contain either."""
    for choice in definition.choices:
        if text in (choice["value"], choice["label_zh"], choice["label_en"]):
            return str(choice["value"])
    return text
