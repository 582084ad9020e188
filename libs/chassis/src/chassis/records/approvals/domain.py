"""A request for approval, as the service that has asked for it keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from contracts.approvals import ApprovalRequestState, RequestStatus
from kernel.personal import Personal

PENDING: Final = RequestStatus.PENDING
# What desk answers; a service makes a request void itself. An asker withdraws it in either place.
ANSWERS: Final = frozenset(RequestStatus) - {RequestStatus.PENDING, RequestStatus.VOID}


@dataclass(frozen=True, kw_only=True)
class ApprovalRequest:
    """A request for approval of a record at its version `record_version`."""

    id: UUID
    kind: str
    resource: str
    record_id: UUID
    record_version: int
    record_name: Annotated[str, Personal("name")]
    facts: Mapping[str, Any]
    lines: tuple[dict[str, Any], ...]
    record_people: Mapping[str, str]
    requested_by: str
    requested_at: datetime
    status: RequestStatus = PENDING
    ended_at: datetime | None = None
    ended_by: str | None = None
    reason: Annotated[str | None, Personal("text")] = None
    version: int = 1

    def ended(
        self, status: RequestStatus, *, by: str | None, reason: str | None, at: datetime
    ) -> ApprovalRequest:
        """Return the request as answered, withdrawn or void."""
        return replace(self, status=status, ended_by=by, reason=reason, ended_at=at)

    def state(self) -> ApprovalRequestState:
        """Return the request as its events carry it."""
        return ApprovalRequestState.of(self, approval_id=self.id)
