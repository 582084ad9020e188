"""A task that every service carries out, and its progress."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from contracts.resources import declared_services
from contracts.tenant_tasks import TASK_FAILED, PersonData


class TenantTaskKind(StrEnum):
    """EXPORT writes all rows to files, ERASE erases a person, DELETE deletes the tenant."""

    EXPORT = "EXPORT"
    ERASE = "ERASE"
    DELETE = "DELETE"


class TenantTaskState(StrEnum):
    """The progress of a task, derived from the reports."""

    RUNNING = "RUNNING"
    FINISHED = "FINISHED"
    FAILED = "FAILED"


@dataclass(frozen=True, kw_only=True)
class TenantTask:
    """A task; only its event names the person to erase, so that no personal data remains here."""

    id: UUID
    target_id: UUID
    kind: TenantTaskKind
    requested_by: str | None
    created_at: datetime
    version: int = 1


@dataclass(frozen=True, kw_only=True)
class TenantTaskReport:
    """What one service did: the rows per table, and codes for what it left."""

    task_id: UUID
    service: str
    tables: Sequence[dict[str, Any]]
    notes: Sequence[str]
    finished_at: datetime


@dataclass(frozen=True, kw_only=True)
class TenantTaskFinding:
    """What one service found of a person to erase; it is kept until all services have reported."""

    task_id: UUID
    service: str
    person: PersonData


def person_of_findings(findings: Sequence[TenantTaskFinding]) -> PersonData | None:
    """Return what all services found together, None while one of them has not reported."""
    if not {one.service for one in findings} >= set(declared_services()):
        return None
    people = [one.person for one in findings]
    return PersonData(
        ids=tuple(sorted({key for one in people for key in one.ids})),
        phones=tuple(sorted({phone for one in people for phone in one.phones})),
        emails=tuple(sorted({email for one in people for email in one.emails})),
        values=tuple(sorted({value for one in people for value in one.values})),
    )


def state_from_reports(reports: Sequence[TenantTaskReport]) -> TenantTaskState:
    """Return the state of a task; it is FAILED as soon as one service has failed."""
    if any(TASK_FAILED in report.notes for report in reports):
        return TenantTaskState.FAILED
    all_reported = {report.service for report in reports} >= set(declared_services())
    return TenantTaskState.FINISHED if all_reported else TenantTaskState.RUNNING


def only_org_remains(reports: Sequence[TenantTaskReport]) -> bool:
    """Return whether all services except org, the last one in a deletion, reported success."""
    if state_from_reports(reports) is TenantTaskState.FAILED:
        return False
    return {report.service for report in reports} == set(declared_services()) - {"org"}
