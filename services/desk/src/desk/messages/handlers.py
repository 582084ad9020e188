"""Messages that services of the house ask for."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from chassis.web.commands import Command
from contracts.messages import MessageRequested
from desk.messages.actions.requests import follow_request


async def on_message_requested(
    tx: AsyncConnection, event: MessageRequested, meta: EventMeta
) -> None:
    """Queue the message; a repeated event changes nothing."""
    request = event.message_request
    await follow_request(Command(tx, meta.occurred_at, actor=request.requested_by), request)
