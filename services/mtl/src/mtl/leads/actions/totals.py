"""Keeps what leads show of other features, beside their versions."""

from dataclasses import replace
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.work.actions import settle_tasks
from chassis.web.commands import Command
from contracts.work import RecordRef
from mtl.leads import store
from mtl.leads.domain.clocks import KEEP_LEAD
from mtl.leads.domain.lead import ContactBans, FollowUpTotals
from mtl.leads.store import LEAD, LEADS
from mtl.leads.store.clocks import clock_reader


async def save_follow_up_totals(command: Command, lead_id: UUID, totals: FollowUpTotals) -> None:
    """Write what the follow-ups of a lead come to, whose row the caller has locked.

    The version of the lead stays, so that nobody who edits it is held up by a call that another
    person notes. A lead that falls back later than so far leaves the reminder of it settled.
    """
    tx = command.tx
    [before] = await LEAD.get_all(tx, [lead_id])  # also one that is being merged
    after = await (await clock_reader(tx)).kept(
        before, replace(before, **vars(totals)), now=command.now
    )
    await store.save_totals(tx, after)
    was, becomes = before.falls_back_at, after.falls_back_at
    if was is not None and (becomes is None or becomes > was):
        about = RecordRef(resource=LEADS.resource, record_id=lead_id)
        await settle_tasks(tx, about, kinds=[KEEP_LEAD])


async def save_do_not_contact(tx: AsyncConnection, lead_id: UUID, media: tuple[str, ...]) -> None:
    """Write by which media the person of a lead, whose row the caller has locked, is not contacted.

    The version of the lead stays: what counts are the withdrawals themselves.
    """
    await store.save_bans(tx, lead_id, ContactBans(do_not_contact=media))
