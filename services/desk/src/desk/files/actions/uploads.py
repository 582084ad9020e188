"""The commands of an upload: begin, receive parts, complete, give up.

A part goes to the store between two transactions: the first notes the object, the second keeps it.
"""

import base64
import binascii
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from secrets import token_hex
from typing import Final
from uuid import UUID

import structlog

from chassis.database.transaction_tenant import transaction_tenant
from chassis.foundation.refusals import Unavailable
from chassis.jobs import queue
from chassis.records.record_commands import (
    MADE,
    AlreadyMade,
    create_record,
    move_record,
    remove_record,
    save_record,
)
from chassis.web.commands import Command
from contracts.event import Event
from contracts.work import RecordRef
from desk.file_settings.actions import free_storage, use_storage
from desk.file_settings.store import settings_of_files
from desk.files.actions.content_types import HEAD_BYTES, media_type_of
from desk.files.actions.drops import WRITING_TIME, drop_bytes
from desk.files.domain.file import ORPHAN_TIME, UPLOAD_TIME, File, FileStatus
from desk.files.store import rows
from desk.files.store.contents import KEY_BYTES, part_cipher, sealed
from desk.files.store.objects import FileStore, StoreFailed, path_of
from desk.files.store.rows import FILE, Part
from desk.settings import desk_settings
from kernel.errors import Invalid, NotFound, RuleBroken, Violation
from kernel.ids import new_id

log = structlog.get_logger()

CHECK_JOB: Final = "file_check"
COLLECTION_JOB: Final = "file_collection"


@dataclass(frozen=True)
class PartTarget:
    """Where the bytes of a part go, and how many there are."""

    tenant: UUID
    file: File
    number: int
    part_id: UUID

    @property
    def size(self) -> int:
        return self.file.part_size(self.number)


async def begin_upload(command: Command, *, file_name: str, size: int, sha256: str | None) -> File:
    """Begin an upload: its bytes are counted at once.

    Raises Invalid (FILE_TOO_LARGE), RuleBroken (FILE_STORAGE_FULL, FILE_UPLOADS_OPEN).
    """
    limits = await settings_of_files(command.tx, command.now)
    limits.ensure_size(size)
    await use_storage(command.tx, size, limits)  # and wait for other uploads that begin
    limits.ensure_uploads(await rows.count_open_uploads(command.tx, command.actor or ""))
    file = File(
        id=new_id(),
        file_name=file_name,
        size=size,
        sha256=sha256,
        content_secret=token_hex(KEY_BYTES) if limits.encrypted else None,
        uploaded_by=command.actor or "",
        created_at=command.now,
        updated_at=command.now,
    )
    await create_record(command, FILE, file)
    await _collect_after(command, file.id, UPLOAD_TIME)
    return file


async def own_file(command: Command, file_id: UUID, *, lock: bool = False) -> File:
    """Read a file that the caller uploaded and did not give up. Raises NotFound."""
    file = await FILE.get(command.tx, file_id, lock=lock)
    if file.uploaded_by != command.actor or file.given_up_at is not None:
        raise NotFound("file", file_id)
    return file


async def begin_part(command: Command, file_id: UUID, number: int) -> PartTarget:
    """Note an object of the store that is about to be written.

    Raises NotFound, RuleBroken (FILE_COMPLETE, FILE_PART_UNKNOWN).
    """
    file = await own_file(command, file_id, lock=True)  # its completion drops what is not kept
    file.ensure_uploading()
    target = PartTarget(transaction_tenant(), file, number, new_id())
    assert target.size
    await rows.add_part(command.tx, target.part_id, file_id, number, command.now)
    return target


async def receive_part(
    store: FileStore, target: PartTarget, pieces: AsyncIterator[bytes], digest: str | None
) -> Part:
    """Write the bytes of a part to the store; what is not as announced leaves no object.

    `digest` is the field Content-Digest (RFC 9530). Raises Invalid (FILE_PART_SIZE_WRONG,
    FILE_CHECKSUM_WRONG, FILE_CHECKSUM_MALFORMED), Unavailable (FILE_STORE_UNAVAILABLE).
    """
    announced = _sha256_in(digest)
    received = _Received(target, announced)
    secret = target.file.content_secret
    stream = received.checked(pieces)
    if secret is not None:
        stream = sealed(stream, part_cipher(secret, target.part_id))
    path = path_of(target.tenant, target.file.id, target.part_id)
    try:
        await store.write(path, stream)
    except StoreFailed as error:
        await log.aerror("file_store_failed", path=path, exc_info=error)
        raise Unavailable("FILE_STORE_UNAVAILABLE") from error
    name = target.file.file_name or ""
    return Part(
        id=target.part_id,
        number=target.number,
        size=received.size,
        sha256=received.sha256.hexdigest(),
        media_type=media_type_of(bytes(received.head), name) if target.number == 1 else None,
    )


