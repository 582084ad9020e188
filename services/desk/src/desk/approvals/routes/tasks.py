"""The routes of tasks: the caller's to-do list, and how they are decided."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Request, Response

from chassis.records.lists.list_routes import add_list_routes
from chassis.web.auth import Caller, allow
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand
from chassis.web.inner_requests import InnerResponse, call_route
from chassis.web.preconditions import entity_tag
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from desk.approvals import store
from desk.approvals.actions import deciding
from desk.approvals.actions.deciding import Decision
from desk.approvals.domain.approval import Approval
from desk.approvals.domain.statuses import Verdict
from desk.approvals.schemas import (
    AddApproverIn,
    ApprovalTaskOut,
    BulkDecisionIn,
    BulkDecisionItem,
    BulkDecisionOut,
    DecisionIn,
    HandOnIn,
    RejectionIn,
    SendBackIn,
)
from desk.approvals.store import APPROVAL
from desk.approvals.views import requests as views

router = new_router("/approval-tasks", tag="approval tasks")
READ, WRITE = [allow("desk.approval_task.read")], [allow("desk.approval_task.write")]
FOR_OTHERS = [allow("desk.approval_task.decide_for")]
_PATHS = {Verdict.APPROVE: "approve", Verdict.REJECT: "reject"}

add_list_routes(
    router,
    store.TASK_LISTING,
    guard=READ,
    description="`state=OPEN&sort=asked_at` is the to-do list, `state__in=APPROVED,REJECTED` what"
    " the caller has decided.",
)


class TaskMover:
    """Answers a move of a task with the task as it is then."""

    def __init__(self, task_id: UUID, command: ChangeCommand) -> None:
        self.id, self.command = task_id, command

    @property
    def tx(self) -> Tx:
        """The transaction, in which the names in the answer are read."""
        return self.command.tx

    def shown(self, approval: Approval) -> ApprovalTaskOut:
        return views.shown_task(approval, self.id)


Mover = Annotated[TaskMover, Depends()]


@router.post("/decisions", status_code=207, dependencies=WRITE, response_model=BulkDecisionOut)
async def approval_task_decide_many(request: Request, body: BulkDecisionIn, tx: Tx) -> Response:
    """Decide up to 200 tasks of the caller; each is decided or refused by itself."""
    await store.lock_requests_of(tx, [item.id for item in body.items])
    results = [await _decided(request, item) for item in body.items]
    content = orjson.dumps({"items": _shown(body.items, results)})
    return Response(content, 207, media_type="application/json")


async def _decided(request: Request, item: BulkDecisionItem) -> InnerResponse:
    collection = request.url.path.removesuffix("/decisions")
    path = f"{collection}/{item.id}/{_PATHS[item.verdict]}"
    tag = {"if-match": entity_tag(item.version)}
    return await call_route(request, "POST", path, {"comment": item.comment}, tag)


def _shown(
    items: Sequence[BulkDecisionItem], results: Sequence[InnerResponse]
) -> list[dict[str, Any]]:
    shown = []
    for item, result in zip(items, results, strict=True):
        is_problem = result.status >= 400
        shown.append(
            {
                "id": str(item.id),
                "status": result.status,
                "version": None if is_problem else result.body["version"],
                "code": result.body["code"] if is_problem else None,
                "message": result.body["detail"] if is_problem else None,
            }
        )
    return shown


@router.get("/{task_id}", dependencies=READ)
async def approval_task_get(task_id: UUID, tx: Tx, caller: Caller) -> ApprovalTaskOut:
    """Read a task of the caller, or one that they delegated."""
    approval_id = await store.approval_of_seat(tx, task_id, person=caller.subject)
    return views.shown_task(await APPROVAL.get(tx, approval_id), task_id)


@router.post("/{task_id}/approve", dependencies=WRITE)
async def approval_task_approve(mover: Mover, body: DecisionIn | None = None) -> ApprovalTaskOut:
    """Approve."""
    decision = _decision(Verdict.APPROVE, body or DecisionIn())
    return mover.shown(await deciding.decide(mover.command, mover.id, decision))


@router.post("/{task_id}/reject", dependencies=WRITE)
async def approval_task_reject(mover: Mover, body: RejectionIn) -> ApprovalTaskOut:
    """Reject, and say why."""
    decision = _decision(Verdict.REJECT, body)
    return mover.shown(await deciding.decide(mover.command, mover.id, decision))


@router.post("/{task_id}/approve-on-behalf", dependencies=FOR_OTHERS)
async def approval_task_approve_for(mover: Mover, body: RejectionIn) -> ApprovalTaskOut:
    """Approve for whom the task is, and say why; the history names both."""
    decision = _decision(Verdict.APPROVE, body)
    return mover.shown(await deciding.decide_on_behalf(mover.command, mover.id, decision))


@router.post("/{task_id}/reject-on-behalf", dependencies=FOR_OTHERS)
async def approval_task_reject_for(mover: Mover, body: RejectionIn) -> ApprovalTaskOut:
    """Reject for whom the task is, and say why; the history names both."""
    decision = _decision(Verdict.REJECT, body)
    return mover.shown(await deciding.decide_on_behalf(mover.command, mover.id, decision))


def _decision(verdict: Verdict, body: DecisionIn | RejectionIn) -> Decision:
    return Decision(verdict=verdict, comment=body.comment, file_ids=body.file_ids)


@router.post("/{task_id}/hand-on", dependencies=WRITE)
async def approval_task_hand_on(mover: Mover, body: HandOnIn) -> ApprovalTaskOut:
    """Give the task to somebody else for good."""
    approval = await deciding.hand_on(mover.command, mover.id, body.to, comment=body.comment)
    return mover.shown(approval)


@router.post("/{task_id}/delegate", dependencies=WRITE)
async def approval_task_delegate(mover: Mover, body: HandOnIn) -> ApprovalTaskOut:
    """Let somebody else decide the task, until it is taken back."""
    approval = await deciding.delegate(mover.command, mover.id, body.to, comment=body.comment)
    return mover.shown(approval)


@router.post("/{task_id}/take-back", dependencies=WRITE)
async def approval_task_take_back(mover: Mover, body: EmptyBody | None = None) -> ApprovalTaskOut:
    """Take back a task that the caller delegated."""
    return mover.shown(await deciding.take_back(mover.command, mover.id))


@router.post("/{task_id}/add-approver", dependencies=WRITE)
async def approval_task_add_approver(mover: Mover, body: AddApproverIn) -> ApprovalTaskOut:
    """Ask somebody else as well: before the caller decides, or after they have approved."""
    approval = await deciding.add_approver(
        mover.command, mover.id, body.to, before=body.before, comment=body.comment
    )
    return mover.shown(approval)


@router.post("/{task_id}/send-back", dependencies=WRITE)
async def approval_task_send_back(mover: Mover, body: SendBackIn) -> ApprovalTaskOut:
    """Send the request back to an earlier step, or to the asker."""
    approval = await deciding.send_back(
        mover.command, mover.id, step=body.step, comment=body.comment
    )
    return mover.shown(approval)
