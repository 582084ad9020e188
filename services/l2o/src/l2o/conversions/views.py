"""Reads what people call the fields for which a conversion was rejected."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.texts import Text
from chassis.records.custom_fields.domain import FieldDefinition
from chassis.records.custom_fields.store import definitions_of
from kernel.errors import Violation
from l2o.conversions.domain import CUSTOM_FIELDS, RESOURCES, RejectedField
from l2o.texts import CONVERSION_LABELS


async def rejected_fields(
    tx: AsyncConnection, violations: Sequence[Violation]
) -> tuple[RejectedField, ...]:
    """Return the fields of violations at `/<RECORD>/<field>`, each once."""
    found = {}
    for violation in violations:
        _, record, *path = violation.pointer.split("/")
        definitions = await definitions_of(tx, RESOURCES[record])
        label = _label(path, definitions)
        kind = CONVERSION_LABELS[f"ConvertedRecord.{record}"]
        if label is not None:
            found[violation.pointer] = RejectedField(
                f"{kind.zh}的{label.zh}", f"{label.en} of the {kind.en.lower()}"
            )
    return tuple(found.values())


def _label(path: Sequence[str], definitions: Mapping[str, FieldDefinition]) -> Text | None:
    if path[:1] == [CUSTOM_FIELDS]:
        definition = definitions.get(path[1]) if path[1:] else None
        if definition is None:
            return Text(path[1], path[1]) if path[1:] else None
        return Text(definition.label_zh, definition.label_en)
    return CONVERSION_LABELS.get(f"ConvertedField.{path[0]}") if path else None
