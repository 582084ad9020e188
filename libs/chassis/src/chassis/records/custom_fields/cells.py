"""Custom fields out of the cells of a file, which are texts."""

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
    """What a record holds after a row of a file: fields that no cell names stay as they are.

    `before` is what the record holds; None for a new one. Raises Invalid with every violation, at
    /custom_fields/<key>.
    """
    known = await definitions_of(tx, resource) if cells else {}
    said = {key: _value(known.get(key), cell) for key, cell in cells.items()}
    held = dict(before or {})
    return await validated_custom_fields(tx, resource, {**held, **said}, before=before)


def _value(definition: FieldDefinition | None, cell: str) -> Any:
    """What a cell says; what cannot be read stays a text, which the check refuses."""
    if definition is None:
        return cell
    if definition.type is FieldType.BOOLEAN:
        return _SAID.get(cell.casefold(), cell)
    if definition.type is FieldType.CHOICE:
        return _choice(definition, cell)
    if definition.type is FieldType.MULTI_CHOICE:
        return [_choice(definition, part.strip()) for part in _BETWEEN.split(cell) if part.strip()]
    return cell


def _choice(definition: FieldDefinition, told: str) -> str:
    """Files have the labels that people see as often as the values."""
    for choice in definition.choices:
        if told in (choice["value"], choice["label_zh"], choice["label_en"]):
            return str(choice["value"])
    return told