class _Received:
    """The bytes of a part on their way: counted, digested, and the first ones kept."""

    def __init__(self, target: PartTarget, announced: bytes | None) -> None:
        self._expected, self._announced = target.size, announced
        self.size, self.sha256, self.head = 0, hashlib.sha256(), bytearray()

    async def checked(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in pieces:
            self.size += len(piece)
            if self.size > self._expected:
                self._refuse_size()
            self.sha256.update(piece)
            if len(self.head) < HEAD_BYTES:
                self.head += piece[: HEAD_BYTES - len(self.head)]
            if piece:
                yield piece
        if self.size != self._expected:
            self._refuse_size()
        if self._announced not in (None, self.sha256.digest()):
            raise Invalid([Violation("/Content-Digest", "FILE_CHECKSUM_WRONG")])

    def _refuse_size(self) -> None:
        raise Invalid([Violation("", "FILE_PART_SIZE_WRONG", {"bytes": self._expected})])


def _sha256_in(digest: str | None) -> bytes | None:
    """Return the SHA-256 of a Content-Digest. Raises Invalid (FILE_CHECKSUM_MALFORMED)."""
    if digest is None:
        return None
    for member in digest.split(","):
        algorithm, _, value = member.strip().partition("=")
        if algorithm == "sha-256" and len(value) > 2 and value[0] == value[-1] == ":":
            try:
                found = base64.b64decode(value[1:-1], validate=True)
            except binascii.Error:
                break
            if len(found) == hashlib.sha256().digest_size:
                return found
    raise Invalid([Violation("/Content-Digest", "FILE_CHECKSUM_MALFORMED")])


async def keep_part(command: Command, target: PartTarget, part: Part) -> Part:
    """Keep a part that was written, in place of an earlier one of the same number.

    Raises NotFound, RuleBroken (FILE_COMPLETE, FILE_TYPE_REFUSED); its object is deleted later.
    """
    file = await own_file(command, target.file.id, lock=True)
    file.ensure_uploading()
    if part.media_type is not None:
        limits = await settings_of_files(command.tx, command.now)
        limits.ensure_type(part.media_type)
    if await rows.drop_kept(command.tx, file.id, part.number, command.now):
        await drop_bytes(command.tx, command.now)
    if not await rows.keep_part(command.tx, part, command.now):
        raise NotFound("file", file.id)
    return part


async def complete_upload(command: Command, file_id: UUID) -> File:
    """Complete an upload of which all parts are there; one that is complete stays as it is.

    Raises NotFound, RuleBroken (FILE_PARTS_MISSING, FILE_TYPE_REFUSED), Invalid
    (FILE_CHECKSUM_WRONG), and what `move_record` raises.
    """
    await own_file(command, file_id, lock=True)
    parts = await rows.parts_of(command.tx, file_id)
    limits = await settings_of_files(command.tx, command.now)

    def complete(file: File) -> tuple[File, Event | None] | AlreadyMade:
        if file.status is not FileStatus.UPLOADING:
            return MADE
        _ensure_all(file, parts)
        media_type = parts[0].media_type or ""
        limits.ensure_type(media_type)
        known = None if file.part_count > 1 or desk_settings().clamd else parts[0].sha256
        if file.part_count == 1 and file.sha256 not in (None, parts[0].sha256):
            raise Invalid([Violation("/sha256", "FILE_CHECKSUM_WRONG")])
        return file.completed(media_type=media_type, sha256=known, now=command.now), None

    before = await FILE.get(command.tx, file_id)
    file = await move_record(command, FILE, file_id, complete)
    if before.status is FileStatus.UPLOADING:
        await _collect_after(command, file_id, ORPHAN_TIME)
        if await rows.drop_unkept(command.tx, file_id, command.now + WRITING_TIME):
            await drop_bytes(command.tx, command.now)
        if file.status is FileStatus.CHECKING:
            await enqueue_check(command, file_id)
    return file


def _ensure_all(file: File, parts: list[Part]) -> None:
    missing = sorted(set(range(1, file.part_count + 1)) - {part.number for part in parts})
    if missing:
        raise RuleBroken("FILE_PARTS_MISSING", count=len(missing), first=missing[0])


async def give_up_upload(command: Command, file_id: UUID) -> None:
    """Remove a file that no record has, with its bytes.

    A file whose ticket a record may have used, although its event has not arrived, is only gone for
    its uploader: its collection removes it once no such event can come any more.

    Raises NotFound, RuleBroken (FILE_ATTACHED), PreconditionRequired, PreconditionFailed.
    """
    file = await own_file(command, file_id, lock=True)
    command.expected.check(file)
    if await rows.is_attached(command.tx, file_id):
        raise RuleBroken("FILE_ATTACHED")
    if file.may_be_taken(command.now):
        await save_record(command.unconditional, FILE, file, file.given_up(command.now))
    else:
        await remove_file(command, file)


async def remove_file(command: Command, file: File) -> None:
    """Remove a file: its row at once, its bytes from the store soon after."""
    await drop_bytes(command.tx, command.now, file.id)
    await remove_record(command.unconditional, FILE, file.id)
    if not file.has_lost_bytes:
        await free_storage(command.tx, file.size)
    await queue.cancel(command.tx, COLLECTION_JOB, str(file.id))


async def enqueue_check(command: Command, file_id: UUID) -> None:
    """Let the bytes of a file be checked soon."""
    about = RecordRef(resource="desk.file", record_id=file_id)
    await queue.enqueue(
        command.tx, CHECK_JOB, str(file_id), run_at=command.now, about=about, replace=True
    )


async def _collect_after(command: Command, file_id: UUID, delay: timedelta) -> None:
    """Let the file be removed then, unless a record has it."""
    about = RecordRef(resource="desk.file", record_id=file_id)
    at = command.now + delay
    await queue.enqueue(
        command.tx, COLLECTION_JOB, str(file_id), run_at=at, about=about, replace=True
    )
