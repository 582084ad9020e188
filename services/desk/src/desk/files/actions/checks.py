"""Checks the bytes of a complete file: their checksum, and a scan for viruses where one is set."""

import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.waits import backoff_seconds
from chassis.jobs.queue import Again, Done, Job
from chassis.records.record_commands import move_record, save_record
from chassis.records.work.actions import notify
from chassis.web.commands import Command
from contracts.event import Event
from contracts.work import RecordRef
from desk.file_settings.actions import free_storage
from desk.files.actions.drops import drop_bytes
from desk.files.actions.scanners import Scanner, ScannerFailed, scanner_at
from desk.files.actions.uploads import enqueue_check
from desk.files.domain.file import Check, File, FileStatus
from desk.files.domain.ranges import ByteRange
from desk.files.store import rows
from desk.files.store.contents import Contents
from desk.files.store.objects import FileStore, file_store
from desk.files.store.rows import FILE
from desk.settings import desk_settings

log = structlog.get_logger()

FIRST_DELAY, LONGEST_DELAY = 2, 600  # seconds between checks that fail


async def prepare_check(tx: AsyncConnection, job: Job) -> Contents | Done:
    """Return what is checked; nothing if the file waits for no check any more."""
    file = await find_file(tx, UUID(job.key))
    if file is None or file.status is not FileStatus.CHECKING:
        return Done()
    return await contents_of(tx, job.tenant, file)


async def perform_check(contents: Contents) -> Check:
    """Read the whole file once, for its checksum and for the scanner."""
    return await check_contents(file_store(), contents, scanner_at(desk_settings().clamd))


async def check_contents(store: FileStore, contents: Contents, scanner: Scanner | None) -> Check:
    """Return what a check finds; a store or scanner that does not answer is a failure."""
    sha256 = hashlib.sha256()

    async def digested() -> AsyncIterator[bytes]:
        async for piece in contents.read(store, ByteRange(0, contents.size)):
            sha256.update(piece)
            yield piece

    threat: str | None = None
    try:
        if scanner is not None:
            threat = await scanner.scan(digested())
        else:
            async for _ in digested():
                pass
    except (ScannerFailed, OSError, InvalidTag) as error:
        return Check(failure=str(error) or type(error).__name__)
    return Check(sha256.hexdigest(), threat)


async def record_check(
    tx: AsyncConnection, job: Job, contents: Contents, check: Check
) -> Done | Again:
    """Write down what was found, tell the uploader of what is refused, or try again later."""
    before = await find_file(tx, contents.file_id, lock=True)
    if before is None or before.status is not FileStatus.CHECKING:
        return Done()
    command = Command(tx, job.now)
    after = await save_record(command, FILE, before, before.checked(check))
    if check.failure is not None:
        write = log.awarning if after.status is FileStatus.CHECKING else log.aerror
        await write("file_check_failed", file=str(after.id), reason=check.failure)
    if after.has_lost_bytes:
        await drop_bytes(tx, job.now, after.id)
        await free_storage(tx, after.size)
    await _tell(tx, after)
    if after.status is FileStatus.CHECKING:
        delay = backoff_seconds(after.checks, FIRST_DELAY, LONGEST_DELAY)
        return Again(job.now + timedelta(seconds=delay))
    return Done()


async def check_again(command: Command, file_id: UUID) -> File:
    """Check a file anew, such as after the scanner was away or learned of a virus.

    Raises NotFound, RuleBroken (FILE_NOT_CHECKABLE), and what `move_record` raises.
    """

    def move(file: File) -> tuple[File, Event | None]:
        return file.checked_again(), None

    file = await move_record(command, FILE, file_id, move)
    await enqueue_check(command, file_id)
    return file


async def find_file(tx: AsyncConnection, file_id: UUID, *, lock: bool = False) -> File | None:
    """Return a file; None if it was removed."""
    found = await FILE.get_all(tx, [file_id])
    if not found:
        return None
    return await FILE.get(tx, file_id, lock=True) if lock else found[0]


async def contents_of(tx: AsyncConnection, tenant: UUID, file: File) -> Contents:
    """Return the bytes of a file, as they are read later without a transaction."""
    return Contents(tenant, file.id, file.content_secret, await rows.parts_of(tx, file.id))


async def _tell(tx: AsyncConnection, file: File) -> None:
    if file.notice is not None:
        about = RecordRef(resource="desk.file", record_id=file.id)
        params = {"name": file.display_name, "threat": file.threat or ""}
        await notify(tx, file.notice, about, recipient=file.uploaded_by, params=params)
