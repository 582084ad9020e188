"""Opportunities over HTTP."""

from uuid import UUID

from fastapi import Response

from chassis.auth import Caller, allow
from chassis.bodies import MoveIn
from chassis.clock import Now
from chassis.pages import Page, PageParams, fetch_page
from chassis.patches import MergePatch
from chassis.preconditions import IfMatch
from chassis.routing import new_router
from chassis.rows import from_columns
from chassis.transaction import Tx
from l2o.opportunities import actions, store
from l2o.opportunities.domain import Opportunity, Stage
from l2o.opportunities.schemas import (
    OpportunityEdit,
    OpportunityIn,
    OpportunityLose,
    OpportunityMove,
    OpportunityOut,
    StageChangeOut,
)

router = new_router("/opportunities", tag="opportunities")
MAY_WRITE = allow("l2o.opportunity.write")
MAY_READ = allow("l2o.opportunity.read")


@router.post("", status_code=201, dependencies=[MAY_WRITE])
async def opportunity_create(
    body: OpportunityIn, tx: Tx, now: Now, caller: Caller, response: Response
) -> OpportunityOut:
    """Open an opportunity with an account."""
    opportunity = await actions.open_opportunity(
        tx,
        actions.OpportunityDetails(**dict(body)),
        owner_id=caller.subject,
        actor=caller.subject,
        now=now,
    )
    response.headers["Location"] = f"/l2o/v1/opportunities/{opportunity.id}"
    return OpportunityOut.model_validate(opportunity)


@router.get("", dependencies=[MAY_READ])
async def opportunity_list(
    tx: Tx,
    page: PageParams,
    stage: Stage | None = None,
    account_id: UUID | None = None,
    owner_id: str | None = None,
) -> Page[OpportunityOut]:
    """List opportunities, newest first."""
    return await fetch_page(
        tx,
        store.listed(stage=stage, account_id=account_id, owner_id=owner_id),
        page,
        shape=lambda row: OpportunityOut.model_validate(from_columns(Opportunity, row)),
    )


@router.get("/{opportunity_id}", dependencies=[MAY_READ])
async def opportunity_get(opportunity_id: UUID, tx: Tx) -> OpportunityOut:
    """Read an opportunity."""
    return OpportunityOut.model_validate(await store.get(tx, opportunity_id))


@router.get("/{opportunity_id}/stage-changes", dependencies=[MAY_READ])
async def opportunity_stage_changes(
    opportunity_id: UUID, tx: Tx, page: PageParams
) -> Page[StageChangeOut]:
    """The stages it went through, newest first."""
    await store.get(tx, opportunity_id)
    return await fetch_page(
        tx, store.history(opportunity_id), page, shape=StageChangeOut.model_validate
    )


@router.patch("/{opportunity_id}", dependencies=[MAY_WRITE])
async def opportunity_edit(
    opportunity_id: UUID, body: MergePatch[OpportunityEdit], tx: Tx, now: Now, expected: IfMatch
) -> OpportunityOut:
    """Change amount, dates, product, contact or name."""
    return OpportunityOut.model_validate(
        await actions.edit_opportunity(tx, opportunity_id, body.applied, expected=expected, now=now)
    )


@router.delete("/{opportunity_id}", status_code=204, dependencies=[MAY_WRITE])
async def opportunity_delete(opportunity_id: UUID, tx: Tx, now: Now, expected: IfMatch) -> None:
    """Take it out of every list; it can be restored."""
    await actions.delete_opportunity(tx, opportunity_id, expected=expected, now=now)


@router.post("/{opportunity_id}/restore", dependencies=[MAY_WRITE])
async def opportunity_restore(
    opportunity_id: UUID, tx: Tx, now: Now, expected: IfMatch, body: MoveIn | None = None
) -> OpportunityOut:
    """Undo its deletion."""
    return OpportunityOut.model_validate(
        await actions.restore_opportunity(tx, opportunity_id, expected=expected, now=now)
    )


@router.post("/{opportunity_id}/move", dependencies=[MAY_WRITE])
async def opportunity_move(
    opportunity_id: UUID,
    body: OpportunityMove,
    tx: Tx,
    now: Now,
    caller: Caller,
    expected: IfMatch,
) -> OpportunityOut:
    """Move it to another open stage."""
    return OpportunityOut.model_validate(
        await actions.move_opportunity(
            tx,
            opportunity_id,
            to=Stage(body.stage),
            expected=expected,
            actor=caller.subject,
            now=now,
        )
    )


@router.post("/{opportunity_id}/win", dependencies=[MAY_WRITE])
async def opportunity_win(
    opportunity_id: UUID,
    tx: Tx,
    now: Now,
    caller: Caller,
    expected: IfMatch,
    body: MoveIn | None = None,
) -> OpportunityOut:
    """Say that it is won."""
    return OpportunityOut.model_validate(
        await actions.win_opportunity(
            tx, opportunity_id, expected=expected, actor=caller.subject, now=now
        )
    )


@router.post("/{opportunity_id}/lose", dependencies=[MAY_WRITE])
async def opportunity_lose(
    opportunity_id: UUID,
    body: OpportunityLose,
    tx: Tx,
    now: Now,
    caller: Caller,
    expected: IfMatch,
) -> OpportunityOut:
    """Give it up, with the reason."""
    return OpportunityOut.model_validate(
        await actions.lose_opportunity(
            tx,
            opportunity_id,
            reason=body.reason,
            expected=expected,
            actor=caller.subject,
            now=now,
        )
    )
