"""Attaches the files of a decision to its request, by the rule of attachments of all records."""

from collections.abc import Sequence
from uuid import UUID

from chassis.records.attachments.actions import attach
from chassis.records.attachments.model import Attachment
from chassis.web.commands import Command
from contracts.work import RecordRef
from desk.files.actions.attachments import attachable_file
from kernel.errors import Invalid, Violation


async def attach_files(
    command: Command, approval_id: UUID, file_ids: Sequence[UUID]
) -> list[Attachment]:
    """Attach files that the caller has uploaded; whoever sees the request sees them.

    Raises Invalid (FILE_NOT_ATTACHABLE) with all violations: for files that there are not, of
    somebody else, that are not complete, or refused by a check; RuleBroken (ATTACHMENTS_TOO_MANY).
    """
    found = [
        await attachable_file(command.tx, file_id, by=command.actor, now=command.now)
        for file_id in file_ids
    ]
    violations = [
        Violation(f"/file_ids/{place}", "FILE_NOT_ATTACHABLE")
        for place, file in enumerate(found)
        if file is None
    ]
    if violations:
        raise Invalid(violations)
    about = RecordRef(resource="desk.approval", record_id=approval_id)
    return [await attach(command.unconditional, about, file) for file in found if file is not None]
