"""Decides to whom the rules in force give leads, one after the other."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.custom_fields.domain import FieldDefinition
from chassis.records.custom_fields.store import definitions_of
from kernel.errors import Invalid
from mtl.assignments import store
from mtl.assignments.domain import (
    AssignmentRule,
    AssignmentStrategy,
    Chosen,
    Colleague,
    Distribution,
    rule_of,
)
from mtl.assignments.views import ASSIGNMENT_FACTS, assignment_facts
from mtl.leads.actions.holdings import rooms_of
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.placement import UnassignedReason
from mtl.leads.store import LEADS
from mtl.leads.store.holdings import count_held
from mtl.leads.store.recyclings import barred_from
from mtl.rule_sets.store import LEAD_ASSIGNMENT, VERSIONS
from rules.evaluation import Evaluator
from rules.kept_evaluators import evaluator_of

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class RulesInForce:
    """The published rules, made ready for many leads."""

    version: int
    evaluator: Evaluator
    definitions: Mapping[str, FieldDefinition]

    def row_ids_of(self, leads: Sequence[Lead]) -> Sequence[str | None]:
        """Return the row that decides for each of these leads; None if none matches."""
        facts = (ASSIGNMENT_FACTS.of(lead, self.definitions) for lead in leads)
        decisions = map(self.evaluator.decide, facts)
        return [decision.rows[0].id if decision.rows else None for decision in decisions]

    def rule(self, row_id: str) -> AssignmentRule:
        """Return what a row says."""
        [row] = [one for one in self.evaluator.rule_set.rows if one.id == row_id]
        return rule_of(row.outcome)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """To whom a lead goes: to the owner that was chosen, into a pool, or nowhere for a reason."""

    lead: Lead
    rule_id: str | None = None
    chosen: Chosen = field(default_factory=Chosen)
    pool_id: UUID | None = None
    reason: UnassignedReason | None = None


async def rules_in_force(tx: AsyncConnection) -> RulesInForce | UnassignedReason:
    """Return the rules in force, or why nothing can be assigned."""
    version = await VERSIONS.latest(tx, LEAD_ASSIGNMENT)
    if version is None or not version.content["rows"]:
        return UnassignedReason.NO_RULES
    try:
        evaluator = evaluator_of(await assignment_facts(tx), version.content)
    except Invalid as invalid:
        await log.aerror("rules_unreadable", rule_set=LEAD_ASSIGNMENT, version=version.number)
        await log.adebug("rules_unreadable", violations=[one.code for one in invalid.violations])
        return UnassignedReason.RULES_UNREADABLE
    definitions = await definitions_of(tx, LEADS.resource)
    return RulesInForce(version=version.number, evaluator=evaluator, definitions=definitions)


async def plan_assignments(
    tx: AsyncConnection,
    rules: RulesInForce,
    leads: Sequence[Lead],
    today: date,
    *,
    lock: bool = True,
    excluded: Collection[str] = (),
) -> tuple[list[Plan], dict[str, Distribution]]:
    """Decide for these leads in order, and return what everybody has earned after them by rule.

    None of the `excluded` people gets any. With `lock` whose turn it is, and what limited people
    hold, stay as they are until the transaction ends.
    """
    row_ids = rules.row_ids_of(leads)
    by_row = {row_id: rules.rule(row_id) for row_id in row_ids if row_id is not None}
    distributions = await _distributions(tx, by_row, today, lock=lock)
    barred = await barred_from(tx, [lead.id for lead in leads])
    plans = [
        _plan(lead, row_id, by_row, distributions, {*barred.get(lead.id, ()), *excluded})
        for lead, row_id in zip(leads, row_ids, strict=True)
    ]
    return plans, distributions


def _plan(
    lead: Lead,
    row_id: str | None,
    rules: Mapping[str, AssignmentRule],
    distributions: Mapping[str, Distribution],
    barred: Collection[str],
) -> Plan:
    if row_id is None:
        return Plan(lead=lead, reason=UnassignedReason.NO_RULE_MATCHES)
    rule = rules[row_id]
    if rule.strategy is AssignmentStrategy.POOL:
        return Plan(lead=lead, rule_id=row_id, pool_id=rule.pool_id)
    chosen = distributions[row_id].give(lead.region_code, barred)
    if chosen.owner_id is not None:
        return Plan(lead=lead, rule_id=row_id, chosen=chosen)
    reason = None if rule.pool_id is not None else UnassignedReason.NOBODY_ELIGIBLE
    return Plan(lead=lead, rule_id=row_id, chosen=chosen, pool_id=rule.pool_id, reason=reason)


async def _distributions(
    tx: AsyncConnection, rules: Mapping[str, AssignmentRule], today: date, *, lock: bool
) -> dict[str, Distribution]:
    """Return the distributions of the rules that choose people, which share what these hold."""
    chosen = {one: rule for one, rule in rules.items() if rule.recipients}
    if not chosen:
        return {}
    earned = await (store.lock_turns if lock else store.turns_of)(tx, chosen)
    colleagues = await _colleagues(tx, chosen, today, lock=lock)
    given = await store.given_this_month(tx, chosen, today)
    leave = await _leave_of_limited(tx, chosen, today)
    return {
        rule_id: Distribution(
            rule=rule,
            colleagues=colleagues,
            earned=earned.get(rule_id, {}),
            capacity={
                one.owner_id: one.capacity_room(
                    today, given.get(rule_id, {}).get(one.owner_id, 0), leave.get(one.owner_id, ())
                )
                for one in rule.recipients
            },
        )
        for rule_id, rule in chosen.items()
    }


async def _colleagues(
    tx: AsyncConnection, rules: Mapping[str, AssignmentRule], today: date, *, lock: bool
) -> dict[str, Colleague]:
    """Return the people of these rules and their substitutes, with what they hold."""
    subjects = {one.owner_id for rule in rules.values() for one in rule.recipients}
    found = await store.colleagues_of(tx, subjects, today)
    stand_ins = {one.substitute_id for one in found.values() if one.substitute_id} - subjects
    if stand_ins:
        found |= await store.colleagues_of(tx, stand_ins, today)
    present = [subject for subject, one in found.items() if one.absence is None]
    rooms = await rooms_of(tx, present, lock=lock)
    loads = await count_held(tx, present)
    for subject in present:
        found[subject] = replace(found[subject], load=loads[subject], room=rooms[subject])
    return found


async def _leave_of_limited(
    tx: AsyncConnection, rules: Mapping[str, AssignmentRule], today: date
) -> Mapping[str, frozenset[date]]:
    """Return the past days of leave of those who have a monthly capacity, up to today."""
    limited = [
        one
        for rule in rules.values()
        for one in rule.recipients
        if one.monthly_capacity is not None
    ]
    if not limited:
        return {}
    year = today.replace(month=1, day=1)
    since = min(one.first_day or year for one in limited)
    subjects = {one.owner_id for one in limited}
    return await store.days_of_leave(tx, subjects, since=since, until=today)
