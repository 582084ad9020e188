"""Handlers of the events of L2O that change quotes."""

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.events.subscriptions import EventMeta
from chassis.foundation.clock import now
from chassis.web.commands import Command
from contracts.l2o.events import OpportunityAssigned
from cpq.quotes.actions.transfers import transfer_open_quotes
from cpq.quotes.store import QUOTES


async def on_opportunity_assigned(
    tx: AsyncConnection, event: OpportunityAssigned, _meta: EventMeta
) -> None:
    """Transfer the open quotes of an opportunity, if they go along with it."""
    opportunity = event.opportunity
    if QUOTES.resource not in event.along:
        return
    if event.from_owner_id is None or opportunity.owner_id is None:
        return
    await transfer_open_quotes(
        Command(tx, now(), actor=event.assigned_by, reason=event.reason),
        opportunity.opportunity_id,
        from_owner_id=event.from_owner_id,
        owner_id=opportunity.owner_id,
    )
