"""Keeps what leads show of other features, beside their versions."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from mtl.leads import store
from mtl.leads.domain.lead import ContactBans, FollowUpTotals


async def save_follow_up_totals(tx: AsyncConnection, lead_id: UUID, totals: FollowUpTotals) -> None:
    """Write what the follow-ups of a lead come to, whose row the caller has locked.

    The version of the lead stays, so that nobody who edits it is held up by a call that another
    person notes.
    """
    await store.save_totals(tx, lead_id, totals)


async def save_do_not_contact(tx: AsyncConnection, lead_id: UUID, media: tuple[str, ...]) -> None:
    """Write by which media the person of a lead, whose row the caller has locked, is not contacted.

    The version of the lead stays: what counts are the withdrawals themselves.
    """
    await store.save_totals(tx, lead_id, ContactBans(do_not_contact=media))
