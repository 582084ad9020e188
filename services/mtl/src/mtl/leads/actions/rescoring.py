"""Scores stored leads anew: after rules, settings or touches have changed, and as touches age."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.records.record_commands import save_record
from chassis.web.commands import Command
from contracts.mtl.events import LeadScored
from kernel.errors import NotFound
from mtl.leads.actions.scoring import LeadScorer
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import LeadStatus
from mtl.leads.store import LEAD
from mtl.leads.store.scoring import next_leads_to_score

RESCORED_AT_ONCE: Final = 200


async def next_to_rescore(
    tx: AsyncConnection, after: UUID | None
) -> tuple[list[Lead], UUID | None]:
    """Read and lock the next leads by id; return them with the last one, None at the end.

    Converted leads keep the score with which they were converted, and deleted ones theirs.
    """
    found = await next_leads_to_score(tx, after, limit=RESCORED_AT_ONCE)
    return found, found[-1].id if len(found) == RESCORED_AT_ONCE else None


async def one_to_rescore(tx: AsyncConnection, lead_id: UUID) -> list[Lead]:
    """Read and lock a lead; none if it was deleted or converted meanwhile."""
    try:
        lead = await LEAD.get(tx, lead_id, lock=True)
    except NotFound:
        return []
    return [] if lead.status is LeadStatus.CONVERTED else [lead]


async def rescore(
    command: Command, scorer: LeadScorer, leads: Sequence[Lead], behavior: Mapping[UUID, int]
) -> None:
    """Score leads anew, with this part of behavior; without one it is 0.

    Only leads whose score, parts or grade change are written, each with an event.
    """
    for lead in leads:
        counted = replace(lead, behavior_score=behavior.get(lead.id, 0))
        rescored = scorer.score(counted)
        if rescored != lead:
            await save_record(command, LEAD, lead, rescored, LeadScored)
