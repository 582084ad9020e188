"""Scores stored leads anew after their rules have changed, a chunk in each transaction."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import from_columns
from chassis.jobs import queue
from chassis.records.record_commands import save_record
from chassis.web.commands import Command
from contracts.mtl.events import LeadScored
from mtl.leads.actions.scoring import scorer_of
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import LeadStatus
from mtl.leads.store import LEAD, leads

RESCORING_JOB: Final = "lead_rescoring"
CHUNK: Final = 200


async def start_rescoring(tx: AsyncConnection, version: int, *, now: datetime) -> None:
    """Queue the scoring of all leads anew; one that waits already begins from the start."""
    payload = {"version": version, "after": None}
    await queue.enqueue(tx, RESCORING_JOB, "all", run_at=now, payload=payload, replace=True)


async def rescore_chunk(command: Command, after: UUID | None) -> UUID | None:
    """Score the next leads by id anew; return the last one, None at the end.

    Only leads whose score or grade changes are written, each with an event. Converted leads keep
    the score with which they were converted, and deleted ones theirs.
    """
    tx, scorer = command.tx, await scorer_of(command.tx)
    query = select(leads).where(
        leads.c.deleted_at.is_(None), leads.c.status != LeadStatus.CONVERTED
    )
    if after is not None:
        query = query.where(leads.c.id > after)
    rows = (await tx.execute(query.order_by(leads.c.id).limit(CHUNK).with_for_update())).mappings()
    found = [from_columns(Lead, dict(row)) for row in rows]
    for lead in found:
        rescored = scorer.score(lead)
        if rescored != lead:
            await save_record(command, LEAD, lead, rescored, LeadScored)
    return found[-1].id if len(found) == CHUNK else None
