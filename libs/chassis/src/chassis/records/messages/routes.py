"""The route that shows which messages about a record went out, and what became of them."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Select, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.contact_points import Email, Phone
from chassis.records.messages.model import MessageRequest, Recipient
from chassis.records.messages.tables import message_requests, message_states
from chassis.web.pages import Page, PageParams, fetch_page
from chassis.web.references import PersonSubject
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from contracts.messages import MessageChannel

QUEUED, FAILED = "QUEUED", "FAILED"


class RecipientIn(BaseModel):
    """Where a message goes: a mail address, or the number for a text message."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"email": "wang@example.com", "language": "zh-CN"}]},
    )
    email: Email | None = None
    phone: Phone | None = None
    language: Literal["zh-CN", "en"] | None = Field(
        default=None, description="By default the tenant's first one"
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.email is None) == (self.phone is None):
            raise PydanticCustomError("ADDRESS_NOT_ONE", "Either a mail address or a number")
        return self

    @property
    def recipient(self) -> Recipient:
        """The recipient that the body names."""
        channel = MessageChannel.SMS if self.email is None else MessageChannel.MAIL
        address = self.email or self.phone or ""
        return Recipient(channel=channel, address=address, language=self.language)


class MessageRequestOut(BaseModel):
    """A message about the record; its address and its text are in desk alone."""

    model_config = ConfigDict(from_attributes=True)
    id: UUID = Field(description="That of the message in desk")
    kind: str = Field(examples=["cpq.quote_sent"])
    channel: MessageChannel
    hint: str | None = Field(
        description="The ends of the address; null once the person was erased",
        examples=["wa…@example.com"],
    )
    status: str = Field(
        description="As in desk: QUEUED, SENDING, SENT, FAILED, UNCERTAIN, REFUSED, BOUNCED",
        examples=["SENT"],
    )
    reason: str | None = Field(
        description="Why it was not sent: a code, or the number of a mail server's reply",
        examples=["CONSENT_WITHDRAWN"],
    )
    sent_at: datetime | None
    requested_by: Annotated[str | None, PersonSubject]
    requested_by_name: str | None = None
    requested_at: datetime


def message_history_router(collection: str, *, resource: str, guard: Any) -> APIRouter:
    """Build `GET {collection}/{record_id}/messages`; `guard` checks who may read the record."""
    router = new_router(collection, tag=collection.strip("/"))

    @router.get(
        "/{record_id}/messages", name=f"{resource.split('.')[-1]}_messages", dependencies=[guard]
    )
    async def messages(record_id: UUID, tx: Tx, page: PageParams) -> Page[MessageRequestOut]:
        """List the messages that were asked for about the record, newest first."""
        query = messages_of(resource, record_id)
        return await fetch_page(
            tx, query, page, shape=lambda row: MessageRequestOut.model_validate(dict(row))
        )

    return router


def messages_of(resource: str, record_id: UUID) -> Select[Any]:
    """Return the query of the messages about a record with what became of them."""
    r, s = message_requests.c, message_states.c
    known = and_(s.id == r.id, ~s.deleted)
    without_desk = case((r.refused.is_not(None), FAILED), else_=QUEUED)
    return (
        select(
            *(r.id, r.kind, r.channel, r.hint, r.requested_by, r.requested_at, s.sent_at),
            func.coalesce(s.status, without_desk).label("status"),
            func.coalesce(s.reason, r.refused).label("reason"),
        )
        .select_from(message_requests.outerjoin(message_states, known))
        .where(r.resource == resource, r.record_id == record_id)
    )


async def shown_message(
    tx: AsyncConnection, resource: str, request: MessageRequest
) -> MessageRequestOut:
    """Return a message that was asked for as the API shows it."""
    query = messages_of(resource, request.record_id).where(message_requests.c.id == request.id)
    row = (await tx.execute(query)).mappings().one()
    return MessageRequestOut.model_validate(dict(row))
