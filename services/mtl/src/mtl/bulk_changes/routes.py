"""The HTTP API of bulk changes."""

from typing import Final
from uuid import UUID

from chassis.web.admission import READ_ONLY
from chassis.web.auth import allow
from chassis.web.bodies import EmptyBody
from chassis.web.commands import CreateCommand
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.routing import new_router
from mtl.bulk_changes import store
from mtl.bulk_changes.actions.requests import (
    own_bulk_change,
    start_bulk_change,
    undo_bulk_change,
)
from mtl.bulk_changes.domain import BulkOutcome
from mtl.bulk_changes.schemas import BulkChangeIn, BulkChangeOut, BulkLeadOut, BulkTrialOut
from mtl.bulk_changes.views import try_change

READ: Final = [allow("mtl.bulk_change.read")]
WRITE: Final = [allow("mtl.bulk_change.write"), allow("mtl.lead.write")]
router = new_router("/bulk-changes", tag="bulk changes")


@router.post(
    "/preview", dependencies=WRITE, openapi_extra=READ_ONLY, summary="Try a change of many leads"
)
async def bulk_change_preview(body: BulkChangeIn, command: CreateCommand) -> BulkTrialOut:
    """Count what a change would do to the leads that the query selects, with 20 examples."""
    return BulkTrialOut.of(await try_change(command, body.query, body.change.change()))


@router.post("", status_code=201, dependencies=WRITE, summary="Change many leads")
async def bulk_change_create(body: BulkChangeIn, command: CreateCommand) -> BulkChangeOut:
    """Change the leads that the query selects now, at most 10,000, in the background.

    Each lead is changed by the rights that the caller has then; one that is refused stops none.
    """
    bulk = await start_bulk_change(command, body.query, body.change.change())
    return BulkChangeOut.of(bulk, {BulkOutcome.WAITING: bulk.leads})


@router.get("/{change_id}", dependencies=READ, summary="Get a bulk change")
async def bulk_change_get(change_id: UUID, command: CreateCommand) -> BulkChangeOut:
    """Get a bulk change of the caller, and how far it has come."""
    bulk = await own_bulk_change(command, change_id)
    return BulkChangeOut.of(bulk, await store.counts_of(command.tx, change_id))


@router.get("/{change_id}/leads", dependencies=READ, summary="What became of each lead")
async def bulk_change_leads(
    change_id: UUID, command: CreateCommand, page: PageParams, outcome: BulkOutcome | None = None
) -> Page[BulkLeadOut]:
    """List the leads of a bulk change, with why one was refused."""
    await own_bulk_change(command, change_id)
    query = store.leads_query(change_id, outcome)
    return await fetch_page(command.tx, query, page, shape=BulkLeadOut.of)


@router.post("/{change_id}/undo", dependencies=WRITE, summary="Undo a bulk change")
async def bulk_change_undo(
    change_id: UUID, command: CreateCommand, body: EmptyBody | None = None
) -> BulkChangeOut:
    """Give the leads back what they had, in the background; those edited since stay as they are."""
    bulk = await undo_bulk_change(command, change_id)
    return BulkChangeOut.of(bulk, await store.counts_of(command.tx, change_id))


ROUTERS = (router,)
