"""The published versions of flows, one line of them for each kind of approval."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from contracts.approvals import ApprovalKind, declared_approval_kinds
from desk.database import metadata
from desk.flows.domain.flow import BUILT_IN_FLOW
from desk.flows.domain.ways import FlowInForce, outcome_violations
from desk.flows.schemas.bodies import FlowBody
from kernel.errors import NotFound
from rules.approval_facts import fact_schema
from rules.kept_evaluators import evaluator_of
from rules.version_store import VersionStore, rule_versions_table
from rules.versions import RuleVersion

rule_versions = rule_versions_table(metadata, sorted(declared_approval_kinds()))
VERSIONS: Final = VersionStore(rule_versions)


def kind_of(name: str) -> ApprovalKind:
    """Return a kind of approval by its name. Raises NotFound."""
    kind = declared_approval_kinds().get(name)
    if kind is None:
        raise NotFound("approval_kind", name)
    return kind


def read_version(kind: ApprovalKind, version: RuleVersion | None) -> FlowInForce:
    """Return the flow of a version, or the built-in one.

    Raises Invalid if its table reads a fact that the kind has no longer.
    """
    schema = fact_schema(kind)
    if version is None:
        return FlowInForce(number=0, flow=BUILT_IN_FLOW, rules=None, schema=schema)
    body = FlowBody.model_validate(version.content)
    rules = evaluator_of(schema, body.rules, outcome_violations)
    return FlowInForce(number=version.number, flow=body.flow(), rules=rules, schema=schema)


async def flow_in_force(tx: AsyncConnection, kind: ApprovalKind) -> FlowInForce:
    """Return the flow that new requests of a kind take. Raises Invalid as `read_version` does."""
    return read_version(kind, await VERSIONS.latest(tx, kind.name))
