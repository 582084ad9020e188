"""The table of receivables and its SQL."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    Index,
    Integer,
    Select,
    Table,
    Text,
    Uuid,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.database.columns import enum_column, money_columns, tenant_column
from chassis.database.rows import fetch_row, from_columns
from chassis.records.access.visibility import Scoped
from chassis.records.custom_fields.values import custom_conditions
from chassis.records.lists.columns import sort_column
from chassis.records.lists.listing import Listing
from chassis.records.writes import insert_row, update_row
from rms.accounts.store import accounts
from rms.database import metadata
from rms.receivables.domain import Receivable, ReceivableKind, ReceivableStatus
from rms.receivables.schemas import ReceivableOut

ACCOUNT_LOCKS = 8_264_002  # apart from whatever else is hashed into advisory locks

receivables = Table(
    "receivables",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("document_no", Text, nullable=False),
    Column("order_id", Uuid, nullable=False),
    Column("order_no", Text, nullable=False),
    Column("kind", enum_column(ReceivableKind), nullable=False),
    Column("shipment_id", Uuid),
    Column("account_id", Uuid, nullable=False),
    Column("account_name", Text, nullable=False),
    *money_columns("amount"),
    sort_column("amount", Double()),
    *money_columns("allocated"),
    *money_columns("withdrawn"),
    Column("due_date", Date, nullable=False),
    Column("owner_id", Text),
    Column("instalment", Integer, nullable=False),
    Column("overdue_date", Date),
    Column("note", Text),
    Column("custom_fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("status", enum_column(ReceivableStatus), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint(
        "0 <= allocated AND 0 <= withdrawn AND allocated + withdrawn <= amount", name="allocated"
    ),
    CheckConstraint("(shipment_id IS NULL) = (kind = 'PREPAYMENT')", name="shipment"),
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


async def lock_account(tx: AsyncConnection, account_id: UUID) -> None:
    """Whose money moves one step at a time, until the commit."""
    key = func.hashtextextended(str(account_id), ACCOUNT_LOCKS)
    await tx.execute(select(func.pg_advisory_xact_lock(key)))


async def prepayment_of(tx: AsyncConnection, order_id: UUID) -> UUID | None:
    """The first that was owed ahead of an order's shipments, if any."""
    query = select(receivables.c.id).where(*_ahead_of(order_id))
    found = await tx.execute(query.order_by(receivables.c.id).limit(1))
    return found.scalar_one_or_none()


async def lock_prepayments(tx: AsyncConnection, order_id: UUID) -> Sequence[Receivable]:
    """All that is owed ahead of an order's shipments, locked in the order of their ids."""
    query: Select[Any] = select(receivables).where(*_ahead_of(order_id))
    rows = await tx.execute(query.order_by(receivables.c.id).with_for_update())
    return [from_columns(Receivable, row._mapping) for row in rows]


def _ahead_of(order_id: UUID) -> Sequence[Any]:
    return receivables.c.order_id == order_id, receivables.c.kind == ReceivableKind.PREPAYMENT


async def read(tx: AsyncConnection, receivable_id: UUID, *, today: date) -> ReceivableOut:
    """Raises NotFound."""
    receivable = await fetch_row(tx, receivables, receivable_id, Receivable)
    return ReceivableOut.of(receivable, today=today)


def shaped(today: date) -> Callable[[Mapping[str, Any]], ReceivableOut]:
    """Rows as they look on this business day."""
    return lambda row: ReceivableOut.of(from_columns(Receivable, row), today=today)


RECEIVABLES = Scoped("rms.receivable", receivables, of=(("rms.order", "order_id"),))
LISTING = Listing(
    RECEIVABLES,
    ReceivableOut,
    by_day=shaped,
    filters=[
        "status",
        "kind",
        "owner_id",
        "account_id",
        "order_id",
        "document_no",
        "account_name",
        "amount",
        "amount_currency",
        "due_date",
        "created_at",
        "updated_at",
    ],
    sorts=[
        "created_at",
        "updated_at",
        "due_date",
        "amount",
        "document_no",
        "account_name",
        "status,due_date",
    ],
    words=["account_name"],
    custom=custom_conditions,
)
