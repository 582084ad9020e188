"""A file from its first part to its end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from contracts.work import NoticeKind
from desk.file_settings.domain.limits import PART_BYTES
from kernel.errors import RuleBroken
from kernel.personal import Personal
from kernel.transitions import Transitions

# Whoever uploads has a day for it, and a day to attach it. The collector waits one more, so that
# the event of an attachment in the last minute has arrived.
UPLOAD_TIME: Final = timedelta(hours=24)
ATTACH_TIME: Final = timedelta(hours=24)
ORPHAN_TIME: Final = timedelta(hours=48)
MAX_CHECKS: Final = 12

INFECTED_NOTICE: Final = NoticeKind(
    "FILE_INFECTED",
    zh="文件“{name}”含有病毒（{threat}），已被删除。",
    en="The file {name} has a virus ({threat}) and was removed.",
)
BROKEN_NOTICE: Final = NoticeKind(
    "FILE_BROKEN",
    zh="文件“{name}”与上传前的校验值不符，请重新上传。",
    en="The file {name} differs from what was to be uploaded. Please upload it again.",
)
UNCHECKED_NOTICE: Final = NoticeKind(
    "FILE_UNCHECKED",
    zh="文件“{name}”未能完成病毒扫描，暂时无法下载，请联系管理员。",
    en="The file {name} could not be scanned for viruses and cannot be opened. Please ask your"
    " administrator.",
)


class FileStatus(StrEnum):
    """Where a file stands; only a READY one is served."""

    UPLOADING = "UPLOADING"
    CHECKING = "CHECKING"
    READY = "READY"
    INFECTED = "INFECTED"
    BROKEN = "BROKEN"
    UNCHECKED = "UNCHECKED"
    ERASED = "ERASED"


class FileMove(StrEnum):
    """What leads from one status to another."""

    COMPLETE = "COMPLETE"
    COMPLETE_UNCHECKED = "COMPLETE_UNCHECKED"
    PASS = "PASS"  # noqa: S105  # no password
    FIND_THREAT = "FIND_THREAT"
    FIND_DAMAGE = "FIND_DAMAGE"
    GIVE_UP = "GIVE_UP"
    CHECK_AGAIN = "CHECK_AGAIN"


MOVES: Final = Transitions(
    {
        FileMove.COMPLETE: ({FileStatus.UPLOADING}, FileStatus.READY),
        FileMove.COMPLETE_UNCHECKED: ({FileStatus.UPLOADING}, FileStatus.CHECKING),
        FileMove.PASS: ({FileStatus.CHECKING}, FileStatus.READY),
        FileMove.FIND_THREAT: ({FileStatus.CHECKING}, FileStatus.INFECTED),
        FileMove.FIND_DAMAGE: ({FileStatus.CHECKING}, FileStatus.BROKEN),
        FileMove.GIVE_UP: ({FileStatus.CHECKING}, FileStatus.UNCHECKED),
        FileMove.CHECK_AGAIN: ({FileStatus.READY, FileStatus.UNCHECKED}, FileStatus.CHECKING),
    }
)
# Why a file that is not READY is not served.
REFUSALS: Final = {
    FileStatus.UPLOADING: "FILE_NOT_COMPLETE",
    FileStatus.CHECKING: "FILE_NOT_CHECKED",
    FileStatus.UNCHECKED: "FILE_NOT_CHECKED",
    FileStatus.INFECTED: "FILE_INFECTED",
    FileStatus.BROKEN: "FILE_BROKEN",
    FileStatus.ERASED: "FILE_ERASED",
}
WITH_TICKET: Final = {FileStatus.CHECKING, FileStatus.READY}


@dataclass(frozen=True)
class Check:
    """What a check of a file's bytes found: their checksum, and a threat if there is one.

    `failure` says why the scanner could not answer.
    """

    sha256: str = ""
    threat: str | None = None
    failure: str | None = None


@dataclass(frozen=True, kw_only=True)
class File:
    """A file; `content_secret` is the key of its bytes, None if they are stored as they came.

    `sha256` is what the uploader declared, and after the check that of the stored bytes. The name
    is None once a person was erased to whose record the file belonged. A file with `given_up_at` is
    gone for its uploader, but stays for the records that took it by its ticket.
    """

    id: UUID
    file_name: Annotated[str | None, Personal("text")]
    size: int
    status: FileStatus = FileStatus.UPLOADING
    media_type: str | None = None
    sha256: str | None = None
    content_secret: str | None = None
    uploaded_by: str
    threat: str | None = None
    checks: int = 0
    completed_at: datetime | None = None
    given_up_at: datetime | None = None
    created_at: datetime
    updated_at: datetime
    version: int = 1

    @property
    def display_name(self) -> str:
        """What people call the file."""
        return self.file_name or ""

    @property
    def part_count(self) -> int:
        """The number of parts it is uploaded in; all but the last are PART_BYTES long."""
        return max(1, -(-self.size // PART_BYTES))

    @property
    def attachable_until(self) -> datetime | None:
        """When its ticket expires; None while it cannot be attached."""
        if self.completed_at is None or self.given_up_at or self.status not in WITH_TICKET:
            return None
        return self.completed_at + ATTACH_TIME

    def may_be_taken(self, now: datetime) -> bool:
        """Return whether a record may have taken the file without its event having arrived."""
        return self.completed_at is not None and now < self.completed_at + ORPHAN_TIME

    def given_up(self, now: datetime) -> File:
        """Return the file without its uploader, who cannot attach it to further records."""
        return replace(self, given_up_at=now)

    def part_size(self, number: int) -> int:
        """Return the length of a part, counted from 1. Raises RuleBroken (FILE_PART_UNKNOWN)."""
        if not 1 <= number <= self.part_count:
            raise RuleBroken("FILE_PART_UNKNOWN", number=number, count=self.part_count)
        return min(PART_BYTES, self.size - (number - 1) * PART_BYTES)

    def ensure_uploading(self) -> None:
        """Ensure that parts are still received. Raises RuleBroken (FILE_COMPLETE)."""
        if self.status is not FileStatus.UPLOADING:
            raise RuleBroken("FILE_COMPLETE")

    def ensure_served(self) -> None:
        """Ensure that the bytes may be read. Raises RuleBroken with the reason."""
        if self.status is not FileStatus.READY:
            raise RuleBroken(REFUSALS[self.status])

    def completed(self, *, media_type: str, sha256: str | None, now: datetime) -> File:
        """Return the file with all its parts; it is READY if its checksum is known already."""
        move = FileMove.COMPLETE_UNCHECKED if sha256 is None else FileMove.COMPLETE
        moved = self._moved(move)
        known = self.sha256 if sha256 is None else sha256
        return replace(moved, media_type=media_type, sha256=known, completed_at=now)

    def checked(self, check: Check) -> File:
        """Return the file after a check: served, refused, or checked again later."""
        if check.failure is not None:
            is_last = self.checks + 1 >= MAX_CHECKS
            tried = self._moved(FileMove.GIVE_UP) if is_last else self
            return replace(tried, checks=self.checks + 1)
        if check.threat is not None:
            return replace(self._moved(FileMove.FIND_THREAT), threat=check.threat)
        if self.sha256 not in (None, check.sha256):
            return self._moved(FileMove.FIND_DAMAGE)
        return replace(self._moved(FileMove.PASS), sha256=check.sha256)

    def checked_again(self) -> File:
        """Return the file waiting for another check. Raises RuleBroken (FILE_NOT_CHECKABLE)."""
        return replace(self._moved(FileMove.CHECK_AGAIN), checks=0)

    def erased(self) -> File:
        """Return the file without its name and the key of its bytes."""
        return replace(self, status=FileStatus.ERASED, file_name=None, content_secret=None)

    @property
    def has_lost_bytes(self) -> bool:
        """Whether its bytes are not kept any more."""
        return self.status in (FileStatus.INFECTED, FileStatus.BROKEN, FileStatus.ERASED)

    @property
    def notice(self) -> NoticeKind | None:
        """What its uploader is told of its state, if anything."""
        return {
            FileStatus.INFECTED: INFECTED_NOTICE,
            FileStatus.BROKEN: BROKEN_NOTICE,
            FileStatus.UNCHECKED: UNCHECKED_NOTICE,
        }.get(self.status)

    def _moved(self, move: FileMove) -> File:
        MOVES.ensure_allowed(move, self.status, "FILE_NOT_CHECKABLE")
        return replace(self, status=MOVES.target(move))
