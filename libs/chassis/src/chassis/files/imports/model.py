"""An import: its state transitions and its counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from chassis.files.formats.code_pages import Encoding
from chassis.files.formats.findings import Finding
from chassis.files.imports.target import RowOutcome
from kernel.errors import RuleBroken


class ImportState(StrEnum):
    """The states of an import."""

    OPEN = "OPEN"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


OPEN, QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = ImportState
FINISHED_STATES = frozenset({SUCCEEDED, FAILED, CANCELLED})
IMPORT_RETENTION = timedelta(days=35)  # of files and row results; the counts are kept for good


class ImportTransition(StrEnum):
    """The transitions between states."""

    START = "START"
    RESUME = "RESUME"
    RUN = "RUN"
    SUCCEED = "SUCCEED"
    FAIL = "FAIL"
    CANCEL = "CANCEL"


# The states a transition starts from, and the one it leads to; all others are forbidden.
IMPORT_TRANSITIONS: dict[ImportTransition, tuple[frozenset[ImportState], ImportState]] = {
    ImportTransition.START: (frozenset({OPEN}), QUEUED),
    ImportTransition.RESUME: (frozenset({FAILED}), QUEUED),
    ImportTransition.RUN: (frozenset({QUEUED}), RUNNING),
    ImportTransition.SUCCEED: (frozenset({RUNNING}), SUCCEEDED),
    ImportTransition.FAIL: (frozenset({QUEUED, RUNNING}), FAILED),
    ImportTransition.CANCEL: (frozenset({OPEN, QUEUED, RUNNING}), CANCELLED),
}
JOB_FAILED = "JOB_FAILED"
FILE_FINDINGS = ("failures", "warnings")  # about the file as a whole


@dataclass(frozen=True, kw_only=True)
class Import:
    """An import of one file of records of `resource`; `mapping` is the requested one, by column.

    `encoding` is the declared one of a CSV file; without it, the encoding is recognized.
    The job continues at the chunk `chunks_done`, which counts on through the second pass.
    `caller_kind` and `scopes` come from the token that last started it. `endings` counts how often
    it has finished: an import whose job failed can be resumed.
    """

    id: UUID
    resource: str
    file_name: str
    mapping: Mapping[str, str | None] | None
    sheet: str | None = None
    encoding: Encoding | None = None
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
    warnings: Sequence[Finding] = ()
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
        """Whether the job failed, rather than the file being unreadable."""
        return self.state is FAILED and [each.code for each in self.failures] == [JOB_FAILED]

    @property
    def is_started(self) -> bool:
        """Whether it was already started, so that another start changes nothing."""
        return self.state in (QUEUED, RUNNING, SUCCEEDED, FAILED) and not self.may_resume

    def with_file(self, size: int, *, now: datetime) -> Import:
        """Record that a file of `size` bytes is uploaded. Raises RuleBroken (IMPORT_NOT_OPEN)."""
        self._ensure_open()
        return replace(self, file_size=size, updated_at=now)

    @property
    def expires_at(self) -> datetime | None:
        """When its file may be deleted; None while its job needs it."""
        return None if self.state in (QUEUED, RUNNING) else self.updated_at + IMPORT_RETENTION

    def without_file(self, *, now: datetime) -> Import:
        """Record that the file is deleted; the counts are kept."""
        return replace(self, file_size=None, updated_at=now)

    def ensure_not_expired(self) -> None:
        """Ensure that the results are still stored. Raises RuleBroken (IMPORT_EXPIRED)."""
        if self.total and self.file_size is None:
            raise RuleBroken("IMPORT_EXPIRED", days=IMPORT_RETENTION.days)

    def with_mapping(
        self,
        mapping: Mapping[str, str | None] | None,
        encoding: Encoding | None = None,
        *,
        now: datetime,
    ) -> Import:
        """Replace the mapping, and the encoding if one is given.

        Raises RuleBroken (IMPORT_NOT_OPEN).
        """
        self._ensure_open()
        return replace(self, mapping=mapping, encoding=encoding or self.encoding, updated_at=now)

    def _ensure_open(self) -> None:
        if self.state is not OPEN:
            raise RuleBroken("IMPORT_NOT_OPEN", state=self.state)

    def start(self, *, now: datetime, caller_kind: str, scopes: Sequence[str]) -> Import:
        """Queue it with the rights of the caller who starts it.

        Raises RuleBroken (IMPORT_FILE_MISSING, IMPORT_EXPIRED, IMPORT_CANCELLED).
        """
        return replace(self._started(now), caller_kind=caller_kind, scopes=scopes)

    def _started(self, now: datetime) -> Import:
        self.ensure_not_expired()
        if self.may_resume:
            return replace(self._moved(ImportTransition.RESUME, now), failures=(), finished_at=None)
        if self.state not in IMPORT_TRANSITIONS[ImportTransition.START][0]:
            raise RuleBroken("IMPORT_CANCELLED")
        if self.file_size is None:
            raise RuleBroken("IMPORT_FILE_MISSING")
        return self._moved(ImportTransition.START, now)

    def cancel(self, *, now: datetime) -> Import:
        """Cancel it. Raises RuleBroken (IMPORT_FINISHED)."""
        if self.state not in IMPORT_TRANSITIONS[ImportTransition.CANCEL][0]:
            raise RuleBroken("IMPORT_FINISHED", state=self.state)
        return self._ended(ImportTransition.CANCEL, now)

    def run(self, total: int, *, now: datetime, warnings: Sequence[Finding] = ()) -> Import:
        """Start running: the file is readable and has `total` rows."""
        assert self.state in IMPORT_TRANSITIONS[ImportTransition.RUN][0]
        running = self._moved(ImportTransition.RUN, now)
        started_at = self.started_at or now
        return replace(running, total=total, started_at=started_at, warnings=tuple(warnings))

    def fail(self, failures: Sequence[Finding], *, now: datetime) -> Import:
        """Fail: the file is unreadable, or the job was given up."""
        assert self.may_fail
        return replace(self._ended(ImportTransition.FAIL, now), failures=tuple(failures))

    def count(
        self, outcome_counts: Counter[RowOutcome], *, warned: int, chunks: int, now: datetime
    ) -> Import:
        """Add processed chunks to the counts; the second pass may lower the count of an outcome."""
        return replace(
            self,
            created=self.created + outcome_counts[RowOutcome.CREATED],
            updated=self.updated + outcome_counts[RowOutcome.UPDATED],
            merged=self.merged + outcome_counts[RowOutcome.MERGED],
            unchanged=self.unchanged + outcome_counts[RowOutcome.UNCHANGED],
            refused=self.refused + outcome_counts[RowOutcome.REFUSED],
            with_warnings=self.with_warnings + warned,
            chunks_done=self.chunks_done + chunks,
            updated_at=now,
        )

    def succeed(self, *, now: datetime) -> Import:
        """Finish after the last chunk."""
        assert self.state in IMPORT_TRANSITIONS[ImportTransition.SUCCEED][0]
        return self._ended(ImportTransition.SUCCEED, now)

    def _ended(self, move: ImportTransition, now: datetime) -> Import:
        return replace(self._moved(move, now), finished_at=now, endings=self.endings + 1)

    def _moved(self, move: ImportTransition, now: datetime) -> Import:
        return replace(self, state=IMPORT_TRANSITIONS[move][1], updated_at=now)
