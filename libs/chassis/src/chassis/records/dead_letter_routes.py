"""Routes for administrators to inspect and resolve parked events; the same in every service."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from chassis.database.backbone_tables import parked_events
from chassis.events.consumer import dead_letter_commands as operations
from chassis.events.consumer.dead_letters import ParkedEvent, ParkedEventStatus, parked_event_of
from chassis.events.consumer.failures import ParkingReason
from chassis.foundation.clock import Now
from chassis.records.lists.filters import EnumFilter
from chassis.records.lists.list_routes import add_list_routes
from chassis.records.lists.listing import Listing
from chassis.web.auth import Caller, allow
from chassis.web.references import PersonSubject
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from kernel.texts import TrimmedText

Note = Annotated[str, TrimmedText(min_length=1, max_length=500)]


class ParkedEventOut(BaseModel):
    """An event that a subscription could not apply, and what has become of it."""

    id: UUID
    event_id: str | None
    type: str | None
    aggregate_id: str | None
    subscription: str
    key: str
    topic: str
    reason: ParkingReason
    error: str
    attempts: int
    status: ParkedEventStatus
    parked_at: datetime
    retry_at: datetime | None
    deadline_at: datetime | None
    resolved_at: datetime | None
    resolved_by: Annotated[str | None, PersonSubject]
    resolved_by_name: str | None = None
    note: str | None

    @classmethod
    def of(cls, parked: ParkedEvent) -> Self:
        envelope = parked.envelope
        identity = {
            "event_id": _text_or_none(envelope.get("id")),
            "type": _text_or_none(envelope.get("type")),
            "aggregate_id": _text_or_none(envelope.get("subject")),
        }
        return cls.model_validate({**vars(parked), **identity})


class ParkedEventDetail(ParkedEventOut):
    """A parked event with its content."""

    envelope: dict[str, Any] = Field(description="The CloudEvents envelope as it was received")


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None


class ParkedEventRedrive(BaseModel):
    """A request to process a parked event again."""

    model_config = ConfigDict(extra="forbid")
    note: Note | None = None


class ParkedEventSkip(BaseModel):
    """A request to give a parked event up, with the reason."""

    model_config = ConfigDict(extra="forbid")
    note: Note


class ParkedEventEdit(BaseModel):
    """Corrected data for a parked event, with the reason."""

    model_config = ConfigDict(extra="forbid")
    data: dict[str, Any]
    note: Note


LISTING = Listing(
    parked_events,
    ParkedEventOut,
    resource="parked_event",
    shape=lambda row: ParkedEventOut.of(parked_event_of(dict(row))),
    filters=[
        EnumFilter("status", ParkedEventStatus),
        EnumFilter("reason", ParkingReason),
        "subscription",
        "topic",
        "parked_at",
    ],
    sorts=["parked_at"],
    technical=True,
)


def parked_event_router(service: str) -> APIRouter:
    """Build the routes under `/parked-events`; the caller needs `<service>.event.admin`."""
    router = new_router("/parked-events", tag="parked events")
    admin = [allow(f"{service}.event.admin")]

    add_list_routes(router, LISTING, guard=admin)

    @router.get("/{parked_id}", dependencies=admin)
    async def parked_event_get(parked_id: UUID, tx: Tx) -> ParkedEventDetail:
        """Get a parked event with its content."""
        return ParkedEventDetail.of(await operations.get_parked(tx, parked_id))

    @router.post("/{parked_id}/redrive", dependencies=admin)
    async def parked_event_redrive(
        parked_id: UUID, body: ParkedEventRedrive, tx: Tx, caller: Caller, now: Now
    ) -> ParkedEventOut:
        """Retry all parked events of this event's key; the worker processes them in order."""
        parked = await operations.redrive_parked(
            tx, parked_id, by=caller.subject, now=now, note=body.note
        )
        return ParkedEventOut.of(parked)

    @router.post("/{parked_id}/edit", dependencies=admin)
    async def parked_event_edit(
        parked_id: UUID, body: ParkedEventEdit, tx: Tx, caller: Caller, now: Now
    ) -> ParkedEventOut:
        """Correct the event's data and retry all parked events of its key."""
        parked = await operations.edit_parked(
            tx, parked_id, body.data, by=caller.subject, now=now, note=body.note
        )
        return ParkedEventOut.of(parked)

    @router.post("/{parked_id}/skip", dependencies=admin)
    async def parked_event_skip(
        parked_id: UUID, body: ParkedEventSkip, tx: Tx, caller: Caller, now: Now
    ) -> ParkedEventOut:
        """Skip the event; later events of its key are processed again."""
        parked = await operations.skip_parked(
            tx, parked_id, by=caller.subject, now=now, note=body.note
        )
        return ParkedEventOut.of(parked)

    return router
