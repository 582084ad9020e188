"""A task that every service does its part of, and how far it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from contracts.tenant_tasks import TASK_FAILED

# Everybody who has rows of tenants. Of a deletion org does its part last.
SERVICES: Final = ("cpq", "l2o", "mtl", "org", "rms")


class TaskKind(StrEnum):
    """EXPORT: all rows as files. ERASE: a person's data. DELETE: the whole tenant."""

    EXPORT = "EXPORT"
    ERASE = "ERASE"
    DELETE = "DELETE"


class TaskState(StrEnum):
    """Derived from the reports."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"


@dataclass(frozen=True, kw_only=True)
class TenantTask:
    """Who asked for what; whom it erases stands in the event only, so that nothing stays of it."""

    id: UUID
    target_id: UUID
    kind: TaskKind
    requested_by: str | None
    created_at: datetime
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class TaskReport:
    """What one service did: rows per table, and codes of what stays."""

    task_id: UUID
    service: str
    tables: Sequence[dict[str, Any]]
    notes: Sequence[str]
    finished_at: datetime


def state_of(reports: Sequence[TaskReport]) -> TaskState:
    """FAILED as soon as one service has given up; the others go on."""
    if any(TASK_FAILED in report.notes for report in reports):
        return TaskState.FAILED
    done = {report.service for report in reports} >= set(SERVICES)
    return TaskState.FINISHED if done else TaskState.RUNNING


def org_is_left(reports: Sequence[TaskReport]) -> bool:
    """Whether all others have reported, and done it."""
    if state_of(reports) is TaskState.FAILED:
        return False
    return {report.service for report in reports} == set(SERVICES) - {"org"}
