"""The routes that try a flow on past requests, and say why a request goes its way."""

from typing import Annotated
from uuid import UUID

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list, may_read
from chassis.records.access.visibility import Visibility
from chassis.records.tenant_settings import today
from chassis.web.admission import READ_ONLY
from chassis.web.auth import allow
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from desk.approvals.store import APPROVAL, APPROVALS
from desk.approvals.views.trials import dry_run_flow
from desk.flows.actions import checked_flow
from desk.flows.routes import KindInPath
from desk.flows.schemas.answers import FlowDryRunOut, WayOut
from desk.flows.schemas.bodies import FlowTrialIn
from desk.flows.store import VERSIONS, kind_of, read_version
from desk.flows.views.directory import Question
from desk.flows.views.ways import way_of

trials = new_router("/approval-flows", tag="approval flows")
explanations = new_router("/approvals", tag="approvals")


@trials.post(
    "/{kind}/dry-run", dependencies=[allow("desk.approval_flow.read")], openapi_extra=READ_ONLY
)
async def approval_flow_dry_run(
    kind: KindInPath,
    body: FlowTrialIn,
    tx: Tx,
    now: Now,
    visibility: Annotated[Visibility, may_list(APPROVALS)],
) -> FlowDryRunOut:
    """Say what a flow would change for the newest 200 requests that the caller sees."""
    flow, rules = body.flow.flow(), body.flow.rules
    new, _ = await checked_flow(tx, kind, rules, flow, at="/flow")
    old = read_version(kind, await VERSIONS.latest(tx, kind.name))
    day = await today(tx, now)
    return await dry_run_flow(tx, kind, old, new, visibility=visibility, day=day)


@explanations.get("/{approval_id}/way", dependencies=[may_read(APPROVALS)])
async def approval_explain(approval_id: UUID, tx: Tx, now: Now) -> WayOut:
    """Explain which way the request took, and why these people are asked in its steps.

    The flow is that of the version with which the request was opened; the people are those of now.
    """
    approval = await APPROVAL.get(tx, approval_id)
    kind = kind_of(approval.kind)
    number = approval.flow_version
    version = await VERSIONS.get(tx, kind.name, number) if number else None
    question = Question(
        asker=approval.requested_by,
        day=await today(tx, now),
        record_people=approval.record_people,
    )
    return await way_of(tx, read_version(kind, version), approval.facts, question)
