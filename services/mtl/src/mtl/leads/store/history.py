"""The history of a lead's status."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kernel.ids import new_id
from mtl.leads.domain.lead import Lead
from mtl.leads.store import lead_history

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


async def move_history(tx: AsyncConnection, lead_id: UUID, to: UUID) -> Sequence[UUID]:
    """Move the history of a lead to another one; return what was moved."""
    moved = update(lead_history).where(lead_history.c.lead_id == lead_id).values(lead_id=to)
    return list((await tx.execute(moved.returning(lead_history.c.id))).scalars())


async def return_history(tx: AsyncConnection, ids: Sequence[UUID], to: UUID) -> None:
    """Give a lead back what was moved from it."""
    mine = lead_history.c.id.in_(ids)
    await tx.execute(update(lead_history).where(mine).values(lead_id=to))
