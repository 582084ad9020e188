"""Routes for operators to inspect and resolve events whose tenant nobody can read.

They are parked under no tenant, so no administrator of a tenant sees them.
"""

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy import ColumnElement, text
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.backbone_tables import parked_events
from chassis.database.engine import acting_for
from chassis.events.consumer import dead_letter_commands as operations
from chassis.events.consumer.dead_letters import ParkedEventStatus, parked_event_of
from chassis.events.consumer.decoded_records import NO_TENANT
from chassis.foundation.clock import Now
from chassis.records.dead_letter_routes import (
    ParkedEventDetail,
    ParkedEventOut,
    ParkedEventRedrive,
    ParkedEventSkip,
)
from chassis.records.lists.filters import EnumFilter
from chassis.records.lists.list_routes import add_list_routes
from chassis.records.lists.listing import Listing
from chassis.web.auth import Caller
from chassis.web.operators import operators_only
from chassis.web.routing import new_router
from chassis.web.transaction import Tx


async def _see_events_of_no_tenant(tx: AsyncConnection) -> None:
    """Let the rest of an operator's transaction see the events of no tenant, beside their own."""
    await tx.execute(text("SELECT set_config('app.operator', 'on', true)"))


LISTING = Listing(
    parked_events,
    ParkedEventOut,
    resource="unreadable_event",
    collection="admin/unreadable-events",
    shape=lambda row: ParkedEventOut.of(parked_event_of(dict(row))),
    filters=[EnumFilter("status", ParkedEventStatus), "subscription", "topic", "parked_at"],
    sorts=["parked_at"],
    technical=True,
    prepare=_see_events_of_no_tenant,
)


def unreadable_event_router(service: str) -> APIRouter:
    """Build the routes under `/admin/unreadable-events`, for operators with `event.admin`."""
    router = new_router("/admin/unreadable-events", tag="operators")
    operators = operators_only(f"{service}.event.admin")

    add_list_routes(
        router,
        LISTING,
        guard=operators,
        where=_of_no_tenant,
        description="Events of which not even the tenant can be read.",
    )

    @router.get("/{parked_id}", dependencies=operators)
    async def unreadable_event_get(parked_id: UUID, tx: Tx) -> ParkedEventDetail:
        """Get an unreadable event with what was received."""
        async with acting_for(tx, NO_TENANT):
            return ParkedEventDetail.of(await operations.get_parked(tx, parked_id))

    @router.post("/{parked_id}/redrive", dependencies=operators)
    async def unreadable_event_redrive(
        parked_id: UUID, body: ParkedEventRedrive, tx: Tx, caller: Caller, now: Now
    ) -> ParkedEventOut:
        """Try again, for example after an update; the event stays parked if it fails once more."""
        async with acting_for(tx, NO_TENANT):
            parked = await operations.redrive_parked(
                tx, parked_id, by=caller.subject, now=now, note=body.note
            )
        return ParkedEventOut.of(parked)

    @router.post("/{parked_id}/skip", dependencies=operators)
    async def unreadable_event_skip(
        parked_id: UUID, body: ParkedEventSkip, tx: Tx, caller: Caller, now: Now
    ) -> ParkedEventOut:
        """Discard the event for good; the row keeps who did so, when and why."""
        async with acting_for(tx, NO_TENANT):
            parked = await operations.skip_parked(
                tx, parked_id, by=caller.subject, now=now, note=body.note
            )
        return ParkedEventOut.of(parked)

    return router


def _of_no_tenant() -> list[ColumnElement[bool]]:
    return [parked_events.c.tenant_id == NO_TENANT]
