"""The HTTP API of opportunities."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends

from chassis.records.access.along import Along
from chassis.records.access.guards import may_list
from chassis.records.access.visibility import Visibility
from chassis.records.lists.list_query import ListQuery
from chassis.records.resource import Resource
from chassis.records.resource_routes import resource_routers
from chassis.web.bodies import EmptyBody
from chassis.web.commands import ChangeCommand
from chassis.web.pages import Page, PageParams, fetch_page, reject_unknown_parameters
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from contracts.org.states import GoesAlong
from l2o.opportunities import store
from l2o.opportunities.actions import records, stages
from l2o.opportunities.domain import Stage
from l2o.opportunities.schemas import (
    Funnel,
    OpportunityEdit,
    OpportunityIn,
    OpportunityLose,
    OpportunityMove,
    OpportunityOut,
    StageChangeOut,
)
from l2o.opportunities.store import LISTING, OPPORTUNITIES, OPPORTUNITY

RESOURCE = Resource(
    record_type=OPPORTUNITY,
    collection="/opportunities",
    listing=LISTING,
    body=OpportunityIn,
    edit_body=OpportunityEdit,
    answer=OpportunityOut,
    create=records.open_opportunity,
    edit=records.edit_opportunity,
    along=Along(OPPORTUNITIES.resource, (GoesAlong.QUOTE,)),
    restore=records.restore_opportunity,
    docs={"create": "Open an opportunity with an account"},
)
READ, WRITE = [RESOURCE.read_guard], [RESOURCE.write_guard]
router = new_router("/opportunities", tag="opportunities")


@router.get("/funnel", dependencies=[Depends(reject_unknown_parameters)])
async def opportunity_funnel(
    tx: Tx,
    list_query: Annotated[ListQuery, LISTING.selection],
    visibility: Annotated[Visibility, may_list(OPPORTUNITIES)],
) -> Funnel:
    """Count and sum the opportunities that these filters select, by stage and currency."""
    return Funnel.of(await store.get_funnel(tx, list_query, visibility))


@router.get("/{opportunity_id}/stage-changes", dependencies=READ)
async def opportunity_stage_changes(
    opportunity_id: UUID, tx: Tx, page: PageParams
) -> Page[StageChangeOut]:
    """List the changes of stage, newest first."""
    await OPPORTUNITY.get(tx, opportunity_id, with_deleted=True)
    return await fetch_page(
        tx, store.history_query(opportunity_id), page, shape=StageChangeOut.model_validate
    )


@router.post("/{opportunity_id}/move", dependencies=WRITE)
async def opportunity_move(
    opportunity_id: UUID, body: OpportunityMove, command: ChangeCommand
) -> OpportunityOut:
    """Move an opportunity to another open stage."""
    moved = await stages.move_opportunity(command, opportunity_id, to=Stage(body.stage))
    return OpportunityOut.model_validate(moved)


@router.post("/{opportunity_id}/win", dependencies=WRITE)
async def opportunity_win(
    opportunity_id: UUID, command: ChangeCommand, body: EmptyBody | None = None
) -> OpportunityOut:
    """Mark an opportunity as won."""
    return OpportunityOut.model_validate(await stages.win_opportunity(command, opportunity_id))


@router.post("/{opportunity_id}/lose", dependencies=WRITE)
async def opportunity_lose(
    opportunity_id: UUID, body: OpportunityLose, command: ChangeCommand
) -> OpportunityOut:
    """Mark an opportunity as lost, with the reason."""
    lost = await stages.lose_opportunity(command, opportunity_id, reason=body.reason)
    return OpportunityOut.model_validate(lost)


ROUTERS = resource_routers(RESOURCE, router)
