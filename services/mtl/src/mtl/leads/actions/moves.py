"""The commands that move a lead from one status to another."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from functools import partial
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.foundation.clock import business_date
from chassis.jobs import queue
from chassis.records.record_commands import AlreadyMade, Save, move_record, save_record
from chassis.records.tenant_settings import settings_of
from chassis.records.work.actions import settle_tasks
from chassis.web.commands import Command
from contracts.event import Event
from contracts.work import RecordRef
from kernel.errors import Invalid, Violation
from kernel.working_clock import local_instant
from mtl.leads.actions.holdings import ensure_room, may_overfill
from mtl.leads.actions.records import replace_changed_keys
from mtl.leads.domain.clocks import ACCEPT_LEAD
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import InvalidReason, LeadMove, RefusalReason, WakeReason
from mtl.leads.store import LEAD, LEADS
from mtl.leads.store.history import add_to_history

WAKE_JOB: Final = "lead_wake"
LONGEST_SLEEP: Final = timedelta(days=3 * 366)
_BY_ITSELF: Final = frozenset(WakeReason)


async def save_move(
    command: Command, before: Lead, after: Lead, event: Event | None, *, keyed: bool = True
) -> Lead:
    """Save a lead with another status and its keys, write its history, and publish the event.

    Without `keyed` its keys stay as they are, as another lead may have them by now.
    """
    if keyed:
        await replace_changed_keys(command, before, after)
    saved = await save_record(command, LEAD, before, after, event)
    await add_to_history(command.tx, saved, before, command.actor)
    if before.accept_by is not None and saved.accept_by is None and saved.is_open:
        about = RecordRef(resource=LEADS.resource, record_id=saved.id)
        await settle_tasks(command.tx, about, kinds=[ACCEPT_LEAD])
    return saved


async def _move(
    command: Command,
    lead_id: UUID,
    move: LeadMove,
    decide: Callable[[Lead], tuple[Lead, Event]],
    is_same: Callable[[Lead], bool] = lambda _: True,
    save: Save[Lead] | None = None,
) -> Lead:
    """Make a move, unless it was made already: then `is_same` says whether as it is now asked."""

    def decided(lead: Lead) -> tuple[Lead, Event] | AlreadyMade:
        if lead.has_made(move):
            return AlreadyMade(same=is_same(lead))
        return decide(lead)

    save = save or partial(save_move, command)
    return await move_record(command, LEAD, lead_id, decided, save=save)


async def convert_lead(
    command: Command,
    lead_id: UUID,
    convert: Callable[[Lead], tuple[Lead, None] | AlreadyMade],
    save: Callable[[Lead, Lead, Event | None], Awaitable[Lead]],
) -> Lead:
    """Convert a lead by a function, and save it by another one, which publishes the conversion.

    Raises NotFound, RuleBroken (LEAD_NOT_QUALIFIED), Conflict (MOVE_MADE_OTHERWISE), and what the
    functions raise.
    """
    return await move_record(command, LEAD, lead_id, convert, save=save)


async def hand_over_lead(command: Command, lead_id: UUID) -> Lead:
    """Hand a lead over to sales; one in MQL stays. Raises NotFound, RuleBroken (LEAD_NOT_RAW)."""
    return await _move(
        command, lead_id, LeadMove.HAND_OVER, lambda lead: lead.hand_over(now=command.now)
    )


async def qualify_lead(command: Command, lead_id: UUID) -> Lead:
    """Accept a lead for sales; one in SQL stays. Raises NotFound, RuleBroken (LEAD_NOT_NEW)."""
    return await _move(
        command, lead_id, LeadMove.QUALIFY, lambda lead: lead.qualify(now=command.now)
    )


async def refuse_lead(
    command: Command, lead_id: UUID, *, reason: RefusalReason, note: str | None
) -> Lead:
    """Give a lead back to marketing; one that was given back for the same reason stays.

    Raises NotFound, RuleBroken (LEAD_NOT_HANDED_OVER), Conflict (MOVE_MADE_OTHERWISE).
    """

    def refuse(lead: Lead) -> tuple[Lead, Event] | AlreadyMade:
        # A raw lead that was never handed over has no reason: it cannot be refused.
        if lead.has_made(LeadMove.REFUSE) and lead.status_reason in list(RefusalReason):
            return AlreadyMade(same=(lead.status_reason, lead.status_note) == (reason, note))
        return lead.refuse(reason, note, now=command.now)

    return await move_record(command, LEAD, lead_id, refuse, save=partial(save_move, command))


async def disqualify_lead(
    command: Command, lead_id: UUID, *, reason: InvalidReason, note: str | None
) -> Lead:
    """Disqualify a lead and release its phones and mails; an invalid one keeps its reason.

    Raises NotFound, RuleBroken (LEAD_NOT_OPEN), Conflict (MOVE_MADE_OTHERWISE).
    """
    return await _move(
        command,
        lead_id,
        LeadMove.DISQUALIFY,
        lambda lead: lead.disqualify(reason, note, now=command.now),
        lambda lead: (lead.status_reason, lead.status_note) == (reason, note),
    )


async def nurture_lead(
    command: Command, lead_id: UUID, *, wakes_on: date, note: str | None
) -> Lead:
    """Let a lead sleep until a day of the tenant's calendar, on which it becomes raw again.

    Raises NotFound, RuleBroken (LEAD_NOT_OPEN), Conflict (MOVE_MADE_OTHERWISE), Invalid
    (UNTIL_DATE_PAST, PERIOD_TOO_LONG).
    """
    timezone = (await settings_of(command.tx)).timezone
    today = business_date(command.now, timezone)
    if wakes_on <= today:
        raise Invalid([Violation("/wakes_on", "UNTIL_DATE_PAST")])
    if wakes_on - today > LONGEST_SLEEP:
        longest = {"days": LONGEST_SLEEP.days}
        raise Invalid([Violation("/wakes_on", "PERIOD_TOO_LONG", longest)])
    lead = await _move(
        command,
        lead_id,
        LeadMove.NURTURE,
        lambda lead: lead.nurture(wakes_on, note, now=command.now),
        lambda lead: (lead.wakes_on, lead.status_note) == (wakes_on, note),
    )
    await schedule_waking(command, lead)
    return lead


async def schedule_waking(command: Command, lead: Lead) -> None:
    """Let a sleeping lead wake on its day, or at once if that is past."""
    assert lead.wakes_on is not None, "a lead sleeps until a day"
    zone = ZoneInfo((await settings_of(command.tx)).timezone)
    await queue.enqueue(
        command.tx,
        WAKE_JOB,
        f"{lead.id}:{lead.wakes_on}",
        run_at=local_instant(lead.wakes_on, 0, zone),
        payload={"lead_id": str(lead.id), "wakes_on": lead.wakes_on.isoformat()},
        about=RecordRef(resource=LEADS.resource, record_id=lead.id),
    )


async def reopen_lead(command: Command, lead_id: UUID, *, note: str | None = None) -> Lead:
    """Open an invalid or sleeping lead again; a raw one that woke, or has the same note, stays.

    Raises NotFound, RuleBroken (LEAD_NOT_CLOSED), Conflict (MOVE_MADE_OTHERWISE; LEAD_DUPLICATE if
    another lead has its phone or mail by now; HOLDING_FULL if its owner has no room for it).
    """

    async def save(before: Lead, after: Lead, event: Event | None) -> Lead:
        counts_anew = after.owner_id is not None and after.is_held and not before.is_held
        if counts_anew and not may_overfill(command):
            await ensure_room(command.tx, after.owner_id or "")
        return await save_move(command, before, after, event)

    return await _move(
        command,
        lead_id,
        LeadMove.REOPEN,
        lambda lead: lead.reopen(note, now=command.now),
        lambda lead: lead.status_reason in _BY_ITSELF or lead.status_note == note,
        save,
    )
