"""Assigns the leads that somebody names, by the rules, or says what the rules would do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chassis.records.access.visibility import Access, Visibility
from chassis.records.record_commands import visibility_for
from chassis.records.record_lookups import visible_ids
from chassis.records.tenant_settings import today
from chassis.web.commands import Command
from mtl.assignments.actions.planning import Plan, plan_assignments, rules_in_force
from mtl.assignments.actions.running import assign_leads
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.placement import UnassignedReason
from mtl.leads.store import LEADS
from mtl.leads.store.holdings import lock_leads


@dataclass(frozen=True, kw_only=True)
class AssignedLead:
    """What became of a lead that was to be assigned; `code` says why nothing did."""

    lead_id: UUID
    owner_id: str | None = None
    pool_id: UUID | None = None
    code: str | None = None


def outcome_of(plan: Plan) -> AssignedLead:
    """Return what a plan means for its lead."""
    code = None if plan.reason is None else str(plan.reason)
    return AssignedLead(
        lead_id=plan.lead.id, owner_id=plan.chosen.owner_id, pool_id=plan.pool_id, code=code
    )


async def assign_named_leads(
    command: Command, lead_ids: Sequence[UUID], *, dry_run: bool
) -> list[AssignedLead]:
    """Assign these leads by the rules, as one after the other in this order.

    The caller may change them, and they own or manage those that somebody owns; others are left.
    """
    leads = await lock_leads(command.tx, lead_ids)
    refused = await _refusals(command, lead_ids, leads)
    taken = [leads[one] for one in lead_ids if one not in refused]
    plans = await _planned(command, taken) if dry_run else await assign_leads(command, taken)
    done = {plan.lead.id: outcome_of(plan) for plan in plans}
    return [done.get(one) or AssignedLead(lead_id=one, code=refused.get(one)) for one in lead_ids]


async def _planned(command: Command, leads: Sequence[Lead]) -> list[Plan]:
    rules = await rules_in_force(command.tx)
    if isinstance(rules, UnassignedReason):
        return [Plan(lead=lead, reason=rules) for lead in leads]
    day = await today(command.tx, command.now)
    return (await plan_assignments(command.tx, rules, leads, day, lock=False))[0]


async def _refusals(
    command: Command, lead_ids: Sequence[UUID], leads: Mapping[UUID, Lead]
) -> dict[UUID, str]:
    """Return why leads are left, by their ids."""
    visibility = await visibility_for(command, LEADS.resource)
    seen = await visible_ids(command.tx, LEADS, list(leads), visibility)
    may_change = await visible_ids(command.tx, LEADS, list(leads), visibility, Access.WRITE)
    refused: dict[UUID, str] = {}
    for one in lead_ids:
        lead = leads.get(one)
        if lead is None or one not in seen:
            refused[one] = "LEAD_NOT_FOUND"
        elif one not in may_change:
            refused[one] = "RECORD_READ_ONLY"
        elif not _may_take(lead, visibility):
            refused[one] = "OWNERSHIP_REQUIRED"
        elif not lead.is_open:
            refused[one] = "LEAD_NOT_OPEN"
    return refused


def _may_take(lead: Lead, visibility: Visibility) -> bool:
    """Whether the caller may take a lead from its owner, as in a transfer."""
    if visibility.everything or lead.owner_id is None:
        return True
    return lead.owner_id in set(visibility.owners) - visibility.via_substitution
