"""The transfer of documents, which no `Resource` declares, to another owner."""

from dataclasses import replace
from typing import TypeVar, cast
from uuid import UUID

from chassis.records.access.transfers import NamedRecord, TransferAction
from chassis.records.record_commands import edit_record
from chassis.records.record_types import Record, RecordType
from chassis.web.commands import Command

R = TypeVar("R", bound=Record)


def transfer_of(record_type: RecordType[R]) -> TransferAction:
    """Return the command that changes the owner of a record; the present owner changes nothing.

    It raises NotFound, PreconditionRequired, PreconditionFailed.
    """

    async def transfer(command: Command, record_id: UUID, owner_id: str, /) -> NamedRecord:
        def give(before: R) -> R:
            return replace(before, owner_id=owner_id)

        return cast(NamedRecord, await edit_record(command, record_type, record_id, give))

    return transfer
