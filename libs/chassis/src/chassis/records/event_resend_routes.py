"""Routes for administrators to have events sent again; the same in every service."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from chassis.events.resend_commands import (
    EventResend,
    cancel_resend,
    get_resend,
    request_resend,
)
from chassis.events.resend_tables import event_resends
from chassis.foundation.clock import Now
from chassis.records.codes import Instant
from chassis.records.lists.listing import Listing
from chassis.records.run_routes import RunOut, RunRoutes, add_run_routes
from chassis.web.auth import Caller, allow
from chassis.web.operators import OperatedTenant, operating
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.texts import TrimmedText


class EventResendIn(BaseModel):
    """Which events to send again, and why."""

    model_config = ConfigDict(extra="forbid")
    since: Instant = Field(
        description="Events written from then on", examples=["2026-11-22T08:00:00Z"]
    )
    topic: str | None = Field(None, description="Only this topic", examples=["rms.order.v1"])
    note: Annotated[
        str, TrimmedText(min_length=1, max_length=500), Field(examples=["Kafka lost a disk"])
    ]


class EventResendOut(RunOut):
    """A request to send events again, and its progress."""

    since: datetime
    topic: str | None
    events: int = Field(description="How many events were to be sent")
    sent: int = Field(description="How many were sent, with those published meanwhile")
    quarantined: int = Field(description="How many wait, because the broker refused one before")


LISTING = Listing(
    event_resends,
    EventResendOut,
    resource="event_resend",
    entity=EventResend,
    filters=["topic", "requested_by", "requested_at", "finished_at"],
    sorts=["requested_at"],
    technical=True,
)

RESENDS = RunRoutes(
    listing=LISTING,
    noun="resend",
    get=get_resend,
    cancel=cancel_resend,
    cancelled="Send none of the events that are still to be sent",
)


def event_resend_router(service: str) -> APIRouter:
    """Build the routes under `/event-resends`; the caller needs `<service>.event.admin`."""
    router = new_router("/event-resends", tag="events")
    admin = [allow(f"{service}.event.admin")]

    @router.post("", status_code=201, dependencies=admin)
    async def event_resend_request(
        response: Response,
        body: EventResendIn,
        tx: Tx,
        caller: Caller,
        tenant: OperatedTenant,
        now: Now,
    ) -> EventResendOut:
        """Send the tenant's retained events again; the relay does it in the background."""
        async with operating(tx, caller, tenant):
            resend = await request_resend(
                tx,
                service,
                tenant,
                since=body.since,
                topic=body.topic,
                by=caller.subject,
                note=body.note,
                now=now,
            )
        response.headers["Location"] = f"/{service}/v1/event-resends/{resend.id}"
        return EventResendOut.model_validate(resend)

    add_run_routes(router, RESENDS, admin)
    return router
