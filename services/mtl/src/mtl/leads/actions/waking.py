"""Wakes sleeping leads: on their day, or when their person has contact with us."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from chassis.web.commands import Command
from contracts.work import RecordRef
from mtl.leads.actions.moves import WAKE_JOB, save_move
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.merged import LeadIsMerged
from mtl.leads.domain.moves import LeadStatus, WakeReason
from mtl.leads.store import LEAD, LEADS
from mtl.leads.store.history import ids_of_sleeping, slept_since

ACTOR: Final = f"system:{WAKE_JOB}"


async def wake_lead(command: Command, lead_id: UUID, wakes_on: date) -> None:
    """Open a lead on the day until which it sleeps; one that was moved or merged stays."""
    lead = await _sleeping(command.tx, lead_id)
    if lead is not None and lead.wakes_on == wakes_on:
        await _wake(command, lead, WakeReason.DAY_CAME)


async def wake_touched_lead(command: Command, lead_id: UUID, touched_at: datetime) -> None:
    """Open a sleeping lead whose person had contact with us; one that fell asleep later stays."""
    lead = await _sleeping(command.tx, lead_id)
    if lead is not None and await slept_since(command.tx, lead_id) <= touched_at:
        await _wake(command, lead, WakeReason.TOUCHED)


async def wake_when_touched(command: Command, touched: Mapping[UUID, datetime]) -> None:
    """Queue the waking of those of these leads that sleep; each with when it was touched last.

    A job wakes them, because who records touches of many leads must not lock these as well.
    """
    for lead_id in await ids_of_sleeping(command.tx, sorted(touched)):
        at = touched[lead_id].isoformat()
        await queue.enqueue(
            command.tx,
            WAKE_JOB,
            f"{lead_id}:touched:{at}",
            run_at=command.now,
            payload={"lead_id": str(lead_id), "touched_at": at},
            about=RecordRef(resource=LEADS.resource, record_id=lead_id),
            actor=ACTOR,
        )


async def _sleeping(tx: AsyncConnection, lead_id: UUID) -> Lead | None:
    """Lock and return a lead if it sleeps."""
    try:
        lead = await LEAD.get(tx, lead_id, lock=True, with_deleted=True)
    except LeadIsMerged:
        return None
    sleeps = lead.deleted_at is None and lead.status is LeadStatus.NURTURE
    return lead if sleeps else None


async def _wake(command: Command, lead: Lead, reason: WakeReason) -> None:
    await save_move(command, lead, *lead.reopen(None, now=command.now, woken=reason))
