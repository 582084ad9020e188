"""Takes requests from the events of their services: opens them, and ends what they have ended."""

from typing import Final

from chassis.web.commands import Command
from contracts.approvals import ApprovalRequestState, RequestStatus, declared_approval_kinds
from desk.approvals import store
from desk.approvals.actions.saving import save_moved, save_new
from desk.approvals.domain.approval import Approval
from desk.approvals.domain.history import Happening, HistoryAction
from desk.approvals.domain.statuses import PENDING, ApprovalStatus
from desk.flows.domain.flow import BUILT_IN_BRANCH, BUILT_IN_FLOW, FlowVerdict
from desk.flows.domain.ways import Way
from desk.flows.store import flow_in_force

_ENDINGS: Final = {
    ApprovalStatus.WITHDRAWN: HistoryAction.WITHDRAWN,
    ApprovalStatus.VOID: HistoryAction.VOIDED,
}
_VERDICTS: Final = {
    FlowVerdict.APPROVE: ApprovalStatus.APPROVED,
    FlowVerdict.REJECT: ApprovalStatus.REJECTED,
}


async def follow_request(command: Command, request: ApprovalRequestState) -> None:
    """Open a new request, or end one that its service has ended; all else changes nothing.

    A service ends a request by withdrawing it or by changing the record, also after it was decided
    here: then the decision came too late. What it says of a decision is known here already, unless
    this database has lost it.
    """
    before = await store.find_by_id(command.tx, request.approval_id)
    status = ApprovalStatus(request.status)
    if before is None:
        if request.status is RequestStatus.PENDING:
            await _open(command, request)
    elif status is not before.status and (status in _ENDINGS or before.status is PENDING):
        if status is PENDING or before.status in _ENDINGS:
            return
        action = _ENDINGS.get(status, HistoryAction.DECIDED_BY_RULE)
        ended = before.end(status, by=request.ended_by, reason=request.reason, now=command.now)
        happened = Happening(action=action, actor=request.ended_by, comment=request.reason)
        await save_moved(command, before, ended, [happened])


async def _open(command: Command, request: ApprovalRequestState) -> None:
    kind = declared_approval_kinds().get(request.kind)
    number, way = 0, Way(row=None, plan=BUILT_IN_FLOW.plan(BUILT_IN_BRANCH))
    if kind is not None:  # else the service is newer than desk, and the built-in flow holds
        flow = await flow_in_force(command.tx, kind)
        number, way = flow.number, flow.way(request.facts)
    approval = Approval(
        id=request.approval_id,
        kind=request.kind,
        resource=request.resource,
        record_id=request.record_id,
        record_version=request.record_version,
        record_name=request.record_name,
        facts=request.facts,
        lines=request.lines,
        record_people=request.record_people,
        requested_by=request.requested_by,
        requested_at=request.requested_at,
        flow_version=number,
        plan=way.plan,
        created_at=command.now,
        updated_at=command.now,
    )
    happenings = [Happening(action=HistoryAction.REQUESTED, actor=request.requested_by)]
    if way.verdict is not None:
        status = _VERDICTS[way.verdict]
        approval = approval.end(status, by=None, reason=None, now=command.now)
        happenings.append(Happening(action=HistoryAction.DECIDED_BY_RULE))
    await save_new(command, approval, happenings)
