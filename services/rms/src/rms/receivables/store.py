"""The table of receivables and its SQL."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import tenant_column
from chassis.pages import Page, PageParams, fetch_page
from chassis.rows import fetch_row, from_columns, insert_row, money_columns, use_up
from kernel.money import Money
from rms.database import metadata
from rms.receivables.domain import Receivable, ReceivableStatus
from rms.receivables.schemas import ReceivableOut

# As `domain.status_of`, spelled the way PostgreSQL says it back.
STATUS = (
    "CASE WHEN allocated >= amount THEN 'SETTLED'::text"
    " WHEN allocated > 0::numeric THEN 'PARTLY_SETTLED'::text ELSE 'OPEN'::text END"
)

receivables = Table(
    "receivables",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("document_no", Text, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("order_no", Text, nullable=False),
    Column("shipment_id", Uuid, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("account_name", Text, nullable=False),
    *money_columns("amount"),
    *money_columns("allocated"),
    Column("due_date", Date, nullable=False),
    Column("status", Text, Computed(STATUS, persisted=True), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("0 <= allocated AND allocated <= amount", name="allocated"),
    CheckConstraint("allocated_currency = amount_currency", name="currency"),
    Index(None, "tenant_id", "document_no", unique=True),
    Index(None, "tenant_id", "shipment_id", unique=True),
    Index(None, "tenant_id", "order_id", "id"),
    Index(None, "tenant_id", "account_id", "status", "id"),
    Index(None, "tenant_id", "status", "id"),
)


async def add(tx: AsyncConnection, receivable: Receivable) -> None:
    await insert_row(tx, receivables, receivable)


async def allocate(
    tx: AsyncConnection, receivable_id: UUID, amount: Money, *, now: datetime
) -> Receivable:
    """Allocate so much more, if so much is open. Raises Conflict (STALE_WRITE) if it is not."""
    return await use_up(
        tx, receivables, receivable_id, Receivable, amount, used="allocated", cap="amount", now=now
    )


async def read(tx: AsyncConnection, receivable_id: UUID, *, today: date) -> ReceivableOut:
    """Raises NotFound."""
    receivable = await fetch_row(tx, receivables, receivable_id, Receivable)
    return ReceivableOut.of(receivable, today=today)


async def read_page(
    tx: AsyncConnection,
    page: PageParams,
    *,
    account_id: UUID | None,
    order_id: UUID | None,
    status: ReceivableStatus | None,
    today: date,
) -> Page[ReceivableOut]:
    """Newest first."""
    wanted = {"account_id": account_id, "order_id": order_id, "status": status}
    query: Select[Any] = select(receivables)
    for name, value in wanted.items():
        if value is not None:
            query = query.where(receivables.c[name] == value)
    return await fetch_page(
        tx,
        query,
        page,
        shape=lambda row: ReceivableOut.of(from_columns(Receivable, row), today=today),
    )
