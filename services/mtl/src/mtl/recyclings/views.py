"""Reads the clocks of leads, and the leads on which retention rules are tried."""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import Visibility
from chassis.records.custom_fields.store import definitions_of
from chassis.records.tenant_settings import settings_of
from mtl.leads.domain.clocks import clock_state, ownership_of
from mtl.leads.store import LEAD, LEADS
from mtl.leads.store.clocks import clock_reader, reader_of
from mtl.leads.store.recyclings import bars_of
from mtl.leads.store.tried import newest_leads, read_leads
from mtl.recyclings.domain import FallBackCounts, days_left
from mtl.recyclings.schemas import (
    BarredPersonOut,
    ClockRuleOut,
    FallBackCountsOut,
    ForecastOut,
    LeadClockOut,
    reason_words,
    state_words,
)
from rules.evaluation import Evaluator
from rules.rule_sets import RuleSet


async def read_lead_clock(tx: AsyncConnection, lead_id: UUID, now: datetime) -> LeadClockOut:
    """Return the clock of a lead by the rules and the working time of now. Raises NotFound."""
    lead = await LEAD.get(tx, lead_id, with_deleted=True)
    clocks = await clock_reader(tx)
    read = await clocks.read(lead)
    ownership, falls = ownership_of(lead), read.clock.fall_back
    zone = ZoneInfo((await settings_of(tx)).timezone)
    state = clock_state(lead, read.retention, read.clock)
    reason = None if falls is None else falls.reason
    rule = None
    if read.row is not None and read.retention is not None:
        rule = ClockRuleOut.of(clocks.number, read.row, read.retention)
    bars = await bars_of(tx, lead_id, now)
    return LeadClockOut(
        state=state,
        state_text=state_words(state),
        owner_id=lead.owner_id,
        owned_since=lead.owned_since,
        last_followed_up_at=None if ownership is None else ownership.last_follow_up,
        counted_from=None if falls is None else falls.counted_from,
        falls_back_at=None if falls is None else falls.at,
        reason=reason,
        reason_text=reason_words(reason),
        days_left=None if falls is None else days_left(falls.at, now=now, zone=zone),
        reminders=list(read.clock.reminders),
        next_reminder_at=min((one for one in read.clock.reminders if one > now), default=None),
        rule=rule,
        accept_by=lead.accept_by,
        accept_is_late=lead.accept_by is not None and lead.accept_by < now,
        barred=[BarredPersonOut(person=one, until=until) for one, until in bars.items()],
    )


async def forecast(
    tx: AsyncConnection,
    rules: RuleSet,
    visibility: Visibility,
    *,
    now: datetime,
    days: int,
    limit: int,
) -> ForecastOut:
    """Count the newest leads that would fall back within some days, by two sets of rules."""
    in_force, before = await clock_reader(tx), FallBackCounts()
    other = reader_of(tx, 0, Evaluator(rules), await definitions_of(tx, LEADS.resource))
    after = FallBackCounts()
    found = await read_leads(tx, newest_leads(visibility).limit(limit + 1))
    for lead in found[:limit]:
        was, becomes = await in_force.read(lead), await other.read(lead)
        before = before.with_lead(was.clock.falls_back_at, now=now, days=days)
        after = after.with_lead(becomes.clock.falls_back_at, now=now, days=days)
    return ForecastOut(
        leads=min(len(found), limit),
        is_complete=len(found) <= limit,
        days=days,
        in_force=FallBackCountsOut.model_validate(before),
        tried=FallBackCountsOut.model_validate(after),
    )
