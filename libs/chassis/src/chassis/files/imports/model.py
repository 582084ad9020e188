"""An import: the moves it may make, and its counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chassis.files.formats.findings import Finding
from chassis.files.imports.target import RowOutcome
from kernel.errors import RuleBroken


class ImportState(StrEnum):
    """How far an import is."""

    OPEN = "OPEN"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


OPEN, QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = ImportState
FINISHED_STATES = frozenset({SUCCEEDED, FAILED, CANCELLED})
IMPORT_RETENTION = timedelta(days=35)  # files, and what became of each row; the counts stay


class ImportTransition(StrEnum):
    """What an import does."""

    START = "START"
    RESUME = "RESUME"
    RUN = "RUN"
    SUCCEED = "SUCCEED"
    FAIL = "FAIL"
    CANCEL = "CANCEL"


# From where, and to where. What is not here is forbidden.
IMPORT_TRANSITIONS: dict[ImportTransition, tuple[frozenset[ImportState], ImportState]] = {
    ImportTransition.START: (frozenset({OPEN}), QUEUED),
    ImportTransition.RESUME: (frozenset({FAILED}), QUEUED),
    ImportTransition.RUN: (frozenset({QUEUED}), RUNNING),
    ImportTransition.SUCCEED: (frozenset({RUNNING}), SUCCEEDED),
    ImportTransition.FAIL: (frozenset({QUEUED, RUNNING}), FAILED),
    ImportTransition.CANCEL: (frozenset({OPEN, QUEUED, RUNNING}), CANCELLED),
}
JOB_FAILED = "JOB_FAILED"


@dataclass(frozen=True, kw_only=True)
class Import:
    """`mapping` is what the caller said of the columns; the job goes on from `chunks_done`.

    `caller_kind` and `scopes` are those of the token it was last started with.
    Chunks are counted on through the second pass. `endings` counts the times it has ended: a
    broken job may be taken up again.
    """

    id: UUID
    kind: str
    file_name: str
    mapping: Mapping[str, str | None] | None
    sheet: str | None = None
    dry_run: bool = False
    state: ImportState = OPEN
    file_size: int | None = None
    total: int = 0
    created: int = 0
    updated: int = 0
    merged: int = 0
    unchanged: int = 0
    refused: int = 0
    with_warnings: int = 0
    chunks_done: int = 0
    endings: int = 0
    failures: Sequence[Finding] = field(default_factory=tuple)
    created_by: str | None
    caller_kind: str = "person"
    scopes: Sequence[str] = ()
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    updated_at: datetime
    version: int = 1

    @property
    def accepted(self) -> int:
        return self.created + self.updated + self.merged + self.unchanged

    @property
    def processed(self) -> int:
        return self.accepted + self.refused

    @property
    def has_ended(self) -> bool:
        return self.state in FINISHED_STATES

    @property
    def may_fail(self) -> bool:
        return self.state in IMPORT_TRANSITIONS[ImportTransition.FAIL][0]

    @property
    def may_resume(self) -> bool:
        """Whether it was our job that broke, not the file."""
        return self.state is FAILED and [each.code for each in self.failures] == [JOB_FAILED]

    @property
    def is_started(self) -> bool:
        """Whether a start is a move already made."""
        return self.state in (QUEUED, RUNNING, SUCCEEDED, FAILED) and not self.may_resume

    def with_file(self, size: int, *, now: datetime) -> Import:
        """The file has `size` bytes. Raises RuleBroken (IMPORT_NOT_OPEN)."""
        self._ensure_open()
        return replace(self, file_size=size, updated_at=now)

    @property
    def kept_until(self) -> datetime | None:
        """When its file may be forgotten; None while its job needs it."""
        return None if self.state in (QUEUED, RUNNING) else self.updated_at + IMPORT_RETENTION

    def without_file(self, *, now: datetime) -> Import:
        """The file is forgotten, the counts stay."""
        return replace(self, file_size=None, updated_at=now)

    def ensure_kept(self) -> None:
        """Raises RuleBroken (IMPORT_EXPIRED)."""
        if self.total and self.file_size is None:
            raise RuleBroken("IMPORT_EXPIRED", days=IMPORT_RETENTION.days)

    def with_mapping(self, mapping: Mapping[str, str | None] | None, *, now: datetime) -> Import:
        """Raises RuleBroken (IMPORT_NOT_OPEN)."""
        self._ensure_open()
        return replace(self, mapping=mapping, updated_at=now)

    def _ensure_open(self) -> None:
        if self.state is not OPEN:
            raise RuleBroken("IMPORT_NOT_OPEN", state=self.state)

    def start(self, *, now: datetime, caller_kind: str, scopes: Sequence[str]) -> Import:
        """With the rights of whoever starts it.

        Raises RuleBroken (IMPORT_FILE_MISSING, IMPORT_EXPIRED, IMPORT_CANCELLED).
        """
        return replace(self._started(now), caller_kind=caller_kind, scopes=scopes)

    def _started(self, now: datetime) -> Import:
        self.ensure_kept()
        if self.may_resume:
            return replace(self._moved(ImportTransition.RESUME, now), failures=(), finished_at=None)
        if self.state not in IMPORT_TRANSITIONS[ImportTransition.START][0]:
            raise RuleBroken("IMPORT_CANCELLED")
        if self.file_size is None:
            raise RuleBroken("IMPORT_FILE_MISSING")
        return self._moved(ImportTransition.START, now)

    def cancel(self, *, now: datetime) -> Import:
        """Raises RuleBroken (IMPORT_FINISHED)."""
        if self.state not in IMPORT_TRANSITIONS[ImportTransition.CANCEL][0]:
            raise RuleBroken("IMPORT_FINISHED", state=self.state)
        return self._ended(ImportTransition.CANCEL, now)

    def run(self, total: int, *, now: datetime) -> Import:
        """The file can be read and has so many rows."""
        assert self.state in IMPORT_TRANSITIONS[ImportTransition.RUN][0]
        running = self._moved(ImportTransition.RUN, now)
        return replace(running, total=total, started_at=self.started_at or now)

    def fail(self, failures: Sequence[Finding], *, now: datetime) -> Import:
        """The file as a whole cannot be read, or the job cannot go on."""
        assert self.may_fail
        return replace(self._ended(ImportTransition.FAIL, now), failures=tuple(failures))

    def count(
        self, gained: Counter[RowOutcome], *, warned: int, chunks: int, now: datetime
    ) -> Import:
        """So many chunks are done; the second pass may take from one outcome and give another."""
        return replace(
            self,
            created=self.created + gained[RowOutcome.CREATED],
            updated=self.updated + gained[RowOutcome.UPDATED],
            merged=self.merged + gained[RowOutcome.MERGED],
            unchanged=self.unchanged + gained[RowOutcome.UNCHANGED],
            refused=self.refused + gained[RowOutcome.REFUSED],
            with_warnings=self.with_warnings + warned,
            chunks_done=self.chunks_done + chunks,
            updated_at=now,
        )

    def succeed(self, *, now: datetime) -> Import:
        """No chunk is left."""
        assert self.state in IMPORT_TRANSITIONS[ImportTransition.SUCCEED][0]
        return self._ended(ImportTransition.SUCCEED, now)

    def _ended(self, move: ImportTransition, now: datetime) -> Import:
        return replace(self._moved(move, now), finished_at=now, endings=self.endings + 1)

    def _moved(self, move: ImportTransition, now: datetime) -> Import:
        return replace(self, state=IMPORT_TRANSITIONS[move][1], updated_at=now)
