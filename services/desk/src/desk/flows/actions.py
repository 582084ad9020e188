"""The commands on flows: check, publish, restore."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.web.commands import Command
from contracts.approvals import ApprovalKind
from desk.flows.domain.checks import flow_violations
from desk.flows.domain.flow import Flow
from desk.flows.domain.ways import FlowInForce, outcome_violations, started_branches
from desk.flows.store import VERSIONS
from desk.flows.views.directory import known_approvers
from kernel.errors import Invalid, Violation
from rules.approval_facts import fact_schema
from rules.checks import check_rule_set
from rules.evaluation import Evaluator
from rules.rule_sets import HitPolicy
from rules.versions import Draft, RuleVersion, publish, roll_back

_GAP = "RULE_CATCH_ALL_MISSING"


async def checked_flow(
    tx: AsyncConnection, kind: ApprovalKind, rules: Mapping[str, Any], flow: Flow, *, at: str
) -> tuple[FlowInForce, Sequence[Violation]]:
    """Return a flow that may be published, and warnings about it.

    Raises Invalid with all violations: of the table, among them facts that no row fits (a gap
    between amounts) and rows that are never reached; of the branches; of approvers whom nobody is.
    """
    schema = fact_schema(kind)
    checked = check_rule_set(schema, rules, outcome_violations, at=f"{at}/rules")
    table, warnings = checked.rule_set, checked.warnings
    violations: list[Violation] = []
    if table.hit_policy is not HitPolicy.FIRST:
        expected = {"expected": str(HitPolicy.FIRST)}
        violations.append(Violation(f"{at}/rules/hit_policy", "RULE_POLICY_FIXED", expected))
    # Where rules merely warn, a request would fall through to nobody's decision.
    violations += [Violation(each.pointer, "FLOW_GAP") for each in warnings if each.code == _GAP]
    known = await known_approvers(tx, kind, flow)
    found = flow_violations(flow, started=started_branches(table), known=known)
    violations += [Violation(at + each.pointer, each.code, each.params) for each in found]
    if violations:
        raise Invalid(violations)
    others = [each for each in warnings if each.code != _GAP]
    return FlowInForce(number=-1, flow=flow, rules=Evaluator(table), schema=schema), others


async def publish_flow(
    command: Command,
    kind: ApprovalKind,
    content: Mapping[str, Any],
    flow: Flow,
    *,
    based_on: int,
    note: str,
) -> RuleVersion:
    """Publish a flow as the next version, which new requests take at once.

    Running requests keep the steps that they were opened with. Raises Invalid as `checked_flow`
    does, Conflict (RULE_VERSION_STALE).
    """
    await checked_flow(command.tx, kind, content["rules"], flow, at="/flow")
    latest = await VERSIONS.latest(command.tx, kind.name)
    draft = Draft(content=content, based_on=based_on)
    version = publish(latest, draft, by=command.actor or "", at=command.now, note=note)
    if version is not latest:
        await VERSIONS.add(command.tx, kind.name, version)
    return version


async def restore_flow(
    command: Command, kind: ApprovalKind, number: int, *, flow: Flow, based_on: int, note: str
) -> RuleVersion:
    """Publish an earlier version again, if it may be published now.

    Raises NotFound, Invalid as `checked_flow` does, Conflict (RULE_VERSION_STALE).
    """
    latest = await VERSIONS.get(command.tx, kind.name, based_on)
    earlier = await VERSIONS.get(command.tx, kind.name, number)
    await checked_flow(command.tx, kind, earlier.content["rules"], flow, at="")
    newest = await VERSIONS.latest(command.tx, kind.name) or latest
    version = roll_back(
        newest, earlier, expected=based_on, by=command.actor or "", at=command.now, note=note
    )
    if version is not newest:
        await VERSIONS.add(command.tx, kind.name, version)
    return version
