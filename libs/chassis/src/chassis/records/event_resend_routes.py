"""Routes for administrators to have events sent again; the same in every service."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from chassis.database.rows import from_columns
from chassis.events.resend_commands import (
    EventResend,
    cancel_resend,
    event_resends_query,
    get_resend,
    request_resend,
)
from chassis.foundation.clock import Now
from chassis.web.auth import Caller, allow
from chassis.web.pages import Page, PageParams, fetch_page
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

    @router.get("", dependencies=admin)
    async def event_resend_list(tx: Tx, page: PageParams) -> Page[EventResendOut]:
        """List the requests to send events again, newest first."""
        return await fetch_page(
            tx,
            event_resends_query(),
            page,
            shape=lambda row: EventResendOut.model_validate(from_columns(EventResend, row)),
        )

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
