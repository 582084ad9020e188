"""The command that adds to the timelines of accounts."""

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.event import Event
from l2o.timelines import store
from l2o.timelines.domain import EventOrigin, entry_of


async def add_entry(tx: AsyncConnection, event: Event, origin: EventOrigin) -> None:
    """Add what an event says to the timeline of its account, which may arrive later; once."""
    await store.add_once(tx, entry_of(event, origin))
