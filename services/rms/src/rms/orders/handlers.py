"""Handlers of CPQ's quote events."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from chassis.foundation.clock import now
from chassis.web.commands import Command
from contracts.cpq.events import QuoteAccepted
from rms.orders.actions.lifecycle import create_order


async def on_quote_accepted(tx: AsyncConnection, event: QuoteAccepted, meta: EventMeta) -> None:
    """Create the order of the quote; a second event of the quote creates nothing."""
    await create_order(Command(tx, now()), event.quote, accepted_by=event.accepted_by)
