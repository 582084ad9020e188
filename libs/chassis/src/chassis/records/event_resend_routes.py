"""Routes for administrators to have events sent again; the same in every service."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.events.resend_commands import (
    EventResend,
    cancel_resend,
    get_resend,
    request_resend,
)
from chassis.events.resend_tables import event_resends
from chassis.foundation.clock import Now
from chassis.records.lists.list_routes import add_list_routes
from chassis.records.lists.listing import Listing
from chassis.web.auth import Caller, allow
from chassis.web.references import PersonSubject
from chassis.web.routing import new_router
from chassis.web.run_cancellation import RunCancelIn
from chassis.web.transaction import Tx


class EventResendIn(BaseModel):
    """Which events to send again, and why."""

    model_config = ConfigDict(extra="forbid")
    since: AwareDatetime = Field(
        description="Events written from then on", examples=["2026-11-22T08:00:00Z"]
    )
    topic: str | None = Field(None, description="Only this topic", examples=["rms.order.v1"])
    note: Annotated[str, Field(min_length=1, max_length=500, examples=["Kafka lost a disk"])]


class EventResendOut(BaseModel):
    """A request to send events again, and its progress."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID
    since: datetime
    topic: str | None
    events: int = Field(description="How many events were to be sent")
    sent: int = Field(description="How many were sent, with those published meanwhile")
    quarantined: int = Field(description="How many wait, because the broker refused one before")
    requested_by: Annotated[str, PersonSubject]
    requested_by_name: str | None = None
    requested_at: datetime
    note: str | None
    progressed_at: datetime
    finished_at: datetime | None = Field(description="Null while events are still to be sent")
    cancelled_by: Annotated[str | None, PersonSubject] = Field(
        description="Who took the rest out of the queue, if anybody"
    )
    cancelled_by_name: str | None = None
    cancel_note: str | None


LISTING = Listing(
    event_resends,
    EventResendOut,
    resource="event_resend",
    entity=EventResend,
    filters=["topic", "requested_by", "requested_at", "finished_at"],
    sorts=["requested_at"],
    technical=True,
)


def event_resend_router(service: str) -> APIRouter:
    """Build the routes under `/event-resends`; the caller needs `<service>.event.admin`."""
    router = new_router("/event-resends", tag="events")
    admin = [allow(f"{service}.event.admin")]

    @router.post("", status_code=201, dependencies=admin)
    async def event_resend_request(
        response: Response, body: EventResendIn, tx: Tx, caller: Caller, now: Now
    ) -> EventResendOut:
        """Send the tenant's retained events again; the relay does it in the background."""
        resend = await request_resend(
            tx,
            service,
            caller.tenant_id,
            since=body.since,
            topic=body.topic,
            by=caller.subject,
            note=body.note,
            now=now,
        )
        response.headers["Location"] = f"/{service}/v1/event-resends/{resend.id}"
        return EventResendOut.model_validate(resend)

    add_list_routes(router, LISTING, guard=admin)

    @router.get("/{resend_id}", dependencies=admin)
    async def event_resend_get(resend_id: UUID, tx: Tx) -> EventResendOut:
        """Get a request to send events again, with its progress."""
        return EventResendOut.model_validate(await get_resend(tx, resend_id))

    @router.post("/{resend_id}/cancel", dependencies=admin)
    async def event_resend_cancel(
        resend_id: UUID, body: RunCancelIn, tx: Tx, caller: Caller, now: Now
    ) -> EventResendOut:
        """Send none of the events that are still to be sent."""
        by, note = caller.subject, body.note
        return EventResendOut.model_validate(
            await cancel_resend(tx, resend_id, by=by, now=now, note=note)
        )

    return router
