"""The HTTP API of opportunities."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.records.access.guards import may_list, may_read, may_write
from chassis.records.access.routes import access_router
from chassis.records.access.transfers import TransferRequest, active_owner_name, assign_on_create
from chassis.records.access.visibility import Visibility, visibility_of
from chassis.records.audit.routes import audit_router
from chassis.records.external_ids.routes import ExternallyWrittenResource, external_id_router
from chassis.records.lists.list_query import ListQuery
from chassis.records.lists.listing import ListPage
from chassis.records.record_commands import transfer_of
from chassis.web.auth import Caller, Principal, allow
from chassis.web.bodies import EmptyBody
from chassis.web.commands import Command
from chassis.web.pages import Page, PageParams, fetch_page, reject_unknown_parameters
from chassis.web.patches import MergePatch
from chassis.web.preconditions import IfMatch
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from l2o.accounts.store import ACCOUNTS
from l2o.opportunities import store
from l2o.opportunities.actions import records, stages
from l2o.opportunities.domain import Opportunity, Stage
from l2o.opportunities.schemas import (
    Funnel,
    OpportunityEdit,
    OpportunityIn,
    OpportunityLose,
    OpportunityMove,
    OpportunityOut,
    StageChangeOut,
)

OPPORTUNITIES = store.OPPORTUNITIES
TRANSFER = transfer_of(store.OPPORTUNITY)
READ, WRITE = [may_read(OPPORTUNITIES)], [may_write(OPPORTUNITIES)]
VisibleOpportunities = Annotated[Visibility, may_list(OPPORTUNITIES)]
OpportunityListQuery = Annotated[ListQuery, store.LISTING.query]

router = new_router("/opportunities", tag="opportunities")
access = access_router(OPPORTUNITIES, collection="opportunities", transfer=TRANSFER)
audit = audit_router(
    "/opportunities", resource=OPPORTUNITIES.resource, table=OPPORTUNITIES.table, dependencies=READ
)


async def _create(
    tx: AsyncConnection, body: OpportunityIn, caller: Principal, now: datetime
) -> Opportunity:
    """Open the opportunity as the caller's, then transfer it if the body names another owner."""
    if body.owner_id is not None:
        await active_owner_name(
            tx, body.owner_id
        )  # raises Invalid for an unknown or inactive person
    opened = await records.open_opportunity(
        tx,
        records.OpportunityDetails(**_editable_values(body)),
        owner_id=caller.subject,
        actor=caller.subject,
        now=now,
        visibility=await visibility_of(tx, caller, ACCOUNTS.resource, now),
    )
    if body.owner_id is None:
        return opened
    command = Command(tx, now, caller, caller.subject)
    await assign_on_create(
        command, TransferRequest(OPPORTUNITIES, TRANSFER, body.owner_id), opened.id
    )
    return await store.get(tx, opened.id)


async def _replace(
    tx: AsyncConnection, opportunity_id: UUID, body: OpportunityIn, _: Principal, now: datetime
) -> Opportunity:
    """Replace every editable field; the owner stays."""
    return await records.edit_opportunity(
        tx, opportunity_id, lambda before: replace(before, **_editable_values(body)), now=now
    )


def _editable_values(body: OpportunityIn) -> dict[str, Any]:
    return {name: getattr(body, name) for name in (*OpportunityEdit.model_fields, "account_id")}


@router.post("", status_code=201, dependencies=[allow("l2o.opportunity.write")])
async def opportunity_create(
    body: OpportunityIn, tx: Tx, now: Now, caller: Caller, response: Response
) -> OpportunityOut:
    """Open an opportunity with an account."""
    opportunity = await _create(tx, body, caller, now)
    response.headers["Location"] = f"/l2o/v1/opportunities/{opportunity.id}"
    return OpportunityOut.model_validate(opportunity)


@router.get("")
async def opportunity_list(
    tx: Tx, page: PageParams, list_query: OpportunityListQuery, visibility: VisibleOpportunities
) -> ListPage[OpportunityOut]:
    """List opportunities, newest first."""
    return await store.LISTING.page(tx, page, list_query, visibility)


