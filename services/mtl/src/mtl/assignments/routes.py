"""The HTTP API of assignment: assign many leads by the rules, and explain one."""

from collections import Counter
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.clock import Now
from chassis.foundation.resource_texts import resource_texts
from chassis.foundation.texts import COMMON
from chassis.foundation.words import in_words
from chassis.records.access.guards import may_read
from chassis.web.auth import allow
from chassis.web.commands import Command, CreateCommand
from chassis.web.routing import new_router
from chassis.web.transaction import Tx
from mtl.assignments.actions.planning import Plan
from mtl.assignments.actions.published import AssignmentRules, explain_assignment
from mtl.assignments.actions.requests import AssignedLead, assign_named_leads
from mtl.assignments.actions.running import start_reassignment
from mtl.assignments.schemas import (
    AssignedCountOut,
    AssignedLeadOut,
    AssignmentExplanationOut,
    AssignmentOut,
    CandidateOut,
    LeadAssignIn,
    check_outcome,
)
from mtl.assignments.views import ASSIGNMENT_FACTS, assignment_facts
from mtl.leads.store import LEADS
from mtl.rule_sets.store import LEAD_ASSIGNMENT
from mtl.texts import TEXTS
from rules.rule_schemas import RowExplanationOut
from rules.rule_sets import HitPolicy
from rules.versions import RuleVersion

router = new_router("/leads", tag="assignment")
_TEXTS: Final = {**COMMON, **resource_texts("mtl"), **TEXTS}


async def _published(tx: AsyncConnection, _: RuleVersion, now: datetime) -> None:
    await start_reassignment(tx, now=now)


LEAD_ASSIGNMENT_RULES: Final = AssignmentRules(
    name=LEAD_ASSIGNMENT,
    label="RuleSet.lead_assignment",
    hit_policy=HitPolicy.FIRST,
    schema=assignment_facts,
    records=ASSIGNMENT_FACTS.of_newest,
    facts=ASSIGNMENT_FACTS.of_one,
    published=_published,
    check_outcome=check_outcome,
)


@router.post(
    "/assign",
    dependencies=[allow("mtl.lead.write")],
    summary="Assign many leads by the rules in force",
)
async def lead_assign(body: LeadAssignIn, command: CreateCommand) -> AssignmentOut:
    """Give each lead to whom the rules choose, as if one after the other in this order.

    The caller may change the leads, and owns or manages those that have an owner. With `dry_run`
    nothing is written: the answer says who would get how many.
    """
    results = await assign_named_leads(command, body.lead_ids, dry_run=body.dry_run)
    return assignment_answer(results)


def assignment_answer(results: list[AssignedLead]) -> AssignmentOut:
    """Return what became of many leads, with counts, as an answer."""
    counts = Counter(one.owner_id for one in results if one.owner_id is not None)
    return AssignmentOut(
        results=[_result(one) for one in results],
        counts=[
            AssignedCountOut(owner_id=owner_id, leads=number)
            for owner_id, number in sorted(counts.items(), key=lambda each: (-each[1], each[0]))
        ],
        assigned=counts.total(),
        pooled=sum(1 for one in results if one.pool_id is not None),
        left=sum(1 for one in results if one.code is not None),
    )


def _result(one: AssignedLead) -> AssignedLeadOut:
    shown = AssignedLeadOut.model_validate(one)
    return shown.model_copy(update={"why_not": _in_words("UnassignedReason", one.code)})


def _in_words(enum: str, code: str | None) -> str | None:
    if code is None:
        return None
    text: Any = TEXTS.get(f"{enum}.{code}") or _TEXTS.get(code)
    return None if text is None else in_words(text)


@router.get(
    "/{lead_id}/rule-sets/lead_assignment/explanation",
    dependencies=[may_read(LEADS)],
    summary="To whom the rules would give a lead now, and why",
)
async def lead_assignment_explain(lead_id: UUID, tx: Tx, now: Now) -> AssignmentExplanationOut:
    """Explain the rules in force row by row, then the people of the row that decides."""
    number, plan, rows = await explain_assignment(Command(tx, now), lead_id)
    return AssignmentExplanationOut(
        version=number,
        winner=plan.rule_id,
        rows=[RowExplanationOut.model_validate(row) for row in rows],
        owner_id=plan.chosen.owner_id,
        pool_id=plan.pool_id,
        unassigned_reason=plan.reason,
        candidates=_candidates(plan),
    )


def _candidates(plan: Plan) -> list[CandidateOut]:
    lost = [
        CandidateOut(
            owner_id=subject,
            chosen=False,
            not_chosen=reason,
            why_not=_in_words("NotChosen", str(reason)),
        )
        for subject, reason in plan.chosen.not_chosen.items()
    ]
    winner = plan.chosen.owner_id
    won = [] if winner is None else [CandidateOut(owner_id=winner, chosen=True)]
    return [*won, *lost]


ROUTERS = (router,)
