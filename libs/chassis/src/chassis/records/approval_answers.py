"""The answers to a service's requests: each takes effect once, however often it arrives."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta, Subscription, process
from chassis.records.approvals.actions import answer_request, find_request
from chassis.records.approvals.domain import ANSWERS, PENDING, ApprovalRequest
from chassis.records.record_types import record_type_of
from chassis.web.commands import Command
from contracts.approvals import ApprovalKind, RequestStatus
from contracts.desk.events import ApprovalDecided, ApprovalSnapshot, ApprovalState
from kernel.errors import NotFound

# Gets the answered request; the record behind it is locked and still waits.
OnAnswer = Callable[[Command, ApprovalRequest], Awaitable[Any]]


def approval_subscription(
    service: str, handlers: Sequence[tuple[ApprovalKind, OnAnswer]]
) -> Subscription:
    """Return the subscription by which a service acts on the answers to its requests.

    An answer is ignored if the request was withdrawn, has become void, or was answered before. A
    snapshot of an approval restores an answer that was lost with the service's database.
    """
    by_kind = {kind.name: handler for kind, handler in handlers}

    async def on_approval_decided(
        tx: AsyncConnection, event: ApprovalDecided, meta: EventMeta
    ) -> None:
        await _apply(tx, by_kind, event.approval, meta)

    async def on_approval_snapshot(
        tx: AsyncConnection, event: ApprovalSnapshot, meta: EventMeta
    ) -> None:
        await _apply(tx, by_kind, event.approval, meta)

    return process(
        f"{service}.approval_answers",
        {ApprovalDecided: on_approval_decided},
        snapshots={ApprovalSnapshot: on_approval_snapshot},
    )


async def _apply(
    tx: AsyncConnection,
    handlers: Mapping[str, OnAnswer],
    approval: ApprovalState,
    meta: EventMeta,
) -> None:
    handler = handlers.get(approval.kind)
    if handler is None or approval.status not in ANSWERS:
        return
    request = await find_request(tx, approval.approval_id)
    is_its_version = request is not None and request.record_version == approval.record_version
    if request is None or request.status is not PENDING or not is_its_version:
        return
    try:  # the record first, as the commands that end its waiting do
        await record_type_of(request.resource).get(tx, request.record_id, lock=True)
    except NotFound:
        return  # it was deleted, which made the request void
    answered = await answer_request(
        tx,
        request.id,
        RequestStatus(approval.status),
        by=approval.ended_by,
        reason=approval.reason,
        at=approval.ended_at or meta.occurred_at,
    )
    if answered is not None:
        await handler(Command(tx, meta.occurred_at, actor=approval.ended_by), answered)
