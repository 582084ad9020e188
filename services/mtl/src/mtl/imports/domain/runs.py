"""An import: the moves it may make, and its counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from kernel.errors import RuleBroken
from mtl.imports.domain.findings import Finding


class ImportKind(StrEnum):
    LEADS = "LEADS"


class ImportState(StrEnum):
    OPEN = "OPEN"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


OPEN, QUEUED, RUNNING, SUCCEEDED, FAILED, CANCELLED = ImportState


class Move(StrEnum):
    START = "START"
    RUN = "RUN"
    SUCCEED = "SUCCEED"
    FAIL = "FAIL"
    CANCEL = "CANCEL"


# From where, and to where. What is not here is forbidden.
MOVES: dict[Move, tuple[frozenset[ImportState], ImportState]] = {
    Move.START: (frozenset({OPEN}), QUEUED),
    Move.RUN: (frozenset({QUEUED}), RUNNING),
    Move.SUCCEED: (frozenset({RUNNING}), SUCCEEDED),
    Move.FAIL: (frozenset({QUEUED, RUNNING}), FAILED),
    Move.CANCEL: (frozenset({OPEN, QUEUED, RUNNING}), CANCELLED),
}


class Outcome(StrEnum):
    """What became of a row that there is something to say about."""

    REFUSED = "REFUSED"
    WARNED = "WARNED"


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Rows of the file; blank ones do not count."""

    accepted: int = 0
    refused: int = 0
    with_warnings: int = 0


@dataclass(frozen=True, kw_only=True)
class Import:
    """`mapping` is what the caller said of the columns; the job goes on from `chunks_done`."""

    id: UUID
    kind: ImportKind
    file_name: str
    mapping: Mapping[str, str | None] | None
    state: ImportState = OPEN
    file_size: int | None = None
    total: int = 0
    accepted: int = 0
    refused: int = 0
    with_warnings: int = 0
    chunks_done: int = 0
    failures: Sequence[Finding] = field(default_factory=tuple)
    created_by: str | None
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    updated_at: datetime
    version: int = 1

    @property
    def processed(self) -> int:
        return self.accepted + self.refused

    @property
    def may_fail(self) -> bool:
        return self.state in MOVES[Move.FAIL][0]

    @property
    def is_started(self) -> bool:
        return self.state in (QUEUED, RUNNING, SUCCEEDED, FAILED)

    def with_file(self, size: int, *, now: datetime) -> Import:
        """The file has `size` bytes. Raises RuleBroken (IMPORT_NOT_OPEN)."""
        if self.state is not OPEN:
            raise RuleBroken("IMPORT_NOT_OPEN", state=self.state)
        return replace(self, file_size=size, updated_at=now)

    def start(self, *, now: datetime) -> Import:
        """Raises RuleBroken (IMPORT_FILE_MISSING, IMPORT_CANCELLED)."""
        if self.state not in MOVES[Move.START][0]:
            raise RuleBroken("IMPORT_CANCELLED")
        if self.file_size is None:
            raise RuleBroken("IMPORT_FILE_MISSING")
        return self._moved(Move.START, now)

    def cancel(self, *, now: datetime) -> Import:
        """Raises RuleBroken (IMPORT_FINISHED)."""
        if self.state not in MOVES[Move.CANCEL][0]:
            raise RuleBroken("IMPORT_FINISHED", state=self.state)
        return replace(self._moved(Move.CANCEL, now), finished_at=now)

    def run(self, total: int, *, now: datetime) -> Import:
        """The file can be read and has so many rows."""
        assert self.state in MOVES[Move.RUN][0]
        return replace(self._moved(Move.RUN, now), total=total, started_at=now)

    def fail(self, failures: Sequence[Finding], *, now: datetime) -> Import:
        """The file as a whole cannot be read, or the job cannot go on."""
        assert self.may_fail
        return replace(self._moved(Move.FAIL, now), failures=tuple(failures), finished_at=now)

    def count(self, counts: Counts, *, now: datetime) -> Import:
        """A chunk is done."""
        return replace(
            self,
            accepted=self.accepted + counts.accepted,
            refused=self.refused + counts.refused,
            with_warnings=self.with_warnings + counts.with_warnings,
            chunks_done=self.chunks_done + 1,
            updated_at=now,
        )

    def succeed(self, *, now: datetime) -> Import:
        """No chunk is left."""
        assert self.state in MOVES[Move.SUCCEED][0]
        return replace(self._moved(Move.SUCCEED, now), finished_at=now)

    def _moved(self, move: Move, now: datetime) -> Import:
        return replace(self, state=MOVES[move][1], updated_at=now)
