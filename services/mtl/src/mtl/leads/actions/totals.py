"""Keeps what lists show of the follow-ups of a lead."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from mtl.leads import store
from mtl.leads.domain.lead import FollowUpTotals


async def save_follow_up_totals(tx: AsyncConnection, lead_id: UUID, totals: FollowUpTotals) -> None:
    """Write what the follow-ups of a lead come to, whose row the caller has locked.

    The version of the lead stays, so that nobody who edits it is held up by a call that another
    person notes.
    """
    await store.save_totals(tx, lead_id, totals)
