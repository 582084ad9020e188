"""The routes of flows: read, check, try, publish, restore; and why a request goes its way."""

from typing import Annotated, Any

from fastapi import Depends, Path

from chassis.web.admission import READ_ONLY
from chassis.web.auth import allow
from chassis.web.commands import CreateCommand
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from contracts.approvals import ApprovalKind, declared_approval_kinds
from desk.flows import actions
from desk.flows.schemas.answers import (
    FlowOut,
    FlowSummaries,
    FlowSummary,
    FlowVersionDetails,
    FlowVersionOut,
)
from desk.flows.schemas.bodies import FlowBody, FlowRestoreIn, FlowTrialIn, FlowVersionIn
from desk.flows.store import VERSIONS, kind_of
from rules.rule_schemas import RuleCheckOut
from rules.texts import TEXTS
from rules.version_store import MAX_NUMBER
from rules.versions import RuleVersion

router = new_router("/approval-flows", tag="approval flows")
READ, WRITE = [allow("desk.approval_flow.read")], [allow("desk.approval_flow.write")]
VersionNumber = Annotated[int, Path(ge=1, le=MAX_NUMBER)]


def kind_in_path(kind: Annotated[str, Path(examples=["cpq.quote_discount"])]) -> ApprovalKind:
    return kind_of(kind)


KindInPath = Annotated[ApprovalKind, Depends(kind_in_path)]


@router.get("", dependencies=READ)
async def approval_flow_list(tx: Tx) -> FlowSummaries:
    """List the kinds of approval, with the numbers of the flows in force."""
    kinds = declared_approval_kinds()
    latest = await VERSIONS.latest_of(tx, sorted(kinds)) if kinds else {}
    return FlowSummaries(
        flows=[
            FlowSummary(
                kind=name,
                zh=kind.zh,
                en=kind.en,
                version_in_force=latest[name].number if name in latest else 0,
            )
            for name, kind in sorted(kinds.items())
        ]
    )


@router.get("/{kind}", dependencies=READ)
async def approval_flow_get(kind: KindInPath, tx: Tx) -> FlowOut:
    """Get the flow in force, and the facts that flows of this kind may read."""
    latest = await VERSIONS.latest(tx, kind.name)
    if latest is None:
        return FlowOut.of(kind, 0, None)
    return FlowOut.of(kind, latest.number, dict(latest.content))


@router.get("/{kind}/versions", dependencies=READ)
async def approval_flow_version_list(
    kind: KindInPath, tx: Tx, page: PageParams
) -> Page[FlowVersionOut]:
    """List the versions of a flow, newest first."""
    query = VERSIONS.query(kind.name)
    return await fetch_page(tx, query, page, shape=lambda row: FlowVersionOut(**row))


@router.get("/{kind}/versions/{number}", dependencies=READ)
async def approval_flow_version_get(
    kind: KindInPath, number: VersionNumber, tx: Tx
) -> FlowVersionDetails:
    """Get a version with its flow."""
    return _details(await VERSIONS.get(tx, kind.name, number))


def _details(version: RuleVersion) -> FlowVersionDetails:
    values: dict[str, Any] = {**vars(version), "flow": dict(version.content)}
    return FlowVersionDetails.model_validate(values)


@router.post("/{kind}/check", dependencies=READ, openapi_extra=READ_ONLY)
async def approval_flow_check(kind: KindInPath, body: FlowTrialIn, tx: Tx) -> RuleCheckOut:
    """Check a flow as publishing does; nothing is stored."""
    flow, rules = body.flow.flow(), body.flow.rules
    _, warnings = await actions.checked_flow(tx, kind, rules, flow, at="/flow")
    return RuleCheckOut.of(warnings, TEXTS)


@router.post("/{kind}/versions", status_code=201, dependencies=WRITE)
async def approval_flow_publish(
    kind: KindInPath, body: FlowVersionIn, command: CreateCommand
) -> FlowVersionDetails:
    """Publish a flow as the next version; running requests keep their steps.

    Answers 409 `RULE_VERSION_STALE` if another version was published meanwhile, and the latest
    version if it is this flow already.
    """
    flow, content = body.flow.flow(), body.flow.content
    version = await actions.publish_flow(
        command, kind, content, flow, based_on=body.based_on, note=body.note
    )
    return _details(version)


@router.post("/{kind}/versions/{number}/restore", status_code=201, dependencies=WRITE)
async def approval_flow_restore(
    kind: KindInPath, number: VersionNumber, body: FlowRestoreIn, command: CreateCommand
) -> FlowVersionDetails:
    """Publish an earlier version again, if its people can still be found."""
    earlier = await VERSIONS.get(command.tx, kind.name, number)
    flow = FlowBody.model_validate(earlier.content).flow()
    version = await actions.restore_flow(
        command, kind, number, flow=flow, based_on=body.based_on, note=body.note
    )
    return _details(version)
