"""Gives leads to whom the rules chose."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.jobs import queue
from chassis.records.tenant_settings import settings_of, today
from chassis.web.commands import Command
from kernel.ids import new_id
from kernel.working_clock import local_instant
from mtl.assignments import store
from mtl.assignments.actions.planning import Plan, RulesInForce, plan_assignments, rules_in_force
from mtl.assignments.store import LeadAssignment
from mtl.leads.actions.owners import give_lead, leave_unassigned, move_to_pool
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.placement import UnassignedReason
from mtl.leads.store.holdings import lock_unassigned, lock_waiting
from mtl.pools.store import is_active_pool

REASSIGNMENT_JOB: Final = "lead_reassignment"
ASSIGNED_AT_ONCE: Final = 100
ONE_DAY: Final = timedelta(days=1)


async def assign_leads(command: Command, leads: Sequence[Lead]) -> list[Plan]:
    """Assign these locked leads by the rules in force, in this order; return what became of each.

    A lead that nobody may get stays with its owner, or stands in the queue of unassigned leads if
    it has none. Without rules in force nothing changes but the reason. Raises Conflict
    (STALE_WRITE).
    """
    plans = await _chosen(command, leads)
    for plan in plans:
        await _carry_out(command, plan)
    return plans


async def choose_owner(command: Command, lead: Lead, excluded: Collection[str]) -> Plan:
    """Choose by the rules in force who gets a locked lead, and count it as given to them.

    The caller gives it to them. None of the `excluded` people is chosen, and no pool.
    """
    [plan] = await _chosen(command, [lead], excluded)
    return plan


async def _chosen(
    command: Command, leads: Sequence[Lead], excluded: Collection[str] = ()
) -> list[Plan]:
    """Choose to whom leads go, and write down whose turn it was."""
    rules = await rules_in_force(command.tx)
    if isinstance(rules, UnassignedReason):
        return [Plan(lead=lead, reason=rules) for lead in leads]
    day = await today(command.tx, command.now)
    plans, distributions = await plan_assignments(command.tx, rules, leads, day, excluded=excluded)
    plans = [await _with_open_pool(command.tx, plan) for plan in plans]
    await _record(command, rules, plans, day)
    for rule_id, distribution in distributions.items():
        await store.save_turns(command.tx, rule_id, distribution.earned)
    return plans


async def _with_open_pool(tx: AsyncConnection, plan: Plan) -> Plan:
    """Return the plan; a pool that was closed since the rules were published takes no lead."""
    if plan.pool_id is None or await is_active_pool(tx, plan.pool_id):
        return plan
    return replace(plan, pool_id=None, reason=UnassignedReason.POOL_CLOSED)


async def _carry_out(command: Command, plan: Plan) -> None:
    if plan.chosen.owner_id is not None:
        await give_lead(command, plan.lead, plan.chosen.owner_id)
    elif plan.pool_id is not None:
        await move_to_pool(command, plan.lead, plan.pool_id)
    elif plan.reason is not None and plan.lead.owner_id is None:
        await leave_unassigned(command, plan.lead, plan.reason)


async def _record(command: Command, rules: RulesInForce, plans: Sequence[Plan], day: date) -> None:
    assigned = [
        LeadAssignment(
            id=new_id(),
            lead_id=plan.lead.id,
            rule_id=plan.rule_id,
            rule_version=rules.version,
            recipient_id=plan.chosen.recipient_id,
            owner_id=plan.chosen.owner_id,
            assigned_on=day,
        )
        for plan in plans
        if plan.rule_id and plan.chosen.recipient_id and plan.chosen.owner_id
    ]
    await store.add_assignments(command.tx, assigned, now=command.now)


async def assign_waiting(command: Command) -> bool:
    """Assign the leads that wait, the oldest first; return whether there may be more."""
    leads = await lock_waiting(command.tx, limit=ASSIGNED_AT_ONCE)
    plans = await assign_leads(command, leads)
    if any(plan.reason is UnassignedReason.NOBODY_ELIGIBLE for plan in plans):
        await _try_tomorrow(command)
    return len(leads) == ASSIGNED_AT_ONCE


async def assign_unassigned(command: Command, after: UUID | None) -> UUID | None:
    """Try again to assign the leads of the queue after this one; return the last, None at the end.

    Leads that nobody may get again are tried anew tomorrow: somebody may be back, or a month begin.
    """
    leads = await lock_unassigned(command.tx, after, limit=ASSIGNED_AT_ONCE)
    plans = await assign_leads(command, leads)
    if any(plan.reason is UnassignedReason.NOBODY_ELIGIBLE for plan in plans):
        await _try_tomorrow(command)
    return leads[-1].id if len(leads) == ASSIGNED_AT_ONCE else None


async def start_reassignment(tx: AsyncConnection, *, now: datetime) -> None:
    """Queue another try for all leads that nobody could be given, as the rules have changed."""
    await queue.enqueue(tx, REASSIGNMENT_JOB, f"rules {now.isoformat()}", run_at=now)


async def _try_tomorrow(command: Command) -> None:
    """Queue another try for the beginning of the tenant's next day; there is one for each day."""
    zone = ZoneInfo((await settings_of(command.tx)).timezone)
    tomorrow = await today(command.tx, command.now) + ONE_DAY
    run_at = local_instant(tomorrow, 1, zone)
    await queue.enqueue(command.tx, REASSIGNMENT_JOB, tomorrow.isoformat(), run_at=run_at)
