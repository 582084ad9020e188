"""What a link opens: the bytes of a file that is served."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.attachments.signatures import FileLink
from desk.files.actions.checks import contents_of, find_file
from desk.files.domain.file import File
from desk.files.store import rows
from desk.files.store.contents import Contents


@dataclass(frozen=True)
class OpenedFile:
    """A file that is served, with its bytes."""

    file: File
    contents: Contents


async def open_link(tx: AsyncConnection, link: FileLink) -> OpenedFile | None:
    """Return what a link opens; None if there is no such file, or its record no longer has it.

    Raises RuleBroken for a file that is not served, with the reason.
    """
    file = await find_file(tx, link.file_id)
    attachment_id = link.attachment_id
    if file is None or (attachment_id and await rows.is_detached(tx, attachment_id)):
        return None
    file.ensure_served()
    return OpenedFile(file, await contents_of(tx, link.tenant, file))
