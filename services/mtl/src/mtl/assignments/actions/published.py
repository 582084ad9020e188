"""The rules that are published, checked against the directory, and explained for one lead."""

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import is_one_of
from chassis.records.access.tables import people
from chassis.records.tenant_settings import today
from chassis.web.commands import Command
from kernel.errors import Invalid, Violation
from mtl.assignments.actions.planning import Plan, plan_assignments, rules_in_force
from mtl.assignments.domain import AssignmentRule, rule_of
from mtl.assignments.views import ASSIGNMENT_FACTS
from mtl.leads.domain.placement import UnassignedReason
from mtl.leads.store import LEAD
from mtl.pools.store import active_pools
from rules.checks import CheckedRuleSet
from rules.explanations import RowExplanation, explain
from rules.rule_kinds import RuleKind
from rules.versions import Content


class AssignmentRules(RuleKind):
    """The rules by which leads are assigned, whose people and pools exist."""

    async def check(self, tx: AsyncConnection, body: Content, *, at: str = "") -> CheckedRuleSet:
        """Read rules that are to be saved. Raises Invalid with all violations."""
        checked = await super().check(tx, body, at=at)
        rules = [rule_of(row.outcome) for row in checked.rule_set.rows]
        known = await _known_subjects(tx, rules)
        pool_ids = {pool.id for pool in await active_pools(tx)}
        found = [
            Violation(f"{at}/rows/{position}/outcome/{one.pointer}", one.code)
            for position, rule in enumerate(rules)
            for one in _unknown(rule, known, pool_ids)
        ]
        if found:
            raise Invalid(found)
        return checked


def _unknown(rule: AssignmentRule, known: set[str], pool_ids: set[UUID]) -> Iterator[Violation]:
    for position, one in enumerate(rule.recipients):
        if one.owner_id not in known:
            yield Violation(f"recipients/{position}/owner_id", "OWNER_UNKNOWN")
    if rule.pool_id is not None and rule.pool_id not in pool_ids:
        yield Violation("pool_id", "POOL_UNKNOWN")


async def _known_subjects(tx: AsyncConnection, rules: Sequence[AssignmentRule]) -> set[str]:
    """Return the people of these rules whom the directory knows; some may be inactive."""
    named = {one.owner_id for rule in rules for one in rule.recipients}
    query = select(people.c.subject).where(is_one_of(people.c.subject, named), ~people.c.deleted)
    return set((await tx.execute(query)).scalars())


async def explain_assignment(
    command: Command, lead_id: UUID
) -> tuple[int, Plan, Sequence[RowExplanation]]:
    """Return what the rules in force would do with a lead now: version, plan and rows.

    Raises NotFound.
    """
    tx = command.tx
    lead = await LEAD.get(tx, lead_id, with_deleted=True)
    rules = await rules_in_force(tx)
    if isinstance(rules, UnassignedReason):
        return 0, Plan(lead=lead, reason=rules), ()
    facts: Any = ASSIGNMENT_FACTS.of(lead, rules.definitions)
    rows = explain(rules.evaluator.rule_set, facts).rows
    day = await today(tx, command.now)
    [plan] = (await plan_assignments(tx, rules, [lead], day, lock=False))[0]
    return rules.version, plan, rows
