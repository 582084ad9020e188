"""The export: its request, requester, state and result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

EXPORT_RETENTION = timedelta(days=7)
MAX_EXPORT_ROWS = 200_000


class ExportState(StrEnum):
    """The state of an export."""

    QUEUED = "QUEUED"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    EXPIRED = "EXPIRED"


@dataclass(frozen=True, kw_only=True)
class Export:
    """A requested file of a list.

    `caller_kind` and `scopes` come from the access token of the request.

    `failures` are error codes with their params, in the form stored as JSON.
    """

    id: UUID
    resource: str
    query: str
    fields: Sequence[str] | None
    format: str
    state: ExportState = ExportState.QUEUED
    rows: int = 0
    file_size: int | None = None
    failures: Sequence[dict[str, Any]] = field(default_factory=tuple)
    created_by: str
    caller_kind: str
    scopes: Sequence[str]
    created_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = None
    updated_at: datetime
    version: int = 1

    def succeed(self, *, rows: int, size: int, now: datetime) -> Export:
        return replace(
            self,
            state=ExportState.SUCCEEDED,
            rows=rows,
            file_size=size,
            started_at=now,
            finished_at=now,
            expires_at=now + EXPORT_RETENTION,
            updated_at=now,
        )

    def fail(self, code: str, params: dict[str, Any], *, now: datetime) -> Export:
        failure = {"code": code, "params": params}
        return replace(
            self,
            state=ExportState.FAILED,
            failures=(failure,),
            finished_at=now,
            updated_at=now,
        )

    def expire(self, *, now: datetime) -> Export:
        return replace(self, state=ExportState.EXPIRED, updated_at=now)
