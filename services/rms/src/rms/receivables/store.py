"""The table of receivables and its SQL."""

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import enum_column, tenant_column
from chassis.pages import Page, PageParams, fetch_page
from chassis.rows import fetch_row, from_columns, insert_row, money_columns, update_row
from rms.accounts.store import accounts
from rms.database import metadata
from rms.receivables.domain import Receivable, ReceivableStatus
from rms.receivables.schemas import ReceivableOut

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
    Column("owner_id", Text),
    Column("instalment", Integer, nullable=False),
    Column("overdue_date", Date),
    Column("status", enum_column(ReceivableStatus), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("0 <= allocated AND allocated <= amount", name="allocated"),
    CheckConstraint("allocated_currency = amount_currency", name="currency"),
    Index(None, "tenant_id", "document_no", unique=True),
    Index(None, "tenant_id", "shipment_id", "instalment", unique=True),
    Index(None, "tenant_id", "order_id", "id"),
    Index(None, "tenant_id", "account_id", "status", "id"),
    Index(None, "tenant_id", "status", "id"),
    # What an account owes longest, without looking at what it has paid long ago.
    Index(
        "ix_receivables_oldest_open",
        "tenant_id",
        "account_id",
        "amount_currency",
        "due_date",
        "id",
        postgresql_where=text("status <> 'SETTLED'"),
    ),
)


async def add(tx: AsyncConnection, receivable: Receivable) -> None:
    await insert_row(tx, receivables, receivable)


async def get(tx: AsyncConnection, receivable_id: UUID, *, lock: bool = False) -> Receivable:
    """Raises NotFound."""
    return await fetch_row(tx, receivables, receivable_id, Receivable, lock=lock)


async def save(tx: AsyncConnection, receivable: Receivable) -> Receivable:
    """Raises Conflict (STALE_WRITE)."""
    return await update_row(tx, receivables, receivable)


async def owner_of(tx: AsyncConnection, account_id: UUID) -> str | None:
    """Who owns the account, as L2O has it; None until it arrives."""
    found = await tx.execute(select(accounts.c.owner_id).where(accounts.c.id == account_id))
    return found.scalar_one_or_none()


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
