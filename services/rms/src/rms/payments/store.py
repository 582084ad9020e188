"""The tables of payments and allocations, and their SQL."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
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
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from chassis.db import tenant_column
from chassis.pages import Page, PageParams, fetch_page
from chassis.rows import fetch_row, from_columns, money_columns, to_columns, use_up
from kernel.money import Money
from rms.accounts.store import accounts
from rms.database import metadata
from rms.orders.store import orders
from rms.payments.domain import Allocation, Owed, Payment, PaymentStatus
from rms.payments.schemas import AllocationOut, PaymentOut, PaymentSummary
from rms.receivables.domain import ReceivableStatus
from rms.receivables.store import receivables

# As `domain.status_of`, spelled the way PostgreSQL says it back.
STATUS = (
    "CASE WHEN allocated >= amount THEN 'ALLOCATED'::text"
    " WHEN allocated > 0::numeric THEN 'PARTLY_ALLOCATED'::text ELSE 'UNALLOCATED'::text END"
)

payments = Table(
    "payments",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("document_no", Text, nullable=False),
    Column("account_id", Uuid, nullable=False),
    Column("account_name", Text, nullable=False),
    Column("bank_reference", Text, nullable=False),
    *money_columns("amount"),
    *money_columns("allocated"),
    Column("received_date", Date, nullable=False),
    Column("status", Text, Computed(STATUS, persisted=True), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Column("version", Integer, nullable=False),
    CheckConstraint("0 <= allocated AND allocated <= amount", name="allocated"),
    CheckConstraint("allocated_currency = amount_currency", name="currency"),
    Index(None, "tenant_id", "bank_reference", unique=True),
    Index(None, "tenant_id", "document_no", unique=True),
    Index(None, "tenant_id", "account_id", "status", "id"),
    Index(None, "tenant_id", "status", "id"),
)

allocations = Table(
    "allocations",
    metadata,
    tenant_column(),
    Column("id", Uuid, primary_key=True),
    Column("payment_id", Uuid, nullable=False),
    Column("receivable_id", Uuid, nullable=False),
    *money_columns("amount"),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("amount > 0", name="amount"),
    Index(None, "tenant_id", "payment_id", "id"),
    Index(None, "tenant_id", "receivable_id", "id"),
)


async def account_name(tx: AsyncConnection, account_id: UUID) -> str | None:
    """As L2O told it, or else the newest order; None where neither knows the account."""
    told = select(accounts.c.name).where(accounts.c.id == account_id)
    ordered = select(orders.c.account_name).where(orders.c.account_id == account_id)
    newest = ordered.order_by(orders.c.id.desc()).limit(1)
    both = func.coalesce(told.scalar_subquery(), newest.scalar_subquery())
    name: str | None = (await tx.execute(select(both))).scalar_one()
    return name


async def add(tx: AsyncConnection, payment: Payment) -> bool:
    """Insert unless the reference is taken; whether it was free. Waits for a rival's commit."""
    free = upsert(payments).values(to_columns(payments, payment))
    free = free.on_conflict_do_nothing(index_elements=["tenant_id", "bank_reference"])
    return (await tx.execute(free.returning(payments.c.id))).one_or_none() is not None


async def by_reference(tx: AsyncConnection, bank_reference: str) -> Payment:
    found: Select[Any] = select(payments).where(payments.c.bank_reference == bank_reference)
    return from_columns(Payment, (await tx.execute(found)).one()._mapping)


async def lock(tx: AsyncConnection, payment_id: UUID) -> Payment:
    """The payment, locked: always before its receivables. Raises NotFound."""
    return await fetch_row(tx, payments, payment_id, Payment, lock=True)


async def lock_receivables(tx: AsyncConnection, ids: Collection[UUID]) -> Mapping[UUID, Owed]:
    """Those of the receivables that exist, locked in the order of their ids."""
    return {owed.id: owed for owed in await _locked(tx, receivables.c.id.in_(ids))}


async def lock_open_receivables(tx: AsyncConnection, payment: Payment) -> Sequence[Owed]:
    """What the payment's account owes in its currency, locked in the order of the ids."""
    columns = receivables.c
    return await _locked(
        tx,
        columns.account_id == payment.account_id,
        columns.amount_currency == payment.amount.currency,
        columns.status != ReceivableStatus.SETTLED,
    )


async def _locked(tx: AsyncConnection, *conditions: Any) -> Sequence[Owed]:
    columns = receivables.c
    query: Select[Any] = (
        select(
            columns.id,
            columns.document_no,
            columns.account_id,
            columns.due_date,
            (columns.amount - columns.allocated).label("open"),
            columns.amount_currency.label("open_currency"),
        )
        .where(*conditions)
        .order_by(columns.id)
        .with_for_update()
    )
    return [from_columns(Owed, row._mapping) for row in await tx.execute(query)]


async def allocate(
    tx: AsyncConnection, payment_id: UUID, amount: Money, *, now: datetime
) -> Payment:
    """Allocate so much more, if so much is left. Raises Conflict (STALE_WRITE) if it is not."""
    return await use_up(
        tx, payments, payment_id, Payment, amount, used="allocated", cap="amount", now=now
    )


async def add_allocations(tx: AsyncConnection, made: Sequence[Allocation]) -> None:
    await tx.execute(insert(allocations), [to_columns(allocations, one) for one in made])


async def read(tx: AsyncConnection, payment_id: UUID) -> PaymentOut:
    """Raises NotFound."""
    payment = await fetch_row(tx, payments, payment_id, Payment)
    rows = await tx.execute(_allocations_of(payment_id).order_by(allocations.c.id))
    parts = [_allocation(row._mapping) for row in rows]
    summary = PaymentSummary.model_validate(payment)
    same = {name: getattr(summary, name) for name in PaymentSummary.model_fields}
    return PaymentOut(**same, allocations=parts)


async def read_allocations(
    tx: AsyncConnection, payment_id: UUID, page: PageParams
) -> Page[AllocationOut]:
    """Newest first. Raises NotFound where there is no such payment."""
    await fetch_row(tx, payments, payment_id, Payment)
    return await fetch_page(tx, _allocations_of(payment_id), page, shape=_allocation)


def _allocations_of(payment_id: UUID) -> Select[Any]:
    return select(allocations).where(allocations.c.payment_id == payment_id)


def _allocation(row: Mapping[str, Any]) -> AllocationOut:
    return AllocationOut.model_validate(from_columns(Allocation, row))


async def read_page(
    tx: AsyncConnection,
    page: PageParams,
    *,
    account_id: UUID | None,
    status: PaymentStatus | None,
) -> Page[PaymentSummary]:
    """Newest first."""
    query: Select[Any] = select(payments)
    if account_id is not None:
        query = query.where(payments.c.account_id == account_id)
    if status is not None:
        query = query.where(payments.c.status == status)
    return await fetch_page(
        tx,
        query,
        page,
        shape=lambda row: PaymentSummary.model_validate(from_columns(Payment, row)),
    )
