"""Tries flows on past requests."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.access.visibility import Visibility, is_visible
from contracts.approvals import ApprovalKind
from desk.approvals.store import APPROVALS, approvals
from desk.flows.domain.flow import FlowVerdict
from desk.flows.domain.ways import FlowInForce
from desk.flows.schemas.answers import FlowDryRunOut, TriedRequestOut
from desk.flows.views.directory import Question
from desk.flows.views.ways import way_of

MOST_TRIED: Final = 200  # each may read the directory for every step
MOST_SHOWN: Final = 50


async def dry_run_flow(
    tx: AsyncConnection,
    kind: ApprovalKind,
    old: FlowInForce,
    new: FlowInForce,
    *,
    visibility: Visibility,
    day: date,
) -> FlowDryRunOut:
    """Compare both flows for the newest requests of a kind that the caller sees."""
    query = (
        select(approvals)
        .where(approvals.c.kind == kind.name, is_visible(APPROVALS, visibility))
        .order_by(approvals.c.id.desc())
        .limit(MOST_TRIED)
    )
    tried = [
        await _tried(tx, dict(row), old, new, day) for row in (await tx.execute(query)).mappings()
    ]
    changed = [one for one in tried if one.changed]
    return FlowDryRunOut(
        tried=len(tried),
        changed=len(changed),
        approved_at_once=sum(one.after.verdict is FlowVerdict.APPROVE for one in tried),
        without_approvers=sum(any(not s.asked for s in one.after.steps) for one in tried),
        requests=changed[:MOST_SHOWN],
    )


async def _tried(
    tx: AsyncConnection, row: Mapping[str, Any], old: FlowInForce, new: FlowInForce, day: date
) -> TriedRequestOut:
    people = row["record_people"]
    question = Question(asker=row["requested_by"], day=day, record_people=people)
    before = await way_of(tx, old, row["facts"], question)
    after = await way_of(tx, new, row["facts"], question)
    same = (before.verdict, before.steps) == (after.verdict, after.steps)
    return TriedRequestOut(
        id=str(row["id"]),
        record_name=row["record_name"],
        before=before,
        after=after,
        changed=not same,
    )
