"""The history of a lead's status."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import is_one_of
from kernel.ids import new_id
from mtl.leads.domain.lead import Lead
from mtl.leads.domain.moves import LeadStatus
from mtl.leads.store import lead_history, leads

_CONVERSION_COLUMNS = ("conversion_id", "account_id", "contact_id", "opportunity_id")


def history_query(lead_id: UUID) -> Select[Any]:
    """A query for the status moves of a lead; the caller pages it."""
    return select(lead_history).where(lead_history.c.lead_id == lead_id)


async def add_to_history(tx: AsyncConnection, lead: Lead, before: Lead, actor: str | None) -> None:
    """Record a change of status."""
    await tx.execute(insert(lead_history).values(_history_row(lead, before, actor)))


def _history_row(lead: Lead, before: Lead, actor: str | None) -> dict[str, Any]:
    # A reopened lead no longer has the ids of its conversion; the history keeps them.
    conversion = lead if lead.conversion_id is not None else before
    return {
        "id": new_id(),
        "lead_id": lead.id,
        "at": lead.updated_at,
        "from_status": before.status,
        "to_status": lead.status,
        "reason": lead.status_reason,
        "note": lead.status_note,
        "actor": actor,
        "accept_by": lead.accept_by,
        **{name: getattr(conversion, name) for name in _CONVERSION_COLUMNS},
    }


async def ids_of_sleeping(tx: AsyncConnection, lead_ids: Collection[UUID]) -> Sequence[UUID]:
    """Return those of these leads that sleep."""
    if not lead_ids:
        return ()
    query = select(leads.c.id).where(
        is_one_of(leads.c.id, lead_ids),
        leads.c.status == LeadStatus.NURTURE,
        leads.c.deleted_at.is_(None),
    )
    return (await tx.execute(query.order_by(leads.c.id))).scalars().all()


async def slept_since(tx: AsyncConnection, lead_id: UUID) -> datetime:
    """Return since when a lead sleeps, which does."""
    c = lead_history.c
    query = select(func.max(c.at)).where(c.lead_id == lead_id, c.to_status == LeadStatus.NURTURE)
    since: datetime = (await tx.execute(query)).scalar_one()
    return since


async def move_history(tx: AsyncConnection, lead_id: UUID, to: UUID) -> Sequence[UUID]:
    """Move the history of a lead to another one; return what was moved."""
    moved = update(lead_history).where(lead_history.c.lead_id == lead_id).values(lead_id=to)
    return list((await tx.execute(moved.returning(lead_history.c.id))).scalars())


async def return_history(tx: AsyncConnection, ids: Sequence[UUID], to: UUID) -> None:
    """Give a lead back what was moved from it."""
    mine = is_one_of(lead_history.c.id, ids)
    await tx.execute(update(lead_history).where(mine).values(lead_id=to))
