"""Asks for approvals, and ends requests, in the transaction of the change behind it.

Each call publishes one `<service>.approval_request.changed.v1`; desk takes these events of all
services. A request is pending while its record waits: whatever ends the waiting ends the request in
the same transaction, so that an answer to a request that is not pending has come too late.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import Entity, from_columns
from chassis.events.outbox import publish
from chassis.foundation.settings import ApprovalMode, Settings
from chassis.records.approvals.domain import PENDING, ApprovalRequest
from chassis.records.approvals.tables import approval_requests
from chassis.records.writes import insert_row, update_row
from contracts.approvals import ApprovalKind, RequestStatus
from contracts.event import EVENT_CLASSES, Event
from contracts.work import RecordRef
from kernel.ids import new_id

# Why a request was answered at once, as its history says; a code with texts.
NOT_DEPLOYED: Final = "APPROVALS_NOT_DEPLOYED"
_WITHOUT_DESK: Final = {
    ApprovalMode.PASS: RequestStatus.APPROVED,
    ApprovalMode.REFUSE: RequestStatus.REJECTED,
}


class ApprovedRecord(Entity, Protocol):
    """A record that can wait for an approval."""

    @property
    def display_name(self) -> str: ...


@cache
def approval_mode() -> ApprovalMode:
    """Return whether desk answers, or a setting does because desk is not deployed."""
    return Settings.of("l2c").approvals


async def request_approval(
    tx: AsyncConnection,
    kind: ApprovalKind,
    record: ApprovedRecord,
    facts: Mapping[str, Any],
    lines: Sequence[Mapping[str, Any]] = (),
    *,
    requested_by: str,
    now: datetime,
    record_people: Mapping[str, str | None] | None = None,
) -> ApprovalRequest:
    """Ask for approval of a record that was just saved in its waiting state.

    The answer comes later, to the service's `approval_subscription`; without desk the request is
    answered at once, which its status says: the caller acts on it in the same transaction.
    Raises ValueError for facts, lines or people other than the kind declares.
    """
    people = {name: who for name, who in (record_people or {}).items() if who is not None}
    if not people.keys() <= kind.record_people.keys():
        raise ValueError(f"{kind.name} declares no {sorted(people.keys() - kind.record_people)}")
    request = ApprovalRequest(
        id=new_id(),
        kind=kind.name,
        resource=kind.resource,
        record_id=record.id,
        record_version=record.version,
        record_name=record.display_name,
        facts=kind.facts_json(facts),
        lines=tuple(kind.line_json(line) for line in lines),
        record_people=people,
        requested_by=requested_by,
        requested_at=now,
    )
    answer = _WITHOUT_DESK.get(approval_mode())
    if answer is not None:
        request = request.ended(answer, by=None, reason=NOT_DEPLOYED, at=now)
    await insert_row(tx, approval_requests, request)
    await publish(tx, _event_of(request), of=request)
    return request


async def end_request(
    tx: AsyncConnection,
    about: RecordRef,
    status: RequestStatus,
    *,
    by: str | None,
    now: datetime,
    reason: str | None = None,
) -> bool:
    """End the pending requests about a record as WITHDRAWN or VOID; return whether there were any.

    Call it in the transaction that ends the waiting of the record, once the record is locked.
    """
    query = select(approval_requests).where(
        approval_requests.c.resource == about.resource,
        approval_requests.c.record_id == about.record_id,
        approval_requests.c.status == PENDING,
    )
    rows = (await tx.execute(query.with_for_update())).mappings().all()
    for row in rows:
        request = from_columns(ApprovalRequest, dict(row))
        ended = request.ended(status, by=by, reason=reason, at=now)
        saved = await update_row(tx, approval_requests, ended)
        await publish(tx, _event_of(saved), of=saved)
    return bool(rows)


async def answer_request(
    tx: AsyncConnection,
    request_id: UUID,
    status: RequestStatus,
    *,
    by: str | None,
    reason: str | None,
    at: datetime,
) -> ApprovalRequest | None:
    """Note the answer to a request and return it; None if it is not pending any more."""
    request = await find_request(tx, request_id, lock=True)
    if request is None or request.status is not PENDING:
        return None
    ended = request.ended(status, by=by, reason=reason, at=at)
    saved = await update_row(tx, approval_requests, ended)
    await publish(tx, _event_of(saved), of=saved)
    return saved


async def find_request(
    tx: AsyncConnection, request_id: UUID, *, lock: bool = False
) -> ApprovalRequest | None:
    """Return a request by its id, locked if `lock` is set; None if there is none."""
    query = select(approval_requests).where(approval_requests.c.id == request_id)
    row = (await tx.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    return None if row is None else from_columns(ApprovalRequest, dict(row))


def _event_of(request: ApprovalRequest) -> Event:
    service = request.resource.partition(".")[0]
    kind = EVENT_CLASSES[f"{service}.approval_request.changed.v1"]
    return kind.model_validate({"approval_request": request.state()})
