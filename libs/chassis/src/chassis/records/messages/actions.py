"""Asks desk for messages to the outside, in the transaction of the change that they tell of.

Each new request publishes one `<service>.message_request.requested.v1`; desk takes these events of
all services, and keeps the id.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.encryption.sealing import digest
from chassis.database.rows import from_columns
from chassis.events.outbox import publish
from chassis.foundation.settings import Settings
from chassis.records.messages.model import NOT_DEPLOYED, MessageRequest, Recipient, content_of
from chassis.records.messages.sealed_contents import seal_content
from chassis.records.messages.tables import message_requests
from chassis.records.writes import insert_rows
from contracts.consents import ADDRESS_PLACE
from contracts.event import EVENT_CLASSES
from contracts.messages import MessageKind
from contracts.work import RecordRef
from kernel.hints import hint_of
from kernel.ids import new_id


@cache
def desk_sends() -> bool:
    """Return whether desk sends messages, or is not deployed, as a setting says."""
    return Settings.of("l2c").messages


async def request_message(
    tx: AsyncConnection,
    kind: MessageKind,
    about: RecordRef,
    recipient: Recipient,
    variables: Mapping[str, Any],
    *,
    key: str,
    requested_by: str | None,
    now: datetime,
) -> MessageRequest:
    """Ask for a message; one to the same address under the same key is returned unchanged.

    It is sent once the transaction is committed. Without desk it is kept as not sent. The address
    is in its stored form (`Email`, `Phone`). Raises ValueError for another resource, channel or
    variables than the kind declares.
    """
    if about.resource != kind.resource or recipient.channel not in kind.channels:
        raise ValueError(f"{kind.name} says nothing by {recipient.channel} of {about.resource}")
    content = content_of(recipient, kind.values_json(variables))
    request = MessageRequest(
        id=new_id(),
        kind=kind.name,
        key=f"{key}:{digest(recipient.address, ADDRESS_PLACE).hex()}",
        channel=recipient.channel,
        language=recipient.language,
        hint=hint_of(recipient.address),
        resource=about.resource,
        record_id=about.record_id,
        requested_by=requested_by,
        requested_at=now,
        refused=None if desk_sends() else NOT_DEPLOYED,
    )
    if not await insert_rows(tx, message_requests, [request], unique=("kind", "key")):
        return await _existing(tx, request)
    if request.refused is None:
        event = EVENT_CLASSES[f"{kind.service}.message_request.requested.v1"]
        state = request.state(seal_content(content))
        await publish(tx, event.model_validate({"message_request": state}), of=request)
    return request


async def _existing(tx: AsyncConnection, like: MessageRequest) -> MessageRequest:
    c = message_requests.c
    query = select(message_requests).where(c.kind == like.kind, c.key == like.key)
    return from_columns(MessageRequest, dict((await tx.execute(query)).one()._mapping))
