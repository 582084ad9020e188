"""CPQ's accepted quotes arrive here."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import Meta
from chassis.foundation.clock import now
from contracts.cpq.events import QuoteAccepted
from rms.orders import actions


async def on_quote_accepted(tx: AsyncConnection, event: QuoteAccepted, meta: Meta) -> None:
    """Make one order of the quote."""
    await actions.create_order(tx, event.quote, now=now())
