"""Reads of allocations from the side of the receivable."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.rows import fetch_row
from chassis.web.pages import Page, PageParams, fetch_page
from rms.payments.schemas import AllocationOut
from rms.payments.store.reads import allocation_from_row
from rms.payments.store.tables import allocations
from rms.receivables.domain import Receivable
from rms.receivables.store import receivables


async def read_receivable_allocations(
    tx: AsyncConnection, receivable_id: UUID, page: PageParams
) -> Page[AllocationOut]:
    """A page of the allocations to a receivable, the newest first. Raises NotFound."""
    await fetch_row(tx, receivables, receivable_id, Receivable)
    query: Select[Any] = select(allocations).where(allocations.c.receivable_id == receivable_id)
    return await fetch_page(tx, query, page, shape=allocation_from_row)