@router.get("/funnel", dependencies=[Depends(reject_unknown_parameters)])
async def opportunity_funnel(
    tx: Tx, list_query: OpportunityListQuery, visibility: VisibleOpportunities
) -> Funnel:
    """Count and sum the opportunities of the same list by stage and currency."""
    return Funnel.of(await store.get_funnel(tx, list_query, visibility))


@router.get("/{opportunity_id}", dependencies=READ)
async def opportunity_get(opportunity_id: UUID, tx: Tx) -> OpportunityOut:
    """Read an opportunity."""
    return OpportunityOut.model_validate(await store.get(tx, opportunity_id))


@router.get("/{opportunity_id}/stage-changes", dependencies=READ)
async def opportunity_stage_changes(
    opportunity_id: UUID, tx: Tx, page: PageParams
) -> Page[StageChangeOut]:
    """List the changes of stage, newest first."""
    await store.get(tx, opportunity_id)
    return await fetch_page(
        tx, store.history_query(opportunity_id), page, shape=StageChangeOut.model_validate
    )


@router.patch("/{opportunity_id}", dependencies=WRITE)
async def opportunity_edit(
    opportunity_id: UUID, body: MergePatch[OpportunityEdit], tx: Tx, now: Now, expected: IfMatch
) -> OpportunityOut:
    """Change the fields that the body names."""
    return OpportunityOut.model_validate(
        await records.edit_opportunity(tx, opportunity_id, body.applied, expected=expected, now=now)
    )


@router.delete("/{opportunity_id}", status_code=204, dependencies=WRITE)
async def opportunity_delete(opportunity_id: UUID, tx: Tx, now: Now, expected: IfMatch) -> None:
    """Delete an opportunity; it can be restored."""
    await records.delete_opportunity(tx, opportunity_id, expected=expected, now=now)


@router.post("/{opportunity_id}/restore", dependencies=WRITE)
async def opportunity_restore(
    opportunity_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: EmptyBody | None = None
) -> OpportunityOut:
    """Restore a deleted opportunity."""
    return OpportunityOut.model_validate(
        await records.restore_opportunity(tx, opportunity_id, expected=expected, now=now)
    )


@router.post("/{opportunity_id}/move", dependencies=WRITE)
async def opportunity_move(
    opportunity_id: UUID,
    body: OpportunityMove,
    tx: Tx,
    now: Now,
    caller: Caller,
    expected: IfMatch,
) -> OpportunityOut:
    """Move an opportunity to another open stage."""
    return OpportunityOut.model_validate(
        await stages.move_opportunity(
            tx,
            opportunity_id,
            to=Stage(body.stage),
            expected=expected,
            actor=caller.subject,
            now=now,
        )
    )


@router.post("/{opportunity_id}/win", dependencies=WRITE)
async def opportunity_win(
    opportunity_id: UUID,
    tx: Tx,
    now: Now,
    caller: Caller,
    expected: IfMatch,
    body: EmptyBody | None = None,
) -> OpportunityOut:
    """Mark an opportunity as won."""
    return OpportunityOut.model_validate(
        await stages.win_opportunity(
            tx, opportunity_id, expected=expected, actor=caller.subject, now=now
        )
    )


@router.post("/{opportunity_id}/lose", dependencies=WRITE)
async def opportunity_lose(
    opportunity_id: UUID,
    body: OpportunityLose,
    tx: Tx,
    now: Now,
    caller: Caller,
    expected: IfMatch,
) -> OpportunityOut:
    """Mark an opportunity as lost, with the reason."""
    return OpportunityOut.model_validate(
        await stages.lose_opportunity(
            tx,
            opportunity_id,
            reason=body.reason,
            expected=expected,
            actor=caller.subject,
            now=now,
        )
    )


async def _restore(
    tx: AsyncConnection, opportunity_id: UUID, _: Principal, now: datetime
) -> Opportunity:
    """Restore the opportunity before it is replaced."""
    return await records.restore_opportunity(tx, opportunity_id, now=now)


by_external_id = external_id_router(
    ExternallyWrittenResource(
        scoped=OPPORTUNITIES,
        collection="/opportunities",
        body=OpportunityIn,
        answer=OpportunityOut,
        create=_create,
        update=_replace,
        restore=_restore,
        get=store.get,
    )
)
ROUTERS = (by_external_id, access, router, audit)
