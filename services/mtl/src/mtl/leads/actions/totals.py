"""Keeps what lists show of the follow-ups of a lead, and starts its clock anew with each."""

from dataclasses import replace
from uuid import UUID

from chassis.records.work.actions import settle_tasks
from chassis.web.commands import Command
from contracts.work import RecordRef
from mtl.leads import store
from mtl.leads.domain.clocks import KEEP_LEAD
from mtl.leads.domain.lead import FollowUpTotals
from mtl.leads.store import LEAD, LEADS
from mtl.leads.store.clocks import clock_reader


async def save_follow_up_totals(command: Command, lead_id: UUID, totals: FollowUpTotals) -> None:
    """Write what the follow-ups of a lead come to, whose row the caller has locked.

    The version of the lead stays, so that nobody who edits it is held up by a call that another
    person notes. A lead that falls back later than so far leaves the reminder of it settled.
    """
    tx = command.tx
    before = await LEAD.get(tx, lead_id, with_deleted=True)
    after = await (await clock_reader(tx)).kept(
        before, replace(before, **vars(totals)), now=command.now
    )
    await store.save_totals(tx, after)
    was, becomes = before.falls_back_at, after.falls_back_at
    if was is not None and (becomes is None or becomes > was):
        about = RecordRef(resource=LEADS.resource, record_id=lead_id)
        await settle_tasks(tx, about, kinds=[KEEP_LEAD])
