"""Tries flows on past requests, and says which way a request takes and why."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.foundation.texts import Text
from chassis.foundation.words import in_words
from desk.flows.domain.approvers import resolve
from desk.flows.domain.flow import Plan, Step
from desk.flows.domain.ways import FlowInForce, Way
from desk.flows.schemas.answers import AskedOut, NotAskedOut, StepWayOut, WayOut
from desk.flows.views.directory import Question, surroundings_of

MOST_TRIED: Final = 200  # each may read the directory for every step
MOST_SHOWN: Final = 50
_BUILT_IN_STEP: Final = Text("部门负责人", "Head of department")


def name_of_step(step: Step) -> str:
    """Return the name of a step; the built-in one has its own in the reader's language."""
    return step.name or in_words(_BUILT_IN_STEP)


async def way_of(
    tx: AsyncConnection, flow: FlowInForce, facts: Mapping[str, Any], question: Question
) -> WayOut:
    """Return the way that a request with these facts takes, and whom its steps ask now."""
    return await _shown(tx, flow.way(facts), question)


async def _shown(tx: AsyncConnection, way: Way, question: Question) -> WayOut:
    return WayOut(
        row=way.row,
        verdict=way.verdict,
        branch=way.plan.branch or None,
        steps=[await _step(tx, way.plan, step, question) for step in way.plan.steps],
    )


async def _step(tx: AsyncConnection, plan: Plan, step: Step, question: Question) -> StepWayOut:
    around = await surroundings_of(tx, question, [step], plan.fallback)
    found = resolve(step, asker=question.asker, around=around, fallback=plan.fallback)
    return StepWayOut(
        key=step.key,
        name=name_of_step(step),
        mode=step.mode,
        needed=step.needed,
        asked=[AskedOut.model_validate(one) for one in found.asked],
        not_asked=[NotAskedOut.model_validate(one) for one in found.passed],
    )
