"""External ids in the record itself, so that its answers and every event of it carry them."""

from dataclasses import replace
from typing import Any, TypeVar
from uuid import UUID

from chassis.records.external_ids.actions import ExternalId
from chassis.records.record_commands import save_record
from chassis.records.record_types import RecordType, record_type_or_none
from chassis.web.commands import Command
from kernel.records import ExternalRef

E = TypeVar("E")


async def refer(command: Command, name: ExternalId, record: E) -> E:
    """Return the record with an external id that it was given.

    A record of a type that holds its external ids, and does not hold this one yet, is saved with it
    and published; all others stay as they are. The caller holds the lock of the external id.
    """
    held: tuple[ExternalRef, ...] | None = getattr(record, "external_ids", None)
    record_type: RecordType[Any] | None = record_type_or_none(name.resource)
    if held is None or record_type is None or name.reference in held:
        return record
    record_id: UUID = record.id  # type: ignore[attr-defined]  # what has external ids is a record
    before = await record_type.get(command.tx, record_id, lock=True)
    references = sorted({*before.external_ids, name.reference}, key=_order)
    after = replace(before, external_ids=tuple(references))
    saved: E = await save_record(command, record_type, before, after)
    return saved


def _order(reference: ExternalRef) -> tuple[str, str]:
    return reference.system, reference.external_id
